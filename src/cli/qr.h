#ifndef CLI_QR_H
#define CLI_QR_H

/* QR codes on a terminal: two modules a character, one above the other. */

#include <stdbool.h>
#include <stdio.h>

/*
 * Whether `out` can show one: a terminal with colours that knows UTF-8, by the
 * environment (NO_COLOR, TERM, LC_ALL, LC_CTYPE, LANG).
 */
bool qr_is_possible(FILE *out);

/* False, and nothing is printed, if the text does not fit. */
bool qr_print(const char *text, FILE *out);

#endif
