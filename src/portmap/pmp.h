#ifndef PMP_H
#define PMP_H

/*
 * The packets of NAT-PMP (RFC 6886) and of PCP (RFC 6887), as far as a host
 * needs them that wants TCP ports mapped over IPv4. Pure: bytes in, struct out.
 * Ports and numbers are in host order.
 */

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>

#define PMP_PORT 5351
#define PMP_PACKET_MAX 1100 /* RFC 6887 section 7 */
#define PCP_NONCE_SIZE 12

/* What is wanted; lifetime 0 takes it away. */
struct pmp_map {
	uint16_t inside;
	uint16_t outside;
	uint32_t lifetime; /* seconds */
	struct in_addr own;
	unsigned char nonce[PCP_NONCE_SIZE];
};

struct pmp_answer {
	unsigned code; /* result: 0 = success */
	uint16_t outside;
	uint32_t lifetime; /* seconds; of a refusal by PCP: how long it holds */
	struct in_addr wan; /* 0.0.0.0: it was not said */
};

enum pmp_verdict {
	PMP_OK,
	PMP_REFUSED, /* answer->code says why */
	PMP_VERSION, /* the router does not speak this protocol */
	PMP_FOREIGN, /* no answer to this request, or malformed */
	PMP_SILENT   /* there was none: see exchange.h */
};

/* Encoders return the length of the packet. */
size_t pmp_put_address(unsigned char dst[PMP_PACKET_MAX]);
size_t pmp_put_map(
    unsigned char dst[PMP_PACKET_MAX], const struct pmp_map *map);
size_t pcp_put_map(
    unsigned char dst[PMP_PACKET_MAX], const struct pmp_map *map);

/*
 * Decoders fill the answer if it is PMP_OK or PMP_REFUSED, and leave it alone
 * otherwise. `map` is what was asked for; PCP must repeat its nonce.
 */
enum pmp_verdict pmp_get_address(
    const unsigned char *data, size_t len, struct pmp_answer *answer);
enum pmp_verdict pmp_get_map(const unsigned char *data, size_t len,
    const struct pmp_map *map, struct pmp_answer *answer);
enum pmp_verdict pcp_get_map(const unsigned char *data, size_t len,
    const struct pmp_map *map, struct pmp_answer *answer);

/* A result code for people. */
const char *pmp_result(unsigned code);
const char *pcp_result(unsigned code);

#endif
