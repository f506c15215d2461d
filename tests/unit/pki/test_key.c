/* Keys: against the vectors of the RFCs, and against libcrypto itself. */

#include "pki/key.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "base/secret.h"
#include "base/text.h"

/* The key of RFC 7515 appendix A.3.1, as PKCS#8 and as SEC 1. */
static const char rfc7515_pkcs8[] =
    "-----BEGIN PRIVATE KEY-----\n"
    "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgjpsQnnGQmL+YBIff\n"
    "H1136cspYG6+0iY7X1fCE9+E9LKhRANCAAR/zc4ncPbEXUGDy+5v20t7WAczNXvp\n"
    "7xO6z248e9FURcfxRM0bvZt+hyzf7bnuufSzaV1uqQskrYpGIyiFiOWt\n"
    "-----END PRIVATE KEY-----\n";

static const char rfc7515_sec1[] =
    "A comment, and the parameters that openssl ecparam writes:\r\n"
    "-----BEGIN EC PARAMETERS-----\r\n"
    "BggqhkjOPQMBBw==\r\n"
    "-----END EC PARAMETERS-----\r\n"
    "-----BEGIN EC PRIVATE KEY-----\r\n"
    "MHcCAQEEII6bEJ5xkJi/mASH3x9dd+nLKWBuvtImO19XwhPfhPSyoAoGCCqGSM49\r\n"
    "AwEHoUQDQgAEf83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEXH8UTNG72b\r\n"
    "focs3+257rn0s2ldbqkLJK2KRiMohYjlrQ==\r\n"
    "-----END EC PRIVATE KEY-----";

static const char rfc7515_jwk[] =
    "{\"crv\":\"P-256\",\"kty\":\"EC\","
    "\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","
    "\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"}";

/* Encrypted with a passphrase, in the two forms there are. */
static const char encrypted_pkcs8[] =
    "-----BEGIN ENCRYPTED PRIVATE KEY-----\n"
    "MIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAjm2I4pA6QdWwICCAAw\n"
    "DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEHYTB9BbfF9viqvVu4qm+D0EgZCm\n"
    "Yjamfuq7TXHCv9A828hUuqe4yH6MBJ6P98rKV7sq91ZhndMiZAgqmJlv8R0VspKP\n"
    "lEe4stxA0z4kyFH3GzPlVOYDY+VzUlQaHGQS/MGEk3Z6mDx9mj7xtlUuBnmZPgU6\n"
    "UGsD8HQ3ckZnLWYq0qcKBVn/en5eBOExfncsu98mAWee2odlwyd7w0NZSLBp864=\n"
    "-----END ENCRYPTED PRIVATE KEY-----\n";

static const char encrypted_sec1[] =
    "-----BEGIN EC PRIVATE KEY-----\n"
    "Proc-Type: 4,ENCRYPTED\n"
    "DEK-Info: AES-128-CBC,A0C34B44A6E01D633ACF0243558C1093\n"
    "\n"
    "2uMBcVCEXZD9NIQsuhxCGLP9HS987jHvtggXs2Fi3/yfOd6tsmkvG36Pc6eE4m65\n"
    "kcqwKfUBw2HmIG0Fj1MenybSKC0Oqbk/hyg3iPKb3LlYAeZ9sIKzcVZBCYVV2AXa\n"
    "fbtev/ZVOXnUeZ4Mylmlyqki9Rp0hP5AFbX8fODBTtg=\n"
    "-----END EC PRIVATE KEY-----\n";

static const char ed25519[] =
    "-----BEGIN PRIVATE KEY-----\n"
    "MC4CAQAwBQYDK2VwBCIEIL9I0nCiAynYiaeLHa/JQU0v1dTzqLZbe8p4HeVNgKl8\n"
    "-----END PRIVATE KEY-----\n";

static struct pki_key *
parse(const char *pem)
{
	struct error err;
	struct pki_key *key = pki_key_parse(pem, strlen(pem), &err);

	if (key == NULL)
		fail_msg("%s", err.msg);
	return key;
}

static void
assert_jwk(const struct pki_key *key, const char *want)
{
	struct error err;
	char *jwk = pki_key_jwk(key, &err);

	assert_non_null(jwk);
	assert_string_equal(jwk, want);
	free(jwk);
}

static void
test_parse_forms(void **state)
{
	struct pki_key *key;

	(void)state;
	key = parse(rfc7515_pkcs8);
	assert_jwk(key, rfc7515_jwk);
	pki_key_free(key);
	key = parse(rfc7515_sec1);
	assert_jwk(key, rfc7515_jwk);
	pki_key_free(key);
	pki_key_free(NULL);
}

static void
test_parse_takes_the_first(void **state)
{
	char text[sizeof(ed25519) + sizeof(rfc7515_pkcs8) + 16];
	struct pki_key *key;

	(void)state;
	snprintf(text, sizeof(text), "\n%s\n%s", rfc7515_pkcs8, ed25519);
	key = parse(text);
	assert_jwk(key, rfc7515_jwk);
	pki_key_free(key);
}

