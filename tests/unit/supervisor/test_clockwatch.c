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

	(void)state;
	assert_int_equal(clockwatch_look(&watch, 100, 1), CLOCK_EARLY);
	assert_int_equal(clockwatch_look(&watch, 99999, 9999999), CLOCK_EARLY);
	assert_int_equal(clockwatch_look(&watch, NOW, 10000000), CLOCK_GOOD);
}

/* It boots a month ago; the network corrects it. */
static void
test_behind_what_was_stored(void **state)
{
	struct clockwatch watch = { 0 };

	(void)state;
	clockwatch_stored(&watch, NOW + 30 * 86400);
	assert_int_equal(clockwatch_look(&watch, NOW, 1000), CLOCK_DOUBTFUL);
	assert_int_equal(
	    clockwatch_look(&watch, NOW + 60, 61000), CLOCK_DOUBTFUL);
	assert_int_equal(
	    clockwatch_look(&watch, NOW + 30 * 86400 - 60, 62000), CLOCK_GOOD);
}

/* Ten years ahead, and then put right: believed when it has stood. */
static void
test_ahead_and_back(void **state)
{
	struct clockwatch watch = { 0 };
	int64_t mono = 5000;

	(void)state;
	assert_int_equal(
	    clockwatch_look(&watch, NOW + YEARS, mono), CLOCK_GOOD);
	assert_int_equal(clockwatch_look(&watch, NOW, mono), CLOCK_DOUBTFUL);
	mono += CLOCKWATCH_DOUBT_MS - 1;
	assert_int_equal(
	    clockwatch_look(&watch, NOW + 599, mono), CLOCK_DOUBTFUL);
	assert_int_equal(
	    clockwatch_look(&watch, NOW + 600, ++mono), CLOCK_BACK);
	assert_int_equal(clockwatch_look(&watch, NOW + 600, mono), CLOCK_GOOD);
}

/* What said otherwise is not believed again; what comes after it is. */
static void
test_what_is_refuted_stays_so(void **state)
{
	struct clockwatch watch = { 0 };

	(void)state;
	clockwatch_stored(&watch, NOW + YEARS);
	assert_int_equal(clockwatch_look(&watch, NOW, 1), CLOCK_DOUBTFUL);
	assert_int_equal(
	    clockwatch_look(&watch, NOW + CLOCKWATCH_DOUBT_MS / 1000,
	        1 + CLOCKWATCH_DOUBT_MS),
	    CLOCK_BACK);
	clockwatch_stored(&watch, NOW + YEARS);
	assert_true(clockwatch_trusts(&watch, NOW));
	clockwatch_stored(&watch, NOW + YEARS + 1);
	assert_false(clockwatch_trusts(&watch, NOW));
}

/* Time in doubt counts only while the clock goes on as clocks do. */
static void
test_a_clock_that_steps_does_not_stand(void **state)
{
	struct clockwatch watch = { 0 };
	int64_t mono = 1;

	(void)state;
	clockwatch_stored(&watch, NOW + YEARS);
	assert_int_equal(clockwatch_look(&watch, NOW, mono), CLOCK_DOUBTFUL);
	mono += CLOCKWATCH_DOUBT_MS;
	assert_int_equal(
	    clockwatch_look(&watch, NOW + 86400, mono), CLOCK_DOUBTFUL);
	assert_int_equal(clockwatch_look(&watch, 0, mono), CLOCK_EARLY);
	mono += CLOCKWATCH_DOUBT_MS;
	assert_int_equal(
	    clockwatch_look(&watch, NOW + 86400, mono), CLOCK_DOUBTFUL);
	mono += CLOCKWATCH_DOUBT_MS;
	assert_int_equal(clockwatch_look(&watch,
	                     NOW + 86400 + CLOCKWATCH_DOUBT_MS / 1000, mono),
	    CLOCK_BACK);
}

/* What is written down is never a time that cannot be. */
static void
test_what_to_write_down(void **state)
{
	struct clockwatch watch = { 0 };

	(void)state;
	assert_int_equal(clockwatch_note(&watch, 5), GATEHOUSE_MADE);
	assert_int_equal(clockwatch_note(&watch, NOW), NOW);
	clockwatch_stored(&watch, NOW + 86400);
	assert_int_equal(clockwatch_note(&watch, NOW), NOW + 86400);
	assert_int_equal(clockwatch_note(&watch, 5), NOW + 86400);
	assert_int_equal(clockwatch_note(&watch, NOW + 86399), NOW + 86399);
}

static void
test_small_steps_are_nothing(void **state)
{
	struct clockwatch watch = { 0 };

	(void)state;
	assert_int_equal(clockwatch_look(&watch, NOW, 1), CLOCK_GOOD);
	assert_int_equal(
	    clockwatch_look(&watch, NOW - CLOCKWATCH_BACK, 2), CLOCK_GOOD);
	assert_int_equal(clockwatch_look(&watch, NOW - CLOCKWATCH_BACK - 1, 3),
	    CLOCK_DOUBTFUL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_machine_without_a_clock),
		cmocka_unit_test(test_behind_what_was_stored),
		cmocka_unit_test(test_ahead_and_back),
		cmocka_unit_test(test_what_is_refuted_stays_so),
		cmocka_unit_test(test_a_clock_that_steps_does_not_stand),
		cmocka_unit_test(test_what_to_write_down),
		cmocka_unit_test(test_small_steps_are_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
