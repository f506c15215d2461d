#ifndef PKI_INTERNAL_H
#define PKI_INTERNAL_H

/* What the files of this library share, and no one else sees. */

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct pki_key {
	EVP_PKEY *evp;
};

/* What signatures of this key hash with: as strong as its curve. */
const EVP_MD *pki_key_digest(const struct pki_key *key);

/* One block of a PEM text. A zeroed one is empty. */
struct pki_pem {
	char *label; /* "PRIVATE KEY" */
	char *headers;
	unsigned char *der;
	long len;
};

/* 1 with the next block, 0 when there is none, -1 if it is malformed. */
int pki_pem_next(BIO *text, struct pki_pem *pem, struct error *err);
void pki_pem_release(struct pki_pem *pem); /* wipes: it may be a key */

/* Reads from the caller's memory, without a copy. */
BIO *pki_pem_open(const char *pem, size_t len, struct error *err);

/* What a memory BIO holds, NUL-terminated. The caller frees. */
char *pki_bio_text(BIO *bio);

#define PKI_IP_TEXT_SIZE 46

/*
 * What certificates that we make have in common; 0 on failure. The serial is
 * random, positive, of 16 octets (RFC 5280 section 4.1.2.2).
 */
int pki_cert_set_serial(X509 *cert);
int pki_cert_set_dates(X509 *cert, int64_t not_before, int64_t not_after);

/* In libcrypto's own words; a list ends with a value of NULL. */
struct pki_extension {
	int nid;
	const char *value;
};

/* issuer: whose key an extension may name; for itself, cert. 0 on failure. */
int pki_cert_extend(X509 *cert, X509 *issuer, const struct pki_extension *list);

/* As PEM; the caller frees. NULL on failure. */
char *pki_cert_text(X509 *cert);

/* The canonical text of an IP address; false if it is none. */
bool pki_ip_text(const char *name, char dst[PKI_IP_TEXT_SIZE]);

/* A subjectAltName extension of DNS names and IP addresses, in this order. */
X509_EXTENSION *pki_san_new(
    const char *const *names, size_t nnames, struct error *err);

/*
 * The text of one name of a subjectAltName, malloced. NULL if it is neither an
 * IP address nor something that a host can be called.
 */
char *pki_san_text(const GENERAL_NAME *name);

#endif
