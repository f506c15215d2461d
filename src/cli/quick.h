#ifndef CLI_QUICK_H
#define CLI_QUICK_H

/*
 * The configuration that `gatehouse run --host … --backend …` stands for.
 */

#include <stdbool.h>

#include "base/error.h"

struct buf;

struct quick {
	const char *host;
	const char *backend; /* as Forward takes it */
	const char *email;   /* NULL: none */
	const char *state_dir;
	bool unprivileged; /* the workers are to be nobody */
	bool insecure;     /* the backend's certificate is its own affair */
};

/* The text, if it is a good configuration. The caller frees. */
char *quick_text(const struct quick *quick, struct error *err);

/*
 * Appends a line: the word with the blank after it, and the value as a
 * configuration quotes it.
 */
void quick_put(struct buf *buf, const char *word, const char *value);

/* The first error in a text of ours, without a place in it. */
int quick_judge(const char *content, struct error *err);

/* ${XDG_STATE_HOME:-~/.local/state}/gatehouse, or root's. The caller frees. */
char *quick_state_dir(struct error *err);

/* An absolute path: the daemon may run elsewhere. The caller frees. */
char *quick_absolute(const char *path);

#endif
