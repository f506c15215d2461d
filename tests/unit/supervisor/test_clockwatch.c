/* Which clock is one to decide by. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/version.h"
#include "clockwatch.h"

#define NOW ((int64_t)GATEHOUSE_MADE + 86400)
#define YEARS (10 * 365 * (int64_t)86400)

static void
test_a_machine_without_a_clock(void **state)
{
	struct clockwatch watch = { 0 };
	int64_t back = 0;

	(void)state;
	assert_int_equal(clockwatch_look(&watch, 100, 1, &back), CLOCK_EARLY);
	assert_int_equal(
	    clockwatch_look(&watch, 99999, 9999999, &back), CLOCK_EARLY);
	assert_int_equal(
	    clockwatch_look(&watch, NOW, 10000000, &back), CLOCK_GOOD);
	assert_int_equal(back, 0);
}

/* It boots a month ago; the network corrects it. */
static void
test_behind_what_was_stored(void **state)
{
	struct clockwatch watch = { 0 };
	int64_t back = 0;

	(void)state;
	clockwatch_stored(&watch, NOW + 30 * 86400);
	assert_int_equal(
	    clockwatch_look(&watch, NOW, 1000, &back), CLOCK_DOUBTFUL);
	assert_int_equal(
	    clockwatch_look(&watch, NOW + 60, 61000, &back), CLOCK_DOUBTFUL);
	assert_int_equal(
	    clockwatch_look(&watch, NOW + 30 * 86400 - 60, 62000, &back),
	    CLOCK_GOOD);
	assert_int_equal(back, 0);
}

/* Ten years ahead, and then put right: believed when it has stood. */
static void
test_ahead_and_back(void **state)
{
	struct clockwatch watch = { 0 };
	int64_t back = 0, mono = 5000;

	(void)state;
	assert_int_equal(
	    clockwatch_look(&watch, NOW + YEARS, mono, &back), CLOCK_GOOD);
	assert_int_equal(
	    clockwatch_look(&watch, NOW, mono, &back), CLOCK_DOUBTFUL);
	mono += CLOCKWATCH_DOUBT_MS - 1;
	assert_int_equal(
	    clockwatch_look(&watch, NOW, mono, &back), CLOCK_DOUBTFUL);
	assert_int_equal(
	    clockwatch_look(&watch, NOW, ++mono, &back), CLOCK_BACK);
	assert_int_equal(back, YEARS);
	assert_int_equal(clockwatch_look(&watch, NOW, mono, &back), CLOCK_GOOD);
}

static void
test_small_steps_are_nothing(void **state)
{
	struct clockwatch watch = { 0 };
	int64_t back = 0;

	(void)state;
	assert_int_equal(clockwatch_look(&watch, NOW, 1, &back), CLOCK_GOOD);
	assert_int_equal(
	    clockwatch_look(&watch, NOW - CLOCKWATCH_BACK, 2, &back),
	    CLOCK_GOOD);
	assert_int_equal(
	    clockwatch_look(&watch, NOW - CLOCKWATCH_BACK - 1, 3, &back),
	    CLOCK_DOUBTFUL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_machine_without_a_clock),
		cmocka_unit_test(test_behind_what_was_stored),
		cmocka_unit_test(test_ahead_and_back),
		cmocka_unit_test(test_small_steps_are_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