static void
refused(const char *pem, const char *why)
{
	struct error err;

	if (pki_key_parse(pem, strlen(pem), &err) != NULL)
		fail_msg("accepted: %s", pem);
	assert_int_equal(err.kind, ERR_SYNTAX);
	if (strstr(err.msg, why) == NULL)
		fail_msg("'%s' lacks '%s'", err.msg, why);
	assert_int_equal(ERR_peek_error(), 0);
}

static void
test_parse_refusals(void **state)
{
	(void)state;
	refused("", "no private key");
	refused("-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n"
	        "-----END EC PARAMETERS-----\n",
	    "no private key");
	refused(encrypted_pkcs8, "passphrase");
	refused(encrypted_sec1, "passphrase");
	refused("-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIL9I\n"
	        "-----END PRIVATE KEY-----\n",
	    "cannot read the private key");
	refused("-----BEGIN PRIVATE KEY-----\n!!!!\n"
	        "-----END PRIVATE KEY-----\n",
	    "malformed PEM");
	refused("-----BEGIN PRIVATE KEY-----\nMC4CAQ", "malformed PEM");
}

/* An encrypted key under the label of a plain one asks nobody, either. */
static void
test_parse_mislabelled_asks_nobody(void **state)
{
	static const char head[] = "-----BEGIN ENCRYPTED PRIVATE KEY-----\n";
	static const char tail[] = "-----END ENCRYPTED PRIVATE KEY-----\n";
	size_t body = sizeof(encrypted_pkcs8) - sizeof(head) - sizeof(tail) + 1;
	char text[sizeof(encrypted_pkcs8)];

	(void)state;
	snprintf(text, sizeof(text),
	    "-----BEGIN PRIVATE KEY-----\n%.*s-----END PRIVATE KEY-----\n",
	    (int)body, encrypted_pkcs8 + sizeof(head) - 1);
	refused(text, "cannot read the private key");
}

static void
test_pem_round_trip(void **state)
{
	struct pki_key *key = parse(rfc7515_sec1), *again;
	struct error err;
	char *pem = pki_key_pem(key, &err);

	(void)state;
	assert_string_equal(pem, rfc7515_pkcs8);
	again = parse(pem);
	assert_int_equal(EVP_PKEY_eq(pki_key_evp(key), pki_key_evp(again)), 1);
	pki_key_free(again);
	pki_key_free(key);
	secret_free(pem);
}

/* Verifies a JWS signature the way a CA does. */
static bool
verifies(const struct pki_key *key, const unsigned char *sig, size_t siglen,
    const char *data)
{
	const char *alg = pki_key_jws_alg(key);
	const EVP_MD *md =
	    strcmp(alg, "ES384") == 0 ? EVP_sha384() : EVP_sha256();
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	unsigned char *der = NULL;
	int derlen, ok;

	if (alg[0] == 'E') {
		ECDSA_SIG *ecdsa = ECDSA_SIG_new();
		int half = (int)siglen / 2;

		assert_int_equal(siglen, md == EVP_sha384() ? 96 : 64);
		ECDSA_SIG_set0(ecdsa, BN_bin2bn(sig, half, NULL),
		    BN_bin2bn(sig + half, half, NULL));
		derlen = i2d_ECDSA_SIG(ecdsa, &der);
		ECDSA_SIG_free(ecdsa);
		sig = der;
		siglen = (size_t)derlen;
	}
	assert_int_equal(
	    EVP_DigestVerifyInit(ctx, NULL, md, NULL, pki_key_evp(key)), 1);
	ok = EVP_DigestVerify(
	    ctx, sig, siglen, (const unsigned char *)data, strlen(data));
	ERR_clear_error();
	EVP_MD_CTX_free(ctx);
	OPENSSL_free(der);
	return ok == 1;
}

static const struct {
	const char *word, *alg, *jwk;
	int bits;
} types[PKI_KEY_TYPE_COUNT] = {
	[PKI_P256] = { "P-256", "ES256", "{\"crv\":\"P-256\",\"kty\":", 256 },
	[PKI_P384] = { "P-384", "ES384", "{\"crv\":\"P-384\",\"kty\":", 384 },
	[PKI_RSA2048] = { "RSA-2048", "RS256",
	    "{\"e\":\"AQAB\",\"kty\":", 2048 },
	[PKI_RSA3072] = { "RSA-3072", "RS256",
	    "{\"e\":\"AQAB\",\"kty\":", 3072 },
	[PKI_RSA4096] = { "RSA-4096", "RS256",
	    "{\"e\":\"AQAB\",\"kty\":", 4096 },
};

