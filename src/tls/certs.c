/*
 * The certificates of a worker, by slot. A slot is replaced as a whole: what
 * connections took from the old certificate (leaf, chain, key) is counted by
 * libssl and stays theirs.
 */

#include "tls_internal.h"

#include <assert.h>
#include <openssl/err.h>
#include <openssl/x509.h>
#include <stdlib.h>

#include "base/xalloc.h"
#include "pki/cert.h"

void
tls_cert_free(struct tls_cert *cert)
{
	if (cert == NULL)
		return;
	sk_X509_free(cert->issuers);
	tls_signer_free(cert->signer);
	pki_chain_free(cert->chain);
	free(cert);
}

int
tls_cert_attach(const struct tls_cert *cert, SSL *ssl, struct error *err)
{
	return tls_signer_attach(cert->signer, ssl,
	    pki_chain_x509(cert->chain, 0), cert->issuers, err);
}

/* Whether libssl would serve it: at handshakes it is too late to complain. */
static int
cert_try(const struct tls_cert *cert, struct error *err)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	SSL *ssl = ctx != NULL ? SSL_new(ctx) : NULL;
	int rc = ssl != NULL ? tls_cert_attach(cert, ssl, err)
	                     : pki_error(err, ERR_CRYPTO, "cannot use TLS");

	SSL_free(ssl);
	SSL_CTX_free(ctx);
	return rc;
}

static int
cert_fill(struct tls_cert *cert, const char *pem, size_t len, struct error *err)
{
	X509 *issuer;

	cert->chain = pki_chain_parse(pem, len, err);
	if (cert->chain == NULL)
		return -1;
	cert->signer = tls_signer_new(pem, len, cert->chain, err);
	if (cert->signer == NULL)
		return -1;
	cert->issuers = sk_X509_new_reserve(NULL, PKI_CHAIN_MAX);
	if (cert->issuers == NULL ||
	    X509_digest(pki_chain_x509(cert->chain, 0), EVP_sha256(),
	        cert->digest, NULL) != 1)
		return pki_error(err, ERR_CRYPTO, "cannot use certificate");
	for (size_t i = 1; (issuer = pki_chain_x509(cert->chain, i)) != NULL;
	     i++)
		sk_X509_push(cert->issuers, issuer);
	cert->placeholder = pki_is_placeholder(pki_chain_info(cert->chain));
	return cert_try(cert, err);
}

struct tls_cert *
tls_cert_new(const char *pem, size_t len, struct error *err)
{
	struct tls_cert *cert = xcalloc(1, sizeof(*cert));

	if (cert_fill(cert, pem, len, err) == 0)
		return cert;
	tls_cert_free(cert);
	return NULL;
}

struct tls_certs *
tls_certs_new(unsigned nslots)
{
	struct tls_certs *certs = xcalloc(1, sizeof(*certs));

	certs->nslots = nslots;
	certs->generation = 1;
	certs->slots = xcalloc(nslots, sizeof(*certs->slots));
	TAILQ_INIT(&certs->proofs);
	return certs;
}

void
tls_certs_free(struct tls_certs *certs)
{
	if (certs == NULL)
		return;
	tls_proofs_release(certs);
	for (unsigned i = 0; i < certs->nslots; i++)
		tls_cert_free(certs->slots[i]);
	free(certs->slots);
	free(certs);
}

int
tls_certs_set(struct tls_certs *certs, unsigned slot, const char *pem,
    size_t len, const struct pki_cert_info **info, struct error *err)
{
	struct tls_cert *cert;

	assert(slot < certs->nslots);
	cert = tls_cert_new(pem, len, err);
	if (cert == NULL)
		return -1;
	tls_cert_free(certs->slots[slot]);
	certs->slots[slot] = cert;
	certs->generation++;
	if (info != NULL)
		*info = pki_chain_info(cert->chain);
	return 0;
}
