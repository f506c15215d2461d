/* When Home Assistant is told again. */

#include "mqtt_schedule.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define NOW 1000000
#define INTERVAL 300
#define MIDDLE(wait) ((wait) / 10) /* random: neither less nor more */

/* A job that took a second has just ended well. */
static struct mqtt_schedule
told_now(void)
{
	struct mqtt_schedule schedule = { 0 };

	mqtt_schedule_started(&schedule, NOW - 1000);
	mqtt_schedule_told(&schedule, INTERVAL, NOW, MIDDLE(INTERVAL * 1000));
	return schedule;
}

static void
test_at_once_and_then_at_the_interval(void **state)
{
	struct mqtt_schedule schedule = { 0 };

	(void)state;
	assert_int_equal(mqtt_schedule_next(&schedule), 0);
	schedule = told_now();
	assert_int_equal(mqtt_schedule_next(&schedule), NOW + INTERVAL * 1000);
	mqtt_schedule_told(&schedule, INTERVAL, NOW, 0);
	assert_int_equal(mqtt_schedule_next(&schedule), NOW + 270 * 1000);
	mqtt_schedule_told(&schedule, INTERVAL, NOW, 60 * 1000);
	assert_int_equal(mqtt_schedule_next(&schedule), NOW + 330 * 1000);
}

static void
test_soon_after_a_change(void **state)
{
	struct mqtt_schedule schedule = told_now();

	(void)state;
	mqtt_schedule_changed(&schedule, NOW + 60000);
	assert_int_equal(
	    mqtt_schedule_next(&schedule), NOW + 60000 + MQTT_SETTLE_MS);
	/* However many follow, the first one decides. */
	mqtt_schedule_changed(&schedule, NOW + 61900);
	assert_int_equal(
	    mqtt_schedule_next(&schedule), NOW + 60000 + MQTT_SETTLE_MS);
}

static void
test_the_broker_has_its_rest(void **state)
{
	struct mqtt_schedule schedule = told_now();

	(void)state;
	mqtt_schedule_changed(&schedule, NOW + 100);
	assert_int_equal(
	    mqtt_schedule_next(&schedule), NOW - 1000 + MQTT_REST_MS);
}

static void
test_a_change_never_delays(void **state)
{
	struct mqtt_schedule schedule = told_now();

	(void)state;
	mqtt_schedule_changed(&schedule, NOW + INTERVAL * 1000 - 10);
	assert_int_equal(mqtt_schedule_next(&schedule), NOW + INTERVAL * 1000);
}

static void
test_a_change_during_a_job_is_not_lost(void **state)
{
	struct mqtt_schedule schedule = { 0 };

	(void)state;
	mqtt_schedule_changed(&schedule, NOW - 5000);
	mqtt_schedule_started(&schedule, NOW);
	mqtt_schedule_changed(&schedule, NOW + 500);
	mqtt_schedule_told(&schedule, INTERVAL, NOW + 1000, 0);
	assert_int_equal(mqtt_schedule_next(&schedule), NOW + MQTT_REST_MS);
	mqtt_schedule_started(&schedule, NOW + MQTT_REST_MS);
	mqtt_schedule_told(&schedule, INTERVAL, NOW + 11000, 30000);
	assert_int_equal(mqtt_schedule_next(&schedule), NOW + 311000);
}

static void
test_ever_later_after_failures(void **state)
{
	static const int64_t seconds[] = { 10, 20, 40, 80, 160, 320, 640, 900,
		900 };
	struct mqtt_schedule schedule = told_now();

	(void)state;
	for (unsigned i = 0; i < sizeof(seconds) / sizeof(seconds[0]); i++) {
		int64_t wait = 1000 * seconds[i];

		mqtt_schedule_failed(&schedule, NOW, (uint32_t)MIDDLE(wait));
		assert_int_equal(schedule.failures, i + 1);
		assert_int_equal(mqtt_schedule_next(&schedule), NOW + wait);
		/* What changes meanwhile makes the broker no more willing. */
		mqtt_schedule_changed(&schedule, NOW);
		assert_int_equal(mqtt_schedule_next(&schedule), NOW + wait);
	}
	schedule.failures = UINT32_MAX - 1;
	mqtt_schedule_failed(&schedule, NOW, UINT32_MAX);
	assert_in_range(mqtt_schedule_next(&schedule) - NOW,
	    MQTT_RETRY_MAX_MS * 9 / 10, MQTT_RETRY_MAX_MS * 11 / 10);
	mqtt_schedule_started(&schedule, NOW);
	mqtt_schedule_told(&schedule, INTERVAL, NOW, 30000);
	assert_int_equal(schedule.failures, 0);
	assert_int_equal(mqtt_schedule_next(&schedule), NOW + INTERVAL * 1000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_at_once_and_then_at_the_interval),
		cmocka_unit_test(test_soon_after_a_change),
		cmocka_unit_test(test_the_broker_has_its_rest),
		cmocka_unit_test(test_a_change_never_delays),
		cmocka_unit_test(test_a_change_during_a_job_is_not_lost),
		cmocka_unit_test(test_ever_later_after_failures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
