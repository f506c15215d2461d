#ifndef CLI_WATCH_H
#define CLI_WATCH_H

/*
 * `status --watch`: the status on the terminal's other screen, drawn anew until
 * a signal ends it, which leaves the terminal as it was.
 */

#include <stddef.h>

struct buf;

/* Returns an EXIT_* value; does not return while all goes well. */
int watch(const char *file);

/*
 * One picture for a terminal of this size: the first lines of the text, none
 * longer than the terminal is wide, and the footer in the last row.
 */
void watch_draw(struct buf *out, const char *text, const char *footer,
    unsigned rows, unsigned columns);

#endif
