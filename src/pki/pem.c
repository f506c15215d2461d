/*
 * PEM texts (RFC 7468), block by block: keys, certificates and whatever people
 * keep beside them. Never asks for a passphrase: an encrypted block is handed
 * out as it is. What libcrypto complains of becomes a struct error here.
 */

#include "pki_internal.h"

#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <string.h>

#include "base/xalloc.h"
#include "pki/key.h"

int
pki_error(struct error *err, enum error_kind kind, const char *what)
{
	/* The oldest entry is the cause, the later ones are its echoes. */
	const char *reason = ERR_reason_error_string(ERR_peek_error());

	ERR_clear_error();
	if (reason == NULL)
		return error_set(err, kind, "%s", what);
	return error_set(err, kind, "%s: %s", what, reason);
}

BIO *
pki_pem_open(const char *pem, size_t len, struct error *err)
{
	BIO *text;

	ERR_clear_error();
	if (len > INT_MAX) {
		error_set(err, ERR_LIMIT, "PEM text is too long");
		return NULL;
	}
	text = BIO_new_mem_buf(pem, (int)len);
	if (text == NULL)
		pki_error(err, ERR_CRYPTO, "cannot read PEM text");
	return text;
}

int
pki_pem_next(BIO *text, struct pki_pem *pem, struct error *err)
{
	if (PEM_read_bio_ex(text, &pem->label, &pem->headers, &pem->der,
	        &pem->len, PEM_FLAG_SECURE | PEM_FLAG_EAY_COMPATIBLE))
		return 1;
	if (ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE) {
		ERR_clear_error();
		return 0;
	}
	return pki_error(err, ERR_SYNTAX, "malformed PEM");
}

void
pki_pem_release(struct pki_pem *pem)
{
	OPENSSL_secure_free(pem->label);
	OPENSSL_secure_free(pem->headers);
	OPENSSL_secure_clear_free(pem->der, (size_t)pem->len);
	memset(pem, 0, sizeof(*pem));
}

char *
pki_bio_text(BIO *bio)
{
	char *data;
	long len = BIO_get_mem_data(bio, &data);

	return xstrndup(data, (size_t)len);
}
