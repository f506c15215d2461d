#ifndef JWS_H
#define JWS_H

/*
 * Signed requests: JSON Web Signatures in the flattened form that ACME asks
 * for (RFC 7515, RFC 8555 section 6.2).
 */

#include "base/error.h"

struct json;
struct pki_key;

struct jws {
	const struct pki_key *key; /* the account's */
	const char *kid;           /* the account's URL; NULL = send the key */
	const char *nonce;         /* NULL = none: it is inside another */
	const char *url;
	const char *payload; /* JSON text, or "" for a POST-as-GET */
};

/* The body of the request. The caller frees. */
char *jws_sign(const struct jws *jws, struct error *err);

/*
 * The proof that the account's key belongs to an external account (RFC 8555
 * section 7.3.4), signed with that account's MAC key (base64url text).
 */
struct json *jws_external_account(const struct pki_key *key, const char *kid,
    const char *mac_key, const char *url, struct error *err);

/* The public key as a JWK (RFC 7517). */
struct json *jws_public_key(const struct pki_key *key, struct error *err);

/* The key's RFC 7638 thumbprint in base64url. The caller frees. */
char *jws_thumbprint(const struct pki_key *key, struct error *err);

#endif
