#ifndef PROXY_REDACT_H
#define PROXY_REDACT_H

/*
 * Escaped values of the access log, without credentials. A value is put piece
 * by piece into a line; what does not fit is cut and ends in "...".
 */

#include <stdbool.h>
#include <stddef.h>

#include "http/message.h"

struct buf;

#define VALUE_MAX 800 /* bytes of a value, once escaped */

struct value {
	struct buf *out;
	bool json; /* in quotation marks, UTF-8 as it is; else \xNN */
	bool word; /* a blank does not stay; cleared by value_begin() */
	size_t left;
	bool cut;
};

void value_begin(struct value *value, struct buf *out, bool json);
void value_put(struct value *value, struct slice bytes);
void value_end(struct value *value);

/* "?a=b&token=…": values of parameters that are credentials become "...". */
void value_put_query(struct value *value, struct slice query);

/* The value of a field by its name, the same way if it holds a URL. */
void value_put_field(
    struct value *value, struct slice name, struct slice bytes);

#endif
