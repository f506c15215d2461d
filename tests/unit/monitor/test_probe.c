/* Probes of backends on loopback. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "net/listener.h"
#include "probe.h"

struct scene {
	struct loop *loop;
	struct loop_timer guard;
	struct probe probe;
	struct config_backend backend;
	int listener; /* where the backend answers, or -1 */
	unsigned changes;
};

static void
on_guard(void *arg)
{
	(void)arg;
	fail_msg("no result");
}

static void
on_change(void *arg, const struct probe *probe)
{
	struct scene *scene = arg;

	assert_ptr_equal(probe, &scene->probe);
	scene->changes++;
	loop_stop(scene->loop);
}

static int
listen_on(uint16_t port)
{
	struct error err;
	struct addr addr;
	int fd;

	addr_parse(&addr, "127.0.0.1", port);
	fd = listener_open(&addr, false, &err);
	assert_true(fd != -1);
	return fd;
}

/* A numeric backend that answers, on a port from the kernel. */
static int
set_up(void **state)
{
	static struct scene scene;

	memset(&scene, 0, sizeof(scene));
	scene.loop = loop_new();
	scene.listener = listen_on(0);
	assert_int_equal(listener_addr(scene.listener, &scene.backend.addr), 0);
	scene.backend.host = "127.0.0.1";
	scene.backend.numeric = true;
	scene.backend.port = addr_port(&scene.backend.addr);
	scene.probe.changed = on_change;
	scene.probe.arg = &scene;
	scene.guard.fn = on_guard;
	loop_timer_set(scene.loop, &scene.guard, 20000);
	*state = &scene;
	return 0;
}

static int
tear_down(void **state)
{
	struct scene *scene = *state;

	probe_stop(&scene->probe);
	loop_timer_cancel(&scene->guard);
	loop_free(scene->loop);
	if (scene->listener != -1)
		close(scene->listener);
	return 0;
}

static void
backend_leaves(struct scene *scene)
{
	close(scene->listener);
	scene->listener = -1;
}

static void
test_up_then_down_on_a_mark_then_up_by_itself(void **state)
{
	struct scene *scene = *state;
	int64_t before;

	/* Nothing but the first probe and the mark may be at work: 1 hour. */
	probe_start(&scene->probe, &scene->backend, scene->loop, 3600);
	assert_int_equal(scene->probe.state, PROBE_UNKNOWN);
	loop_run(scene->loop);
	assert_int_equal(scene->probe.state, PROBE_UP);
	assert_string_equal(scene->probe.error, "");

	backend_leaves(scene);
	probe_mark(&scene->probe);
	loop_run(scene->loop);
	assert_int_equal(scene->probe.state, PROBE_DOWN);
	assert_non_null(strstr(scene->probe.error, "refused"));

	before = clock_mono_ms();
	scene->listener = listen_on(scene->backend.port);
	loop_run(scene->loop);
	assert_int_equal(scene->probe.state, PROBE_UP);
	assert_string_equal(scene->probe.error, "");
	assert_true(clock_mono_ms() - before < 1000);
	assert_int_equal(scene->changes, 3);
}

static void
test_every_alive_seconds(void **state)
{
	struct scene *scene = *state;

	probe_start(&scene->probe, &scene->backend, scene->loop, 1);
	loop_run(scene->loop);
	assert_int_equal(scene->probe.state, PROBE_UP);
	backend_leaves(scene);
	loop_run(scene->loop);
	assert_int_equal(scene->probe.state, PROBE_DOWN);
	assert_int_equal(scene->changes, 2);
}

static void
test_a_mark_is_answered_without_a_change(void **state)
{
	struct scene *scene = *state;
	int64_t before;

	probe_start(&scene->probe, &scene->backend, scene->loop, 3600);
	loop_run(scene->loop);
	before = clock_mono_ms();
	for (unsigned i = 0; i < 5; i++) {
		probe_mark(&scene->probe);
		loop_run(scene->loop);
	}
	assert_int_equal(scene->changes, 6);
	assert_true(clock_mono_ms() - before >= 5 * (PROBE_GAP_MS - 1));
}

static void
test_a_name_is_resolved_first(void **state)
{
	struct scene *scene = *state;

	scene->backend.host = "localhost";
	scene->backend.numeric = false;
	probe_start(&scene->probe, &scene->backend, scene->loop, 3600);
	loop_run(scene->loop);
	assert_int_equal(scene->probe.state, PROBE_UNKNOWN);
	assert_true(scene->probe.naddresses >= 1);
	loop_run(scene->loop);
	assert_int_equal(scene->probe.state, PROBE_UP);
	/* Only 127.0.0.1 answers: it is the first, whatever was resolved. */
	assert_true(addr_eq(&scene->probe.addresses[0], &scene->backend.addr));
}

static void
test_a_name_without_address_is_down(void **state)
{
	struct scene *scene = *state;

	scene->backend.host = "no such host";
	scene->backend.numeric = false;
	probe_start(&scene->probe, &scene->backend, scene->loop, 3600);
	loop_run(scene->loop);
	assert_int_equal(scene->probe.state, PROBE_DOWN);
	assert_int_equal(scene->probe.naddresses, 0);
	assert_non_null(strstr(scene->probe.error, "cannot be resolved"));
}

static void
test_state_names(void **state)
{
	(void)state;
	assert_string_equal(probe_state_name(PROBE_UNKNOWN), "unknown");
	assert_string_equal(probe_state_name(PROBE_UP), "up");
	assert_string_equal(probe_state_name(PROBE_DOWN), "down");
}

#define scene_test(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		scene_test(test_up_then_down_on_a_mark_then_up_by_itself),
		scene_test(test_every_alive_seconds),
		scene_test(test_a_mark_is_answered_without_a_change),
		scene_test(test_a_name_is_resolved_first),
		scene_test(test_a_name_without_address_is_down),
		cmocka_unit_test(test_state_names),
	};

	log_open("test_probe", LOG_TO_STDERR, 0);
	log_set_level(LOG_LEVEL_ERR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
