/* Private keys out of a JWK. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/secret.h"
#include "pki/jwk.h"
#include "pki/key.h"

/* RFC 7515 appendix A.3.1. */
static const struct pki_jwk ec = {
	.kty = "EC",
	.crv = "P-256",
	.x = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
	.y = "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
	.d = "jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI",
};

static const struct pki_jwk rsa = {
	.kty = "RSA",
	.n = "pSnteRWb9SjuFeZq_zP0SA89RIkgBBkhn4p8H68dDWhMWx4ZBRPqBdFRe-cBRA1l"
	     "znUcjANuB_THvT3ds5j1sOIhyYokfZiGvKCu5uxC0VMIqXzRee2uN8xnfXgsEHw5"
	     "hRAs-FllvM_F01lGzD85vhBQ37gmZHoFKecJ1gmQ3-cp7BXFm7pF83-VFpLMG2kU"
	     "U_xcD89iX7Ozl3ntvgxfErj1fu6j5fdbBmu7c8tyHQaxy9b6LXgOGoO-lLUik1xg"
	     "IXR1-aQ-HvYeXxS_wWN2URKYdBBKZXNy9oVEcQnyjFk1F3ywkuAwQ22QDCuzpOaZ"
	     "DacjMNcwoZswxpORwFnxwQ",
	.e = "AQAB",
	.d = "JRL3SmHOY0avwty5EdYgtHgvQY4iUKkvgfd9C0OsmtDZqu5joV8p_epRhyWAhD0Z"
	     "qDFjmg4_CawpldIoTOM961mnSe0nacXuILNU72MDUKd530m0X9E5dS794A00nvKz"
	     "mqnZ3ll629orxthYawqaNI7HCKD2hUFanWBONexpx8hol-5SFOXcPCO2vl-SvDc4"
	     "K7U5MnDhn05lQpawbCyQOUTOmnxDvPHYLQH-GQKHEz3--Vch8aFRoV-Qkn-WnM15"
	     "zZ8vnADHglrJZ3VqQv9ZFQLnobEHurlR6xyFdqiqtirZ9mQBBeHmectvuatucDLi"
	     "ZZRSYtdbCl8gXp8Ld6CujQ",
	.p = "11i-0L8f-PFC5-ex4qZ8SLk_xF-5oIHbHDsYZqJ3F-avjsIQD6Bvh7-Ms_O33VQc"
	     "N9iFv6lSEFlvQLxHXU7ON9SaUmNnnGbuuDKfgENVFfc2wxAUTzllEKLswHIfoDOg"
	     "6Nt4gnlTZxhE9HGVOv3bbjWdloNQWhgToSh_3fiduuM",
	.q = "xFfyxfWuES5MtKoYoY46ay546wOhXzqmey_42tko_wbHVA92HIZydCAmIb4NJBgG"
	     "H9HnWacEb40HBf9EYwbqhDK7YsCsZT6pn838ae22vSHFwbdLFUMLFX1M8kTMnC-W"
	     "3cwoP0KVxsFJZsULuUW58S7lMozimb1VDDPQQDPDjgs",
	.dp = "WDZ0Q9Jm6HT78T9J8Qw90RSBeJG12ngXJ2NVxYU7v8CxnYsFRUF1Lmha3MQzRyjT"
	      "PlUlxLM5eJUKK7x0h1ZmxxwB80nhAYJwu2eRSttKGWthNVp611EtgzkaPmMBbYB4"
	      "o6pznQ7SCWM5q-BzPu0KXAT-fs9ftOgz8kpCxsy23_0",
	.dq = "kXIlIYgRXiDSKbMnc-YMWIGgiVezHvwvf2nWCyh7OhAncJnTgOYHuwZluPE0gtxZ"
	      "DRFNNBiJLKln3oVuf30MFMoQDeN00btNpFfO-BlkGU7_U7UYJbP4bf7YFU_p0nle"
	      "ZQdreRE2KnncigjF2oVQbN20Y3ICGqkqa1OmnSi7YGk",
	.qi = "gZgWBThVBqTR5eWL0sBfReVVMojYNpgEV793LjoFhBOphvvAwP_ZGifcLNsmFmUM"
	      "RgQK5GmDbPRfeKkS8uIL3mq2vL1fq2nOIl5fzgd5N7FJ3eQoWfIHsVAVUlyFQrDr"
	      "lZ4J34Q_ICHZH6nIa6HnyMjQzrhZ5I-vTO-EWwZwtq0",
};