/* RSA keys above 2048 bits are only named: making them takes seconds. */
static void
test_every_type(void **state)
{
	(void)state;
	for (unsigned i = 0; i < PKI_KEY_TYPE_COUNT; i++)
		assert_string_equal(pki_key_type_word(i), types[i].word);
	for (unsigned i = 0; i <= PKI_RSA2048; i++) {
		struct error err;
		struct pki_key *key = pki_key_generate(i, &err);
		unsigned char *sig;
		size_t len;
		char *jwk;

		assert_non_null(key);
		assert_int_equal(
		    EVP_PKEY_get_bits(pki_key_evp(key)), types[i].bits);
		assert_string_equal(pki_key_jws_alg(key), types[i].alg);
		jwk = pki_key_jwk(key, &err);
		assert_memory_equal(jwk, types[i].jwk, strlen(types[i].jwk));
		free(jwk);
		assert_int_equal(
		    pki_key_jws_sign(key, "some text", 9, &sig, &len, &err), 0);
		assert_true(verifies(key, sig, len, "some text"));
		assert_false(verifies(key, sig, len, "some texT"));
		free(sig);
		pki_key_free(key);
	}
}

/* r or s below 2^248 keeps its width: in 600 signatures there are some. */
static void
test_signatures_keep_their_width(void **state)
{
	struct pki_key *key = parse(rfc7515_pkcs8);
	unsigned short_ones = 0;

	(void)state;
	for (int i = 0; i < 600 || short_ones == 0; i++) {
		struct error err;
		unsigned char *sig;
		size_t len;

		assert_int_equal(
		    pki_key_jws_sign(key, "x", 1, &sig, &len, &err), 0);
		assert_int_equal(len, 64);
		if (sig[0] == 0 || sig[32] == 0) {
			short_ones++;
			assert_true(verifies(key, sig, len, "x"));
		}
		free(sig);
	}
	pki_key_free(key);
}

/* A key for TLS that no JWS of ours can be signed with. */
static void
test_foreign_key(void **state)
{
	struct pki_key *key = parse(ed25519);
	struct error err;
	unsigned char *sig = NULL;
	size_t len;

	(void)state;
	assert_null(pki_key_jws_alg(key));
	assert_null(pki_key_jwk(key, &err));
	assert_int_equal(err.kind, ERR_CRYPTO);
	assert_int_equal(pki_key_jws_sign(key, "x", 1, &sig, &len, &err), -1);
	assert_null(sig);
	pki_key_free(key);
}

/* RFC 7638 section 3.1: the thumbprint is the SHA-256 of the canonical JWK. */
static void
test_sha256(void **state)
{
	static const char jwk[] =
	    "{\"e\":\"AQAB\",\"kty\":\"RSA\",\"n\":"
	    "\"0vx7agoebGcQSuuPiLJXZptN9nn"
	    "drQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPe"
	    "bWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h"
	    "4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQv"
	    "RL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPk"
	    "sINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw\"}";
	unsigned char digest[PKI_SHA256_SIZE];
	struct error err;
	char *text;

	(void)state;
	assert_int_equal(pki_sha256(jwk, strlen(jwk), digest, &err), 0);
	text = text_base64url(digest, sizeof(digest));
	assert_string_equal(
	    text, "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
	free(text);
}

/* RFC 4231, test case 2; and an empty key. */
static void
test_hmac(void **state)
{
	static const unsigned char want[PKI_SHA256_SIZE] = { 0x5b, 0xdc, 0xc1,
		0x46, 0xbf, 0x60, 0x75, 0x4e, 0x6a, 0x04, 0x24, 0x26, 0x08,
		0x95, 0x75, 0xc7, 0x5a, 0x00, 0x3f, 0x08, 0x9d, 0x27, 0x39,
		0x83, 0x9d, 0xec, 0x58, 0xb9, 0x64, 0xec, 0x38, 0x43 };
	static const char data[] = "what do ya want for nothing?";
	unsigned char mac[PKI_SHA256_SIZE];

	(void)state;
	assert_int_equal(
	    pki_hmac_sha256("Jefe", 4, data, sizeof(data) - 1, mac), 0);
	assert_memory_equal(mac, want, sizeof(want));
	assert_int_equal(pki_hmac_sha256("", 0, "", 0, mac), 0);
	assert_int_equal(mac[0], 0xb6);
	assert_int_equal(mac[31], 0xad);
}

static void
test_is(void **state)
{
	static const enum pki_key_type made[] = { PKI_P256, PKI_P384,
		PKI_RSA2048 };
	size_t i;
	unsigned type;

	(void)state;
	for (i = 0; i < sizeof(made) / sizeof(made[0]); i++) {
		struct pki_key *key = pki_key_generate(made[i], NULL);

		for (type = 0; type < PKI_KEY_TYPE_COUNT; type++)
			assert_int_equal(
			    pki_key_is(key, (enum pki_key_type)type),
			    type == made[i]);
		pki_key_free(key);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse_forms),
		cmocka_unit_test(test_parse_takes_the_first),
		cmocka_unit_test(test_parse_refusals),
		cmocka_unit_test(test_parse_mislabelled_asks_nobody),
		cmocka_unit_test(test_pem_round_trip),
		cmocka_unit_test(test_every_type),
		cmocka_unit_test(test_signatures_keep_their_width),
		cmocka_unit_test(test_foreign_key),
		cmocka_unit_test(test_sha256),
		cmocka_unit_test(test_hmac),
		cmocka_unit_test(test_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
