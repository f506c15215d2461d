#ifndef HTTP_BASIC_H
#define HTTP_BASIC_H

/* Credentials of the Basic scheme (RFC 7617). */

#include <stdbool.h>
#include <stddef.h>

#include "http/message.h"

/* Bytes of user, colon and password. */
#define HTTP_BASIC_MAX 512

struct http_basic {
	struct slice user;     /* in `text`, NUL-terminated … */
	struct slice password; /* … like this; it may hold colons */
	char text[HTTP_BASIC_MAX + 1];
};

/*
 * Reads the value of an Authorization field. False if it is of another scheme,
 * is not canonical base64 (RFC 4648 section 4, with its padding), has no colon,
 * holds a control character, or is too long. The caller wipes.
 */
bool http_basic_read(struct slice value, struct http_basic *basic);

#endif
