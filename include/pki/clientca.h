#ifndef PKI_CLIENTCA_H
#define PKI_CLIENTCA_H

/*
 * A certificate authority for the clients of one house: it certifies their
 * telephones and nothing else. Lives in the `gatehouse` command; the gateway
 * only sees its certificate and its list of revocations.
 */

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "pki/cert.h"

struct pki_key;
struct pki_clientca;

#define PKI_CLIENTCA_DAYS 3650 /* that the authority lasts */

/*
 * A self-signed certificate for an authority with this key, as PEM. Its name
 * differs from that of every other one. The caller frees.
 */
char *pki_clientca_new(
    const struct pki_key *key, int64_t now, struct error *err);

/*
 * The authority with this certificate and this key, both PEM. ERR_SYNTAX if one
 * cannot be read, ERR_DENIED if they do not belong together or it is none.
 */
struct pki_clientca *pki_clientca_open(const char *cert, size_t certlen,
    const char *key, size_t keylen, struct error *err);
void pki_clientca_free(struct pki_clientca *ca); /* NULL is fine */

/* Seconds since the epoch. */
int64_t pki_clientca_not_after(const struct pki_clientca *ca);

struct pki_client {
	const char *name;     /* printable ASCII, at most 64 bytes */
	const char *password; /* of the PKCS#12: ASCII */
	int64_t not_before;   /* seconds since the epoch */
	int64_t not_after;
};

/*
 * A key and a certificate for a client, as PKCS#12 that telephones import.
 * *p12 is malloced; the caller frees it. Hexadecimal, the serial is as in
 * struct pki_cert_info.
 */
int pki_clientca_issue(struct pki_clientca *ca, const struct pki_client *client,
    char serial[PKI_SERIAL_SIZE], unsigned char **p12, size_t *len,
    struct error *err);

struct pki_revoked {
	const char *serial;
	int64_t when; /* seconds since the epoch */
};

/*
 * The list of revocations as PEM, good until the authority ends: nobody has to
 * renew it. `number` must grow from list to list. The caller frees.
 */
char *pki_clientca_crl(struct pki_clientca *ca,
    const struct pki_revoked *revoked, size_t nrevoked, uint64_t number,
    int64_t now, struct error *err);

/* The number of a list. */
int pki_crl_number(
    const char *pem, size_t len, uint64_t *number, struct error *err);

#endif
