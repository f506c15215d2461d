#include "record.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/text.h"
#include "base/xalloc.h"

#define FIELD(member) offsetof(struct record, member)

static const struct record_field fields[] = {
	{ "wanted", RECORD_TEXT, FIELD(wanted) },
	{ "issued", RECORD_TEXT, FIELD(issued) },
	{ "issuer", RECORD_TEXT, FIELD(issuer) },
	{ "serial", RECORD_TEXT, FIELD(serial) },
	{ "told", RECORD_TEXT, FIELD(told) },
	{ "revoked", RECORD_TEXT, FIELD(revoked) },
	{ "failed-way", RECORD_TEXT, FIELD(failed_way) },
	{ "gates", RECORD_TEXT, FIELD(gates) },
	{ "succeeded-at", RECORD_NUMBER, FIELD(succeeded_at) },
	{ "attempts", RECORD_NUMBER, FIELD(attempts) },
	{ "window-start", RECORD_NUMBER, FIELD(schedule.window_start) },
	{ "window-end", RECORD_NUMBER, FIELD(schedule.window_end) },
	{ "chosen", RECORD_NUMBER, FIELD(schedule.chosen) },
	{ "info-at", RECORD_NUMBER, FIELD(schedule.info_at) },
	{ "info-failures", RECORD_NUMBER, FIELD(schedule.info_failures) },
	{ "failures", RECORD_NUMBER, FIELD(schedule.failures) },
	{ "retry-at", RECORD_NUMBER, FIELD(schedule.retry_at) },
	{ "rest-until", RECORD_NUMBER, FIELD(schedule.rest_until) },
	{ "lost-at", RECORD_NUMBER, FIELD(schedule.lost_at) },
	{ "started-at", RECORD_NUMBER, FIELD(schedule.started_at) },
	{ "saved-at", RECORD_NUMBER, FIELD(schedule.saved_at) },
	{ "problem", RECORD_TEXT, FIELD(problem) },
	{ "detail", RECORD_TEXT, FIELD(detail) },
	{ "advice", RECORD_TEXT, FIELD(advice) },
};

static const struct record_table table = { fields,
	sizeof(fields) / sizeof(fields[0]) };

void
record_release(struct record *record)
{
	record_fields_release(&table, record);
	*record = (struct record){ 0 };
}

void
record_parse(struct record *record, const char *text, size_t len)
{
	record_fields_parse(&table, record, text, len);
}

void
record_print(const struct record *record, struct buf *out)
{
	record_fields_print(&table, record, out);
}

/* --- of any kind ---------------------------------------------------------- */

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
record_said(const char *said)
{
	char *cut = xstrndup(said != NULL ? said : "", RECORD_SAID_MAX);
	char *text = NULL;

	record_set(&text, cut);
	free(cut);
	return text != NULL ? text : xstrdup("");
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

static int64_t *
number_of(const void *record, const struct record_field *field)
{
	return (int64_t *)((uintptr_t)record + field->offset);
}

static char **
text_of(const void *record, const struct record_field *field)
{
	return (char **)((uintptr_t)record + field->offset);
}

void
record_fields_release(const struct record_table *of, void *record)
{
	for (size_t i = 0; i < of->count; i++)
		if (of->fields[i].type == RECORD_TEXT)
			free(*text_of(record, &of->fields[i]));
}

static void
assign(void *record, const struct record_field *field, const char *value)
{
	uint64_t number;

	if (field->type == RECORD_TEXT)
		record_set(text_of(record, field), value);
	else if (text_u64(value, strlen(value), INT64_MAX / 2, &number))
		*number_of(record, field) = (int64_t)number;
}

static bool
parse_field(
    const struct record_table *of, void *record, const char **text, size_t *len)
{
	for (size_t i = 0; i < of->count; i++) {
		char *value = record_line(text, len, of->fields[i].key);

		if (value == NULL)
			continue;
		assign(record, &of->fields[i], value);
		free(value);
		return true;
	}
	return false;
}

void
record_fields_parse(
    const struct record_table *of, void *record, const char *text, size_t len)
{
	while (len > 0) {
		const char *end;

		if (parse_field(of, record, &text, &len))
			continue;
		end = memchr(text, '\n', len);
		if (end == NULL)
			return;
		len -= (size_t)(end + 1 - text);
		text = end + 1;
	}
}

void
record_fields_print(
    const struct record_table *of, const void *record, struct buf *out)
{
	for (size_t i = 0; i < of->count; i++) {
		const struct record_field *field = &of->fields[i];

		if (field->type == RECORD_NUMBER)
			buf_printf(out, "%s: %" PRId64 "\n", field->key,
			    *number_of(record, field));
		else if (*text_of(record, field) != NULL)
			buf_printf(out, "%s: %s\n", field->key,
			    *text_of(record, field));
	}
}
