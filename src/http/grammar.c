/*
 * The table behind the character classes, and the two ways to take a field
 * value apart that every list has in common.
 */

#include "grammar.h"

#include <string.h>

/* clang-format off */
enum {
	S = CLASS_TEXT,          /* in values only */
	V = S | CLASS_VISIBLE,   /* a delimiter */
	K = V | CLASS_TOKEN,     /* in tokens, not in names */
	N = K | CLASS_NAME,      /* in names, not in labels */
	L = N | CLASS_LABEL
};

const unsigned char http_classes[256] = {
	0, 0, 0, 0, 0, 0, 0, 0, 0, S, 0, 0, 0, 0, 0, 0, /* HTAB */
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	S, K, V, K, K, K, K, K, V, V, K, K, V, L, N, V, /*  !"#$%&'()*+,-./ */
	L, L, L, L, L, L, L, L, L, L, V, V, V, V, V, V, /* 0123456789:;<=>? */
	V, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, /* @ABCDEFGHIJKLMNO */
	L, L, L, L, L, L, L, L, L, L, L, V, V, V, K, N, /* PQRSTUVWXYZ[\]^_ */
	K, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, /* `abcdefghijklmno */
	L, L, L, L, L, L, L, L, L, L, L, V, K, V, N, 0, /* pqrstuvwxyz{|}~  */
	S, S, S, S, S, S, S, S, S, S, S, S, S, S, S, S,
	S, S, S, S, S, S, S, S, S, S, S, S, S, S, S, S,
	S, S, S, S, S, S, S, S, S, S, S, S, S, S, S, S,
	S, S, S, S, S, S, S, S, S, S, S, S, S, S, S, S,
	S, S, S, S, S, S, S, S, S, S, S, S, S, S, S, S,
	S, S, S, S, S, S, S, S, S, S, S, S, S, S, S, S,
	S, S, S, S, S, S, S, S, S, S, S, S, S, S, S, S,
	S, S, S, S, S, S, S, S, S, S, S, S, S, S, S, S
};
/* clang-format on */

static bool
is_ows(char c)
{
	return c == ' ' || c == '\t';
}

struct slice
http_trim(struct slice s)
{
	while (s.len > 0 && is_ows(s.p[0])) {
		s.p++;
		s.len--;
	}
	while (s.len > 0 && is_ows(s.p[s.len - 1]))
		s.len--;
	return s;
}

bool
http_list_cut(struct slice *rest, struct slice *element)
{
	const char *comma;

	if (rest->p == NULL)
		return false;
	*element = *rest;
	comma = rest->len > 0 ? memchr(rest->p, ',', rest->len) : NULL;
	if (comma == NULL) {
		*rest = (struct slice){ NULL, 0 };
	} else {
		element->len = (size_t)(comma - rest->p);
		rest->p = comma + 1;
		rest->len -= element->len + 1;
	}
	*element = http_trim(*element);
	return true;
}
