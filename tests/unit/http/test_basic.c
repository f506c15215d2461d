/* Credentials of the Basic scheme: what is one, and what is nearly one. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "http/basic.h"

static const struct {
	const char *value, *user, *password; /* NULL: refused */
} cases[] = {
	{ "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==", "Aladdin", "open sesame" },
	{ "basic   YTpi", "a", "b" },
	{ "BASIC YTpiOmM=", "a", "b:c" },
	{ "Basic Og==", "", "" },
	{ "Basic YTo=", "a", "" },
	{ "Basic dGVzdDoxMjPCow==", "test", "123\xc2\xa3" },
	{ "", NULL, NULL },
	{ "Basic", NULL, NULL },
	{ "Basic ", NULL, NULL },
	{ "BasicYTpi", NULL, NULL },
	{ "Bearer YTpi", NULL, NULL },
	{ "Basic YTp", NULL, NULL },
	{ "Basic YTpi ", NULL, NULL },
	{ "Basic YT=i", NULL, NULL },
	{ "Basic YTo=YTpi", NULL, NULL },
	{ "Basic YTp", NULL, NULL },
	{ "Basic YTp=", NULL, NULL },
	{ "Basic ====", NULL, NULL },
	{ "Basic YQ==", NULL, NULL },
	{ "Basic YTp-", NULL, NULL },
	{ "Basic YToK", NULL, NULL },
	{ "Basic ADph", NULL, NULL },
};

static void
test_credentials(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct slice value = { cases[i].value, strlen(cases[i].value) };
		struct http_basic basic;

		if (http_basic_read(value, &basic) != (cases[i].user != NULL))
			fail_msg("%s", cases[i].value);
		if (cases[i].user == NULL)
			continue;
		assert_string_equal(basic.user.p, cases[i].user);
		assert_string_equal(basic.password.p, cases[i].password);
		assert_int_equal(basic.user.len, strlen(basic.user.p));
		assert_int_equal(basic.password.len, strlen(basic.password.p));
	}
}

static void
test_length_is_bounded(void **state)
{
	char text[6 + HTTP_BASIC_MAX / 3 * 4 + 5] = "Basic Ojo6";
	struct slice value = { text, 6 + HTTP_BASIC_MAX / 3 * 4 };
	struct http_basic basic;

	(void)state;
	memset(text + 10, 'a', sizeof(text) - 11);
	assert_true(http_basic_read(value, &basic));
	assert_int_equal(basic.password.len, HTTP_BASIC_MAX / 3 * 3 - 1);
	value.len += 4;
	assert_false(http_basic_read(value, &basic));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_credentials),
		cmocka_unit_test(test_length_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
