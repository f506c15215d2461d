/* Texts of a custom section, filled in. */

#include "template.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "api.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct template_values values = { .host = "a.example",
	.ipv4 = "1.2.3.4",
	.ipv6 = "2a00::1",
	.login = "me",
	.password = "p&\"\\\n%t",
	.token = "t t" };

static void
test_fill(void **state)
{
	static const struct {
		enum template_form form;
		const char *text, *filled;
	} rows[] = {
		{ TEMPLATE_URL, "https://x/?h=%h&i=%i&j=%6",
		    "https://x/?h=a.example&i=1.2.3.4&j=2a00%3A%3A1" },
		{ TEMPLATE_URL, "%u:%p:%t", "me:p%26%22%5C%0A%25t:t%20t" },
		{ TEMPLATE_URL, "%%%%h%z%", "%%h%z%" },
		{ TEMPLATE_JSON, "{\"p\":\"%p\"}",
		    "{\"p\":\"p&\\\"\\\\\\u000a%t\"}" },
		{ TEMPLATE_PLAIN, "%p|%%i", "p&\"\\\n%t|%i" },
		{ TEMPLATE_PLAIN, "", "" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct buf out = { 0 };

		assert_int_equal(
		    template_fill(&out, rows[i].text, rows[i].form, &values),
		    0);
		assert_string_equal(api_string(&out), rows[i].filled);
		buf_release(&out);
	}
}

static void
test_full(void **state)
{
	struct buf out;

	(void)state;
	buf_init(&out, 8);
	assert_int_equal(
	    template_fill(&out, "123456789", TEMPLATE_PLAIN, &values), -1);
	buf_release(&out);
}

static void
test_has(void **state)
{
	(void)state;
	assert_true(template_has("a%pb", 'p'));
	assert_false(template_has("a%%pb", 'p'));
	assert_false(template_has("p%", 'p'));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fill),
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_has),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
