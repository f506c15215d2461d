/* When the router is asked again. */

#include "lease.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void
test_half_of_the_lease(void **state)
{
	(void)state;
	assert_int_equal(lease_renew_ms(3600), 1800 * 1000);
	assert_int_equal(lease_renew_ms(600), 300 * 1000);
	/* Not more often than this, nor less often than we wanted. */
	assert_int_equal(lease_renew_ms(1), 30 * 1000);
	assert_int_equal(lease_renew_ms(UINT32_MAX), 1800 * 1000);
	assert_int_equal(lease_renew_ms(0), 1800 * 1000);
}

static void
test_doubles_up_to_an_hour(void **state)
{
	static const int64_t minutes[] = { 1, 2, 4, 8, 16, 32, 60, 60 };

	(void)state;
	for (unsigned i = 0; i < sizeof(minutes) / sizeof(minutes[0]); i++) {
		int64_t wait = minutes[i] * 60 * 1000;

		assert_int_equal(lease_retry_ms(i + 1, 0), wait - wait / 10);
		assert_in_range(lease_retry_ms(i + 1, UINT32_MAX),
		    wait - wait / 10, wait + wait / 10);
		assert_int_equal(lease_retry_ms(i + 1, (uint32_t)(wait / 5)),
		    wait + wait / 10);
	}
	assert_in_range(
	    lease_retry_ms(UINT32_MAX, 12345), 54 * 60 * 1000, 66 * 60 * 1000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_half_of_the_lease),
		cmocka_unit_test(test_doubles_up_to_an_hour),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
