/* Which services are believed. */

#include "wanip.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void
test_vote(void **state)
{
	static const char answers[][ADDRESS_SIZE] = { "1.1.1.1", "", "2.2.2.2",
		"1.1.1.1" };
	static const char none[][ADDRESS_SIZE] = { "", "", "1.1.1.1" };

	(void)state;
	assert_null(wanip_vote(answers, 0, 2));
	assert_null(wanip_vote(answers, 3, 2));
	assert_string_equal(wanip_vote(answers, 4, 2), "1.1.1.1");
	assert_string_equal(wanip_vote(answers, 1, 1), "1.1.1.1");
	assert_null(wanip_vote(none, 3, 2));
	assert_null(wanip_vote(none, 2, 1));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vote),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
