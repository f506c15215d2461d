/* When a provider is asked, on a clock that the test turns. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ddns_schedule.h"

#define MINUTE 60
#define HOUR (60 * MINUTE)
#define DAY ((int64_t)24 * HOUR)
#define T0 ((int64_t)1800000000)

static const struct ddns_pace pace = { .seconds = 60, .interval = 300 };

/* Randomness at the middle of the jitter of a back-off (a fifth). */
#define MIDDLE 2000u

static struct schedule_moment
at(int64_t now)
{
	return (struct schedule_moment){ now, MIDDLE };
}

static void
assert_next(
    const struct ddns_schedule *schedule, enum ddns_kind kind, int64_t when)
{
	struct ddns_errand errand = ddns_schedule_next(schedule, &pace);

	assert_int_equal(errand.kind, kind);
	assert_int_equal(errand.when, when);
}

/* It looks, finds something new, and is about to publish it. */
static struct ddns_schedule
started(int64_t now)
{
	struct ddns_schedule schedule = { 0 };

	ddns_schedule_begin(&schedule, now);
	ddns_schedule_started(&schedule, now);
	ddns_schedule_found(&schedule, false, 0, now);
	return schedule;
}

static struct ddns_schedule
published(int64_t now)
{
	struct ddns_schedule schedule = started(now);

	ddns_schedule_published(&schedule, true, now);
	ddns_schedule_looked(&schedule, &pace, at(now));
	return schedule;
}

static struct ddns_schedule
visible(int64_t now)
{
	struct ddns_schedule schedule = published(now - 10);

	ddns_schedule_found(&schedule, true, 1, now);
	ddns_schedule_looked(&schedule, &pace, at(now));
	return schedule;
}

static void
test_first(void **state)
{
	struct ddns_schedule schedule = { 0 };

	(void)state;
	ddns_schedule_begin(&schedule, T0);
	assert_next(&schedule, DDNS_UPDATE, 0);
	ddns_schedule_started(&schedule, T0);
	ddns_schedule_found(&schedule, false, 0, T0);
	ddns_schedule_published(&schedule, true, T0);
	ddns_schedule_looked(&schedule, &pace, at(T0));
	assert_next(&schedule, DDNS_LOOK, T0 + 2);
	ddns_schedule_found(&schedule, true, 0, T0 + 7);
	ddns_schedule_looked(&schedule, &pace, at(T0 + 7));
	assert_next(&schedule, DDNS_LOOK, T0 + 14);
	ddns_schedule_looked(&schedule, &pace, at(T0 + 500));
	assert_next(&schedule, DDNS_LOOK, T0 + 510);
}

/* Each look is a tenth of the interval sooner or later, at most. */
static void
test_interval(void **state)
{
	struct ddns_schedule schedule = visible(T0);
	int64_t least = INT64_MAX, most = 0;

	(void)state;
	for (uint32_t random = 0; random < 5000; random++) {
		struct schedule_moment moment = { T0, random };

		ddns_schedule_looked(&schedule, &pace, moment);
		if (schedule.look_at < least)
			least = schedule.look_at;
		if (schedule.look_at > most)
			most = schedule.look_at;
	}
	assert_int_equal(least, T0 + 270);
	assert_int_equal(most, T0 + 330);
}

/* A change is published at once, but for what the provider wants. */
static void
test_change(void **state)
{
	struct ddns_schedule schedule = visible(T0);

	(void)state;
	ddns_schedule_event(&schedule);
	assert_next(&schedule, DDNS_LOOK, 0); /* asked at T0 - 10 */
	ddns_schedule_found(&schedule, false, 0, T0 + 1);
	ddns_schedule_looked(&schedule, &pace, at(T0 + 1));
	assert_next(&schedule, DDNS_LOOK, T0 + 3);

	ddns_schedule_found(&schedule, false, 0, T0 + 45);
	schedule.look_at = T0 + 345;
	assert_next(&schedule, DDNS_UPDATE, T0 + 50);
	schedule.look_at = 0;
	assert_next(&schedule, DDNS_LOOK, 0);
}

/* An event with nothing pending needs no look before the update. */
static void
test_event(void **state)
{
	struct ddns_schedule schedule = visible(T0);

	(void)state;
	schedule.requested_at = T0 - HOUR;
	schedule.look_at = T0 + 300;
	assert_next(&schedule, DDNS_LOOK, T0 + 300);
	schedule.look_at = T0;
	schedule.wanted = true;
	assert_next(&schedule, DDNS_UPDATE, T0 - HOUR + 60);

	schedule = published(T0);
	ddns_schedule_event(&schedule);
	assert_next(&schedule, DDNS_LOOK, 0);
	assert_false(schedule.wanted);
}

