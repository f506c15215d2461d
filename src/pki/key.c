/*
 * Private keys: made, read, written and signed with, over libcrypto's EVP
 * interface. In gatehouse-acme and gatehouse-proxy, until a keys process holds
 * them. The caller owns a struct pki_key; nothing here is kept or logged.
 */

#include "pki/key.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/xalloc.h"
#include "pki_internal.h"

/* What the keys that we make and sign a JWS with are in other words. */
struct key_kind {
	const char *word;
	const char *group;   /* libcrypto's name of the curve; NULL: RSA */
	unsigned bits;       /* of the RSA modulus */
	size_t coordinate;   /* bytes of one coordinate, and of r and s */
	const char *jws_alg; /* RFC 7518 section 3.1 */
	const EVP_MD *(*digest)(void);
};

static const struct key_kind key_kinds[PKI_KEY_TYPE_COUNT] = {
	[PKI_P256] = { "P-256", SN_X9_62_prime256v1, 0, 32, "ES256",
	    EVP_sha256 },
	[PKI_P384] = { "P-384", SN_secp384r1, 0, 48, "ES384", EVP_sha384 },
	[PKI_RSA2048] = { "RSA-2048", NULL, 2048, 0, "RS256", EVP_sha256 },
	[PKI_RSA3072] = { "RSA-3072", NULL, 3072, 0, "RS256", EVP_sha256 },
	[PKI_RSA4096] = { "RSA-4096", NULL, 4096, 0, "RS256", EVP_sha256 },
};

const char *
pki_key_type_word(enum pki_key_type type)
{
	return key_kinds[type].word;
}

/* NULL for a key that can serve TLS but is not one of ours. */
static const struct key_kind *
key_kind(const struct pki_key *key)
{
	char group[64];

	if (EVP_PKEY_is_a(key->evp, "RSA"))
		return &key_kinds[PKI_RSA2048];
	if (!EVP_PKEY_is_a(key->evp, "EC") ||
	    !EVP_PKEY_get_group_name(key->evp, group, sizeof(group), NULL))
		return NULL;
	for (size_t i = 0; i < PKI_KEY_TYPE_COUNT; i++)
		if (key_kinds[i].group != NULL &&
		    strcmp(key_kinds[i].group, group) == 0)
			return &key_kinds[i];
	return NULL;
}

static struct pki_key *
key_new(EVP_PKEY *evp)
{
	struct pki_key *key = xcalloc(1, sizeof(*key));

	key->evp = evp;
	return key;
}

void
pki_key_free(struct pki_key *key)
{
	if (key == NULL)
		return;
	EVP_PKEY_free(key->evp);
	free(key);
}

EVP_PKEY *
pki_key_evp(const struct pki_key *key)
{
	return key->evp;
}

struct pki_key *
pki_key_generate(enum pki_key_type type, struct error *err)
{
	const struct key_kind *kind = &key_kinds[type];
	EVP_PKEY *evp;

	ERR_clear_error();
	if (kind->group != NULL)
		evp = EVP_PKEY_Q_keygen(NULL, NULL, "EC", kind->group);
	else
		evp = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)kind->bits);
	if (evp == NULL) {
		pki_error(err, ERR_CRYPTO, "cannot make a key");
		return NULL;
	}
	return key_new(evp);
}

bool
pki_key_is(const struct pki_key *key, enum pki_key_type type)
{
	const struct key_kind *kind = &key_kinds[type];

	if (kind->group != NULL)
		return key_kind(key) == kind;
	return EVP_PKEY_is_a(key->evp, "RSA") &&
	    EVP_PKEY_get_bits(key->evp) == (int)kind->bits;
}

static bool
is_private_key(const struct pki_pem *pem)
{
	static const char suffix[] = "PRIVATE KEY";
	size_t len = strlen(pem->label);

	return len >= sizeof(suffix) - 1 &&
	    strcmp(pem->label + len - (sizeof(suffix) - 1), suffix) == 0;
}

static EVP_PKEY *
key_decode(const struct pki_pem *pem, struct error *err)
{
	const unsigned char *der = pem->der;
	EVP_PKEY *evp;

	/* RFC 7468 section 11, or the "Proc-Type" header of older tools. */
	if (strcmp(pem->label, "ENCRYPTED PRIVATE KEY") == 0 ||
	    pem->headers[0] != '\0') {
		error_set(err, ERR_SYNTAX,
		    "the private key is encrypted: remove its passphrase");
		return NULL;
	}
	evp = d2i_AutoPrivateKey(NULL, &der, pem->len);
	if (evp == NULL)
		pki_error(err, ERR_SYNTAX, "cannot read the private key");
	return evp;
}

struct pki_key *
pki_key_parse(const char *text, size_t len, struct error *err)
{
	BIO *bio = pki_pem_open(text, len, err);
	struct pki_pem pem = { 0 };
	EVP_PKEY *evp = NULL;
	bool found = false;
	int rc = 1;

	if (bio == NULL)
		return NULL;
	while (!found && (rc = pki_pem_next(bio, &pem, err)) > 0) {
		if (is_private_key(&pem)) {
			found = true;
			evp = key_decode(&pem, err);
		}
		pki_pem_release(&pem);
	}
	if (rc == 0)
		error_set(err, ERR_SYNTAX, "there is no private key");
	BIO_free(bio);
	ERR_clear_error();
	return evp != NULL ? key_new(evp) : NULL;
}

