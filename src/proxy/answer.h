#ifndef PROXY_ANSWER_H
#define PROXY_ANSWER_H

/*
 * An answer that the gateway gives itself: a refusal, a redirect, an ACME
 * challenge. The body never repeats what the client sent.
 */

#include "http/message.h"

#define ANSWER_FIELDS_MAX 4

struct answer {
	struct http_response head;
	struct http_field fields[ANSWER_FIELDS_MAX];
	struct slice body;
	char text[80];
};

/*
 * The usual answer with this status: a line of text, and what belongs to the
 * status (Retry-After with 503).
 */
void answer_init(struct answer *answer, unsigned status);

/* The value is borrowed. At most two besides what answer_init() made. */
void answer_add(struct answer *answer, const char *name, struct slice value);

/* Replaces the text; the body is borrowed. */
void answer_body(struct answer *answer, const char *type, struct slice body);

#endif
