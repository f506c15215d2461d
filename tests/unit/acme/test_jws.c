/* JSON Web Signatures: against texts that another implementation made. */

#include "jws.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "pki/key.h"
#include "json/json.h"

/* Signatures with RSA are the same each time. */
static const char rsa_pem[] =
    "-----BEGIN PRIVATE KEY-----\n"
    "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQCzKrvd/E0lwkaV\n"
    "3TC5z10THTDE3/T9X7JGQsxauNcWkAdwe+oapG8e/+Gl2gG+/AcyPtTtxQawLV/u\n"
    "ft1K5xWI4p8Bb3FdVr1Hn1fKgy3shgjxiFnAvxlih0wNhwk520nvECDBCnS8KiPH\n"
    "boD8v2HzlJZ2NZHSJqAiJRR/PipqARwg1PnzczHiA27qqBgs/WEsBSw8RJUwTNzi\n"
    "yfhdzU99b4EkFRxU9HN35oFi0cBIXyKCHySpyvIbSV9UGAJKAWTRcVh8IACdiVp/\n"
    "BxupagduvjtPCPSqn++zKXfqAvtF7uCqEjnpDjzLiAlrYTjwgh8VAJIx2OOrIJGQ\n"
    "tAOjJ6bdAgMBAAECggEAAOhag0lf6q0NRn0UXhya0Bn5wUWRLCdr88cq2drN3CNm\n"
    "pj86dGAY4ANT1U9BawJD1xFSatHwsrvIHKEv5c094q+jNpKl9F8YHmDERRZdCTG0\n"
    "oeSa78sICeO9kuP4O/7MZRWj1NaEuN9NxxjcNmuRx3YdPQQQdQwVC5c8f1iFRnww\n"
    "wTmhJQ+7bswWswErRzSKkt63+EROG6vL8aXkt83cJGpgO6X7AKLdsqrfxZ47czsR\n"
    "zLnddy14l5eJfRCjT3XnH5/tDLEWEuLpTi4cVFqqgZnBY42OhK2x/rXon31+9KQB\n"
    "UhXyuLSS3THLVfTnIzu1ODwrUKOEmLOh3j1s73Rj0QKBgQD8kSr7SqFCIYyzpvFJ\n"
    "JI302Rwg+ymoLVRkgEZFDisqGDCVjAqfE0/j69BInsqLB+20pNtP07AGZtpAgUkD\n"
    "SD8IWHok5qwRwIGPI5JqurJDswwUni/gCL8WfaX3womtEy97qZr6JulSvZrSuLJg\n"
    "rvaxpW1opR2MKufJT8ezCXx54wKBgQC1mim1pQ89/oT/0bH21zmeIJB+KDfwHULK\n"
    "jEdGDN/fyRZS5obnMMfF4gHVr/oMBvtuBZ6r75mOWuN9+UPpVy9nocuAN0aesRcR\n"
    "dJSvCCrDhw913+0S6KdE2Q7PRK7wBUitaeWpqgNRjvYOyyx1c8jD118TVh0Wj3eS\n"
    "YE+mSHQ4PwKBgCNmraGfak78qN4djkB0UTl6nQi6a7JY+DVGDZNsUvyJe3XatTpq\n"
    "2I3X5c/oAffO2rCxUtQzlb6v9/OGq5c8LymaTTSS6JdsZjyL/d/b31TB6fWR3qAG\n"
    "WdJrNjIuIGIUCFnLAiACCD5CuUrD/Ky0mXt49obubd/Ru79p4VHlCH+FAoGALI9s\n"
    "Zp7e05Ztahw5L9l10OAqtFoIB8oWRn8PShgEovPDn4njVj0498xSKO3qTCM2dLO6\n"
    "UHQVWMHiilmsmUgEYMhpl8d4c53+jBDwHtbBL4MnfwP4NyiRSqp8IM24ozqYr7yJ\n"
    "Vw1ZjRyoMc8W1KcZfzyMnsEFmDCR5X/ua13h7p8CgYEAzx3ZHB5atXFHLn2zSAfK\n"
    "69z2PNLj6KwlViExtSj8kzBwliY6RsTrhxai+W3qi10w2A1FaSHSo64lSTTWledK\n"
    "fIRoKVPY/jOPFVEW/wCEdCmd+THR1sCU3jCNStV/62eM2aJERtXUu57EbLepCNG0\n"
    "SpKYWW4YeH3ycjAdSyR71yI=\n"
    "-----END PRIVATE KEY-----\n";

/* The key of RFC 7515 appendix A.3.1. */
static const char ec_pem[] =
    "-----BEGIN PRIVATE KEY-----\n"
    "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgjpsQnnGQmL+YBIff\n"
    "H1136cspYG6+0iY7X1fCE9+E9LKhRANCAAR/zc4ncPbEXUGDy+5v20t7WAczNXvp\n"
    "7xO6z248e9FURcfxRM0bvZt+hyzf7bnuufSzaV1uqQskrYpGIyiFiOWt\n"
    "-----END PRIVATE KEY-----\n";

