#ifndef MONITOR_REQUEST_H
#define MONITOR_REQUEST_H

/*
 * What a person may ask over the control socket: one line, a verb and perhaps
 * one argument. The answer is one text: "ok " or "error ", then whatever there
 * is to say, a newline at its end, and the end of the stream. "again" says that
 * nothing was read, for a reload has just ended: who connects anew is heard.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

#define REQUEST_LINE_MAX 1024

/* REQUEST_VERB(name, may have an argument, answered by the monitor itself) */
#define REQUEST_VERBS(REQUEST_VERB)                                            \
	REQUEST_VERB("status", false, true)                                    \
	REQUEST_VERB("reload", false, false)                                   \
	REQUEST_VERB("renew", true, false)                                     \
	REQUEST_VERB("reopen", false, false)                                   \
	REQUEST_VERB("stop", false, false)                                     \
	REQUEST_VERB("drain", false, false)

struct request {
	const char *verb; /* a constant */
	bool local;       /* else the supervisor is asked */
	char arg[256];    /* printable ASCII; "" = none */
};

/* Reads a line without its newline. */
int request_parse(
    struct request *request, const char *line, size_t len, struct error *err);

#endif
