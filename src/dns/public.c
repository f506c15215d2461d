#include "dns/public.h"

#include <stddef.h>
#include <string.h>
#include <sys/socket.h>

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
dns_is_public(int family, const unsigned char *address)
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
