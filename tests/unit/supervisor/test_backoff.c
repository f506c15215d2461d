/* How long a child that keeps dying is waited with. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backoff.h"

static void
test_climbs(void **state)
{
	const int64_t waits[] = { 0, 100, 200, 400, 800, 1600, 3200, 5000,
		5000 };
	struct backoff backoff = { 0 };
	int64_t now = 1000;

	(void)state;
	for (size_t i = 0; i < sizeof(waits) / sizeof(waits[0]); i++) {
		backoff_started(&backoff, now);
		now += 50;
		assert_int_equal(backoff_died(&backoff, now), waits[i]);
		now += waits[i];
	}
}

static void
test_old_age(void **state)
{
	struct backoff backoff = { 0 };

	(void)state;
	backoff_started(&backoff, 0);
	backoff_died(&backoff, 1);
	assert_int_equal(backoff_died(&backoff, 2), 100);
	backoff_started(&backoff, 3);
	assert_int_equal(backoff_died(&backoff, 3 + BACKOFF_YOUNG_MS), 0);
	backoff_started(&backoff, 20000);
	assert_int_equal(backoff_died(&backoff, 20001), 100);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_climbs),
		cmocka_unit_test(test_old_age),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
