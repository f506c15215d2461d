/* Which addresses may be published: see address.h. */

#include "address.h"

#include <arpa/inet.h>
#include <linux/if_addr.h>
#include <string.h>
#include <sys/socket.h>

#include "json/json.h"

#define ANSWER_MAX 4096 /* bytes that can hold an address: more is a page */

/* What nobody outside reaches (RFC 6890 and those after it). */
struct range {
	unsigned char prefix[16];
	unsigned bits;
};

static const struct range private4[] = {
	{ { 0 }, 8 },
	{ { 10 }, 8 },
	{ { 100, 64 }, 10 }, /* of a provider's translator (RFC 6598) */
	{ { 127 }, 8 },
	{ { 169, 254 }, 16 },
	{ { 172, 16 }, 12 },
	{ { 192, 0, 0 }, 24 }, /* DS-Lite among others */
	{ { 192, 0, 2 }, 24 },
	{ { 192, 88, 99 }, 24 },
	{ { 192, 168 }, 16 },
	{ { 198, 18 }, 15 },
	{ { 198, 51, 100 }, 24 },
	{ { 203, 0, 113 }, 24 },
	{ { 224 }, 3 },
};

/* Within 2000::/3, which is all that is global. */
static const struct range private6[] = {
	{ { 0x20, 0x01 }, 23 },
	{ { 0x20, 0x01, 0x0d, 0xb8 }, 32 },
	{ { 0x20, 0x02 }, 16 },
	{ { 0x3f, 0xff }, 20 },
};

static const struct range global6 = { { 0x20 }, 3 };

static bool
is_within(const unsigned char *address, const struct range *range)
{
	size_t bytes = range->bits / 8;
	unsigned rest = range->bits % 8;

	if (memcmp(address, range->prefix, bytes) != 0)
		return false;
	return rest == 0 ||
	    ((address[bytes] ^ range->prefix[bytes]) >> (8 - rest)) == 0;
}

bool
address_is_public(int family, const unsigned char *address)
{
	const struct range *ranges = family == AF_INET ? private4 : private6;
	size_t n = family == AF_INET ? sizeof(private4) / sizeof(private4[0])
	                             : sizeof(private6) / sizeof(private6[0]);

	if (family != AF_INET && !is_within(address, &global6))
		return false;
	for (size_t i = 0; i < n; i++)
		if (is_within(address, &ranges[i]))
			return false;
	return true;
}

bool
address_read(int family, const char *text, size_t len, char dst[ADDRESS_SIZE])
{
	unsigned char address[16];
	char copy[ADDRESS_SIZE];

	if (len >= sizeof(copy) || memchr(text, '\0', len) != NULL)
		return false;
	memcpy(copy, text, len);
	copy[len] = '\0';
	return inet_pton(family, copy, address) == 1 &&
	    address_is_public(family, address) &&
	    inet_ntop(family, address, dst, ADDRESS_SIZE) != NULL;
}

char *
address_text(const struct candidate *candidate, char dst[ADDRESS_SIZE])
{
	if (inet_ntop(candidate->family, candidate->address, dst,
	        ADDRESS_SIZE) == NULL)
		*dst = '\0';
	return dst;
}

/* The bit for "temporary" says of an IPv4 address that it is a second one. */
static bool
is_stable(const struct candidate *candidate)
{
	return candidate->family == AF_INET ||
	    (candidate->flags &
	        (IFA_F_TEMPORARY | IFA_F_DEPRECATED | IFA_F_TENTATIVE |
	            IFA_F_DADFAILED)) == 0;
}

static bool
is_good(const struct candidate *candidate, int family)
{
	return candidate->family == family && is_stable(candidate) &&
	    address_is_public(family, candidate->address);
}

const struct candidate *
address_choose(
    const struct candidate *candidates, size_t n, int family, const char *known)
{
	const struct candidate *best = NULL;
	char text[ADDRESS_SIZE];

	for (size_t i = 0; i < n; i++) {
		const struct candidate *at = &candidates[i];

		if (!is_good(at, family))
			continue;
		if (strcmp(address_text(at, text), known) == 0)
			return at;
		if (best == NULL)
			best = at;
	}
	return best;
}

const struct candidate *
address_choose_beside(
    const struct candidate *candidates, size_t n, const char *seen)
{
	const struct candidate *beside = NULL;
	unsigned char address[16];
	bool ours = false;

	if (inet_pton(AF_INET6, seen, address) != 1)
		return NULL;
	for (size_t i = 0; i < n; i++) {
		const struct candidate *at = &candidates[i];
		bool same = at->family == AF_INET6 &&
		    memcmp(at->address, address, 16) == 0;

		ours = ours || same;
		if (!is_good(at, AF_INET6) ||
		    memcmp(at->address, address, 8) != 0)
			continue;
		if (same)
			return at;
		if (beside == NULL)
			beside = at;
	}
	return ours ? beside : NULL;
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool
in_json(int family, const char *body, size_t len, char dst[ADDRESS_SIZE])
{
	struct json *doc = json_parse(body, len, NULL);
	const char *text = json_str(doc, "ip");
	bool found =
	    text != NULL && address_read(family, text, strlen(text), dst);

	json_free(doc);
	return found;
}

static bool
in_lines(int family, const char *body, size_t len, char dst[ADDRESS_SIZE])
{
	const char *at = body, *end = body + len, *stop;

	for (; at < end; at = stop + 1) {
		stop = memchr(at, '\n', (size_t)(end - at));
		if (stop == NULL)
			stop = end;
		if (stop - at > 3 && memcmp(at, "ip=", 3) == 0)
			return address_read(
			    family, at + 3, (size_t)(stop - at) - 3, dst);
		if (stop == end)
			break;
	}
	return false;
}

bool
address_in_answer(
    int family, const char *body, size_t len, char dst[ADDRESS_SIZE])
{
	while (len > 0 && is_blank(body[len - 1]))
		len--;
	for (; len > 0 && is_blank(*body); body++)
		len--;
	if (len == 0 || len > ANSWER_MAX)
		return false;
	if (*body == '{')
		return in_json(family, body, len, dst);
	return address_read(family, body, len, dst) ||
	    in_lines(family, body, len, dst);
}
