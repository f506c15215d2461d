/*
 * Certificate signing requests, for the finalize step of an ACME order (RFC
 * 8555 section 7.4). Made by gatehouse-acme, or by whoever holds the key.
 */

#include "pki/csr.h"

#include <openssl/err.h>
#include <openssl/x509.h>
#include <stdlib.h>

#include "base/xalloc.h"
#include "pki/key.h"
#include "pki_internal.h"

/* The extensionRequest attribute (RFC 2985 section 5.4.2). */
static int
add_names(
    X509_REQ *req, const char *const *names, size_t nnames, struct error *err)
{
	X509_EXTENSION *san = pki_san_new(names, nnames, err);
	struct stack_st_X509_EXTENSION *list;
	int rc = 0;

	if (san == NULL)
		return -1;
	list = sk_X509_EXTENSION_new_reserve(NULL, 1);
	if (list == NULL || !sk_X509_EXTENSION_push(list, san) ||
	    !X509_REQ_add_extensions(req, list))
		rc = pki_error(err, ERR_CRYPTO, "cannot name the request");
	sk_X509_EXTENSION_free(list);
	X509_EXTENSION_free(san);
	return rc;
}

int
pki_csr(const struct pki_key *key, const char *const *names, size_t nnames,
    unsigned char **der, size_t *len, struct error *err)
{
	X509_REQ *req;
	unsigned char *end;
	int size, rc = -1;

	ERR_clear_error();
	req = X509_REQ_new();
	if (req == NULL || !X509_REQ_set_version(req, X509_REQ_VERSION_1) ||
	    !X509_REQ_set_pubkey(req, key->evp)) {
		pki_error(err, ERR_CRYPTO, "cannot make a request");
		goto out;
	}
	if (add_names(req, names, nnames, err) == -1)
		goto out;
	if (X509_REQ_sign(req, key->evp, pki_key_digest(key)) == 0 ||
	    (size = i2d_X509_REQ(req, NULL)) <= 0) {
		pki_error(err, ERR_CRYPTO, "cannot sign the request");
		goto out;
	}
	*der = end = xmalloc((size_t)size);
	*len = (size_t)i2d_X509_REQ(req, &end);
	rc = 0;
out:
	X509_REQ_free(req);
	return rc;
}
