/*
 * Private keys out of a JWK, which is how certbot keeps that of an account.
 * Used by the `gatehouse` command only; the gateway's own store is PEM.
 */

#include "pki/jwk.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/obj_mac.h>
#include <openssl/param_build.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/secret.h"
#include "base/text.h"
#include "base/xalloc.h"
#include "pki/key.h"
#include "pki_internal.h"

#define NUMBER_MAX 1024 /* bytes: RSA of 8192 bits */
#define COORDINATE_MAX 48
#define NUMBERS_MAX 8

static const struct curve {
	const char *crv;
	const char *group;
	size_t coordinate; /* bytes */
} curves[] = {
	{ "P-256", SN_X9_62_prime256v1, 32 },
	{ "P-384", SN_secp384r1, COORDINATE_MAX },
};

/* What libcrypto is to make a key of. It borrows the numbers until then. */
struct parts {
	const char *type;
	OSSL_PARAM_BLD *build;
	BIGNUM *numbers[NUMBERS_MAX];
	size_t count;
};

static void
parts_release(struct parts *parts)
{
	for (size_t i = 0; i < parts->count; i++)
		BN_clear_free(parts->numbers[i]);
	OSSL_PARAM_BLD_free(parts->build);
}

static bool
push_number(struct parts *parts, const char *param, const char *text)
{
	unsigned char octets[NUMBER_MAX];
	BIGNUM *number = BN_secure_new();
	bool ok = false;
	size_t len;

	if (number == NULL)
		return false;
	parts->numbers[parts->count++] = number;
	if (text != NULL &&
	    text_unbase64url(text, octets, sizeof(octets), &len) && len > 0)
		ok = BN_bin2bn(octets, (int)len, number) != NULL &&
		    OSSL_PARAM_BLD_push_BN(parts->build, param, number);
	secret_wipe(octets, sizeof(octets));
	return ok;
}

static bool
take_rsa(struct parts *parts, const struct pki_jwk *jwk)
{
	const struct {
		const char *param;
		const char *text;
	} numbers[NUMBERS_MAX] = {
		{ OSSL_PKEY_PARAM_RSA_N, jwk->n },
		{ OSSL_PKEY_PARAM_RSA_E, jwk->e },
		{ OSSL_PKEY_PARAM_RSA_D, jwk->d },
		{ OSSL_PKEY_PARAM_RSA_FACTOR1, jwk->p },
		{ OSSL_PKEY_PARAM_RSA_FACTOR2, jwk->q },
		{ OSSL_PKEY_PARAM_RSA_EXPONENT1, jwk->dp },
		{ OSSL_PKEY_PARAM_RSA_EXPONENT2, jwk->dq },
		{ OSSL_PKEY_PARAM_RSA_COEFFICIENT1, jwk->qi },
	};

	parts->type = "RSA";
	for (size_t i = 0; i < NUMBERS_MAX; i++)
		if (!push_number(parts, numbers[i].param, numbers[i].text))
			return false;
	return true;
}

static bool
read_coordinate(const char *text, unsigned char *dst, size_t width)
{
	size_t len;

	return text != NULL && text_unbase64url(text, dst, width, &len) &&
	    len == width;
}

/* `point` must live until the key is made. */
static bool
take_ec(struct parts *parts, const struct pki_jwk *jwk,
    unsigned char point[1 + 2 * COORDINATE_MAX])
{
	const struct curve *curve = NULL;

	for (size_t i = 0; i < sizeof(curves) / sizeof(curves[0]); i++)
		if (jwk->crv != NULL && strcmp(jwk->crv, curves[i].crv) == 0)
			curve = &curves[i];
	if (curve == NULL)
		return false;
	parts->type = "EC";
	point[0] = POINT_CONVERSION_UNCOMPRESSED;
	return read_coordinate(jwk->x, point + 1, curve->coordinate) &&
	    read_coordinate(
	        jwk->y, point + 1 + curve->coordinate, curve->coordinate) &&
	    OSSL_PARAM_BLD_push_utf8_string(
	        parts->build, OSSL_PKEY_PARAM_GROUP_NAME, curve->group, 0) &&
	    OSSL_PARAM_BLD_push_octet_string(parts->build,
	        OSSL_PKEY_PARAM_PUB_KEY, point, 1 + 2 * curve->coordinate) &&
	    push_number(parts, OSSL_PKEY_PARAM_PRIV_KEY, jwk->d);
}

static bool
belongs_together(EVP_PKEY *evp)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, evp, NULL);
	bool ok = ctx != NULL && EVP_PKEY_check(ctx) == 1;

	EVP_PKEY_CTX_free(ctx);
	return ok;
}

static EVP_PKEY *
assemble(struct parts *parts)
{
	OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(parts->build);
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, parts->type, NULL);
	EVP_PKEY *evp = NULL;

	if (params == NULL || ctx == NULL || EVP_PKEY_fromdata_init(ctx) != 1 ||
	    EVP_PKEY_fromdata(ctx, &evp, EVP_PKEY_KEYPAIR, params) != 1)
		evp = NULL;
	EVP_PKEY_CTX_free(ctx);
	OSSL_PARAM_free(params);
	if (evp != NULL && !belongs_together(evp)) {
		EVP_PKEY_free(evp);
		evp = NULL;
	}
	return evp;
}

struct pki_key *
pki_key_from_jwk(const struct pki_jwk *jwk, struct error *err)
{
	unsigned char point[1 + 2 * COORDINATE_MAX];
	const char *kty = jwk->kty != NULL ? jwk->kty : "";
	struct parts parts = { .build = OSSL_PARAM_BLD_new() };
	struct pki_key *key = NULL;
	EVP_PKEY *evp = NULL;
	bool whole = false;

	ERR_clear_error();
	if (parts.build != NULL && strcmp(kty, "RSA") == 0)
		whole = take_rsa(&parts, jwk);
	else if (parts.build != NULL && strcmp(kty, "EC") == 0)
		whole = take_ec(&parts, jwk, point);
	if (!whole)
		error_set(err, ERR_SYNTAX,
		    "the JWK is not a whole private key of RSA, P-256 or "
		    "P-384");
	else if ((evp = assemble(&parts)) == NULL)
		pki_error(err, ERR_SYNTAX, "the parts of the JWK do not fit");
	parts_release(&parts);
	ERR_clear_error();
	if (evp == NULL)
		return NULL;
	key = xcalloc(1, sizeof(*key));
	key->evp = evp;
	return key;
}
