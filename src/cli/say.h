#ifndef CLI_SAY_H
#define CLI_SAY_H

/* What people are told on standard error: "gatehouse: text". */

#include <stdio.h>

void say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* A text from elsewhere, its control bytes taken out, for a terminal. */
void say_safely(FILE *out, const char *text);

#endif
