#ifndef PKI_KEY_H
#define PKI_KEY_H

/*
 * Private keys and what is done with them, over libcrypto. No file, no socket.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

struct pki_key;

/* PKI_KEY_TYPE(enum, "word of the configuration") */
#define PKI_KEY_TYPES(X)                                                       \
	X(P256, "P-256")                                                       \
	X(P384, "P-384")                                                       \
	X(RSA2048, "RSA-2048")                                                 \
	X(RSA3072, "RSA-3072")                                                 \
	X(RSA4096, "RSA-4096")

enum pki_key_type {
#define PKI_KEY_TYPE_ENUM(id, word) PKI_##id,
	PKI_KEY_TYPES(PKI_KEY_TYPE_ENUM)
#undef PKI_KEY_TYPE_ENUM
	    PKI_KEY_TYPE_COUNT
};

const char *pki_key_type_word(enum pki_key_type type);

struct pki_key *pki_key_generate(enum pki_key_type type, struct error *err);

/*
 * The first private key in a PEM text that may hold other things too. Any key
 * that libcrypto can read, for TLS; never asks for a passphrase.
 */
struct pki_key *pki_key_parse(const char *pem, size_t len, struct error *err);

void pki_key_free(struct pki_key *key);

/* Is it one that pki_key_generate() makes for this type? */
bool pki_key_is(const struct pki_key *key, enum pki_key_type type);

/* PKCS#8 PEM, NUL-terminated; the caller frees it with secret_free(). */
char *pki_key_pem(const struct pki_key *key, struct error *err);

/*
 * The public key as a JWK (RFC 7517) in the canonical form of RFC 7638: members
 * in lexical order, no space. Its SHA-256 is the thumbprint. The caller frees.
 */
char *pki_key_jwk(const struct pki_key *key, struct error *err);

/* "ES256", "ES384" or "RS256" (RFC 7518 section 3.1); NULL for other keys. */
const char *pki_key_jws_alg(const struct pki_key *key);

/*
 * Signs for a JWS: r || s for ECDSA (RFC 7518 section 3.4). *sig is malloced,
 * the caller frees it.
 */
int pki_key_jws_sign(const struct pki_key *key, const void *data, size_t len,
    unsigned char **sig, size_t *siglen, struct error *err);

#define PKI_SHA256_SIZE 32

int pki_sha256(const void *data, size_t len,
    unsigned char digest[PKI_SHA256_SIZE], struct error *err);
int pki_hmac_sha256(const void *key, size_t keylen, const void *data,
    size_t len, unsigned char mac[PKI_SHA256_SIZE]);

/* For src/tls and src/pki only: the EVP_PKEY, borrowed. */
struct evp_pkey_st *pki_key_evp(const struct pki_key *key);

/* "what: why", why being libcrypto's first complaint; forgets them all. -1. */
int pki_error(struct error *err, enum error_kind kind, const char *what);

#endif
