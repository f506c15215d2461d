/* What a list of ciphers comes down to. */

#include "lab.h"

static void
test_reports(void **state)
{
	static const struct {
		const char *ciphers;
		struct tls_cipher_report want; /* secrecy, ECDSA, RSA */
	} rows[] = {
		{ "DEFAULT", { true, true, true } },
		{ "ALL:!RC4:!ECDH:!DH", { false, false, true } },
		{ "ECDHE-ECDSA-AES128-GCM-SHA256", { true, true, false } },
		{ "ECDHE+aRSA", { true, false, true } },
		{ "DHE-RSA-AES128-SHA", { true, false, true } },
		{ "AES128-SHA", { false, false, true } },
		{ "PSK", { false, false, false } },
		{ "DHE-PSK-AES128-GCM-SHA256", { false, false, false } },
		{ "aNULL:@SECLEVEL=0", { false, false, false } },
		{ "bogus:ECDHE-RSA-AES128-GCM-SHA256", { true, false, true } },
		/* RSA key exchange is below what a level of 3 allows. */
		{ "AES128-SHA:@SECLEVEL=3", { false, false, false } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct tls_cipher_report got;
		struct error err;

		if (tls_cipher_check(rows[i].ciphers, &got, &err) == -1)
			fail_msg("%s: %s", rows[i].ciphers, err.msg);
		if (got.forward_secrecy != rows[i].want.forward_secrecy ||
		    got.ecdsa != rows[i].want.ecdsa ||
		    got.rsa != rows[i].want.rsa)
			fail_msg("%s: %d %d %d", rows[i].ciphers,
			    got.forward_secrecy, got.ecdsa, got.rsa);
		assert_int_equal(ERR_peek_error(), 0);
	}
}

static void
test_refusals(void **state)
{
	static const char *const bad[] = { "", "bogus", "ECDHE+bogus",
		"TLS_AES_128_GCM_SHA256", "!ALL" };
	struct tls_cipher_report report = { true, false, true };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct error err;

		if (tls_cipher_check(bad[i], &report, &err) == 0)
			fail_msg("accepted '%s'", bad[i]);
		assert_int_equal(err.kind, ERR_SYNTAX);
		assert_int_equal(ERR_peek_error(), 0);
	}
	assert_true(report.forward_secrecy);
	assert_false(report.ecdsa);
	assert_true(report.rsa);
}

static void
test_suites(void **state)
{
	static const char *const good[] = { "TLS_AES_128_GCM_SHA256",
		"TLS_CHACHA20_POLY1305_SHA256:TLS_AES_256_GCM_SHA384" };
	static const char *const bad[] = { "", ":",
		"TLS_AES_128_GCM_SHA256:", "ECDHE-RSA-AES128-GCM-SHA256",
		"bogus", "HIGH", "TLS_AES_128_GCM_SHA256:bogus" };
	struct error err;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		if (tls_suites_check(good[i], &err) == -1)
			fail_msg("%s", err.msg);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (tls_suites_check(bad[i], &err) == 0)
			fail_msg("accepted '%s'", bad[i]);
		assert_int_equal(err.kind, ERR_SYNTAX);
		assert_int_equal(ERR_peek_error(), 0);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reports),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_suites),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
