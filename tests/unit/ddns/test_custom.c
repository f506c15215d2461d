/* Which answers of a custom provider are success. */

#include "custom.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

static void
test_read(void **state)
{
	struct refusal refusal;

	(void)state;
	assert_int_equal(custom_read("whatever", "", &refusal), 1);
	assert_int_equal(custom_read("good 1", "^(good|nochg)", &refusal), 1);
	assert_int_equal(custom_read("no\ngood", "^good", &refusal), -1);
	assert_int_equal(refusal.kind, DDNS_AGAIN);
	assert_non_null(strstr(refusal.detail, "no"));
	assert_int_equal(custom_read("x", "(", &refusal), -1);
	assert_int_equal(refusal.kind, DDNS_STOP);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
