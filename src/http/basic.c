#include "http/basic.h"

#include <stdint.h>
#include <string.h>

#include "base/text.h"

static int
value_of(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '+')
		return 62;
	return c == '/' ? 63 : -1;
}

/* The bytes of a quantum of four characters, 0 if it is none. */
static size_t
decode_quantum(const char in[4], bool last, char out[3])
{
	uint32_t bits = 0;
	size_t n = 4, i;

	if (last && in[3] == '=')
		n = in[2] == '=' ? 2 : 3;
	for (i = 0; i < 4; i++) {
		int value = i < n ? value_of(in[i]) : 0;

		if (value < 0)
			return 0;
		bits = bits << 6 | (uint32_t)value;
	}
	out[0] = (char)(bits >> 16);
	out[1] = (char)(bits >> 8);
	out[2] = (char)bits;
	/* What padding stands for is zero: one text for one value. */
	return (bits & ((1u << 8 * (4 - n)) - 1)) == 0 ? n - 1 : 0;
}

static bool
decode(struct slice in, char *out, size_t *len)
{
	size_t n = 0, i, got;

	if (in.len == 0 || in.len % 4 != 0 || in.len / 4 * 3 > HTTP_BASIC_MAX)
		return false;
	for (i = 0; i < in.len; i += 4) {
		got = decode_quantum(in.p + i, i + 4 == in.len, out + n);
		if (got == 0)
			return false;
		n += got;
	}
	*len = n;
	return true;
}

bool
http_basic_read(struct slice value, struct http_basic *basic)
{
	static const char scheme[] = "Basic ";
	size_t skip = sizeof(scheme) - 1, len, i;
	char *colon;

	if (value.len < skip || !text_ieq(value.p, skip, scheme))
		return false;
	while (skip < value.len && value.p[skip] == ' ')
		skip++;
	value.p += skip;
	value.len -= skip;
	if (!decode(value, basic->text, &len))
		return false;
	for (i = 0; i < len; i++)
		if ((unsigned char)basic->text[i] < 0x20 ||
		    basic->text[i] == 0x7f)
			return false;
	colon = memchr(basic->text, ':', len);
	if (colon == NULL)
		return false;
	*colon = '\0';
	basic->text[len] = '\0';
	basic->user.p = basic->text;
	basic->user.len = (size_t)(colon - basic->text);
	basic->password.p = colon + 1;
	basic->password.len = len - basic->user.len - 1;
	return true;
}
