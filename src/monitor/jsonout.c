#include "jsonout.h"

#include <inttypes.h>
#include <stddef.h>

#include "base/buf.h"

void
jsonout_init(struct jsonout *json, struct buf *buf)
{
	*json = (struct jsonout){ .buf = buf };
}

/*
 * The length of the well-formed UTF-8 sequence at s (RFC 3629), or 0. The NUL
 * at the end of the string stops it.
 */
static size_t
utf8_len(const unsigned char *s)
{
	static const struct {
		unsigned char first, last; /* of the lead byte */
		unsigned char low, high;   /* of the second byte */
		unsigned char len;
	} forms[] = {
		{ 0x01, 0x7f, 0x00, 0x00, 1 },
		{ 0xc2, 0xdf, 0x80, 0xbf, 2 },
		{ 0xe0, 0xe0, 0xa0, 0xbf, 3 },
		{ 0xe1, 0xec, 0x80, 0xbf, 3 },
		{ 0xed, 0xed, 0x80, 0x9f, 3 }, /* no surrogates */
		{ 0xee, 0xef, 0x80, 0xbf, 3 },
		{ 0xf0, 0xf0, 0x90, 0xbf, 4 },
		{ 0xf1, 0xf3, 0x80, 0xbf, 4 },
		{ 0xf4, 0xf4, 0x80, 0x8f, 4 },
	};

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		size_t n = 1;

		if (s[0] < forms[i].first || s[0] > forms[i].last)
			continue;
		if (forms[i].len == 1)
			return 1;
		if (s[1] < forms[i].low || s[1] > forms[i].high)
			return 0;
		do
			n++;
		while (n < forms[i].len && (s[n] & 0xc0) == 0x80);
		return n == forms[i].len ? n : 0;
	}
	return 0;
}

static void
put_string(struct buf *buf, const char *value)
{
	const unsigned char *s = (const unsigned char *)value;

	buf_append_str(buf, "\"");
	while (*s != '\0') {
		size_t len = utf8_len(s);

		if (len == 0)
			buf_append_str(buf, "\\ufffd");
		else if (*s == '"' || *s == '\\')
			buf_printf(buf, "\\%c", *s);
		else if (*s < 0x20)
			buf_printf(buf, "\\u%04x", *s);
		else
			buf_append(buf, s, len);
		s += len > 0 ? len : 1;
	}
	buf_append_str(buf, "\"");
}

/* What stands before a value. */
static void
lead(struct jsonout *json, const char *key)
{
	if (json->comma)
		buf_append_str(json->buf, ",");
	json->comma = true;
	if (key != NULL) {
		put_string(json->buf, key);
		buf_append_str(json->buf, ":");
	}
}

static void
open_with(struct jsonout *json, const char *key, const char *bracket)
{
	lead(json, key);
	buf_append_str(json->buf, bracket);
	json->comma = false;
}

static void
close_with(struct jsonout *json, const char *bracket)
{
	buf_append_str(json->buf, bracket);
	json->comma = true;
}

void
jsonout_object(struct jsonout *json, const char *key)
{
	open_with(json, key, "{");
}

void
jsonout_object_end(struct jsonout *json)
{
	close_with(json, "}");
}

void
jsonout_array(struct jsonout *json, const char *key)
{
	open_with(json, key, "[");
}

void
jsonout_array_end(struct jsonout *json)
{
	close_with(json, "]");
}

void
jsonout_str(struct jsonout *json, const char *key, const char *value)
{
	lead(json, key);
	put_string(json->buf, value != NULL ? value : "");
}

void
jsonout_int(struct jsonout *json, const char *key, int64_t value)
{
	lead(json, key);
	buf_printf(json->buf, "%" PRId64, value);
}
