/*
 * The one place where a private key meets a connection. The key is in this
 * process; a signer that asks another process would be an EVP_PKEY of its own
 * provider and would change nothing outside this file.
 */

#include "tls_internal.h"

#include <openssl/err.h>
#include <stdlib.h>

#include "base/xalloc.h"
#include "pki/cert.h"

struct tls_signer {
	struct pki_key *key;
};

struct tls_signer *
tls_signer_new(const char *pem, size_t len, const struct pki_chain *chain,
    struct error *err)
{
	struct pki_key *key = pki_key_parse(pem, len, err);
	struct tls_signer *signer;

	if (key == NULL)
		return NULL;
	if (!pki_chain_has_key(chain, key)) {
		error_set(err, ERR_DENIED,
		    "the private key is not the certificate's");
		pki_key_free(key);
		return NULL;
	}
	signer = xcalloc(1, sizeof(*signer));
	signer->key = key;
	return signer;
}

void
tls_signer_free(struct tls_signer *signer)
{
	if (signer == NULL)
		return;
	pki_key_free(signer->key);
	free(signer);
}

int
tls_signer_attach(const struct tls_signer *signer, SSL *ssl, X509 *leaf,
    struct stack_st_X509 *issuers, struct error *err)
{
	if (SSL_use_cert_and_key(
	        ssl, leaf, pki_key_evp(signer->key), issuers, 1) != 1)
		return pki_error(
		    err, ERR_CRYPTO, "libssl refuses the certificate");
	return 0;
}

int
tls_signer_attach_all(const struct tls_signer *signer, SSL_CTX *ctx, X509 *leaf,
    struct stack_st_X509 *issuers, struct error *err)
{
	if (SSL_CTX_use_cert_and_key(
	        ctx, leaf, pki_key_evp(signer->key), issuers, 1) != 1)
		return pki_error(
		    err, ERR_CRYPTO, "libssl refuses the certificate");
	return 0;
}
