/* Passwords as htpasswd, openssl passwd and mkpasswd keep them. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "pki/password.h"

#define SHA512                                                                 \
	"$6$abc$IdWKNKTJEb8LxY7CGg8YBXlvtfZzFw7Mp/r6niK9YB2mdvgY"              \
	"..TKjv1T..8RadRt2qvUHYRLr/TsVArtr91iR1"

/* All of "secret". */
static const char *const kept[] = {
	"$apr1$abcdefgh$h9FWgUz3n9YxylKLlR5SQ/",
	"$1$abc$iCQ2D3nhptRYi27fDYv2s1",
	"$5$abcdefgh$gruCpC7VkOTspMQTTSAR8mtlO9Upms.fwqE5y16JVM.",
	"$2y$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a",
	"$2b$05$5Xec7kYfd/MSK5CsuymwpuYABanhblNy91F1BTt91BsqKMn6QXy1S",
	SHA512,
	"{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=",
	"secret",
};

static void
test_kept_passwords(void **state)
{
	char longest[PKI_PASSWORD_MAX + 2];

	(void)state;
	memset(longest, 's', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
		struct error err;
		bool plain;

		assert_int_equal(pki_password_check(kept[i], &plain, &err), 0);
		assert_int_equal(plain, strcmp(kept[i], "secret") == 0);
		assert_true(pki_password_is(kept[i], "secret"));
		assert_false(pki_password_is(kept[i], "Secret"));
		assert_false(pki_password_is(kept[i], "secret "));
		assert_false(pki_password_is(kept[i], ""));
		assert_false(pki_password_is(kept[i], longest));
		if (!plain)
			assert_false(pki_password_is(kept[i], kept[i]));
	}
}

/* A password longer than one block of the digest, and an empty one. */
static void
test_apr1_of_other_lengths(void **state)
{
	(void)state;
	assert_true(pki_password_is("$apr1$abc$/3GLMbVJnCBFZb1lWCUnL0",
	    "a password that is longer than sixteen bytes"));
	assert_true(pki_password_is("$apr1$abc$BfqKdn9xFDWJPa3kcp/PH0", ""));
}

static void
test_what_is_refused(void **state)
{
	static const struct {
		const char *kept;
		enum error_kind kind;
	} cases[] = {
		{ "", ERR_SYNTAX },
		{ "$2y$11$abcdefghijklmnopqrstuuOQiyCxlgf/"
		  "oeuTqixKmWdcYUh4Hjl0a",
		    ERR_LIMIT },
		{ "$2y$05$abcdefghijklmnopqrstuu", ERR_SYNTAX },
		{ "$2x$05$abcdefghijklmnopqrstuuOQiyCxlgf/"
		  "oeuTqixKmWdcYUh4Hjl0a",
		    ERR_SYNTAX },
		{ "$6$rounds=100001$abc$x", ERR_LIMIT },
		{ "$6$rounds=x$abc$x", ERR_SYNTAX },
		{ "$6$rounds=1000", ERR_SYNTAX },
		{ "$6$abc", ERR_SYNTAX },
		{ "$6$abc$", ERR_SYNTAX },
		{ "$apr1$abc", ERR_SYNTAX },
		{ "$y$j9T$abc$x", ERR_SYNTAX },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct error err;
		bool plain;

		assert_int_equal(
		    pki_password_check(cases[i].kept, &plain, &err), -1);
		assert_int_equal(err.kind, cases[i].kind);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kept_passwords),
		cmocka_unit_test(test_apr1_of_other_lengths),
		cmocka_unit_test(test_what_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
