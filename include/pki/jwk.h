#ifndef PKI_JWK_H
#define PKI_JWK_H

#include "base/error.h"

struct pki_key;

/*
 * The members of a private key's JWK (RFC 7518 sections 6.2 and 6.3), base64url
 * as they stand in the JSON; borrowed. NULL = missing.
 */
struct pki_jwk {
	const char *kty, *crv;
	const char *x, *y, *d;                    /* of EC; d of both */
	const char *n, *e, *p, *q, *dp, *dq, *qi; /* of RSA */
};

/*
 * The key that it describes: EC (P-256, P-384) or RSA with two primes. Its
 * parts must belong together. ERR_SYNTAX says what is wrong.
 */
struct pki_key *pki_key_from_jwk(const struct pki_jwk *jwk, struct error *err);

#endif