static const char with_account[] =
    "{\"protected\":\"eyJhbGciOiJSUzI1NiIsImtpZCI6Imh0dHBzOi8vY2EudGVzdC9"
    "hY2N0LzEiLCJub25jZSI6InRhU2tOMC1uY2UiLCJ1cmwiOiJodHRwczovL2NhLnRlc3Q"
    "vbmV3LW9yZGVyIn0\",\"payload\":\"\",\"signature\":\"kLwgHom04Sy8I-Mw"
    "1VfoOULtcRA_jig5WAEAvobyWNZSXnwtACBjBeB1rhVpWp9Eq1HFOJkb0n7ga_TA6RGh"
    "lPdWspa2Wh4bomQ-G3c8Soq8Qj98lMZT9Pa8VeTP2g2bIi6boH7NOix4Sf6Ic0gJ-gUV"
    "vdNXAzLWbTL1PhP94ii3vfoo4NxGyFHC8YNoIKOUzeEBEV2O5gGDidZTZ6qC8lhEp0hj"
    "dtHlCQxqiF4S6dChnIShU8G8sVTpQ8skwxoRcssppdnDHyG95r9UcF-hMmFxIrDtbBuC"
    "0NEhWFJjrdqprs1UyP-VZ7vIKrth8qWYVRkJygPWm43eGapTITOrqw\"}";

static const char with_key[] =
    "{\"protected\":\"eyJhbGciOiJSUzI1NiIsImp3ayI6eyJlIjoiQVFBQiIsImt0eSI"
    "6IlJTQSIsIm4iOiJzeXE3M2Z4TkpjSkdsZDB3dWM5ZEV4MHd4Tl8wX1YteVJrTE1Xcmp"
    "YRnBBSGNIdnFHcVJ2SHZfaHBkb0J2dndITWo3VTdjVUdzQzFmN243ZFN1Y1ZpT0tmQVc"
    "5eFhWYTlSNTlYeW9NdDdJWUk4WWhad0w4WllvZE1EWWNKT2R0Sjd4QWd3UXAwdkNvang"
    "yNkFfTDloODVTV2RqV1IwaWFnSWlVVWZ6NHFhZ0VjSU5UNTgzTXg0Z051NnFnWUxQMWh"
    "MQVVzUEVTVk1FemM0c240WGMxUGZXLUJKQlVjVlBSemQtYUJZdEhBU0Y4aWdoOGtxY3J"
    "5RzBsZlZCZ0NTZ0ZrMFhGWWZDQUFuWWxhZndjYnFXb0hicjQ3VHdqMHFwX3ZzeWwzNmd"
    "MN1JlN2dxaEk1NlE0OHk0Z0phMkU0OElJZkZRQ1NNZGpqcXlDUmtMUURveWVtM1EifSw"
    "ibm9uY2UiOiJ0YVNrTjAtbmNlIiwidXJsIjoiaHR0cHM6Ly9jYS50ZXN0L25ldy1hY2N"
    "0In0\",\"payload\":\"eyJ0ZXJtc09mU2VydmljZUFncmVlZCI6dHJ1ZX0\",\"sig"
    "nature\":\"frS_ZR7PTsLPbssMnq98Q_cEsurtboDEmTaV-Cam9py7aTDil7fmtE0Re"
    "f9d62Vczm0oUKZX4hBHfa1hPGxt5kx5WdHGIvqdE8CTYcYhxRM70_LYSE2It5eWg083R"
    "ZYVSy-zOdKcULznCs28zG5inSAoria50D8Yj0lX4Hc9tAiAG6oB9WRktHtduNLbpbg-R"
    "iI2Pnn0GdCHLueGb3NTaLyhWMClxVgC7TbQBGE2N0vQiVgKr-u5TQsEM9PjiYAyTQfsT"
    "07HrQYmFC12y1NzThl0gCWP7X6jY8jN9ohAaOhCgSqBBFGkBlrmbO08gd8rKg8KjAfd3"
    "Xe4XZNNuueu7w\"}";

static const char external_account[] =
    "{\"protected\":\"eyJhbGciOiJIUzI1NiIsImtpZCI6ImtpZC0xIiwidXJsIjoiaHR"
    "0cHM6Ly9jYS50ZXN0L25ldy1hY2N0In0\",\"payload\":\"eyJjcnYiOiJQLTI1NiI"
    "sImt0eSI6IkVDIiwieCI6ImY4M09KM0QyeEYxQmc4dnViOXRMZTFnSE16Vjc2ZThUdXM"
    "5dVBIdlJWRVUiLCJ5IjoieF9GRXpSdTltMzZITE5fdHVlNjU5TE5wWFc2cEN5U3Rpa1l"
    "qS0lXSTVhMCJ9\",\"signature\":\"OlNc9nEZxwul8mQbQseS1P33JPKY9ITnixPo"
    "Mclq0Cw\"}";

