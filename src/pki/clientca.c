/*
 * The authority that certifies the clients of a house, over libcrypto.
 *
 * The PKCS#12 is encrypted with 3DES and authenticated with HMAC-SHA-1, as
 * files were for twenty years: iOS up to 17 and macOS refuse HMAC-SHA-256,
 * Android up to 11 PBES2 with AES, and all of them call it a wrong password.
 * libcrypto's default provider still has both algorithms. What protects the key
 * is the password of 99 bits: the file is no weaker than with AES to whoever
 * does not know it.
 */

#include "pki/clientca.h"

#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "pki/key.h"
#include "pki_internal.h"

#define DAY 86400
#define CLOCKS_DIFFER 3600 /* seconds that a telephone may be behind */
#define ITERATIONS 2048
#define MAC_SALT 8 /* bytes; macOS has refused 16 */

struct pki_clientca {
	X509 *cert;
	struct pki_key *key;
	int64_t not_after;
};

static int
add_common_name(X509_NAME *name, const char *text)
{
	return X509_NAME_add_entry_by_txt(
	    name, "CN", MBSTRING_UTF8, (const unsigned char *)text, -1, -1, 0);
}

static int
write_hex(const ASN1_INTEGER *number, char *dst, size_t size)
{
	BIGNUM *bn = ASN1_INTEGER_to_BN(number, NULL);
	char *hex = bn != NULL ? BN_bn2hex(bn) : NULL;
	int ok = hex != NULL && strlen(hex) < size;

	for (size_t i = 0; ok && i <= strlen(hex); i++)
		dst[i] = hex[i] >= 'A' && hex[i] <= 'F'
		    ? (char)(hex[i] - 'A' + 'a')
		    : hex[i];
	OPENSSL_free(hex);
	BN_free(bn);
	return ok;
}

/* Two authorities with one name would be taken for each other. */
static int
set_authority_name(X509 *cert)
{
	char serial[PKI_SERIAL_SIZE], text[64];
	X509_NAME *name = X509_get_subject_name(cert);

	if (!write_hex(X509_get0_serialNumber(cert), serial, sizeof(serial)))
		return 0;
	snprintf(text, sizeof(text), "Gatehouse clients %.8s", serial);
	return add_common_name(name, text) && X509_set_issuer_name(cert, name);
}

char *
pki_clientca_new(const struct pki_key *key, int64_t now, struct error *err)
{
	static const struct pki_extension extensions[] = {
		{ NID_basic_constraints, "critical,CA:TRUE,pathlen:0" },
		{ NID_key_usage, "critical,keyCertSign,cRLSign" },
		/* Whoever trusts it by mistake trusts no server of it. */
		{ NID_ext_key_usage, "clientAuth" },
		{ NID_subject_key_identifier, "hash" },
		{ 0, NULL },
	};
	X509 *cert;
	char *pem = NULL;

	ERR_clear_error();
	cert = X509_new();
	if (cert != NULL && X509_set_version(cert, X509_VERSION_3) &&
	    pki_cert_set_serial(cert) && set_authority_name(cert) &&
	    pki_cert_set_dates(cert, now - CLOCKS_DIFFER,
	        now + (int64_t)PKI_CLIENTCA_DAYS * DAY) &&
	    X509_set_pubkey(cert, key->evp) &&
	    pki_cert_extend(cert, cert, extensions) &&
	    X509_sign(cert, key->evp, pki_key_digest(key)) != 0)
		pem = pki_cert_text(cert);
	if (pem == NULL)
		pki_error(err, ERR_CRYPTO, "cannot make an authority");
	X509_free(cert);
	return pem;
}

/* --- one that is there --------------------------------------------------- */

static int
check_authority(struct pki_clientca *ca, struct error *err)
{
	if (X509_check_ca(ca->cert) != 1 ||
	    (X509_get_key_usage(ca->cert) & KU_KEY_CERT_SIGN) == 0 ||
	    pki_key_digest(ca->key) == NULL)
		return error_set(
		    err, ERR_DENIED, "it is no certificate of an authority");
	if (X509_check_private_key(ca->cert, ca->key->evp) != 1) {
		ERR_clear_error();
		return error_set(
		    err, ERR_DENIED, "the key is not that of the certificate");
	}
	return 0;
}

