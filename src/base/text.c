/* Strict readers of small texts, free of the locale: see base/text.h. */

#include "base/text.h"

#include <limits.h>
#include <string.h>

#include "base/xalloc.h"

#define DISTANCE_MAX 64 /* words longer than this are not compared */

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool
text_u64(const char *s, size_t len, uint64_t max, uint64_t *value)
{
	uint64_t v = 0;
	size_t i;

	if (len == 0)
		return false;
	for (i = 0; i < len; i++) {
		unsigned digit = (unsigned char)s[i] - (unsigned)'0';

		if (digit > 9 || digit > max || v > (max - digit) / 10)
			return false;
		v = v * 10 + digit;
	}
	*value = v;
	return true;
}

bool
text_ieq(const char *s, size_t len, const char *with)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (with[i] == '\0' || lower(s[i]) != lower(with[i]))
			return false;
	return with[len] == '\0';
}

static unsigned
min(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/*
 * Optimal string alignment: two letters that changed places count once, as
 * they do for the person who typed them. Three rows of the matrix suffice.
 */
unsigned
text_distance(const char *a, const char *b)
{
	unsigned rows[3][DISTANCE_MAX];
	unsigned *above2 = rows[0], *above = rows[1], *row = rows[2], *spare;
	size_t alen = strlen(a), blen = strlen(b), i, j;

	if (alen >= DISTANCE_MAX || blen >= DISTANCE_MAX)
		return UINT_MAX;
	for (j = 0; j <= blen; j++)
		row[j] = (unsigned)j;
	for (i = 1; i <= alen; i++) {
		spare = above2;
		above2 = above;
		above = row;
		row = spare;
		row[0] = (unsigned)i;
		for (j = 1; j <= blen; j++) {
			char x = lower(a[i - 1]), y = lower(b[j - 1]);

			row[j] = min(above[j] + 1, row[j - 1] + 1);
			row[j] = min(row[j], above[j - 1] + (x != y));
			if (i > 1 && j > 1 && x == lower(b[j - 2]) &&
			    lower(a[i - 2]) == y)
				row[j] = min(row[j], above2[j - 2] + 1);
		}
	}
	return row[blen];
}

static const char alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

char *
text_base64url(const void *data, size_t len)
{
	const unsigned char *p = data;
	char *s = xmalloc(len / 3 * 4 + 5), *out = s;
	size_t i;

	for (i = 0; i < len; i += 3) {
		size_t left = len - i;
		uint32_t group = (uint32_t)p[i] << 16;

		if (left > 1)
			group |= (uint32_t)p[i + 1] << 8;
		if (left > 2)
			group |= p[i + 2];
		*out++ = alphabet[group >> 18];
		*out++ = alphabet[group >> 12 & 63];
		if (left > 1)
			*out++ = alphabet[group >> 6 & 63];
		if (left > 2)
			*out++ = alphabet[group & 63];
	}
	*out = '\0';
	return s;
}

bool
text_unbase64url(const char *s, void *dst, size_t dstsize, size_t *dstlen)
{
	unsigned char *out = dst;
	size_t len = strlen(s), n = 0, i;
	unsigned bits = 0;
	uint32_t group = 0;

	if (len % 4 == 1 || len / 4 * 3 + len % 4 * 3 / 4 > dstsize)
		return false;
	for (i = 0; i < len; i++) {
		const char *found = strchr(alphabet, s[i]);

		if (found == NULL)
			return false;
		group = (group << 6 | (uint32_t)(found - alphabet)) & 0xffffff;
		bits += 6;
		if (bits >= 8) {
			bits -= 8;
			out[n++] = (unsigned char)(group >> bits);
		}
	}
	/* Bits beyond the last byte are zero: one text for one value. */
	if ((group & ((1u << bits) - 1)) != 0)
		return false;
	*dstlen = n;
	return true;
}
