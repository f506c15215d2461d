#include "pmp.h"

#include <stdbool.h>
#include <string.h>

enum {
	NATPMP_VERSION = 0,
	PCP_VERSION = 2,
	ANSWER = 0x80, /* bit of an answer's opcode */

	/* Opcodes. */
	NATPMP_ADDRESS = 0,
	NATPMP_MAP_TCP = 2,
	PCP_MAP = 1,

	UNSUPPORTED_VERSION = 1, /* result of both */

	/* Lengths. */
	NATPMP_HEAD = 8,
	NATPMP_ADDRESS_SIZE = 12,
	NATPMP_MAP_SIZE = 16,
	PCP_HEAD = 24,
	PCP_MAP_SIZE = 60,

	PCP_TCP = 6,
	PCP_PREFER_FAILURE = 2
};

static unsigned char *
put16(unsigned char *p, uint16_t value)
{
	p[0] = (unsigned char)(value >> 8);
	p[1] = (unsigned char)value;
	return p + 2;
}

static unsigned char *
put32(unsigned char *p, uint32_t value)
{
	p = put16(p, (uint16_t)(value >> 16));
	return put16(p, (uint16_t)value);
}

/* ::ffff:a.b.c.d */
static unsigned char *
put_mapped(unsigned char *p, struct in_addr addr)
{
	memset(p, 0, 10);
	memset(p + 10, 0xff, 2);
	memcpy(p + 12, &addr, 4);
	return p + 16;
}

