/*
 * How a CA is told which of its certificates is meant, and how we tell chains
 * apart that it offers for one. Used by gatehouse-acme.
 */

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/xalloc.h"
#include "pki/cert.h"
#include "pki/key.h"

/* The octets within tag and length: a leading 00 is one of them. */
static char *
encode_serial(const X509 *leaf)
{
	const ASN1_INTEGER *serial = X509_get0_serialNumber(leaf);
	unsigned char *der = NULL;
	int len = i2d_ASN1_INTEGER(serial, &der), tag, class;
	const unsigned char *content = der;
	char *text = NULL;
	long size;

	if (len > 0 &&
	    (ASN1_get_object(&content, &size, &tag, &class, len) & 0x80) == 0)
		text = text_base64url(content, (size_t)size);
	OPENSSL_free(der);
	return text;
}

char *
pki_chain_renewal_id(const struct pki_chain *chain, struct error *err)
{
	X509 *leaf = pki_chain_x509(chain, 0);
	const ASN1_OCTET_STRING *issuer = X509_get0_authority_key_id(leaf);
	char *key_id, *serial, *text = NULL;

	if (issuer == NULL || ASN1_STRING_length(issuer) == 0) {
		ERR_clear_error();
		error_set(err, ERR_NOTFOUND,
		    "the certificate does not identify its issuer's key");
		return NULL;
	}
	serial = encode_serial(leaf);
	if (serial == NULL) {
		pki_error(err, ERR_CRYPTO, "cannot write the serial number");
		return NULL;
	}
	key_id = text_base64url(
	    ASN1_STRING_get0_data(issuer), (size_t)ASN1_STRING_length(issuer));
	text = xasprintf("%s.%s", key_id, serial);
	free(key_id);
	free(serial);
	return text;
}

int
pki_chain_leaf(const struct pki_chain *chain, unsigned char **der, size_t *len,
    struct error *err)
{
	unsigned char *made = NULL;
	int size = i2d_X509(pki_chain_x509(chain, 0), &made);

	if (size <= 0)
		return pki_error(
		    err, ERR_CRYPTO, "cannot write the certificate");
	*der = xcalloc(1, (size_t)size);
	memcpy(*der, made, (size_t)size);
	*len = (size_t)size;
	OPENSSL_free(made);
	return 0;
}

bool
pki_chain_ends_at(const struct pki_chain *chain, const char *common_name)
{
	const X509_NAME *issuer;
	unsigned char *utf8 = NULL;
	X509 *last = NULL, *next;
	bool same;
	size_t i;
	int at, len = -1;

	for (i = 0; (next = pki_chain_x509(chain, i)) != NULL; i++)
		last = next;
	issuer = X509_get_issuer_name(last);
	at = X509_NAME_get_index_by_NID(issuer, NID_commonName, -1);
	if (at >= 0)
		len = ASN1_STRING_to_UTF8(&utf8,
		    X509_NAME_ENTRY_get_data(X509_NAME_get_entry(issuer, at)));
	same = len >= 0 && strlen(common_name) == (size_t)len &&
	    memcmp(utf8, common_name, (size_t)len) == 0;
	OPENSSL_free(utf8);
	ERR_clear_error();
	return same;
}
