/*
 * Request targets, authorities and host names: the input is taken for each of
 * them. What is accepted must be what the reference accepts, and its parts must
 * make up the whole again.
 */

#include <arpa/inet.h>

#include "http/uri.h"
#include "reference.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define PORT "(:[0-9]{1,5})?$"
#define LABEL "[0-9A-Za-z]([0-9A-Za-z-]{0,61}[0-9A-Za-z])?"
#define PATH "[!\"$-~]" /* visible, but no '#' */

/* Host and port of something that looks like an authority. */
static bool
refer_authority(
    const char *data, size_t size, struct slice *host, unsigned long *port)
{
	static struct pattern name = { .text = "^[A-Za-z0-9._~-]+" PORT },
	                      ip = { .text = "^\\[[0-9A-Fa-f:.]+\\]" PORT };
	char text[INET6_ADDRSTRLEN];
	struct in6_addr addr;
	const char *end;

	*port = 0;
	if (matches(&name, data, size)) {
		end = memchr(data, ':', size);
		*host = (struct slice){ data,
			end != NULL ? (size_t)(end - data) : size };
	} else if (matches(&ip, data, size)) {
		end = memchr(data, ']', size);
		*host = (struct slice){ data + 1, (size_t)(end - data) - 1 };
		if (host->len >= sizeof(text))
			return false;
		memcpy(text, host->p, host->len);
		text[host->len] = '\0';
		if (inet_pton(AF_INET6, text, &addr) != 1)
			return false;
		end = end + 1 < data + size ? end + 1 : NULL;
	} else {
		return false;
	}
	if (end == NULL)
		return true;
	while (++end < data + size)
		*port = *port * 10 + (unsigned long)(*end - '0');
	return *port >= 1 && *port <= 65535;
}

static void
check_authority(const char *data, size_t size)
{
	struct slice host, expected;
	unsigned long number;
	uint16_t port;
	bool valid;

	valid = uri_parse_authority((struct slice){ data, size }, &host, &port);
	assert(valid == refer_authority(data, size, &expected, &number));
	if (valid) {
		assert(host.p == expected.p && host.len == expected.len);
		assert(port == number);
	}
}

/* The parts of an accepted target, in the place where they must be. */
static void
check_parts(const struct http_target *target, const char *data, size_t size)
{
	const char *query = memchr(data, '?', size), *end = data + size;
	const char *path = data;

	if (query == NULL)
		query = end;
	assert(target->query.p + target->query.len == end);
	assert(target->query.p == query);
	if (target->authority.len > 0) {
		struct slice host;
		uint16_t port;

		assert(uri_parse_authority(target->authority, &host, &port));
		assert(
		    host.p == target->host.p && host.len == target->host.len);
		assert(target->authority.p[-1] == '/');
		path = target->authority.p + target->authority.len;
	} else {
		assert(target->host.len == 0);
	}
	if (path < query) {
		assert(target->path.p == path);
		assert(target->path.p + target->path.len == query);
		assert(*path == '/' || slice_eq(target->path, "*"));
	} else {
		assert(target->path.len == 1);
	}
}

static void
check_target(const char *data, size_t size, bool options)
{
	static struct pattern origin = { .text = "^/" PATH "*$" },
	                      absolute = { .text = "^https?://" PATH "*$",
		                      .flags = REG_ICASE };
	struct slice method = { options ? "OPTIONS" : "GET", options ? 7 : 3 };
	struct http_target target;
	struct slice host;
	unsigned long port;
	const char *start;
	bool valid, expected;
	size_t len = 0;

	valid = uri_parse_target((struct slice){ data, size }, method, &target);
	if (matches(&absolute, data, size)) {
		start = (const char *)memchr(data, '/', size) + 2;
		while (start + len < data + size && start[len] != '/' &&
		    start[len] != '?')
			len++;
		expected = refer_authority(start, len, &host, &port);
	} else {
		expected = matches(&origin, data, size) ||
		    (options && size == 1 && *data == '*');
	}
	assert(valid == expected);
	if (valid)
		check_parts(&target, data, size);
}

/* Whatever a GET may have, and an authority with its port. */
static void
check_connect(const char *data, size_t size)
{
	static const struct slice get = { "GET", 3 },
	                          connect = { "CONNECT", 7 };
	struct slice text = { data, size }, host;
	struct http_target target;
	unsigned long port;
	bool valid = uri_parse_target(text, connect, &target);

	if (refer_authority(data, size, &host, &port) && port != 0) {
		assert(valid && target.authority.p == data);
		assert(target.host.p == host.p && target.host.len == host.len);
		assert(target.path.p == data && target.path.len == size);
	} else {
		assert(valid == uri_parse_target(text, get, &target));
	}
}

static void
check_hostname(const char *data, size_t size)
{
	static struct pattern name = { .text = "^" LABEL "(\\." LABEL ")*$" },
	                      wildcard = { .text = "^\\*(\\." LABEL ")+$" };
	bool plain = size <= 253 && matches(&name, data, size);

	assert(uri_is_hostname(data, size, false) == plain);
	assert(uri_is_hostname(data, size, true) ==
	    (plain || (size <= 253 && matches(&wildcard, data, size))));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = exact_copy(data, size);

	check_authority(text, size);
	check_target(text, size, false);
	check_target(text, size, true);
	check_connect(text, size);
	check_hostname(text, size);
	free(text);
	return 0;
}
