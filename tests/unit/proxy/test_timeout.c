/* The timing wheel: order, cancelling, and deadlines beyond one round. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/clock.h"
#include "timeout.h"

struct scene {
	struct loop *loop;
	struct timeouts timeouts;
	struct timeout a, b;
	struct loop_timer guard;
	unsigned calls;
	int64_t set_at, fired_at;
};

static void
on_guard(void *arg)
{
	(void)arg;
	fail_msg("the wheel did not turn");
}

static int
set_up(void **state)
{
	struct scene *scene = calloc(1, sizeof *scene);

	scene->loop = loop_new();
	timeouts_init(&scene->timeouts, scene->loop);
	scene->a.arg = scene->b.arg = scene;
	scene->guard.fn = on_guard;
	loop_timer_set(scene->loop, &scene->guard, 20000);
	*state = scene;
	return 0;
}

static int
tear_down(void **state)
{
	struct scene *scene = *state;

	loop_timer_cancel(&scene->guard);
	timeouts_release(&scene->timeouts);
	loop_free(scene->loop);
	free(scene);
	return 0;
}

static void
fire(void *arg)
{
	struct scene *scene = arg;

	scene->calls++;
	scene->fired_at = clock_mono_ms();
	loop_stop(scene->loop);
}

static void
must_not_fire(void *arg)
{
	(void)arg;
	fail_msg("a cancelled time-out fired");
}

static void
fires_late_but_never_early(void **state)
{
	struct scene *scene = *state;

	scene->a.fn = fire;
	scene->set_at = clock_mono_ms();
	timeout_set(&scene->timeouts, &scene->a, 300);
	loop_run(scene->loop);
	assert_int_equal(scene->calls, 1);
	assert_true(scene->fired_at - scene->set_at >= 300);
	assert_int_equal(scene->timeouts.count, 0);
}

static void
cancels_one_from_another(void *arg)
{
	struct scene *scene = arg;

	timeout_cancel(&scene->timeouts, &scene->b);
	fire(scene);
}

static void
a_handler_may_cancel_its_neighbour(void **state)
{
	struct scene *scene = *state;

	scene->a.fn = cancels_one_from_another;
	scene->b.fn = must_not_fire;
	timeout_set(&scene->timeouts, &scene->a, 10);
	timeout_set(&scene->timeouts, &scene->b, 10);
	loop_run(scene->loop);
	assert_int_equal(scene->calls, 1);
	assert_int_equal(scene->timeouts.count, 0);
}

static void
setting_again_replaces(void **state)
{
	struct scene *scene = *state;

	scene->a.fn = fire;
	timeout_set(&scene->timeouts, &scene->a, 10);
	timeout_set(&scene->timeouts, &scene->a, 600);
	scene->set_at = clock_mono_ms();
	loop_run(scene->loop);
	assert_int_equal(scene->calls, 1);
	assert_true(scene->fired_at - scene->set_at >= 600);
}

static void
later_rounds_share_a_slot(void **state)
{
	struct scene *scene = *state;
	int64_t round = (int64_t)TIMEOUT_TICK_MS * TIMEOUT_SLOTS;

	scene->a.fn = fire;
	scene->b.fn = must_not_fire;
	timeout_set(&scene->timeouts, &scene->b, round + 20);
	timeout_set(&scene->timeouts, &scene->a, 20);
	loop_run(scene->loop);
	assert_int_equal(scene->calls, 1);
	assert_int_equal(scene->timeouts.count, 1);
	timeout_cancel(&scene->timeouts, &scene->b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    fires_late_but_never_early, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    a_handler_may_cancel_its_neighbour, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    setting_again_replaces, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    later_rounds_share_a_slot, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
