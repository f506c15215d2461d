/* What is to be found where, for each way. */

#include "proof.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/xalloc.h"
#include "jws.h"
#include "pki/cert.h"
#include "pki/key.h"
#include "problem.h"

static struct proof
make(const struct pki_key *key, enum job_challenge kind, const char *identifier)
{
	struct problem problem;
	struct proof proof;
	const struct proof_claim claim = {
		.kind = kind,
		.identifier = identifier,
		.token = "a-token",
		.account = key,
	};

	if (proof_make(&proof, &claim, &problem) == -1)
		fail_msg("%s", problem.detail);
	assert_int_equal(proof.kind, kind);
	return proof;
}

static void
test_http(void **state)
{
	struct pki_key *key = *state;
	struct proof proof = make(key, JOB_HTTP_01, "gw.test");
	char *thumbprint = jws_thumbprint(key, NULL);
	char *wanted = xasprintf("a-token.%s", thumbprint);

	assert_string_equal(proof.name, "a-token");
	assert_string_equal(proof.answer, wanted);
	free(wanted);
	free(thumbprint);
	proof_release(&proof);
}

static void
test_dns(void **state)
{
	static const char *const names[] = { "gw.test", "*.gw.test" };
	struct pki_key *key = *state;
	struct proof http = make(key, JOB_HTTP_01, "gw.test");
	unsigned char digest[PKI_SHA256_SIZE];
	char *wanted;

	pki_sha256(http.answer, strlen(http.answer), digest, NULL);
	wanted = text_base64url(digest, sizeof(digest));
	for (size_t i = 0; i < 2; i++) {
		struct proof proof = make(key, JOB_DNS_01, names[i]);

		assert_string_equal(proof.name, "_acme-challenge.gw.test");
		assert_string_equal(proof.answer, wanted);
		proof_release(&proof);
	}
	free(wanted);
	proof_release(&http);
}

/* The certificate itself is the business of pki, and tested there. */
static void
test_tls(void **state)
{
	static const struct {
		const char *identifier, *name;
	} rows[] = {
		{ "gw.test", "gw.test" },
		{ "192.0.2.7", "7.2.0.192.in-addr.arpa" },
		{ "2001:db8::567:89ab",
		    "b.a.9.8.7.6.5.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0."
		    "8.b.d.0.1.0.0.2.ip6.arpa" },
	};
	struct pki_key *account = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct proof proof =
		    make(account, JOB_TLS_ALPN_01, rows[i].identifier);
		size_t len = strlen(proof.answer);
		struct pki_key *key = pki_key_parse(proof.answer, len, NULL);
		struct pki_chain *chain =
		    pki_chain_parse(proof.answer, len, NULL);
		const struct pki_cert_info *info = pki_chain_info(chain);

		assert_string_equal(proof.name, rows[i].name);
		assert_true(pki_chain_has_key(chain, key));
		assert_int_equal(info->nnames, 1);
		assert_string_equal(info->names[0], rows[i].identifier);
		pki_chain_free(chain);
		pki_key_free(key);
		proof_release(&proof);
	}
}

static int
set_up(void **state)
{
	*state = pki_key_generate(PKI_P256, NULL);
	return *state == NULL;
}

static int
tear_down(void **state)
{
	pki_key_free(*state);
	return 0;
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_http),
		cmocka_unit_test(test_dns),
		cmocka_unit_test(test_tls),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
