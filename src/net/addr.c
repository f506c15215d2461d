/*
 * Socket addresses as the gateway writes, reads and compares them. No name is
 * resolved here, so this is fit for every process, jailed or not.
 */

#include "net/addr.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>

#include "base/error.h"
#include "base/text.h"

static void
set_in(struct addr *addr, const struct in_addr *in, uint16_t port)
{
	memset(addr, 0, sizeof(*addr));
	addr->u.in.sin_family = AF_INET;
	addr->u.in.sin_port = htons(port);
	addr->u.in.sin_addr = *in;
	addr->len = sizeof(addr->u.in);
}

static void
set_in6(struct addr *addr, const struct in6_addr *in6, uint32_t scope,
    uint16_t port)
{
	memset(addr, 0, sizeof(*addr));
	addr->u.in6.sin6_family = AF_INET6;
	addr->u.in6.sin6_port = htons(port);
	addr->u.in6.sin6_addr = *in6;
	addr->u.in6.sin6_scope_id = scope;
	addr->len = sizeof(addr->u.in6);
}

/* The zone of "fe80::1%eth0" (RFC 4007): a name or a number. 0 = none such. */
static uint32_t
zone_index(const char *zone)
{
	uint64_t number;

	if (text_u64(zone, strlen(zone), UINT32_MAX, &number))
		return (uint32_t)number;
	return if_nametoindex(zone);
}

/* The address of "fe80::1%eth0", whatever its zone. */
static bool
parse_in6(const char *host, struct in6_addr *in6)
{
	char literal[INET6_ADDRSTRLEN];
	size_t len = strcspn(host, "%");

	if (len >= sizeof(literal))
		return false;
	memcpy(literal, host, len);
	literal[len] = '\0';
	return inet_pton(AF_INET6, literal, in6) == 1;
}

bool
addr_parse(struct addr *addr, const char *host, uint16_t port)
{
	const char *zone = strchr(host, '%');
	uint32_t scope = 0;
	struct in6_addr in6;
	struct in_addr in;

	if (inet_pton(AF_INET, host, &in) == 1) {
		set_in(addr, &in, port);
		return true;
	}
	if (!parse_in6(host, &in6))
		return false;
	if (zone != NULL) {
		scope = zone_index(zone + 1);
		if (scope == 0)
			return false;
	}
	set_in6(addr, &in6, scope, port);
	return true;
}

/* Copies a host of `len` bytes, which must be an IPv6 address if `ipv6`. */
static bool
copy_host(char *host, size_t hostsize, const char *src, size_t len, bool ipv6)
{
	struct in6_addr in6;
	char copy[256];

	if (len == 0 || len >= hostsize || len >= sizeof(copy))
		return false;
	memcpy(copy, src, len);
	copy[len] = '\0';
	if (ipv6 && !parse_in6(copy, &in6))
		return false;
	memcpy(host, copy, len + 1);
	return true;
}

bool
addr_split(const char *text, char *host, size_t hostsize, uint16_t *port)
{
	bool bracketed = *text == '[';
	const char *start = bracketed ? text + 1 : text;
	size_t len = strcspn(start, bracketed ? "]" : ":");
	const char *rest = start + len; /* "", ":port" or not as it should be */
	uint64_t number;

	if (bracketed) {
		if (*rest != ']')
			return false;
		rest++;
	} else if (*rest == ':' && strchr(rest + 1, ':') != NULL)
		return copy_host(host, hostsize, text, strlen(text), true);
	if (*rest != '\0' &&
	    (*rest != ':' ||
	        !text_u64(rest + 1, strlen(rest + 1), UINT16_MAX, &number)))
		return false;
	if (!copy_host(host, hostsize, start, len, bracketed))
		return false;
	if (*rest == ':')
		*port = (uint16_t)number;
	return true;
}

void
addr_from_sockaddr(struct addr *addr, const struct sockaddr *sa, socklen_t len)
{
	struct sockaddr_in6 in6;
	struct sockaddr_in in;

	memset(addr, 0, sizeof(*addr));
	if (len >= sizeof(in) && sa->sa_family == AF_INET) {
		memcpy(&in, sa, sizeof(in));
		set_in(addr, &in.sin_addr, ntohs(in.sin_port));
	} else if (len >= sizeof(in6) && sa->sa_family == AF_INET6) {
		memcpy(&in6, sa, sizeof(in6));
		if (IN6_IS_ADDR_V4MAPPED(&in6.sin6_addr)) {
			memcpy(&in.sin_addr, &in6.sin6_addr.s6_addr[12],
			    sizeof(in.sin_addr));
			set_in(addr, &in.sin_addr, ntohs(in6.sin6_port));
		} else
			set_in6(addr, &in6.sin6_addr, in6.sin6_scope_id,
			    ntohs(in6.sin6_port));
	}
}