struct pki_clientca *
pki_clientca_open(const char *cert, size_t certlen, const char *key,
    size_t keylen, struct error *err)
{
	struct pki_chain *chain = pki_chain_parse(cert, certlen, err);
	struct pki_clientca *ca;

	if (chain == NULL)
		return NULL;
	ca = xcalloc(1, sizeof(*ca));
	ca->cert = pki_chain_x509(chain, 0);
	ca->not_after = pki_chain_info(chain)->not_after;
	X509_up_ref(ca->cert);
	pki_chain_free(chain);
	ca->key = pki_key_parse(key, keylen, err);
	if (ca->key == NULL || check_authority(ca, err) == -1) {
		pki_clientca_free(ca);
		return NULL;
	}
	return ca;
}

void
pki_clientca_free(struct pki_clientca *ca)
{
	if (ca == NULL)
		return;
	X509_free(ca->cert);
	pki_key_free(ca->key);
	free(ca);
}

int64_t
pki_clientca_not_after(const struct pki_clientca *ca)
{
	return ca->not_after;
}

/* --- certificates --------------------------------------------------------- */

static X509 *
certify(struct pki_clientca *ca, const struct pki_key *key,
    const struct pki_client *client)
{
	static const struct pki_extension extensions[] = {
		{ NID_basic_constraints, "critical,CA:FALSE" },
		{ NID_key_usage, "critical,digitalSignature" },
		{ NID_ext_key_usage, "clientAuth" },
		{ NID_subject_key_identifier, "hash" },
		{ NID_authority_key_identifier, "keyid:always" },
		{ 0, NULL },
	};
	X509 *cert = X509_new();

	if (cert != NULL && X509_set_version(cert, X509_VERSION_3) &&
	    pki_cert_set_serial(cert) &&
	    add_common_name(X509_get_subject_name(cert), client->name) &&
	    X509_set_issuer_name(cert, X509_get_subject_name(ca->cert)) &&
	    pki_cert_set_dates(
	        cert, client->not_before - CLOCKS_DIFFER, client->not_after) &&
	    X509_set_pubkey(cert, key->evp) &&
	    pki_cert_extend(cert, ca->cert, extensions) &&
	    X509_sign(cert, ca->key->evp, pki_key_digest(ca->key)) != 0)
		return cert;
	X509_free(cert);
	return NULL;
}

/*
 * Without the authority's certificate: the gateway has it, and a telephone that
 * finds one in there asks whether all the world should be trusted by it.
 */
static PKCS12 *
pack(const struct pki_key *key, X509 *cert, const struct pki_client *client)
{
	PKCS12 *pack = PKCS12_create(client->password, client->name, key->evp,
	    cert, NULL, NID_pbe_WithSHA1And3_Key_TripleDES_CBC,
	    NID_pbe_WithSHA1And3_Key_TripleDES_CBC, ITERATIONS, -1, 0);

	if (pack != NULL &&
	    PKCS12_set_mac(pack, client->password, -1, NULL, MAC_SALT,
	        ITERATIONS, EVP_sha1()))
		return pack;
	PKCS12_free(pack);
	return NULL;
}

int
pki_clientca_issue(struct pki_clientca *ca, const struct pki_client *client,
    char serial[PKI_SERIAL_SIZE], unsigned char **p12, size_t *len,
    struct error *err)
{
	struct pki_key *key = pki_key_generate(PKI_P256, err);
	unsigned char *end;
	PKCS12 *packed = NULL;
	X509 *cert;
	int size = -1;

	if (key == NULL)
		return -1;
	ERR_clear_error();
	cert = certify(ca, key, client);
	if (cert != NULL)
		packed = pack(key, cert, client);
	if (packed != NULL &&
	    write_hex(X509_get0_serialNumber(cert), serial, PKI_SERIAL_SIZE))
		size = i2d_PKCS12(packed, NULL);
	if (size > 0) {
		*p12 = end = xmalloc((size_t)size);
		*len = (size_t)i2d_PKCS12(packed, &end);
	} else
		pki_error(err, ERR_CRYPTO, "cannot make a certificate");
	PKCS12_free(packed);
	X509_free(cert);
	pki_key_free(key);
	return size > 0 ? 0 : -1;
}

/* --- the list of revocations ---------------------------------------------- */

