/* The intervals of polling. */

#include "pace.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void
test_doubles_up_to_the_most(void **state)
{
	static const int64_t expected[] = { 20, 40, 80, 160, 320, 640, 1280,
		2560, 3000, 3000 };
	struct pace pace;
	size_t i;

	(void)state;
	pace_start(&pace, 1000);
	for (i = 0; i < sizeof(expected) / sizeof(expected[0]); i++)
		assert_int_equal(pace_next(&pace, 1000, -1), expected[i]);
}

static void
test_retry_after_counts_when_it_is_longer(void **state)
{
	struct pace pace;

	(void)state;
	pace_start(&pace, 0);
	assert_int_equal(pace_next(&pace, 0, 0), 20);
	assert_int_equal(pace_next(&pace, 0, 1), 1000);
	pace.next_ms = 1280;
	assert_int_equal(pace_next(&pace, 0, 1), 1280);
	assert_int_equal(pace_next(&pace, 0, 3), 3000);
}

static void
test_ends(void **state)
{
	struct pace pace;

	(void)state;
	pace_start(&pace, 500);
	assert_int_equal(pace_next(&pace, 500, 31536000), PACE_TOTAL_MS);
	assert_int_equal(pace_next(&pace, 499 + PACE_TOTAL_MS, -1), 1);
	assert_int_equal(pace_next(&pace, 500 + PACE_TOTAL_MS, -1), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_doubles_up_to_the_most),
		cmocka_unit_test(test_retry_after_counts_when_it_is_longer),
		cmocka_unit_test(test_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
