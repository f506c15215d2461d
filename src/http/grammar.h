#ifndef HTTP_GRAMMAR_H
#define HTTP_GRAMMAR_H

/*
 * The character classes that HTTP's grammar is made of, private to this
 * library. A byte's classes are one table look-up and never depend on the
 * locale, so every reader here agrees on what, say, a token is.
 */

#include <stddef.h>

#include "http/message.h"

enum http_class {
	CLASS_TEXT = 1 << 0,    /* HTAB, SP, VCHAR, obs-text: field values */
	CLASS_VISIBLE = 1 << 1, /* VCHAR: request targets */
	CLASS_TOKEN = 1 << 2,   /* tchar (RFC 9110 section 5.6.2) */
	CLASS_NAME = 1 << 3,    /* unreserved (RFC 3986 section 2.3) */
	CLASS_LABEL = 1 << 4    /* letters, digits, hyphen */
};

extern const unsigned char http_classes[256];

/* How many of the first bytes are all of this class. */
static inline size_t
http_span(const char *p, size_t len, enum http_class class)
{
	size_t n = 0;

	while (n < len && (http_classes[(unsigned char)p[n]] & class) != 0)
		n++;
	return n;
}

/* Without the optional white space around it (RFC 9110 section 5.6.3). */
struct slice http_trim(struct slice s);

/*
 * Cuts the next element, trimmed and perhaps empty, off a comma-separated
 * list. rest->p is NULL after the last one. False when there is none left.
 */
bool http_list_cut(struct slice *rest, struct slice *element);

#endif