static int
add_revoked(X509_CRL *crl, const struct pki_revoked *revoked)
{
	X509_REVOKED *entry = X509_REVOKED_new();
	ASN1_TIME *when = ASN1_TIME_set(NULL, (time_t)revoked->when);
	ASN1_INTEGER *serial = NULL;
	BIGNUM *bn = NULL;
	int ok = 0;

	if (entry != NULL && when != NULL &&
	    BN_hex2bn(&bn, revoked->serial) == (int)strlen(revoked->serial))
		serial = BN_to_ASN1_INTEGER(bn, NULL);
	ok = serial != NULL && X509_REVOKED_set_serialNumber(entry, serial) &&
	    X509_REVOKED_set_revocationDate(entry, when) &&
	    X509_CRL_add0_revoked(crl, entry);
	if (!ok)
		X509_REVOKED_free(entry);
	ASN1_INTEGER_free(serial);
	ASN1_TIME_free(when);
	BN_free(bn);
	return ok;
}

static int
set_crl_dates(X509_CRL *crl, int64_t now, int64_t until)
{
	ASN1_TIME *from = ASN1_TIME_set(NULL, (time_t)now);
	ASN1_TIME *to = ASN1_TIME_set(NULL, (time_t)until);
	int ok = from != NULL && to != NULL &&
	    X509_CRL_set1_lastUpdate(crl, from) &&
	    X509_CRL_set1_nextUpdate(crl, to);

	ASN1_TIME_free(from);
	ASN1_TIME_free(to);
	return ok;
}

/* Its number and whose it is (RFC 5280 section 5.2). */
static int
add_crl_extensions(X509_CRL *crl, X509 *issuer, uint64_t number)
{
	ASN1_INTEGER *value = ASN1_INTEGER_new();
	X509_EXTENSION *extension;
	X509V3_CTX ctx = { 0 };
	int ok;

	X509V3_set_ctx(&ctx, issuer, NULL, NULL, crl, 0);
	extension = X509V3_EXT_conf_nid(
	    NULL, &ctx, NID_authority_key_identifier, "keyid:always");
	ok = extension != NULL && X509_CRL_add_ext(crl, extension, -1) &&
	    value != NULL && ASN1_INTEGER_set_uint64(value, number) &&
	    X509_CRL_add1_ext_i2d(crl, NID_crl_number, value, 0, 0) == 1;
	X509_EXTENSION_free(extension);
	ASN1_INTEGER_free(value);
	return ok;
}

static char *
crl_text(X509_CRL *crl)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *pem = NULL;

	if (bio != NULL && PEM_write_bio_X509_CRL(bio, crl))
		pem = pki_bio_text(bio);
	BIO_free(bio);
	return pem;
}

char *
pki_clientca_crl(struct pki_clientca *ca, const struct pki_revoked *revoked,
    size_t nrevoked, uint64_t number, int64_t now, struct error *err)
{
	X509_CRL *crl;
	char *pem = NULL;
	bool ok;

	ERR_clear_error();
	crl = X509_CRL_new();
	ok = crl != NULL && X509_CRL_set_version(crl, X509_CRL_VERSION_2) &&
	    X509_CRL_set_issuer_name(crl, X509_get_subject_name(ca->cert)) &&
	    set_crl_dates(crl, now - CLOCKS_DIFFER, ca->not_after);
	for (size_t i = 0; ok && i < nrevoked; i++)
		ok = add_revoked(crl, &revoked[i]);
	if (ok && X509_CRL_sort(crl) &&
	    add_crl_extensions(crl, ca->cert, number) &&
	    X509_CRL_sign(crl, ca->key->evp, pki_key_digest(ca->key)) != 0)
		pem = crl_text(crl);
	if (pem == NULL)
		pki_error(err, ERR_CRYPTO, "cannot make a list of revocations");
	X509_CRL_free(crl);
	return pem;
}

int
pki_crl_number(const char *pem, size_t len, uint64_t *number, struct error *err)
{
	BIO *bio = pki_pem_open(pem, len, err);
	ASN1_INTEGER *value = NULL;
	X509_CRL *crl;
	int rc = -1;

	if (bio == NULL)
		return -1;
	crl = PEM_read_bio_X509_CRL(bio, NULL, NULL, NULL);
	if (crl != NULL)
		value = X509_CRL_get_ext_d2i(crl, NID_crl_number, NULL, NULL);
	if (value != NULL && ASN1_INTEGER_get_uint64(number, value))
		rc = 0;
	else
		pki_error(err, ERR_SYNTAX, "not a list of revocations of ours");
	ASN1_INTEGER_free(value);
	X509_CRL_free(crl);
	BIO_free(bio);
	return rc;
}
