#include "answer.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

static struct slice
slice_of(const char *s)
{
	return (struct slice){ s, strlen(s) };
}

void
answer_add(struct answer *answer, const char *name, struct slice value)
{
	assert(answer->head.nfields < ANSWER_FIELDS_MAX);
	answer->fields[answer->head.nfields++] =
	    (struct http_field){ .name = slice_of(name), .value = value };
}

void
answer_body(struct answer *answer, const char *type, struct slice body)
{
	answer->fields[0].value = slice_of(type);
	answer->body = body;
}

void
answer_init(struct answer *answer, unsigned status)
{
	*answer = (struct answer){ .head = { .version = HTTP_1_1,
		                       .status = status,
		                       .fields = answer->fields } };
	snprintf(answer->text, sizeof answer->text, "%u %s\n", status,
	    http_reason(status));
	answer->body = slice_of(answer->text);
	answer_add(
	    answer, "Content-Type", slice_of("text/plain; charset=utf-8"));
	if (status == 503) {
		answer_add(answer, "Retry-After", slice_of("5"));
		answer_add(answer, "Cache-Control", slice_of("no-store"));
	}
}