static struct pki_key *
key_of(const char *pem)
{
	struct pki_key *key = pki_key_parse(pem, strlen(pem), NULL);

	assert_non_null(key);
	return key;
}

static void
test_request_of_an_account(void **state)
{
	struct pki_key *key = key_of(rsa_pem);
	struct jws jws = { .key = key,
		.kid = "https://ca.test/acct/1",
		.nonce = "taSkN0-nce",
		.url = "https://ca.test/new-order",
		.payload = "" };
	char *body = jws_sign(&jws, NULL);

	(void)state;
	assert_string_equal(body, with_account);
	free(body);
	pki_key_free(key);
}

static void
test_request_with_the_key(void **state)
{
	struct pki_key *key = key_of(rsa_pem);
	struct jws jws = { .key = key,
		.nonce = "taSkN0-nce",
		.url = "https://ca.test/new-acct",
		.payload = "{\"termsOfServiceAgreed\":true}" };
	char *body = jws_sign(&jws, NULL);

	(void)state;
	assert_string_equal(body, with_key);
	free(body);
	pki_key_free(key);
}

/* A signature inside another one has no nonce (RFC 8555 section 7.3.5). */
static void
test_without_a_nonce(void **state)
{
	struct pki_key *key = key_of(rsa_pem);
	struct jws jws = {
		.key = key, .kid = "k", .url = "u", .payload = "{}"
	};
	char *body = jws_sign(&jws, NULL);
	struct json *doc = json_parse(body, strlen(body), NULL);
	unsigned char header[256];
	size_t len;

	(void)state;
	assert_true(text_unbase64url(
	    json_str(doc, "protected"), header, sizeof(header), &len));
	header[len] = '\0';
	assert_string_equal(
	    (char *)header, "{\"alg\":\"RS256\",\"kid\":\"k\",\"url\":\"u\"}");
	json_free(doc);
	free(body);
	pki_key_free(key);
}

/* The signature differs each time; its length and its header do not. */
static void
test_es256(void **state)
{
	static const char expected[] =
	    "{\"alg\":\"ES256\",\"kid\":\"k\",\"nonce\":\"n\","
	    "\"url\":\"u\"}";
	struct pki_key *key = key_of(ec_pem);
	struct jws jws = { .key = key,
		.kid = "k",
		.nonce = "n",
		.url = "u",
		.payload = "{}" };
	char *body = jws_sign(&jws, NULL);
	struct json *doc = json_parse(body, strlen(body), NULL);
	char bytes[128];
	size_t len;

	(void)state;
	assert_true(text_unbase64url(
	    json_str(doc, "protected"), bytes, sizeof(bytes), &len));
	assert_int_equal(len, strlen(expected));
	assert_memory_equal(bytes, expected, len);
	assert_string_equal(json_str(doc, "payload"), "e30");
	assert_true(text_unbase64url(
	    json_str(doc, "signature"), bytes, sizeof(bytes), &len));
	assert_int_equal(len, 64);
	json_free(doc);
	free(body);
	pki_key_free(key);
}

static void
test_external_account(void **state)
{
	struct pki_key *key = key_of(ec_pem);
	struct json *doc = jws_external_account(key, "kid-1",
	    "zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W",
	    "https://ca.test/new-acct", NULL);
	char *text = json_dump(doc);

	(void)state;
	assert_string_equal(text, external_account);
	free(text);
	json_free(doc);
	pki_key_free(key);
}

static void
test_mac_key_that_is_none(void **state)
{
	struct pki_key *key = key_of(ec_pem);
	struct error err;

	(void)state;
	assert_null(jws_external_account(
	    key, "kid-1", "se+cret=", "https://ca.test/", &err));
	assert_int_equal(err.kind, ERR_SYNTAX);
	assert_string_equal(
	    err.msg, "the external account's key is not base64url");
	pki_key_free(key);
}

static void
test_thumbprint(void **state)
{
	struct pki_key *ec = key_of(ec_pem), *rsa = key_of(rsa_pem);
	char *text;

	(void)state;
	text = jws_thumbprint(ec, NULL);
	assert_string_equal(
	    text, "oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U");
	free(text);
	text = jws_thumbprint(rsa, NULL);
	assert_string_equal(
	    text, "Gmf3Kb7yFWSqnizIeQnDHSxjIcaXcbAIC4leuBH2Tiw");
	free(text);
	pki_key_free(rsa);
	pki_key_free(ec);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_request_of_an_account),
		cmocka_unit_test(test_request_with_the_key),
		cmocka_unit_test(test_without_a_nonce),
		cmocka_unit_test(test_es256),
		cmocka_unit_test(test_external_account),
		cmocka_unit_test(test_mac_key_that_is_none),
		cmocka_unit_test(test_thumbprint),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
