/*
 * The certificates that we sign ourselves: the one that serves until a real one
 * exists, and the one that proves a name to a CA (RFC 8737). Clients will not
 * trust either, and are meant to see at once what it is: its issuer says so.
 */

#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "pki/cert.h"
#include "pki/key.h"
#include "pki_internal.h"

static const char placeholder[] = "Gatehouse placeholder";
static const char proof[] = "Gatehouse proof for a CA";

#define PROOF_SECONDS 86400 /* on both sides of now: no CA looks at it */

/* id-pe-acmeIdentifier (RFC 8737 section 6.1). */
static const char acme_identifier[] = "1.3.6.1.5.5.7.1.31";

/* What one of them says. */
struct contents {
	const char *issuer;
	const char *const *names;
	size_t nnames;
	int64_t not_before;
	int64_t not_after;
	const unsigned char *digest; /* for acmeIdentifier; NULL: none */
};

int
pki_cert_set_serial(X509 *cert)
{
	BIGNUM *bn = BN_new();
	int ok = bn != NULL &&
	    BN_rand(bn, 127, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) &&
	    BN_to_ASN1_INTEGER(bn, X509_get_serialNumber(cert)) != NULL;

	BN_free(bn);
	return ok;
}

static int
set_subject(X509 *cert, const char *issuer)
{
	X509_NAME *name = X509_NAME_new();
	int ok = name != NULL &&
	    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
	        (const unsigned char *)issuer, -1, -1, 0) &&
	    X509_set_subject_name(cert, name) &&
	    X509_set_issuer_name(cert, name);

	X509_NAME_free(name);
	return ok;
}

int
pki_cert_extend(X509 *cert, X509 *issuer, const struct pki_extension *list)
{
	X509V3_CTX ctx = { 0 };

	X509V3_set_ctx(&ctx, issuer, cert, NULL, NULL, 0);
	for (; list->value != NULL; list++) {
		X509_EXTENSION *extension =
		    X509V3_EXT_conf_nid(NULL, &ctx, list->nid, list->value);
		int ok = extension != NULL && X509_add_ext(cert, extension, -1);

		X509_EXTENSION_free(extension);
		if (!ok)
			return 0;
	}
	return 1;
}

/* Critical, an OCTET STRING in the one that each extension is. */
static int
set_acme_identifier(X509 *cert, const unsigned char *digest)
{
	unsigned char der[2 + PKI_SHA256_SIZE] = { V_ASN1_OCTET_STRING,
		PKI_SHA256_SIZE };
	ASN1_OBJECT *type = OBJ_txt2obj(acme_identifier, 1);
	ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
	X509_EXTENSION *extension = NULL;
	int ok;

	memcpy(der + 2, digest, PKI_SHA256_SIZE);
	if (type != NULL && value != NULL &&
	    ASN1_OCTET_STRING_set(value, der, sizeof(der)))
		extension = X509_EXTENSION_create_by_OBJ(NULL, type, 1, value);
	ok = extension != NULL && X509_add_ext(cert, extension, -1);
	X509_EXTENSION_free(extension);
	ASN1_OCTET_STRING_free(value);
	ASN1_OBJECT_free(type);
	return ok;
}

int
pki_cert_set_dates(X509 *cert, int64_t not_before, int64_t not_after)
{
	return ASN1_TIME_set(X509_getm_notBefore(cert), (time_t)not_before) !=
	    NULL &&
	    ASN1_TIME_set(X509_getm_notAfter(cert), (time_t)not_after) != NULL;
}

char *
pki_cert_text(X509 *cert)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *pem = NULL;

	if (bio != NULL && PEM_write_bio_X509(bio, cert))
		pem = pki_bio_text(bio);
	BIO_free(bio);
	return pem;
}

static char *
make(const struct pki_key *key, const struct contents *contents,
    struct error *err)
{
	static const struct pki_extension extensions[] = {
		{ NID_basic_constraints, "critical,CA:FALSE" },
		{ NID_key_usage, "critical,digitalSignature,keyEncipherment" },
		{ NID_ext_key_usage, "serverAuth" },
		{ 0, NULL },
	};
	X509_EXTENSION *san;
	X509 *cert;
	char *pem = NULL;

	ERR_clear_error();
	san = pki_san_new(contents->names, contents->nnames, err);
	if (san == NULL)
		return NULL;
	cert = X509_new();
	if (cert != NULL && X509_set_version(cert, X509_VERSION_3) &&
	    pki_cert_set_serial(cert) && set_subject(cert, contents->issuer) &&
	    pki_cert_set_dates(
	        cert, contents->not_before, contents->not_after) &&
	    X509_set_pubkey(cert, key->evp) && X509_add_ext(cert, san, -1) &&
	    pki_cert_extend(cert, cert, extensions) &&
	    (contents->digest == NULL ||
	        set_acme_identifier(cert, contents->digest)) &&
	    X509_sign(cert, key->evp, pki_key_digest(key)) != 0)
		pem = pki_cert_text(cert);
	if (pem == NULL)
		pki_error(err, ERR_CRYPTO, "cannot make a certificate");
	X509_EXTENSION_free(san);
	X509_free(cert);
	return pem;
}

char *
pki_self_signed(const struct pki_key *key, const char *const *names,
    size_t nnames, int64_t not_before, int64_t not_after, struct error *err)
{
	const struct contents contents = { .issuer = placeholder,
		.names = names,
		.nnames = nnames,
		.not_before = not_before,
		.not_after = not_after };

	return make(key, &contents, err);
}

bool
pki_is_placeholder(const struct pki_cert_info *info)
{
	return strcmp(info->issuer, placeholder) == 0;
}

char *
pki_acme_proof(const struct pki_key *key, const char *name,
    const unsigned char digest[PKI_SHA256_SIZE], int64_t now, struct error *err)
{
	const struct contents contents = { .issuer = proof,
		.names = &name,
		.nnames = 1,
		.not_before = now - PROOF_SECONDS,
		.not_after = now + PROOF_SECONDS,
		.digest = digest };

	return make(key, &contents, err);
}
