#include "redact.h"

#include <string.h>

#include "base/buf.h"
#include "base/text.h"

#define CUT "..."
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Query parameters that are credentials of Home Assistant and of OAuth. */
static const char *const secret_parameters[] = { "authSig", "access_token",
	"refresh_token", "token", "code", "api_password" };

/* Fields of which nothing is shown. */
static const char *const secret_fields[] = { "Authorization",
	"Proxy-Authorization", "Cookie", "Set-Cookie", "X-HA-Access",
	"X-Supervisor-Token", "X-Hassio-Key" };

static const char digits[] = "0123456789abcdef";

void
value_begin(struct value *value, struct buf *out, bool json)
{
	*value = (struct value){ .out = out, .json = json, .left = VALUE_MAX };
	if (json)
		buf_append(out, "\"", 1);
}

void
value_end(struct value *value)
{
	if (value->cut)
		buf_append_str(value->out, CUT);
	if (value->json)
		buf_append(value->out, "\"", 1);
}

/* One unit: the whole of it or, from then on, nothing. */
static void
put_unit(struct value *value, const void *unit, size_t len)
{
	value->cut = value->cut || len > value->left;
	if (value->cut)
		return;
	buf_append(value->out, unit, len);
	value->left -= len;
}

static bool
is_plain(const struct value *value, unsigned char c)
{
	return c >= (value->word ? 0x21 : 0x20) && c < 0x7f && c != '"' &&
	    c != '\\';
}

/* The length of the UTF-8 sequence (RFC 3629) that begins here, or 0. */
static size_t
utf8_length(const unsigned char *s, size_t left)
{
	static const struct {
		unsigned char from, to;  /* the first byte … */
		unsigned char low, high; /* … and the second */
		size_t len;
	} forms[] = {
		{ 0xc2, 0xdf, 0x80, 0xbf, 2 },
		{ 0xe0, 0xe0, 0xa0, 0xbf, 3 },
		{ 0xe1, 0xec, 0x80, 0xbf, 3 },
		{ 0xed, 0xed, 0x80, 0x9f, 3 },
		{ 0xee, 0xef, 0x80, 0xbf, 3 },
		{ 0xf0, 0xf0, 0x90, 0xbf, 4 },
		{ 0xf1, 0xf3, 0x80, 0xbf, 4 },
		{ 0xf4, 0xf4, 0x80, 0x8f, 4 },
	};
	size_t i = 0, n;

	while (i < COUNT(forms) && (s[0] < forms[i].from || s[0] > forms[i].to))
		i++;
	if (i == COUNT(forms) || left < forms[i].len || s[1] < forms[i].low ||
	    s[1] > forms[i].high)
		return 0;
	for (n = 2; n < forms[i].len; n++)
		if ((s[n] & 0xc0) != 0x80)
			return 0;
	return forms[i].len;
}

/*
 * A byte that cannot stay. In JSON the text that is read is the same "\xNN",
 * so a backslash of the peer's cannot pass for ours.
 */
static void
put_escaped(struct value *value, unsigned char c)
{
	char unit[] = { '\\', '\\', 'x', digits[c >> 4], digits[c & 0xf] };

	if (!value->json)
		put_unit(value, unit + 1, sizeof(unit) - 1);
	else if (c == '"')
		put_unit(value, "\\\"", 2);
	else
		put_unit(value, unit, sizeof(unit));
}

void
value_put(struct value *value, struct slice bytes)
{
	const unsigned char *s = (const unsigned char *)bytes.p;
	size_t i = 0, n;

	while (i < bytes.len && !value->cut) {
		for (n = 0; i + n < bytes.len && is_plain(value, s[i + n]);)
			n++;
		if (n > value->left) {
			buf_append(value->out, s + i, value->left);
			value->left = 0;
			value->cut = true;
			return;
		}
		put_unit(value, s + i, n);
		i += n;
		if (i == bytes.len)
			break;
		n = value->json ? utf8_length(s + i, bytes.len - i) : 0;
		if (n > 0)
			put_unit(value, s + i, n);
		else
			put_escaped(value, s[i]);
		i += n > 0 ? n : 1;
	}
}

static int
hex(char c)
{
	const char *digit = c != '\0' ? strchr(digits, c | 0x20) : NULL;

	return digit != NULL ? (int)(digit - digits) : -1;
}

/* Is it the parameter, once percent-decoded? */
static bool
is_named(struct slice name, const char *with)
{
	char plain[32];
	size_t len = 0, i;

	for (i = 0; i < name.len; i++) {
		char c = name.p[i];

		if (len == sizeof(plain))
			return false;
		if (c == '%' && i + 2 < name.len && hex(name.p[i + 1]) >= 0 &&
		    hex(name.p[i + 2]) >= 0) {
			c = (char)(hex(name.p[i + 1]) << 4 |
			    hex(name.p[i + 2]));
			i += 2;
		}
		plain[len++] = c;
	}
	return text_ieq(plain, len, with);
}

static bool
is_secret(struct slice name)
{
	for (size_t i = 0; i < COUNT(secret_parameters); i++)
		if (is_named(name, secret_parameters[i]))
			return true;
	return false;
}

/* A '?' or '&', and the parameter behind it. */
static void
put_parameter(struct value *value, struct slice part)
{
	const char *equals = memchr(part.p + 1, '=', part.len - 1);
	struct slice name = { part.p + 1, 0 };

	if (equals != NULL)
		name.len = (size_t)(equals - name.p);
	if (equals == NULL || !is_secret(name)) {
		value_put(value, part);
		return;
	}
	value_put(value, (struct slice){ part.p, name.len + 2 });
	value_put(value, (struct slice){ CUT, sizeof(CUT) - 1 });
}

void
value_put_query(struct value *value, struct slice query)
{
	while (query.len > 0 && !value->cut) {
		const char *next = memchr(query.p + 1, '&', query.len - 1);
		size_t len =
		    next != NULL ? (size_t)(next - query.p) : query.len;

		put_parameter(value, (struct slice){ query.p, len });
		query.p += len;
		query.len -= len;
	}
}

/* "https://user:password@host": up to the '@', or 0. */
static size_t
userinfo_end(struct slice url)
{
	const char *slashes = memmem(url.p, url.len, "://", 3), *p, *at = NULL;

	if (slashes == NULL)
		return 0;
	for (p = slashes + 3; p < url.p + url.len && *p != '/' && *p != '?';
	     p++)
		if (*p == '@')
			at = p;
	return at != NULL ? (size_t)(at - url.p) : 0;
}

void
value_put_field(struct value *value, struct slice name, struct slice bytes)
{
	const char *query;
	size_t skip = userinfo_end(bytes), before;

	for (size_t i = 0; i < COUNT(secret_fields); i++)
		if (slice_ieq(name, secret_fields[i])) {
			value_put(
			    value, (struct slice){ CUT, sizeof(CUT) - 1 });
			return;
		}
	if (skip > 0)
		value_put(value, (struct slice){ CUT, sizeof(CUT) - 1 });
	bytes.p += skip;
	bytes.len -= skip;
	query = memchr(bytes.p, '?', bytes.len);
	before = query != NULL ? (size_t)(query - bytes.p) : bytes.len;
	value_put(value, (struct slice){ bytes.p, before });
	if (query != NULL)
		value_put_query(
		    value, (struct slice){ query, bytes.len - before });
}
