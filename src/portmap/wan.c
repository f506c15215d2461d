#include "wan.h"

#include <arpa/inet.h>
#include <stddef.h>
#include <stdint.h>

static const char cgnat[] =
    "the provider shares its public address among customers (CGNAT): nobody "
    "outside reaches the router over IPv4. Ask the provider for a public IPv4 "
    "address, or publish IPv6 only";
static const char twice[] =
    "the router's own address is a private one: there is a second router "
    "before it (double NAT). Make the outer one a bridge, or have it forward "
    "ports 80 and 443 to this router";
static const char none[] =
    "the router has no address that can be reached from outside: look whether "
    "it is connected";

/* RFC 6890, and what came after it. */
static const struct {
	uint32_t network;
	unsigned bits;
	const char *warning;
} special[] = {
	{ 0x00000000, 8, none }, { 0x0a000000, 8, twice },
	{ 0x64400000, 10, cgnat }, { 0x7f000000, 8, none },
	{ 0xa9fe0000, 16, none }, { 0xac100000, 12, twice },
	{ 0xc0000000, 24, cgnat }, /* DS-Lite, RFC 6333 */
	{ 0xc0000200, 24, none }, { 0xc0a80000, 16, twice },
	{ 0xc6120000, 15, none }, { 0xc6336400, 24, none },
	{ 0xcb007100, 24, none },
	{ 0xe0000000, 3, none }, /* groups, and what is reserved */
};

const char *
wan_warning(const char *address)
{
	struct in_addr addr;

	if (inet_pton(AF_INET, address, &addr) != 1)
		return none;
	for (size_t i = 0; i < sizeof(special) / sizeof(special[0]); i++)
		if ((ntohl(addr.s_addr) ^ special[i].network) >>
		        (32 - special[i].bits) ==
		    0)
			return special[i].warning;
	return NULL;
}