static uint16_t
get16(const unsigned char *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static uint32_t
get32(const unsigned char *p)
{
	return (uint32_t)get16(p) << 16 | get16(p + 2);
}

/* An address that is not IPv4 is none. */
static struct in_addr
get_mapped(const unsigned char *p)
{
	static const unsigned char prefix[12] = { [10] = 0xff, [11] = 0xff };
	struct in_addr addr = { 0 };

	if (memcmp(p, prefix, sizeof(prefix)) == 0)
		memcpy(&addr, p + sizeof(prefix), sizeof(addr));
	return addr;
}

size_t
pmp_put_address(unsigned char dst[PMP_PACKET_MAX])
{
	dst[0] = NATPMP_VERSION;
	dst[1] = NATPMP_ADDRESS;
	return 2;
}

/* RFC 6886 section 3.4: to take a mapping away, the port outside is 0. */
size_t
pmp_put_map(unsigned char dst[PMP_PACKET_MAX], const struct pmp_map *map)
{
	unsigned char *p = dst;

	*p++ = NATPMP_VERSION;
	*p++ = NATPMP_MAP_TCP;
	p = put16(p, 0);
	p = put16(p, map->inside);
	p = put16(p, map->lifetime > 0 ? map->outside : 0);
	p = put32(p, map->lifetime);
	return (size_t)(p - dst);
}

/*
 * With PREFER_FAILURE a router gives this port or none (section 13.2); it has
 * no place where a mapping is taken away.
 */
size_t
pcp_put_map(unsigned char dst[PMP_PACKET_MAX], const struct pmp_map *map)
{
	unsigned char *p = dst;

	*p++ = PCP_VERSION;
	*p++ = PCP_MAP;
	p = put16(p, 0);
	p = put32(p, map->lifetime);
	p = put_mapped(p, map->own);
	memcpy(p, map->nonce, PCP_NONCE_SIZE);
	p += PCP_NONCE_SIZE;
	p = put32(p, (uint32_t)PCP_TCP << 24);
	p = put16(p, map->inside);
	p = put16(p, map->outside);
	p = put_mapped(p, (struct in_addr){ 0 });
	if (map->lifetime > 0)
		p = put32(p, (uint32_t)PCP_PREFER_FAILURE << 24);
	return (size_t)(p - dst);
}

/* Is it an answer of NAT-PMP to this opcode? Then with which result? */
static enum pmp_verdict
natpmp_head(const unsigned char *data, size_t len, unsigned opcode,
    struct pmp_answer *answer)
{
	if (len < 4 || (data[1] & ANSWER) == 0)
		return PMP_FOREIGN;
	if (data[0] != NATPMP_VERSION)
		return PMP_VERSION;
	answer->code = get16(data + 2);
	if (answer->code == UNSUPPORTED_VERSION)
		return PMP_VERSION;
	if (data[1] != (ANSWER | opcode))
		return PMP_FOREIGN;
	return answer->code == 0 ? PMP_OK : PMP_REFUSED;
}

enum pmp_verdict
pmp_get_address(
    const unsigned char *data, size_t len, struct pmp_answer *answer)
{
	struct pmp_answer found = { 0 };
	enum pmp_verdict verdict =
	    natpmp_head(data, len, NATPMP_ADDRESS, &found);

	if (verdict == PMP_OK && len < NATPMP_ADDRESS_SIZE)
		return PMP_FOREIGN;
	if (verdict == PMP_OK)
		memcpy(&found.wan, data + NATPMP_HEAD, sizeof(found.wan));
	if (verdict == PMP_OK || verdict == PMP_REFUSED)
		*answer = found;
	return verdict;
}

enum pmp_verdict
pmp_get_map(const unsigned char *data, size_t len, const struct pmp_map *map,
    struct pmp_answer *answer)
{
	struct pmp_answer found = { 0 };
	enum pmp_verdict verdict =
	    natpmp_head(data, len, NATPMP_MAP_TCP, &found);

	if (verdict == PMP_OK && len < NATPMP_MAP_SIZE)
		return PMP_FOREIGN;
	/* One that refuses need not say which. */
	if (verdict != PMP_VERSION && verdict != PMP_FOREIGN &&
	    len >= NATPMP_MAP_SIZE) {
		if (get16(data + NATPMP_HEAD) != map->inside)
			return PMP_FOREIGN;
		found.outside = get16(data + 10);
		found.lifetime = get32(data + 12);
	}
	if (verdict == PMP_OK || verdict == PMP_REFUSED)
		*answer = found;
	return verdict;
}

/* The answer repeats nonce, protocol and port (section 11.4). */
static bool
repeats(const unsigned char *body, const struct pmp_map *map)
{
	return memcmp(body, map->nonce, PCP_NONCE_SIZE) == 0 &&
	    body[12] == PCP_TCP && get16(body + 16) == map->inside;
}

/*
 * A router that only speaks NAT-PMP answers in its own way (RFC 6886 section
 * 3.5), perhaps with another opcode.
 */
enum pmp_verdict
pcp_get_map(const unsigned char *data, size_t len, const struct pmp_map *map,
    struct pmp_answer *answer)
{
	const unsigned char *body = data + PCP_HEAD;

	if (len < 4 || (data[1] & ANSWER) == 0)
		return PMP_FOREIGN;
	if (data[0] != PCP_VERSION)
		return PMP_VERSION;
	if (len >= PCP_HEAD && data[3] == UNSUPPORTED_VERSION)
		return PMP_VERSION;
	if (len < PCP_MAP_SIZE || data[1] != (ANSWER | PCP_MAP) ||
	    !repeats(body, map))
		return PMP_FOREIGN;
	*answer = (struct pmp_answer){ .code = data[3],
		.lifetime = get32(data + 4),
		.outside = get16(body + 18),
		.wan = get_mapped(body + 20) };
	return answer->code == 0 ? PMP_OK : PMP_REFUSED;
}

/* RFC 6886 section 3.5. */
static const char *const pmp_results[] = { "success", "unsupported version",
	"not authorized", "network failure", "out of resources",
	"unsupported opcode" };

/* RFC 6887 section 7.4. */
static const char *const pcp_results[] = { "success", "unsupported version",
	"not authorized", "malformed request", "unsupported opcode",
	"unsupported option", "malformed option", "network failure",
	"no resources", "unsupported protocol", "user exceeded quota",
	"cannot provide this external port", "address mismatch",
	"excessive remote peers" };

const char *
pmp_result(unsigned code)
{
	return code < sizeof(pmp_results) / sizeof(pmp_results[0])
	    ? pmp_results[code]
	    : "an unknown result";
}

const char *
pcp_result(unsigned code)
{
	return code < sizeof(pcp_results) / sizeof(pcp_results[0])
	    ? pcp_results[code]
	    : "an unknown result";
}
