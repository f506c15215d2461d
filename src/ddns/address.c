/* Which addresses may be published: see address.h. */

#include "address.h"

#include <arpa/inet.h>
#include <linux/if_addr.h>
#include <string.h>
#include <sys/socket.h>

#include "dns/public.h"
#include "json/json.h"

#define ANSWER_MAX 4096 /* bytes that can hold an address: more is a page */

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
	    dns_is_public(family, address) &&
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
	    dns_is_public(family, candidate->address);
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
