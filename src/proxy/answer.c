#include "answer.h"

#include <assert.h>
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

/* "404 Not Found" */
static void
write_text(struct answer *answer, const char *reason)
{
	unsigned status = answer->head.status;
	size_t len = strlen(reason);
	char *p = answer->text;

	assert(status >= 100 && status <= 999);
	assert(len + sizeof "404 \n" <= sizeof answer->text);
	*p++ = (char)('0' + status / 100);
	*p++ = (char)('0' + status / 10 % 10);
	*p++ = (char)('0' + status % 10);
	*p++ = ' ';
	p = mempcpy(p, reason, len);
	*p++ = '\n';
	answer->body =
	    (struct slice){ answer->text, (size_t)(p - answer->text) };
}

void
answer_init(struct answer *answer, unsigned status)
{
	*answer = (struct answer){ .head = { .version = HTTP_1_1,
		                       .status = status,
		                       .fields = answer->fields } };
	write_text(answer, http_reason(status));
	answer_add(
	    answer, "Content-Type", slice_of("text/plain; charset=utf-8"));
	if (status == 503) {
		answer_add(answer, "Retry-After", slice_of("5"));
		answer_add(answer, "Cache-Control", slice_of("no-store"));
	}
}
