#ifndef TEMPLATE_H
#define TEMPLATE_H

/*
 * The texts of a `custom` section: %h host, %i IPv4 and %6 IPv6 address ("" =
 * none), %u login, %p password, %t token, %% a percent sign. Any other stays.
 */

#include <stdbool.h>

#include "base/buf.h"

enum template_form {
	TEMPLATE_URL,  /* what is filled in is percent-encoded */
	TEMPLATE_JSON, /* … is escaped for a string of JSON */
	TEMPLATE_PLAIN
};

struct template_values {
	const char *host, *ipv4, *ipv6, *login, *password, *token;
};

/* -1: the buffer is full. */
int template_fill(struct buf *out, const char *text, enum template_form form,
    const struct template_values *values);

/* Does the text say %<letter>? */
bool template_has(const char *text, char letter);

#endif