/* Made of its JWK, written as PEM and read again, it is the same key. */
static void
assert_same(const struct pki_jwk *jwk, const char *public)
{
	struct error err = { 0 };
	struct pki_key *key = pki_key_from_jwk(jwk, &err), *again;
	char *pem, *text;

	if (key == NULL)
		fail_msg("%s", err.msg);
	pem = pki_key_pem(key, &err);
	assert_non_null(pem);
	again = pki_key_parse(pem, strlen(pem), &err);
	assert_non_null(again);
	text = pki_key_jwk(again, &err);
	assert_string_equal(text, public);
	free(text);
	secret_free(pem);
	pki_key_free(again);
	pki_key_free(key);
}

static void
assert_refused(struct pki_jwk jwk, const char *why)
{
	struct error err = { 0 };

	assert_null(pki_key_from_jwk(&jwk, &err));
	assert_int_equal(err.kind, ERR_SYNTAX);
	assert_non_null(strstr(err.msg, why));
}

static void
test_ec(void **state)
{
	char public[256];

	(void)state;
	snprintf(public, sizeof(public),
	    "{\"crv\":\"P-256\",\"kty\":\"EC\",\"x\":\"%s\",\"y\":\"%s\"}",
	    ec.x, ec.y);
	assert_same(&ec, public);
}

static void
test_rsa(void **state)
{
	char public[512];

	(void)state;
	snprintf(public, sizeof(public),
	    "{\"e\":\"AQAB\",\"kty\":\"RSA\",\"n\":\"%s\"}", rsa.n);
	assert_same(&rsa, public);
}

static void
test_missing_members(void **state)
{
	static const size_t of_ec[] = { offsetof(struct pki_jwk, kty),
		offsetof(struct pki_jwk, crv), offsetof(struct pki_jwk, x),
		offsetof(struct pki_jwk, y), offsetof(struct pki_jwk, d) };
	static const size_t of_rsa[] = { offsetof(struct pki_jwk, n),
		offsetof(struct pki_jwk, e), offsetof(struct pki_jwk, d),
		offsetof(struct pki_jwk, p), offsetof(struct pki_jwk, q),
		offsetof(struct pki_jwk, dp), offsetof(struct pki_jwk, dq),
		offsetof(struct pki_jwk, qi) };
	const char *none = NULL;
	struct pki_jwk jwk;

	(void)state;
	for (size_t i = 0; i < sizeof(of_ec) / sizeof(of_ec[0]); i++) {
		jwk = ec;
		memcpy((char *)&jwk + of_ec[i], &none, sizeof(none));
		assert_refused(jwk, "not a whole private key");
	}
	for (size_t i = 0; i < sizeof(of_rsa) / sizeof(of_rsa[0]); i++) {
		jwk = rsa;
		memcpy((char *)&jwk + of_rsa[i], &none, sizeof(none));
		assert_refused(jwk, "not a whole private key");
	}
}

static void
test_wrong_members(void **state)
{
	struct pki_jwk jwk = ec;

	(void)state;
	jwk.crv = "P-521";
	assert_refused(jwk, "not a whole private key");
	jwk = ec;
	jwk.x = "AQAB";
	assert_refused(jwk, "not a whole private key");
	jwk = ec;
	jwk.d = "AQ==";
	assert_refused(jwk, "not a whole private key");
	jwk = ec;
	jwk.d = "AQAB"; /* another's */
	assert_refused(jwk, "do not fit");
	jwk = ec;
	jwk.y = ec.x; /* on no curve */
	assert_refused(jwk, "do not fit");
	jwk = rsa;
	jwk.p = rsa.dp;
	assert_refused(jwk, "do not fit");
	jwk = rsa;
	jwk.kty = "oct";
	assert_refused(jwk, "not a whole private key");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ec),
		cmocka_unit_test(test_rsa),
		cmocka_unit_test(test_missing_members),
		cmocka_unit_test(test_wrong_members),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
