#ifndef MONITOR_REQUEST_H
#define MONITOR_REQUEST_H

/*
 * What a person may ask over the control socket: one line, a verb and perhaps
 * an argument. The answer is one text: "ok " or "error ", then whatever there
 * is to say, a newline at its end, and the end of the stream. "again" says that
 * nothing was read, for a reload has just ended: who connects anew is heard.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

#define REQUEST_LINE_MAX 1024

enum request_arg { REQUEST_ALONE, REQUEST_WORD, REQUEST_WORDS };

/* REQUEST_VERB(name, what may follow, answered by the monitor itself) */
#define REQUEST_VERBS(REQUEST_VERB)                                            \
	REQUEST_VERB("status", REQUEST_ALONE, true)                            \
	REQUEST_VERB("reload", REQUEST_ALONE, false)                           \
	REQUEST_VERB("renew", REQUEST_WORD, false)                             \
	REQUEST_VERB("dry-run", REQUEST_WORD, false)                           \
	REQUEST_VERB("reach", REQUEST_WORDS, false)                            \
	REQUEST_VERB("revoke", REQUEST_WORDS, false)                           \
	REQUEST_VERB("account", REQUEST_WORDS, false)                          \
	REQUEST_VERB("import", REQUEST_WORD, false)                            \
	REQUEST_VERB("portmap", REQUEST_WORD, false)                           \
	REQUEST_VERB("ddns", REQUEST_WORDS, false)                             \
	REQUEST_VERB("reopen", REQUEST_ALONE, false)                           \
	REQUEST_VERB("stop", REQUEST_ALONE, false)                             \
	REQUEST_VERB("drain", REQUEST_ALONE, false)

struct request {
	const char *verb; /* a constant */
	bool local;       /* else the supervisor is asked */
	char arg[256];    /* printable ASCII, no space but between words; "" */
};

/* Reads a line without its newline. */
int request_parse(
    struct request *request, const char *line, size_t len, struct error *err);

#endif