static void
test_refresh(void **state)
{
	struct ddns_schedule schedule = visible(T0);

	(void)state;
	ddns_schedule_found(&schedule, true, 1, T0 + 25 * DAY - 11);
	assert_false(schedule.wanted);
	ddns_schedule_found(&schedule, true, 1, T0 + 25 * DAY);
	assert_true(schedule.wanted);
}

/*
 * Servers that go on to say something else, as those of a proxy do, are written
 * to ever less often: in an hour, two, four … a day.
 */
static void
test_hidden(void **state)
{
	struct ddns_schedule schedule = published(T0);
	int64_t wait = HOUR, now = T0;

	(void)state;
	for (int i = 0; i < 8; i++) {
		ddns_schedule_found(&schedule, true, 0, now + wait - 1);
		assert_false(schedule.wanted);
		now += wait;
		ddns_schedule_found(&schedule, true, 0, now);
		assert_true(schedule.wanted);
		ddns_schedule_started(&schedule, now);
		ddns_schedule_published(&schedule, false, now);
		wait = wait * 2 < DAY ? wait * 2 : DAY;
	}
	ddns_schedule_found(&schedule, true, 1, now);
	assert_int_equal(schedule.repeats, 0);
}

/* Nobody asks for what is there already, whoever has done it. */
static void
test_there_already(void **state)
{
	struct ddns_schedule schedule = { 0 };

	(void)state;
	ddns_schedule_begin(&schedule, T0);
	ddns_schedule_found(&schedule, false, 1, T0);
	assert_false(schedule.wanted);
	assert_int_equal(ddns_schedule_settled(&schedule, T0), T0 + DDNS_BORN);
	ddns_schedule_looked(&schedule, &pace, at(T0));
	assert_int_equal(ddns_schedule_settled(&schedule, T0), 0);
}

static void
test_back_off(void **state)
{
	const int64_t waits[] = { 1, 2, 4, 8, 16, 32, 60, 60 };
	struct ddns_schedule schedule = started(T0);
	int64_t now = T0;

	(void)state;
	for (size_t i = 0; i < sizeof(waits) / sizeof(waits[0]); i++) {
		ddns_schedule_failed(&schedule, DDNS_AGAIN, -1, at(now));
		ddns_schedule_looked(&schedule, &pace, at(now));
		assert_int_equal(schedule.not_before, now + waits[i] * MINUTE);
		schedule.look_at = INT64_MAX;
		assert_next(&schedule, DDNS_UPDATE, schedule.not_before);
		now = schedule.not_before;
		ddns_schedule_started(&schedule, now);
	}
	ddns_schedule_published(&schedule, true, now);
	assert_int_equal(schedule.failures, 0);
	assert_int_equal(schedule.not_before, 0);
}

/* What a provider names is kept to, up to a day. */
static void
test_retry_after(void **state)
{
	struct ddns_schedule schedule = started(T0);

	(void)state;
	ddns_schedule_failed(&schedule, DDNS_AGAIN, 1800, at(T0));
	assert_true(schedule.not_before >= T0 + 1800);
	assert_true(schedule.not_before <= T0 + 1980);
	ddns_schedule_failed(&schedule, DDNS_AGAIN, INT64_MAX, at(T0));
	assert_true(schedule.not_before >= T0 + DAY);
	assert_true(schedule.not_before <= T0 + DAY + DAY / 10);
}

/* What somebody has corrected is tried at once. */
static void
test_corrected(void **state)
{
	struct ddns_schedule schedule = started(T0);

	(void)state;
	ddns_schedule_failed(&schedule, DDNS_STOP, -1, at(T0));
	ddns_schedule_looked(&schedule, &pace, at(T0));
	ddns_schedule_renew(&schedule);
	ddns_schedule_begin(&schedule, T0 + 1);
	assert_next(&schedule, DDNS_UPDATE, 0);
	schedule = published(T0);
	ddns_schedule_renew(&schedule);
	ddns_schedule_begin(&schedule, T0 + 60);
	assert_next(&schedule, DDNS_UPDATE, T0 + 60);
}

static void
test_stopped(void **state)
{
	struct ddns_schedule schedule = started(T0);

	(void)state;
	ddns_schedule_failed(&schedule, DDNS_STOP, -1, at(T0));
	ddns_schedule_looked(&schedule, &pace, at(T0));
	for (int64_t now = T0; now < T0 + 3 * DAY; now += 300) {
		assert_int_equal(
		    ddns_schedule_next(&schedule, &pace).kind, DDNS_LOOK);
		ddns_schedule_found(&schedule, false, 0, now);
		ddns_schedule_event(&schedule);
		ddns_schedule_looked(&schedule, &pace, at(now));
	}
	ddns_schedule_begin(&schedule, T0 + 3 * DAY);
	assert_int_equal(ddns_schedule_next(&schedule, &pace).kind, DDNS_LOOK);
	ddns_schedule_renew(&schedule);
	schedule.look_at = T0 + 3 * DAY;
	assert_int_equal(
	    ddns_schedule_next(&schedule, &pace).kind, DDNS_UPDATE);
}

