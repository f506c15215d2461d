/* The event loop: descriptors, timers, signals, and removal in a callback. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <malloc.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "net/loop.h"

struct scene {
	struct loop *loop;
	struct loop_io io, other;
	struct loop_timer timer, guard;
	struct loop_later later;
	struct loop_signal sig;
	int fds[2];
	unsigned calls;
	unsigned events; /* of all calls, or-ed */
};

static void
on_guard(void *arg)
{
	(void)arg;
	fail_msg("nothing happened");
}

static int
set_up(void **state)
{
	static struct scene scene;

	memset(&scene, 0, sizeof(scene));
	scene.loop = loop_new();
	assert_int_equal(
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, scene.fds), 0);
	scene.io.arg = scene.other.arg = &scene;
	scene.timer.arg = scene.later.arg = scene.sig.arg = &scene;
	scene.guard.fn = on_guard;
	loop_timer_set(scene.loop, &scene.guard, 20000);
	*state = &scene;
	return 0;
}

static int
tear_down(void **state)
{
	struct scene *scene = *state;

	loop_io_del(&scene->io);
	loop_io_del(&scene->other);
	loop_timer_cancel(&scene->timer);
	loop_timer_cancel(&scene->guard);
	loop_signal_del(&scene->sig);
	loop_free(scene->loop);
	close(scene->fds[0]);
	close(scene->fds[1]);
	return 0;
}

static void
peer_writes(struct scene *scene)
{
	assert_int_equal(write(scene->fds[1], "x", 1), 1);
}

static void
note(void *arg, enum loop_events what)
{
	struct scene *scene = arg;

	scene->calls++;
	scene->events |= what;
	loop_stop(scene->loop);
}

static void
stop(void *arg)
{
	struct scene *scene = arg;

	loop_stop(scene->loop);
}

static void
count_and_stop(void *arg)
{
	struct scene *scene = arg;

	scene->calls++;
	loop_stop(scene->loop);
}

static void
test_level_triggered_reading_repeats(void **state)
{
	struct scene *scene = *state;

	scene->io.fn = note;
	loop_io_add(scene->loop, &scene->io, scene->fds[0], LOOP_READ);
	peer_writes(scene);
	loop_run(scene->loop);
	loop_run(scene->loop);
	assert_int_equal(scene->calls, 2);
	assert_int_equal(scene->events, LOOP_READ);
}

static void
test_edge_triggered_reading_does_not_repeat(void **state)
{
	struct scene *scene = *state;

	scene->io.fn = note;
	scene->timer.fn = stop;
	loop_io_add(
	    scene->loop, &scene->io, scene->fds[0], LOOP_READ | LOOP_EDGE);
	peer_writes(scene);
	loop_run(scene->loop);
	loop_timer_set(scene->loop, &scene->timer, 1);
	loop_run(scene->loop);
	assert_int_equal(scene->calls, 1);
	peer_writes(scene);
	loop_run(scene->loop);
	assert_int_equal(scene->calls, 2);
}

static void
test_a_fin_is_an_event_of_its_own(void **state)
{
	struct scene *scene = *state;

	scene->io.fn = note;
	loop_io_add(scene->loop, &scene->io, scene->fds[0],
	    LOOP_READ | LOOP_WRITE | LOOP_CLOSED | LOOP_EDGE);
	loop_run(scene->loop);
	assert_int_equal(scene->events, LOOP_WRITE);
	peer_writes(scene);
	assert_int_equal(shutdown(scene->fds[1], SHUT_WR), 0);
	loop_run(scene->loop);
	assert_true(scene->events & LOOP_READ);
	assert_true(scene->events & LOOP_CLOSED);
}

static void
remove_both(void *arg, enum loop_events what)
{
	struct scene *scene = arg;

	loop_io_del(&scene->io);
	loop_io_del(&scene->other);
	memset(&scene->io, 0xff, sizeof(scene->io));
	memset(&scene->other, 0xff, sizeof(scene->other));
	note(arg, what);
}

static void
test_a_callback_may_remove_and_free_watchers(void **state)
{
	struct scene *scene = *state;

	scene->io.fn = scene->other.fn = remove_both;
	loop_io_add(scene->loop, &scene->io, scene->fds[0], LOOP_WRITE);
	loop_io_add(scene->loop, &scene->other, scene->fds[1], LOOP_WRITE);
	loop_run(scene->loop);
	scene->timer.fn = stop;
	loop_timer_set(scene->loop, &scene->timer, 1);
	loop_run(scene->loop);
	assert_int_equal(scene->calls, 1);
	memset(&scene->io, 0, sizeof(scene->io));
	memset(&scene->other, 0, sizeof(scene->other));
}

