#ifndef CLI_WRAP_H
#define CLI_WRAP_H

/* Texts for a terminal: broken between words, and nothing in them draws. */

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct buf;

#define WRAP_COLUMNS 80

/*
 * A text from column `at` on, broken before column `end`; further lines begin
 * at `indent`. Its own line ends stay, and the blanks after them. Returns the
 * column it ends in.
 */
size_t wrap_put(
    struct buf *out, const char *text, size_t at, size_t indent, size_t end);

/* It is a terminal, and nobody has said NO_COLOR. */
bool wrap_has_colour(FILE *out);

#endif
