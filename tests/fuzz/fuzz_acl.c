/*
 * Lists of addresses: the input is a network and an address, one on each line.
 * What is in a network must be what a comparison bit by bit says.
 */

#include <arpa/inet.h>
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "src/config/acl.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define TEXT_MAX 100

/* Of an address with no more than digits, dots and colons; 0 if it is none. */
static unsigned
refer_bytes(const char *text, size_t len, unsigned char bytes[16])
{
	char copy[TEXT_MAX];

	if (len >= sizeof(copy))
		return 0;
	memcpy(copy, text, len);
	copy[len] = '\0';
	if (inet_pton(AF_INET, copy, bytes) == 1)
		return 32;
	return inet_pton(AF_INET6, copy, bytes) == 1 ? 128 : 0;
}

static bool
bit(const unsigned char *bytes, unsigned n)
{
	return (bytes[n / 8] >> (7 - n % 8) & 1) != 0;
}

static void
check(const char *net_text, const char *address)
{
	unsigned char a[16], b[16];
	size_t len = strcspn(net_text, "/");
	struct config_net net;
	struct config_acl acl = { .nets = &net, .nnets = 1 };
	unsigned family = refer_bytes(net_text, len, a), n;
	bool same = true;

	if (!acl_parse(&net, net_text))
		return;
	assert(family != 0 && net.bits <= family);
	assert(net_text[len] == '/' || net.bits == family);
	if (refer_bytes(address, strlen(address), b) != family)
		return;
	for (n = 0; n < net.bits; n++)
		same &= bit(a, n) == bit(b, n);
	assert(config_acl_holds(&acl, address) == same);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char text[2 * TEXT_MAX], *newline;

	if (size >= sizeof(text))
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	newline = strchr(text, '\n');
	if (newline == NULL)
		return 0;
	*newline = '\0';
	check(text, newline + 1);
	return 0;
}
