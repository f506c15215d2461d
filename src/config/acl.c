#include "acl.h"

#include <string.h>

#include "base/text.h"

#define CIDR_SIZE 64

/* The bytes of an address in network order, and how many bits they are. */
static const unsigned char *
bytes_of(const struct addr *addr, unsigned *bits)
{
	if (addr->u.sa.sa_family == AF_INET) {
		*bits = 32;
		return (const unsigned char *)&addr->u.in.sin_addr;
	}
	*bits = 128;
	return (const unsigned char *)&addr->u.in6.sin6_addr;
}

bool
acl_parse(struct config_net *net, const char *text)
{
	size_t len = strcspn(text, "/");
	struct config_net parsed;
	char host[CIDR_SIZE];
	uint64_t bits;
	unsigned all;

	if (len >= sizeof(host) || memchr(text, '%', len) != NULL)
		return false;
	memcpy(host, text, len);
	host[len] = '\0';
	if (!addr_parse(&parsed.addr, host, 0))
		return false;
	bytes_of(&parsed.addr, &all);
	bits = all;
	if (text[len] == '/' &&
	    !text_u64(text + len + 1, strlen(text + len + 1), all, &bits))
		return false;
	parsed.bits = (unsigned)bits;
	*net = parsed;
	return true;
}

static bool
net_holds(const struct config_net *net, const struct addr *addr)
{
	unsigned all, all_of_it, whole = net->bits / 8, rest = net->bits % 8;
	const unsigned char *a = bytes_of(&net->addr, &all);
	const unsigned char *b = bytes_of(addr, &all_of_it);

	return all == all_of_it && memcmp(a, b, whole) == 0 &&
	    (rest == 0 || (a[whole] ^ b[whole]) >> (8 - rest) == 0);
}

bool
config_acl_holds(const struct config_acl *acl, const char *address)
{
	size_t len = address != NULL ? strcspn(address, "%") : 0;
	char host[ADDR_TEXT_SIZE];
	struct addr addr;
	unsigned i;

	if (len == 0 || len >= sizeof(host))
		return false;
	memcpy(host, address, len);
	host[len] = '\0';
	if (!addr_parse(&addr, host, 0))
		return false;
	for (i = 0; i < acl->nnets; i++)
		if (net_holds(&acl->nets[i], &addr))
			return true;
	return false;
}