char *
pki_key_pem(const struct pki_key *key, struct error *err)
{
	BIO *bio;
	char *pem = NULL;

	ERR_clear_error();
	bio = BIO_new(BIO_s_secmem());
	if (bio != NULL &&
	    PEM_write_bio_PKCS8PrivateKey(
	        bio, key->evp, NULL, NULL, 0, NULL, NULL))
		pem = pki_bio_text(bio);
	else
		pki_error(err, ERR_CRYPTO, "cannot write the private key");
	BIO_free(bio);
	return pem;
}

const EVP_MD *
pki_key_digest(const struct pki_key *key)
{
	const struct key_kind *kind = key_kind(key);

	return kind != NULL ? kind->digest() : NULL;
}

const char *
pki_key_jws_alg(const struct pki_key *key)
{
	const struct key_kind *kind = key_kind(key);

	return kind != NULL ? kind->jws_alg : NULL;
}

/* A number of the public key as base64url: big-endian, at least `width`. */
static char *
public_number(const struct pki_key *key, const char *param, size_t width)
{
	BIGNUM *bn = NULL;
	unsigned char *octets;
	char *text = NULL;

	if (!EVP_PKEY_get_bn_param(key->evp, param, &bn))
		return NULL;
	if (width == 0)
		width = (size_t)BN_num_bytes(bn);
	octets = xmalloc(width);
	if (BN_bn2binpad(bn, octets, (int)width) >= 0)
		text = text_base64url(octets, width);
	free(octets);
	BN_free(bn);
	return text;
}

char *
pki_key_jwk(const struct pki_key *key, struct error *err)
{
	const struct key_kind *kind = key_kind(key);
	char *first = NULL, *second = NULL, *jwk = NULL;

	ERR_clear_error();
	if (kind == NULL) {
		error_set(err, ERR_CRYPTO, "not a key for ES256/ES384/RS256");
		return NULL;
	}
	if (kind->group != NULL) {
		first = public_number(
		    key, OSSL_PKEY_PARAM_EC_PUB_X, kind->coordinate);
		second = public_number(
		    key, OSSL_PKEY_PARAM_EC_PUB_Y, kind->coordinate);
	} else {
		first = public_number(key, OSSL_PKEY_PARAM_RSA_E, 0);
		second = public_number(key, OSSL_PKEY_PARAM_RSA_N, 0);
	}
	if (first == NULL || second == NULL)
		pki_error(err, ERR_CRYPTO, "cannot read the public key");
	else if (kind->group != NULL)
		jwk = xasprintf("{\"crv\":\"%s\",\"kty\":\"EC\","
		                "\"x\":\"%s\",\"y\":\"%s\"}",
		    kind->word, first, second);
	else
		jwk = xasprintf("{\"e\":\"%s\",\"kty\":\"RSA\",\"n\":\"%s\"}",
		    first, second);
	free(first);
	free(second);
	return jwk;
}

/* libcrypto's signature: DER for ECDSA, the bare number for RSA. */
static unsigned char *
sign(const struct pki_key *key, const void *data, size_t len, size_t *siglen)
{
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	unsigned char *sig = NULL;

	if (md != NULL &&
	    EVP_DigestSignInit(md, NULL, pki_key_digest(key), NULL, key->evp) ==
	        1 &&
	    EVP_DigestSign(md, NULL, siglen, data, len) == 1) {
		sig = xmalloc(*siglen);
		if (EVP_DigestSign(md, sig, siglen, data, len) != 1) {
			free(sig);
			sig = NULL;
		}
	}
	EVP_MD_CTX_free(md);
	return sig;
}

/* Turns DER into r || s, each of `width` bytes. NULL if it is not DER. */
static unsigned char *
ecdsa_flatten(const unsigned char *der, size_t len, size_t width)
{
	ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &der, (long)len);
	unsigned char *flat;

	if (sig == NULL)
		return NULL;
	flat = xmalloc(2 * width);
	if (BN_bn2binpad(ECDSA_SIG_get0_r(sig), flat, (int)width) < 0 ||
	    BN_bn2binpad(ECDSA_SIG_get0_s(sig), flat + width, (int)width) < 0) {
		free(flat);
		flat = NULL;
	}
	ECDSA_SIG_free(sig);
	return flat;
}

int
pki_key_jws_sign(const struct pki_key *key, const void *data, size_t len,
    unsigned char **sig, size_t *siglen, struct error *err)
{
	const struct key_kind *kind = key_kind(key);
	unsigned char *made, *flat;
	size_t madelen;

	ERR_clear_error();
	if (kind == NULL)
		return error_set(
		    err, ERR_CRYPTO, "not a key for ES256/ES384/RS256");
	made = sign(key, data, len, &madelen);
	if (made != NULL && kind->group != NULL) {
		flat = ecdsa_flatten(made, madelen, kind->coordinate);
		free(made);
		made = flat;
		madelen = 2 * kind->coordinate;
	}
	if (made == NULL)
		return pki_error(err, ERR_CRYPTO, "cannot sign");
	*sig = made;
	*siglen = madelen;
	return 0;
}

int
pki_sha256(const void *data, size_t len, unsigned char digest[PKI_SHA256_SIZE],
    struct error *err)
{
	ERR_clear_error();
	if (!EVP_Q_digest(NULL, "SHA256", NULL, data, len, digest, NULL))
		return pki_error(err, ERR_CRYPTO, "cannot hash");
	return 0;
}

int
pki_hmac_sha256(const void *key, size_t keylen, const void *data, size_t len,
    unsigned char mac[PKI_SHA256_SIZE])
{
	ERR_clear_error();
	if (EVP_Q_mac(NULL, "HMAC", NULL, "SHA256", NULL, key, keylen, data,
	        len, mac, PKI_SHA256_SIZE, NULL) != NULL)
		return 0;
	ERR_clear_error();
	return -1;
}