/* Without an address nobody was asked, and it is looked again soon. */
static void
test_nowhere(void **state)
{
	struct ddns_schedule schedule = visible(T0);
	int64_t before = schedule.requested_at;

	(void)state;
	for (int64_t i = 0; i < 20; i++) {
		ddns_schedule_started(&schedule, T0 + i);
		ddns_schedule_nowhere(&schedule, &pace, before, at(T0 + i));
	}
	assert_int_equal(schedule.requested_at, before);
	assert_int_equal(schedule.not_before, T0 + 19 + 300);
}

/* A gateway that is killed again and again asks no more often. */
static void
test_crash_loop(void **state)
{
	struct ddns_schedule schedule = { 0 };
	int64_t asked = 0;

	(void)state;
	for (int64_t now = T0; now < T0 + HOUR; now++) {
		struct ddns_errand errand;

		ddns_schedule_begin(&schedule, now);
		schedule.look_at = now + 300;
		errand = ddns_schedule_next(&schedule, &pace);
		if (errand.kind == DDNS_UPDATE && errand.when <= now) {
			ddns_schedule_started(&schedule, now);
			asked++;
		}
	}
	assert_int_equal(asked, 60);
}

/* An order waits for a new address, and not for ever. */
static void
test_settled(void **state)
{
	struct ddns_schedule schedule = started(T0);

	(void)state;
	assert_int_equal(ddns_schedule_settled(&schedule, T0 + 59), T0 + 60);
	assert_int_equal(ddns_schedule_settled(&schedule, T0 + 60), 0);

	schedule = published(T0);
	assert_int_equal(
	    ddns_schedule_settled(&schedule, T0 + 599), T0 + DDNS_SETTLE);
	assert_int_equal(ddns_schedule_settled(&schedule, T0 + 600), 0);
	ddns_schedule_found(&schedule, true, 0, T0 + 10);
	assert_int_equal(
	    ddns_schedule_settled(&schedule, T0 + 10), T0 + DDNS_SETTLE);
	ddns_schedule_found(&schedule, true, 1, T0 + 20);
	assert_int_equal(ddns_schedule_settled(&schedule, T0 + 20), 0);

	/* Servers that cannot be asked have not shown it. */
	schedule = published(T0);
	ddns_schedule_found(&schedule, true, 2, T0 + 10);
	assert_int_equal(
	    ddns_schedule_settled(&schedule, T0 + 10), T0 + DDNS_SETTLE);
	ddns_schedule_found(&schedule, true, 2, T0 + DDNS_SETTLE);
	assert_false(schedule.hidden || schedule.wanted);

	/* The provider is down: counted from when the change was seen. */
	schedule = visible(T0);
	for (int64_t now = T0; now < T0 + HOUR; now += 60) {
		ddns_schedule_found(&schedule, false, 0, now);
		ddns_schedule_failed(&schedule, DDNS_AGAIN, -1, at(now));
		assert_int_equal(ddns_schedule_settled(&schedule, now),
		    now < T0 + 600 ? T0 + 600 : 0);
	}

	/* What the servers do not show for long is no reason either. */
	schedule = visible(T0);
	ddns_schedule_found(&schedule, true, 0, T0 + DAY);
	assert_int_equal(ddns_schedule_settled(&schedule, T0 + DAY), 0);
}

/* A clock that was ahead does not mean silence. */
static void
test_clock_went_back(void **state)
{
	struct ddns_schedule schedule = visible(T0);

	(void)state;
	schedule.not_before = T0 + HOUR;
	ddns_schedule_clock(&schedule, &pace, T0 - 300 * DAY);
	assert_int_equal(schedule.requested_at, T0 - 300 * DAY);
	assert_int_equal(schedule.not_before, T0 - 300 * DAY + DDNS_WAIT_MAX);
	assert_int_equal(schedule.look_at, T0 - 300 * DAY + 600);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_first),
		cmocka_unit_test(test_interval),
		cmocka_unit_test(test_change),
		cmocka_unit_test(test_event),
		cmocka_unit_test(test_refresh),
		cmocka_unit_test(test_hidden),
		cmocka_unit_test(test_there_already),
		cmocka_unit_test(test_back_off),
		cmocka_unit_test(test_retry_after),
		cmocka_unit_test(test_corrected),
		cmocka_unit_test(test_stopped),
		cmocka_unit_test(test_nowhere),
		cmocka_unit_test(test_crash_loop),
		cmocka_unit_test(test_settled),
		cmocka_unit_test(test_clock_went_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
