#ifndef CLI_SETUP_ASK_H
#define CLI_SETUP_ASK_H

/* A question on a terminal, and the line that is typed. */

#include <stdbool.h>
#include <stdio.h>

/*
 * Shows the prompt and reads a line from standard input, which is a terminal;
 * blanks around it are dropped. hidden: nothing of it is shown. NULL: there
 * comes no more. The caller frees, by secret_free() if it is one.
 */
char *setup_ask(FILE *out, const char *prompt, bool hidden);

#endif
