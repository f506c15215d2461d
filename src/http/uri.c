/*
 * Where a request goes: the target of a request line, the authority of a Host
 * field, and host names in the strict sense of configurations.
 */

#include "http/uri.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/text.h"
#include "grammar.h"

#define PORT_DIGITS 5
#define LABEL_MAX 63
#define HOSTNAME_MAX 253

/* Takes the first n bytes off a slice. */
static struct slice
take(struct slice *rest, size_t n)
{
	struct slice taken = { rest->p, n };

	rest->p += n;
	rest->len -= n;
	return taken;
}

static bool
take_prefix(struct slice *rest, const char *prefix)
{
	size_t n = strlen(prefix);

	if (rest->len < n || !slice_ieq((struct slice){ rest->p, n }, prefix))
		return false;
	take(rest, n);
	return true;
}

/* The address inside the brackets. inet_pton() knows no zone identifiers. */
static bool
is_ipv6(struct slice s)
{
	char text[INET6_ADDRSTRLEN];
	struct in6_addr addr;

	if (s.len >= sizeof(text) || memchr(s.p, '\0', s.len) != NULL)
		return false;
	memcpy(text, s.p, s.len);
	text[s.len] = '\0';
	return inet_pton(AF_INET6, text, &addr) == 1;
}

static bool
take_bracketed(struct slice *rest, struct slice *host)
{
	const char *end = memchr(rest->p, ']', rest->len);

	if (end == NULL)
		return false;
	*host = take(rest, (size_t)(end - rest->p) + 1);
	host->p++;
	host->len -= 2;
	return is_ipv6(*host);
}

bool
uri_parse_authority(struct slice authority, struct slice *host, uint16_t *port)
{
	struct slice rest = authority, name;
	uint64_t number = 0;

	if (rest.len == 0)
		return false;
	if (rest.p[0] == '[') {
		if (!take_bracketed(&rest, &name))
			return false;
	} else {
		name = take(&rest, http_span(rest.p, rest.len, CLASS_NAME));
		if (name.len == 0)
			return false;
	}
	if (rest.len > 0) {
		if (take(&rest, 1).p[0] != ':' || rest.len > PORT_DIGITS ||
		    !text_u64(rest.p, rest.len, UINT16_MAX, &number) ||
		    number == 0)
			return false;
	}
	*host = name;
	*port = (uint16_t)number;
	return true;
}

/* The length of the part before the first of the bytes in `stop`. */
static size_t
length_before(struct slice s, const char *stop)
{
	size_t n = 0, nstop = strlen(stop);

	while (n < s.len && memchr(stop, s.p[n], nstop) == NULL)
		n++;
	return n;
}

/* Takes "scheme://authority" off an absolute-form. */
static bool
take_origin(struct slice *rest, struct http_target *out)
{
	uint16_t port;

	if (!take_prefix(rest, "http://") && !take_prefix(rest, "https://"))
		return false;
	out->authority = take(rest, length_before(*rest, "/?"));
	return uri_parse_authority(out->authority, &out->host, &port);
}

/* "host:port" of a CONNECT: nothing but where to. */
static bool
is_authority_form(struct slice target, struct http_target *out)
{
	struct slice host;
	uint16_t port;

	if (!uri_parse_authority(target, &host, &port) || port == 0)
		return false;
	*out = (struct http_target){ .host = host,
		.authority = target,
		.path = target,
		.query = { "", 0 } };
	return true;
}

bool
uri_parse_target(
    struct slice target, struct slice method, struct http_target *out)
{
	static const struct slice empty = { "", 0 };
	struct http_target parsed = { .host = empty, .authority = empty };
	struct slice rest = target;
	bool options = slice_eq(method, "OPTIONS");

	if (slice_eq(method, "CONNECT") && is_authority_form(target, out))
		return true;
	if (rest.len == 0 || memchr(rest.p, '#', rest.len) != NULL ||
	    http_span(rest.p, rest.len, CLASS_VISIBLE) != rest.len)
		return false;
	if (options && slice_eq(rest, "*")) {
		parsed.path = take(&rest, 1);
	} else {
		if (rest.p[0] != '/' && !take_origin(&rest, &parsed))
			return false;
		parsed.path = take(&rest, length_before(rest, "?"));
		if (parsed.path.len == 0)
			parsed.path = (struct slice){
				options && rest.len == 0 ? "*" : "/", 1
			};
	}
	parsed.query = rest;
	*out = parsed;
	return true;
}

static bool
is_label(const char *s, size_t len)
{
	return len > 0 && len <= LABEL_MAX && s[0] != '-' &&
	    s[len - 1] != '-' && http_span(s, len, CLASS_LABEL) == len;
}

bool
uri_is_hostname(const char *s, size_t len, bool wildcard)
{
	struct slice rest = { s, len };
	size_t n;

	if (len > HOSTNAME_MAX)
		return false;
	if (wildcard)
		take_prefix(&rest, "*.");
	for (;;) {
		n = length_before(rest, ".");
		if (!is_label(rest.p, n))
			return false;
		if (n == rest.len)
			return true;
		take(&rest, n + 1);
	}
}
