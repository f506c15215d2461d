#include "record.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/text.h"
#include "base/xalloc.h"

enum field_type { NUMBER, TEXT };

#define FIELD(member) offsetof(struct record, member)

static const struct field {
	const char *key;
	enum field_type type;
	size_t offset;
} fields[] = {
	{ "wanted", TEXT, FIELD(wanted) },
	{ "issued", TEXT, FIELD(issued) },
	{ "issuer", TEXT, FIELD(issuer) },
	{ "serial", TEXT, FIELD(serial) },
	{ "told", TEXT, FIELD(told) },
	{ "revoked", TEXT, FIELD(revoked) },
	{ "failed-way", TEXT, FIELD(failed_way) },
	{ "gates", TEXT, FIELD(gates) },
	{ "succeeded-at", NUMBER, FIELD(succeeded_at) },
	{ "attempts", NUMBER, FIELD(attempts) },
	{ "window-start", NUMBER, FIELD(schedule.window_start) },
	{ "window-end", NUMBER, FIELD(schedule.window_end) },
	{ "chosen", NUMBER, FIELD(schedule.chosen) },
	{ "info-at", NUMBER, FIELD(schedule.info_at) },
	{ "info-failures", NUMBER, FIELD(schedule.info_failures) },
	{ "failures", NUMBER, FIELD(schedule.failures) },
	{ "retry-at", NUMBER, FIELD(schedule.retry_at) },
	{ "rest-until", NUMBER, FIELD(schedule.rest_until) },
	{ "lost-at", NUMBER, FIELD(schedule.lost_at) },
	{ "started-at", NUMBER, FIELD(schedule.started_at) },
	{ "saved-at", NUMBER, FIELD(schedule.saved_at) },
	{ "problem", TEXT, FIELD(problem) },
	{ "detail", TEXT, FIELD(detail) },
	{ "advice", TEXT, FIELD(advice) },
};

#define NFIELDS (sizeof(fields) / sizeof(fields[0]))

static int64_t *
number_of(const struct record *record, const struct field *field)
{
	return (int64_t *)((uintptr_t)record + field->offset);
}

static char **
text_of(const struct record *record, const struct field *field)
{
	return (char **)((uintptr_t)record + field->offset);
}

void
record_release(struct record *record)
{
	for (size_t i = 0; i < NFIELDS; i++)
		if (fields[i].type == TEXT)
			free(*text_of(record, &fields[i]));
	*record = (struct record){ 0 };
}

/* The whole of a value on one line, whatever a peer put into it. */
void
record_set(char **text, const char *value)
{
	char *copy = value == NULL || *value == '\0' ? NULL : xstrdup(value);

	for (char *p = copy; p != NULL && *p != '\0'; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			*p = ' ';
	free(*text);
	*text = copy;
}

char *
record_line(const char **text, size_t *len, const char *key)
{
	size_t keylen = strlen(key), linelen;
	const char *end = *len > 0 ? memchr(*text, '\n', *len) : NULL;
	char *value;

	if (end == NULL)
		return NULL;
	linelen = (size_t)(end - *text);
	if (linelen < keylen + 2 || memcmp(*text, key, keylen) != 0 ||
	    memcmp(*text + keylen, ": ", 2) != 0)
		return NULL;
	value = xstrndup(*text + keylen + 2, linelen - keylen - 2);
	*text += linelen + 1;
	*len -= linelen + 1;
	return value;
}

static void
assign(struct record *record, const struct field *field, const char *value)
{
	uint64_t number;

	if (field->type == TEXT)
		record_set(text_of(record, field), value);
	else if (text_u64(value, strlen(value), INT64_MAX / 2, &number))
		*number_of(record, field) = (int64_t)number;
}

static bool
parse_field(struct record *record, const char **text, size_t *len)
{
	for (size_t i = 0; i < NFIELDS; i++) {
		char *value = record_line(text, len, fields[i].key);

		if (value == NULL)
			continue;
		assign(record, &fields[i], value);
		free(value);
		return true;
	}
	return false;
}

void
record_parse(struct record *record, const char *text, size_t len)
{
	while (len > 0) {
		const char *end;

		if (parse_field(record, &text, &len))
			continue;
		end = memchr(text, '\n', len);
		if (end == NULL)
			return;
		len -= (size_t)(end + 1 - text);
		text = end + 1;
	}
}

void
record_print(const struct record *record, struct buf *out)
{
	for (size_t i = 0; i < NFIELDS; i++) {
		const struct field *field = &fields[i];

		if (field->type == NUMBER)
			buf_printf(out, "%s: %" PRId64 "\n", field->key,
			    *number_of(record, field));
		else if (*text_of(record, field) != NULL)
			buf_printf(out, "%s: %s\n", field->key,
			    *text_of(record, field));
	}
}
