#ifndef PKI_CERT_H
#define PKI_CERT_H

/*
 * Certificates as the gateway meets them: a PEM text with the leaf first among
 * the certificates, its chain, and often its key, in any order around them.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct pki_key;
struct pki_chain;

#define PKI_SERIAL_SIZE 64
#define PKI_CHAIN_MAX 16 /* certificates in one chain */

struct pki_cert_info {
	/* Hexadecimal, lower case, two digits an octet; of DER's octets, the
	 * leading 00 that only makes a number positive is left out. */
	char serial[PKI_SERIAL_SIZE];
	char issuer[128];   /* common name, or the whole name, escaped */
	int64_t not_before; /* seconds since the epoch */
	int64_t not_after;
	char key_kind[16]; /* "ECDSA", "RSA", or libcrypto's name */
	char **names;  /* DNS and IP subjectAltNames; CN if there are none */
	size_t nnames; /* the first 128 that can be names of hosts */
};

/*
 * Reads every certificate of the text, whatever else is between them; the first
 * one is the leaf. ERR_SYNTAX, or ERR_LIMIT above PKI_CHAIN_MAX.
 */
struct pki_chain *pki_chain_parse(
    const char *pem, size_t len, struct error *err);
void pki_chain_free(struct pki_chain *chain);

/* About the leaf; owned by the chain. */
const struct pki_cert_info *pki_chain_info(const struct pki_chain *chain);

/*
 * Whether this chain may be put into service: the key is the leaf's, every name
 * is covered (a wildcard covers one label), `now` is within the leaf's dates,
 * and each certificate is signed by the next one. ERR_DENIED says which failed.
 */
int pki_chain_check(const struct pki_chain *chain, const struct pki_key *key,
    const char *const *names, size_t nnames, int64_t now, struct error *err);

/* Is this the key of the leaf? */
bool pki_chain_has_key(
    const struct pki_chain *chain, const struct pki_key *key);

/* The certificates as PEM, leaf first, nothing else. The caller frees. */
char *pki_chain_pem(const struct pki_chain *chain, struct error *err);

/*
 * What a CA knows the leaf by when it is asked about its renewal (RFC 9773
 * section 4.1). ERR_NOTFOUND if it does not name its issuer's key. The caller
 * frees.
 */
char *pki_chain_renewal_id(const struct pki_chain *chain, struct error *err);

/* The leaf as DER. *der is malloced; the caller frees it. */
int pki_chain_leaf(const struct pki_chain *chain, unsigned char **der,
    size_t *len, struct error *err);

/* Was the last certificate issued by a name with this common name? */
bool pki_chain_ends_at(const struct pki_chain *chain, const char *common_name);

/* Does a certificate's name (maybe "*.x") cover this host? Case ignored. */
bool pki_name_covers(const char *pattern, const char *host);

/*
 * A self-signed certificate as PEM, for the time before the first real one. Its
 * issuer says that it is Gatehouse's placeholder. The caller frees.
 */
char *pki_self_signed(const struct pki_key *key, const char *const *names,
    size_t nnames, int64_t not_before, int64_t not_after, struct error *err);

/* For src/tls: the n-th certificate, borrowed; NULL past the end. */
struct x509_st *pki_chain_x509(const struct pki_chain *chain, size_t n);

#endif
