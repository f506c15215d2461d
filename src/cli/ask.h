#ifndef CLI_ASK_H
#define CLI_ASK_H

/* Questions to whoever sits at the terminal, on standard error. */

#include <stdbool.h>

#include "base/error.h"

/* Is there somebody? */
bool ask_is_possible(void);

/* The answer, blanks around it aside; NULL at the end. The caller frees. */
char *ask_line(const char *question);

/*
 * The same, and what is typed is not shown: a secret, for secret_free(). A
 * signal that ends us finds the terminal as it was.
 */
char *ask_hidden(const char *question);

/*
 * A secret from the first line of a file, for secret_free(); says so if others
 * may read it. ERR_SYNTAX: there is none. Errors of file_read().
 */
char *ask_file(const char *path, struct error *err);

#endif