uint16_t
addr_port(const struct addr *addr)
{
	switch (addr->u.sa.sa_family) {
	case AF_INET:
		return ntohs(addr->u.in.sin_port);
	case AF_INET6:
		return ntohs(addr->u.in6.sin6_port);
	}
	return 0;
}

char *
addr_ip_text(const struct addr *addr, char dst[ADDR_TEXT_SIZE])
{
	char zone[IF_NAMESIZE];
	size_t len;

	memcpy(dst, "-", sizeof("-"));
	switch (addr->u.sa.sa_family) {
	case AF_INET:
		inet_ntop(AF_INET, &addr->u.in.sin_addr, dst, ADDR_TEXT_SIZE);
		break;
	case AF_INET6:
		inet_ntop(
		    AF_INET6, &addr->u.in6.sin6_addr, dst, ADDR_TEXT_SIZE);
		if (addr->u.in6.sin6_scope_id == 0)
			break;
		len = strlen(dst);
		if (if_indextoname(addr->u.in6.sin6_scope_id, zone) != NULL)
			snprintf(dst + len, ADDR_TEXT_SIZE - len, "%%%s", zone);
		else
			snprintf(dst + len, ADDR_TEXT_SIZE - len, "%%%u",
			    addr->u.in6.sin6_scope_id);
		break;
	}
	return dst;
}

char *
addr_text(const struct addr *addr, char dst[ADDR_TEXT_SIZE])
{
	char ip[ADDR_TEXT_SIZE];

	addr_ip_text(addr, ip);
	if (addr->len == 0)
		return memcpy(dst, ip, sizeof(ip));
	snprintf(dst, ADDR_TEXT_SIZE,
	    addr->u.sa.sa_family == AF_INET6 ? "[%.55s]:%u" : "%.55s:%u", ip,
	    addr_port(addr));
	return dst;
}

static void
clear_after(unsigned char *bytes, size_t len, unsigned bits)
{
	size_t i = bits / 8;

	if (i < len && bits % 8 != 0)
		bytes[i++] &= (unsigned char)(0xff00u >> bits % 8);
	if (i < len)
		memset(bytes + i, 0, len - i);
}

void
addr_mask(struct addr *addr, unsigned bits4, unsigned bits6)
{
	switch (addr->u.sa.sa_family) {
	case AF_INET:
		addr->u.in.sin_port = 0;
		clear_after((unsigned char *)&addr->u.in.sin_addr, 4, bits4);
		break;
	case AF_INET6:
		addr->u.in6.sin6_port = 0;
		addr->u.in6.sin6_scope_id = 0;
		clear_after(addr->u.in6.sin6_addr.s6_addr, 16, bits6);
		break;
	}
}

int
addr_unix(struct sockaddr_un *sun, const char *path, struct error *err)
{
	*sun = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (strlen(path) >= sizeof(sun->sun_path))
		return error_set(err, ERR_LIMIT,
		    "%s: the path of a socket may have %zu bytes at most", path,
		    sizeof(sun->sun_path) - 1);
	memcpy(sun->sun_path, path, strlen(path) + 1);
	return 0;
}

bool
addr_is_loopback(const struct addr *addr)
{
	switch (addr->u.sa.sa_family) {
	case AF_INET:
		return ntohl(addr->u.in.sin_addr.s_addr) >> 24 == 127;
	case AF_INET6:
		return IN6_IS_ADDR_LOOPBACK(&addr->u.in6.sin6_addr);
	}
	return false;
}

bool
addr_eq(const struct addr *a, const struct addr *b)
{
	if (a->len != b->len || a->u.sa.sa_family != b->u.sa.sa_family ||
	    addr_port(a) != addr_port(b))
		return false;
	switch (a->u.sa.sa_family) {
	case AF_INET:
		return a->u.in.sin_addr.s_addr == b->u.in.sin_addr.s_addr;
	case AF_INET6:
		return a->u.in6.sin6_scope_id == b->u.in6.sin6_scope_id &&
		    IN6_ARE_ADDR_EQUAL(
		        &a->u.in6.sin6_addr, &b->u.in6.sin6_addr);
	}
	return true;
}

int
addr_list_read(struct addr list[ADDR_LIST_MAX], const void *src, size_t len)
{
	struct addr copy[ADDR_LIST_MAX];
	size_t n = len / sizeof(copy[0]);

	if (len % sizeof(copy[0]) != 0 || n > ADDR_LIST_MAX)
		return -1;
	for (size_t i = 0; i < n; i++) {
		struct addr raw;

		memcpy(&raw, (const unsigned char *)src + i * sizeof(raw),
		    sizeof(raw));
		if (raw.len > sizeof(raw.u))
			return -1;
		addr_from_sockaddr(&copy[i], &raw.u.sa, raw.len);
		if (copy[i].len == 0)
			return -1;
	}
	memcpy(list, copy, n * sizeof(copy[0]));
	return (int)n;
}
