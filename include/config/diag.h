#ifndef CONFIG_DIAG_H
#define CONFIG_DIAG_H

/*
 * What a configuration's reader has to say: every error and warning of one go,
 * file by file and there in file order, each as "file:line:column: message".
 */

#include <stdbool.h>
#include <stdio.h>

/* A place in a configuration. The file name lives as long as its text. */
struct config_pos {
	const char *file;
	unsigned line;   /* from 1 */
	unsigned column; /* from 1, in bytes */
};

enum diag_level { DIAG_WARNING, DIAG_ERROR };

struct diag;

struct diag *diag_new(void);
void diag_free(struct diag *diag);

/*
 * The same message at the same place is kept once. Past DIAG_MAX messages they
 * are only counted: by then the file is something else than a configuration.
 */
#define DIAG_MAX 500u

void diag_add(struct diag *diag, enum diag_level level, struct config_pos pos,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));

unsigned diag_count(const struct diag *diag, enum diag_level level);

/* The n-th message, "file:line:column: [warning: ]text"; NULL past the end. */
const char *diag_line(const struct diag *diag, unsigned n);
enum diag_level diag_level(const struct diag *diag, unsigned n);

#endif