static void
test_timer_is_one_shot_and_can_be_moved(void **state)
{
	struct scene *scene = *state;
	int64_t before = clock_mono_ms();

	scene->timer.fn = count_and_stop;
	loop_timer_cancel(&scene->timer);
	loop_timer_set(scene->loop, &scene->timer, 10000);
	loop_timer_set(scene->loop, &scene->timer, 20);
	loop_run(scene->loop);
	assert_int_equal(scene->calls, 1);
	assert_true(clock_mono_ms() - before >= 19);
	assert_true(clock_mono_ms() - before < 10000);

	loop_timer_set(scene->loop, &scene->timer, 0);
	loop_timer_cancel(&scene->timer);
	scene->guard.fn = stop;
	scene->guard.arg = scene;
	loop_timer_set(scene->loop, &scene->guard, 1);
	loop_run(scene->loop);
	assert_int_equal(scene->calls, 1);
}

static void
defer(void *arg, enum loop_events what)
{
	struct scene *scene = arg;

	(void)what;
	loop_io_del(&scene->io);
	loop_later(scene->loop, &scene->later);
	loop_later(scene->loop, &scene->later);
	assert_int_equal(scene->calls, 0);
}

static void
test_later_runs_once_after_the_round(void **state)
{
	struct scene *scene = *state;

	scene->later.fn = count_and_stop;
	scene->io.fn = defer;
	loop_io_add(scene->loop, &scene->io, scene->fds[0], LOOP_WRITE);
	loop_run(scene->loop);
	assert_int_equal(scene->calls, 1);
}

static void
again(void *arg)
{
	struct scene *scene = arg;

	if (++scene->calls == 3)
		loop_stop(scene->loop);
	else
		loop_later(scene->loop, &scene->later);
}

static void
test_later_may_ask_again_without_an_event(void **state)
{
	struct scene *scene = *state;

	scene->later.fn = again;
	loop_later(scene->loop, &scene->later);
	loop_run(scene->loop);
	assert_int_equal(scene->calls, 3);
}

/* Else the heap of a busy hour would never shrink again. */
static void
test_a_descriptor_leaves_nothing_in_the_heap(void **state)
{
	struct scene *scene = *state;
	struct mallinfo2 before;
	int fds[100];

	for (int i = 0; i < 100; i++)
		fds[i] = dup(scene->fds[0]);
	loop_io_add(scene->loop, &scene->io, fds[99], LOOP_READ);
	loop_io_del(&scene->io); /* the table has its size */
	before = mallinfo2();
	for (int i = 0; i < 100; i++) {
		loop_io_add(scene->loop, &scene->io, fds[i], LOOP_READ);
		loop_io_del(&scene->io);
		close(fds[i]);
	}
	assert_int_equal(mallinfo2().uordblks, before.uordblks);
}

static void
test_signals(void **state)
{
	struct scene *scene = *state;

	scene->sig.fn = count_and_stop;
	loop_signal_add(scene->loop, &scene->sig, SIGHUP);
	assert_int_equal(raise(SIGHUP), 0);
	loop_run(scene->loop);
	assert_int_equal(raise(SIGHUP), 0);
	loop_run(scene->loop);
	assert_int_equal(scene->calls, 2);
}

static void
test_stop_before_run(void **state)
{
	struct scene *scene = *state;

	loop_stop(scene->loop);
	loop_run(scene->loop);
	scene->timer.fn = count_and_stop;
	loop_timer_set(scene->loop, &scene->timer, 0);
	loop_run(scene->loop);
	assert_int_equal(scene->calls, 1);
}

#define loop_test(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		loop_test(test_level_triggered_reading_repeats),
		loop_test(test_edge_triggered_reading_does_not_repeat),
		loop_test(test_a_fin_is_an_event_of_its_own),
		loop_test(test_a_callback_may_remove_and_free_watchers),
		loop_test(test_timer_is_one_shot_and_can_be_moved),
		loop_test(test_later_runs_once_after_the_round),
		loop_test(test_later_may_ask_again_without_an_event),
		loop_test(test_a_descriptor_leaves_nothing_in_the_heap),
		loop_test(test_signals),
		loop_test(test_stop_before_run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
