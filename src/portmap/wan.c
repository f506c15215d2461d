#include "wan.h"

#include <arpa/inet.h>
#include <stddef.h>
#include <stdint.h>

static const struct wan_flaw cgnat = {
	"the provider shares its public address among customers (CGNAT): "
	"nobody outside reaches the router over IPv4",
	"Ask the provider for a public IPv4 address, or publish IPv6 only"
};
static const struct wan_flaw twice = {
	"the router's own address is a private one: there is a second router "
	"before it (double NAT)",
	"Make the outer one a bridge, or have it forward ports 80 and 443 to "
	"this router"
};
static const struct wan_flaw none = {
	"the router has no address that can be reached from outside",
	"Look whether it is connected"
};

const char wan_unsaid[] =
    "Routers say so that have no public address: look for the one that yours "
    "has outside. If it begins with 100.64 to 100.127, the provider shares "
    "its address among customers (CGNAT): ask it for a public one, or publish "
    "IPv6 only. Otherwise restart the router, or forward the port by hand";

/* RFC 6890, and what came after it. */
static const struct {
	uint32_t network;
	unsigned bits;
	const struct wan_flaw *flaw;
} special[] = {
	{ 0x00000000, 8, &none }, { 0x0a000000, 8, &twice },
	{ 0x64400000, 10, &cgnat }, { 0x7f000000, 8, &none },
	{ 0xa9fe0000, 16, &none }, { 0xac100000, 12, &twice },
	{ 0xc0000000, 24, &cgnat }, /* DS-Lite, RFC 6333 */
	{ 0xc0000200, 24, &none }, { 0xc0a80000, 16, &twice },
	{ 0xc6120000, 15, &none }, { 0xc6336400, 24, &none },
	{ 0xcb007100, 24, &none },
	{ 0xe0000000, 3, &none }, /* groups, and what is reserved */
};

const struct wan_flaw *
wan_flaw(const char *address)
{
	struct in_addr addr;

	if (inet_pton(AF_INET, address, &addr) != 1)
		return &none;
	for (size_t i = 0; i < sizeof(special) / sizeof(special[0]); i++)
		if ((ntohl(addr.s_addr) ^ special[i].network) >>
		        (32 - special[i].bits) ==
		    0)
			return special[i].flaw;
	return NULL;
}
