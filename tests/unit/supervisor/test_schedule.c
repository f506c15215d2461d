/* When the next attempt is due, on a clock that the test turns. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "schedule.h"

#define MINUTE 60
#define HOUR 3600
#define DAY (24 * HOUR)
#define T0 ((int64_t)1800000000)

/* Randomness at the middle of the jitter, so that waits are exact. */
#define MIDDLE 2000u

static struct schedule_dates
issued(int64_t at, int64_t lifetime)
{
	return (struct schedule_dates){ at, at + lifetime };
}

static void
fail_at(struct schedule *schedule, enum job_failure kind, int64_t now)
{
	struct schedule_moment moment = { now, MIDDLE };

	schedule_failed(schedule, kind, -1, NULL, moment);
}

static void
test_renewal_share(void **state)
{
	const struct {
		int64_t lifetime;
		int64_t due;
	} rows[] = {
		{ 90 * DAY, 60 * DAY },
		{ 45 * DAY, 30 * DAY },
		{ 10 * DAY, 20 * DAY / 3 },
		{ 160 * HOUR, 80 * HOUR },
		{ 30, 15 },
		{ 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct schedule_dates dates = issued(T0, rows[i].lifetime);
		struct schedule schedule = { 0 };
		enum schedule_reason reason;

		assert_int_equal(schedule_next(&schedule, &dates, &reason),
		    T0 + rows[i].due);
		assert_int_equal(reason, SCHEDULE_LIFE);
	}
}

#define INFO(from, to, after) (&(struct schedule_info){ from, to, after })

static void
test_window(void **state)
{
	struct schedule_dates dates = issued(T0, 90 * DAY);
	struct schedule_moment moment = { T0, 0x80000000u };
	struct schedule schedule = { 0 };
	enum schedule_reason reason;

	(void)state;
	assert_int_equal(schedule_info_next(&schedule, &dates, T0), 1);
	schedule_informed(
	    &schedule, INFO(T0 + 20 * DAY, T0 + 22 * DAY, 6 * HOUR), moment);
	assert_int_equal(
	    schedule_next(&schedule, &dates, &reason), T0 + 21 * DAY);
	assert_int_equal(reason, SCHEDULE_WINDOW);
	assert_int_equal(
	    schedule_info_next(&schedule, &dates, T0), T0 + 6 * HOUR);

	/* The same window leaves the moment, another one moves it. */
	moment.random = 0;
	schedule_informed(
	    &schedule, INFO(T0 + 20 * DAY, T0 + 22 * DAY, 0), moment);
	assert_int_equal(schedule.chosen, T0 + 21 * DAY);
	assert_int_equal(schedule.info_at, T0 + MINUTE);
	schedule_informed(
	    &schedule, INFO(T0 + 10 * DAY, T0 + 22 * DAY, 100 * DAY), moment);
	assert_int_equal(schedule.chosen, T0 + 10 * DAY);
	assert_int_equal(schedule.info_at, T0 + DAY);

	/* Nothing is asked when the moment has come, or all is lost. */
	assert_int_equal(
	    schedule_info_next(&schedule, &dates, T0 + 10 * DAY), 0);
	assert_int_equal(
	    schedule_info_next(&schedule, &dates, T0 + 91 * DAY), 0);
	assert_int_equal(schedule_info_next(&schedule, NULL, T0), 0);

	/* One that comes too late. */
	schedule_informed(
	    &schedule, INFO(T0 + 88 * DAY, T0 + 89 * DAY, 0), moment);
	assert_int_equal(schedule_next(&schedule, &dates, &reason),
	    T0 + 90 * DAY - 90 * DAY / 20);
	assert_int_equal(reason, SCHEDULE_EMERGENCY);
}

static void
test_window_is_not_told(void **state)
{
	struct schedule_dates dates = issued(T0, 90 * DAY);
	struct schedule_moment moment = { T0, 0 };
	struct schedule schedule = { 0 };
	int64_t before = 0;

	(void)state;
	for (unsigned i = 0; i < 100; i++) {
		schedule_informed(&schedule, NULL, moment);
		assert_true(schedule.info_at - T0 >= before);
		before = schedule.info_at - T0;
		assert_in_range(before, MINUTE, 6 * HOUR);
	}
	assert_int_equal(before, 6 * HOUR);
	assert_int_equal(schedule_next(&schedule, &dates, NULL), T0 + 60 * DAY);
	schedule_informed(&schedule, INFO(0, 0, 6 * HOUR), moment);
	assert_int_equal(schedule.info_failures, 0);
	assert_int_equal(schedule_next(&schedule, &dates, NULL), T0 + 60 * DAY);
}

/* A CA that has a lasting fault, or an odd window, has not taken it back. */
static void
test_window_stays(void **state)
{
	const struct schedule_info answers[] = {
		{ 0, 0, 6 * HOUR },
		{ T0 + 30 * DAY, T0 + 30 * DAY, 6 * HOUR },
		{ T0 + 30 * DAY, T0 + 29 * DAY, 6 * HOUR },
		{ 0, T0 + 30 * DAY, 6 * HOUR },
		{ INT64_MIN, INT64_MAX, 6 * HOUR },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		struct schedule_moment moment = { T0, 0x80000000u };
		struct schedule schedule = { 0 };

		schedule_informed(&schedule,
		    INFO(T0 + 20 * DAY, T0 + 22 * DAY, HOUR), moment);
		moment = (struct schedule_moment){ T0 + HOUR, 0 };
		schedule_informed(&schedule, NULL, moment);
		schedule_informed(&schedule, &answers[i], moment);
		assert_int_equal(schedule.window_start, T0 + 20 * DAY);
		assert_int_equal(schedule.window_end, T0 + 22 * DAY);
		assert_int_equal(schedule.chosen, T0 + 21 * DAY);
		assert_int_equal(schedule.info_at, T0 + 7 * HOUR);
		assert_int_equal(schedule.info_failures, 0);

		/* There was none: there still is none. */
		schedule = (struct schedule){ 0 };
		schedule_informed(&schedule, &answers[i], moment);
		assert_int_equal(schedule.window_end, 0);
		assert_int_equal(schedule.chosen, 0);
	}
}

/* Uniform: every tenth of the window gets its share. */
static void
test_moment_in_the_window(void **state)
{
	unsigned tenths[10] = { 0 };

	(void)state;
	for (uint64_t i = 0; i < 10000; i++) {
		struct schedule_moment moment = { T0,
			(uint32_t)(i * UINT32_MAX / 9999) };
		struct schedule schedule = { 0 };

		schedule_informed(&schedule, INFO(T0, T0 + 2 * DAY, 0), moment);
		assert_in_range(schedule.chosen, T0, T0 + 2 * DAY - 1);
		tenths[(schedule.chosen - T0) * 10 / (2 * DAY)]++;
	}
	for (size_t i = 0; i < 10; i++)
		assert_in_range(tenths[i], 990, 1010);
}

static void
test_what_comes_first(void **state)
{
	struct schedule_dates dates = issued(T0, 90 * DAY);
	struct schedule schedule = { .failures = 1, .retry_at = T0 + 70 * DAY };
	enum schedule_reason reason;

	(void)state;
	assert_int_equal(
	    schedule_next(&schedule, &dates, &reason), T0 + 70 * DAY);
	assert_int_equal(reason, SCHEDULE_RETRY);
	schedule.gate = T0 + 71 * DAY;
	assert_int_equal(
	    schedule_next(&schedule, &dates, &reason), T0 + 71 * DAY);
	assert_int_equal(reason, SCHEDULE_GATE);
	schedule = (struct schedule){ 0 };
	assert_int_equal(schedule_next(&schedule, NULL, &reason), 0);
	assert_int_equal(reason, SCHEDULE_MISSING);
	assert_int_equal(
	    schedule_emergency(&dates), T0 + 90 * DAY - 90 * DAY / 20);
}

/* A year and more of certificates of all kinds, looked at now and then. */
static void
test_400_days(void **state)
{
	const int64_t lifetimes[] = { 90 * DAY, 64 * DAY, 45 * DAY,
		160 * HOUR };

	(void)state;
	for (size_t i = 0; i < sizeof(lifetimes) / sizeof(lifetimes[0]); i++) {
		struct schedule_dates dates = issued(T0, lifetimes[i]);
		struct schedule schedule = { 0 };
		unsigned renewals = 0;

		for (int64_t now = T0; now < T0 + 400 * DAY;
		     now += 10 * MINUTE) {
			assert_true(dates.not_after - now > lifetimes[i] / 20);
			if (schedule_next(&schedule, &dates, NULL) > now)
				continue;
			schedule_started(&schedule, now);
			schedule_succeeded(
			    &schedule, &dates, dates.not_before, now);
			dates = issued(now, lifetimes[i]);
			renewals++;
		}
		assert_in_range(renewals, 400 * DAY / lifetimes[i],
		    2 * 400 * DAY / lifetimes[i]);
	}
}

static void
test_ladder(void **state)
{
	const int64_t waits[] = { MINUTE, 10 * MINUTE, 100 * MINUTE, HOUR,
		HOUR };
	const struct schedule_dates dates = issued(T0, 90 * DAY);
	struct schedule schedule = { 0 };
	int64_t now = T0;

	(void)state;
	assert_true(schedule_next(&schedule, NULL, NULL) <= now);
	for (size_t i = 0; i < sizeof(waits) / sizeof(waits[0]); i++) {
		fail_at(&schedule, JOB_LADDER, now);
		assert_int_equal(
		    schedule_next(&schedule, NULL, NULL), now + waits[i]);
		assert_int_equal(schedule.failures, i + 1);
		now = schedule_next(&schedule, NULL, NULL);
	}
	schedule_succeeded(&schedule, &dates, 0, now);
	assert_int_equal(schedule.failures, 0);
	assert_int_equal(schedule.retry_at, 0);
}

/* From the fourth failure on: an eighth of what is left, 1 hour to 1 day. */
static void
test_ladder_top(void **state)
{
	const struct {
		int64_t remaining;
		int64_t wait;
	} rows[] = {
		{ 30 * DAY, DAY },
		{ 4 * DAY, 12 * HOUR },
		{ 2 * HOUR, HOUR },
		{ -DAY, HOUR },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct schedule_dates dates = { T0 - 60 * DAY,
			T0 + rows[i].remaining };
		struct schedule_moment moment = { T0, MIDDLE };
		struct schedule schedule = { .failures = 3 };

		schedule_failed(&schedule, JOB_LADDER, -1, &dates, moment);
		assert_int_equal(schedule.retry_at, T0 + rows[i].wait);
	}
}

static void
test_jitter(void **state)
{
	int64_t least = INT64_MAX, most = 0;

	(void)state;
	for (uint32_t random = 0; random < 5000; random++) {
		struct schedule_moment moment = { T0, random };
		struct schedule schedule = { .failures = 1 };

		schedule_failed(&schedule, JOB_LADDER, -1, NULL, moment);
		if (schedule.retry_at - T0 < least)
			least = schedule.retry_at - T0;
		if (schedule.retry_at - T0 > most)
			most = schedule.retry_at - T0;
	}
	assert_int_equal(least, 480);
	assert_int_equal(most, 720);
}

/* A certificate that serves well is left alone, whatever the ladder says. */
static void
test_due_and_ladder(void **state)
{
	struct schedule_dates dates = issued(T0, 90 * DAY);
	struct schedule schedule = { 0 };

	(void)state;
	fail_at(&schedule, JOB_LADDER, T0);
	assert_int_equal(schedule_next(&schedule, &dates, NULL), T0 + 60 * DAY);
	fail_at(&schedule, JOB_LADDER, T0 + 61 * DAY);
	assert_int_equal(schedule_next(&schedule, &dates, NULL),
	    T0 + 61 * DAY + 10 * MINUTE);
}

static void
test_gate(void **state)
{
	struct schedule_moment moment = { T0, MIDDLE };
	struct schedule schedule = { 0 };

	(void)state;
	schedule_failed(&schedule, JOB_GATE, 2 * DAY, NULL, moment);
	assert_int_equal(schedule.gate, T0 + 2 * DAY);
	schedule_clear(&schedule);
	assert_int_equal(schedule.failures, 0);
	assert_int_equal(schedule_next(&schedule, NULL, NULL), T0 + 2 * DAY);

	/* The ladder, if it is the longer wait; a year is not believed. */
	schedule = (struct schedule){ .failures = 2 };
	schedule_failed(&schedule, JOB_GATE, 5, NULL, moment);
	assert_int_equal(schedule.gate, T0 + 100 * MINUTE);
	schedule_failed(&schedule, JOB_GATE, 365 * DAY, NULL, moment);
	assert_int_equal(schedule.gate, T0 + 8 * DAY);
}

static void
test_daily(void **state)
{
	struct schedule schedule = { 0 };

	(void)state;
	fail_at(&schedule, JOB_DAILY, T0);
	assert_int_equal(schedule_next(&schedule, NULL, NULL), T0 + DAY);
	schedule_clear(&schedule);
	assert_int_equal(schedule_next(&schedule, NULL, NULL), 0);
}

/* Retry-After may come with every failure; then it is a lower bound. */
static void
test_retry_after(void **state)
{
	struct schedule_moment moment = { T0, MIDDLE };
	struct schedule schedule = { 0 };

	(void)state;
	schedule_failed(&schedule, JOB_LADDER, 3 * HOUR, NULL, moment);
	assert_int_equal(schedule_next(&schedule, NULL, NULL), T0 + 3 * HOUR);
	assert_int_equal(schedule.gate, 0);
	schedule_failed(&schedule, JOB_LADDER, 3, NULL, moment);
	assert_int_equal(
	    schedule_next(&schedule, NULL, NULL), T0 + 10 * MINUTE);
}

static void
test_lost(void **state)
{
	struct schedule schedule = { 0 };

	(void)state;
	fail_at(&schedule, JOB_LOST, T0);
	assert_int_equal(schedule_next(&schedule, NULL, NULL), T0 + 1);
	assert_int_equal(schedule.failures, 0);
	fail_at(&schedule, JOB_LOST, T0 + 2);
	assert_int_equal(schedule_next(&schedule, NULL, NULL), T0 + 2 + MINUTE);
	assert_int_equal(schedule.failures, 1);
	fail_at(&schedule, JOB_LOST, T0 + 2 + HOUR);
	assert_int_equal(schedule_next(&schedule, NULL, NULL), T0 + 3 + HOUR);
	assert_int_equal(schedule.failures, 1);
}

/*
 * The supervisor is killed again and again, and each time while a job runs: the
 * CA sees one new order a step of the ladder, and one more.
 */
static void
test_crash_loop(void **state)
{
	struct schedule_moment moment = { T0, MIDDLE };
	struct schedule disk = { 0 };
	unsigned attempts = 0;

	(void)state;
	for (int restart = 0; restart < 200; restart++) {
		schedule_loaded(&disk, false, moment);
		if (schedule_next(&disk, NULL, NULL) <= moment.now) {
			schedule_started(&disk, moment.now);
			disk.saved_at = moment.now;
			attempts++;
		}
		moment.now += 2;
	}
	/* At once, a second later, and after the first minute. */
	assert_int_equal(attempts, 3);
}

static void
test_loaded_resumable(void **state)
{
	struct schedule_moment moment = { T0 + 5, MIDDLE };
	struct schedule schedule = { .started_at = T0, .saved_at = T0 };

	(void)state;
	schedule_loaded(&schedule, true, moment);
	assert_int_equal(schedule.started_at, 0);
	assert_true(schedule_next(&schedule, NULL, NULL) <= moment.now);
	assert_int_equal(schedule.lost_at, 0);
}

/* The clock was ten years ahead when the failure was written down. */
static void
test_clock_went_back(void **state)
{
	const int64_t ahead = T0 + 3650 * (int64_t)DAY;
	struct schedule_moment moment = { T0, MIDDLE };
	struct schedule schedule = { 0 };

	(void)state;
	fail_at(&schedule, JOB_DAILY, ahead);
	schedule.saved_at = ahead;
	schedule_loaded(&schedule, false, moment);
	assert_int_equal(schedule_next(&schedule, NULL, NULL), ahead + DAY);
	schedule_clock_went_back(&schedule, ahead - T0);
	assert_int_equal(schedule_next(&schedule, NULL, NULL), T0 + DAY);
}

/* A machine without a clock boots in 1970: what it must wait for, it must. */
static void
test_loaded_too_early(void **state)
{
	struct schedule_moment moment = { 100, MIDDLE };
	struct schedule schedule = { .started_at = T0, .saved_at = T0 };

	(void)state;
	fail_at(&schedule, JOB_DAILY, T0);
	schedule_loaded(&schedule, false, moment);
	assert_int_equal(schedule_next(&schedule, NULL, NULL), T0 + DAY);
	schedule = (struct schedule){ .started_at = T0, .saved_at = T0 };
	schedule_loaded(&schedule, false, moment);
	assert_int_equal(schedule_next(&schedule, NULL, NULL), T0 + 1);
	schedule_started(&schedule, T0 + 1);
	schedule.saved_at = T0 + 1;
	schedule_loaded(&schedule, false, moment);
	assert_int_equal(schedule_next(&schedule, NULL, NULL), T0 + 1 + MINUTE);
}

/* A wait that nothing of ours sets is damage, and must not be waited for. */
static void
test_loaded_with_damage(void **state)
{
	const struct schedule_dates dates = issued(T0, 90 * DAY);
	const struct schedule_moment moment = { T0, MIDDLE };
	struct schedule schedule = { .saved_at = T0,
		.retry_at = T0 + 100 * DAY,
		.rest_until = T0 + 1000 * DAY };

	(void)state;
	schedule_loaded(&schedule, false, moment);
	assert_int_equal(schedule_next(&schedule, &dates, NULL), T0 + 60 * DAY);
	schedule.retry_at = T0 + 61 * DAY;
	schedule.rest_until = T0 + 62 * DAY;
	schedule.saved_at = T0 + 60 * DAY;
	schedule_loaded(&schedule, false, moment);
	assert_int_equal(schedule_next(&schedule, &dates, NULL), T0 + 62 * DAY);
}

/* A clock that is ahead, or a CA with odd windows: no hammering. */
static void
test_rest(void **state)
{
	const struct schedule_dates dates = issued(T0, 50 * DAY);
	struct schedule_moment moment = { T0 + 100 * DAY, MIDDLE };
	struct schedule schedule = { 0 };
	enum schedule_reason reason;

	(void)state;
	schedule_succeeded(&schedule, &dates, 0, moment.now);
	assert_true(schedule_next(&schedule, &dates, NULL) < moment.now);
	schedule_succeeded(&schedule, &dates, moment.now, moment.now + 5);
	assert_int_equal(
	    schedule_next(&schedule, &dates, &reason), moment.now + 5 + DAY);
	assert_int_equal(reason, SCHEDULE_REST);
	assert_int_equal(schedule_next(&schedule, NULL, &reason), 0);
	assert_int_equal(reason, SCHEDULE_MISSING);
	schedule_informed(&schedule, INFO(T0, T0 + DAY, 0), moment);
	assert_int_equal(
	    schedule_next(&schedule, &dates, &reason), moment.now + 5 + DAY);
	schedule_succeeded(&schedule, &dates, moment.now, moment.now + 5 + DAY);
	assert_true(schedule_next(&schedule, &dates, NULL) < moment.now);
}

/* A board without a clock of its own believes to be in 1970 for a while. */
static void
test_clock_behind(void **state)
{
	struct schedule_dates dates = issued(T0, 90 * DAY);
	struct schedule schedule = { 0 };

	(void)state;
	assert_true(schedule_next(&schedule, &dates, NULL) > 1000);
	fail_at(&schedule, JOB_LADDER, 1000);
	assert_true(schedule_next(&schedule, NULL, NULL) < T0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_renewal_share),
		cmocka_unit_test(test_window),
		cmocka_unit_test(test_window_is_not_told),
		cmocka_unit_test(test_window_stays),
		cmocka_unit_test(test_moment_in_the_window),
		cmocka_unit_test(test_what_comes_first),
		cmocka_unit_test(test_400_days),
		cmocka_unit_test(test_ladder),
		cmocka_unit_test(test_ladder_top),
		cmocka_unit_test(test_jitter),
		cmocka_unit_test(test_due_and_ladder),
		cmocka_unit_test(test_gate),
		cmocka_unit_test(test_daily),
		cmocka_unit_test(test_retry_after),
		cmocka_unit_test(test_lost),
		cmocka_unit_test(test_crash_loop),
		cmocka_unit_test(test_loaded_resumable),
		cmocka_unit_test(test_clock_went_back),
		cmocka_unit_test(test_loaded_too_early),
		cmocka_unit_test(test_loaded_with_damage),
		cmocka_unit_test(test_rest),
		cmocka_unit_test(test_clock_behind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
