/* Probes of backends on loopback. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "net/listener.h"
#include "probe.h"
#include "tls/client.h"

struct scene {
	struct loop *loop;
	struct loop_timer guard;
	struct probe probe;
	struct config_backend backend;
	int listener; /* where the backend answers, or -1 */
	unsigned changes;

	/* What is said to whoever connects, once he has asked. */
	struct loop_io accepting, asked;
	const char *answer; /* NULL: nothing at all; "": only the end */
	int fd;
	char request[1024];
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
	scene.fd = -1;
	scene.backend.host = scene.backend.place = "127.0.0.1";
	scene.backend.numeric = true;
	scene.backend.used = true;
	scene.backend.lookup_every = 60;
	scene.backend.lookup_retry = 5;
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
	loop_io_del(&scene->accepting);
	loop_io_del(&scene->asked);
	if (scene->fd != -1)
		close(scene->fd);
	loop_timer_cancel(&scene->guard);
	loop_free(scene->loop);
	if (scene->listener != -1)
		close(scene->listener);
	return 0;
}

static void
start(struct scene *scene, unsigned alive)
{
	struct tls_trust *system = NULL;

	probe_init(&scene->probe, &scene->backend, &system);
	assert_null(system);
	probe_start(&scene->probe, scene->loop, alive);
}

/* What was asked is there: it came in one segment. */
static void
on_asked(void *arg, enum loop_events what)
{
	struct scene *scene = arg;
	ssize_t n = read(scene->fd, scene->request, sizeof(scene->request) - 1);

	(void)what;
	assert_true(n > 0);
	scene->request[n] = '\0';
	loop_io_del(&scene->asked);
	if (scene->answer == NULL)
		return;
	assert_int_equal(write(scene->fd, scene->answer, strlen(scene->answer)),
	    strlen(scene->answer));
	close(scene->fd);
	scene->fd = -1;
}

static void
on_accept(void *arg, enum loop_events what)
{
	struct scene *scene = arg;

	(void)what;
	if (scene->fd != -1)
		close(scene->fd);
	scene->fd = accept4(scene->listener, NULL, NULL, SOCK_CLOEXEC);
	assert_true(scene->fd != -1);
	scene->asked.fn = on_asked;
	scene->asked.arg = scene;
	loop_io_del(&scene->asked);
	loop_io_add(scene->loop, &scene->asked, scene->fd, LOOP_READ);
}

/* The backend has a path to ask for, and this to say. */
static void
backend_says(struct scene *scene, const char *answer)
{
	scene->answer = answer;
	if (scene->backend.probe != NULL)
		return;
	scene->backend.probe = "/manifest.json";
	scene->accepting.fn = on_accept;
	scene->accepting.arg = scene;
	loop_io_add(scene->loop, &scene->accepting, scene->listener, LOOP_READ);
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
	start(scene, 3600);
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

	start(scene, 1);
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

	start(scene, 3600);
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
	start(scene, 3600);
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
	start(scene, 3600);
	loop_run(scene->loop);
	assert_int_equal(scene->probe.state, PROBE_DOWN);
	assert_int_equal(scene->probe.naddresses, 0);
	assert_non_null(strstr(scene->probe.error, "cannot be resolved"));
}

static void
test_an_answer_with_200_is_up(void **state)
{
	struct scene *scene = *state;
	char expected[64];

	backend_says(
	    scene, "HTTP/1.1 103 Early\r\n\r\nHTTP/1.1 200 OK\r\n\r\n{}");
	start(scene, 3600);
	loop_run(scene->loop);
	assert_int_equal(scene->probe.state, PROBE_UP);
	assert_true(scene->probe.reached);
	assert_string_equal(scene->probe.error, "");
	assert_non_null(
	    strstr(scene->request, "GET /manifest.json HTTP/1.1\r\n"));
	snprintf(expected, sizeof(expected), "\r\nHost: 127.0.0.1:%u\r\n",
	    scene->backend.port);
	assert_non_null(strstr(scene->request, expected));
	assert_null(strstr(scene->request, "Forwarded"));
}

static void
test_any_other_answer_is_down(void **state)
{
	static const struct {
		const char *answer, *why;
	} cases[] = {
		{ "HTTP/1.1 404 Not Found\r\n\r\n",
		    "GET /manifest.json is answered with 404, not 200" },
		{ "HTTP/1.0 302 Found\r\nLocation: /\r\n\r\n", "302" },
		{ "HTTP/1.1 101 Switching\r\n\r\n", "101" },
		{ "HTTP/1.1 400 Bad Request\r\n\r\n",
		    "no matter of trusted_proxies; does the backend speak "
		    "HTTPS?" },
		{ "SSH-2.0-OpenSSH\r\n", "not HTTP" },
		{ "HTTP/1.1 200 OK\r\nA b\r\n\r\n", "not HTTP" },
		{ "HTTP/1.1 200 OK\r\n", "closed the connection" },
		{ "", "closed the connection" },
	};
	struct scene *scene = *state;

	backend_says(scene, cases[0].answer);
	start(scene, 3600);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		backend_says(scene, cases[i].answer);
		probe_mark(&scene->probe);
		loop_run(scene->loop);
		assert_int_equal(scene->probe.state, PROBE_DOWN);
		assert_true(scene->probe.reached);
		if (strstr(scene->probe.error, cases[i].why) == NULL)
			fail_msg("%s: %s", cases[i].why, scene->probe.error);
	}
}

static void
test_down_and_up_again_by_its_answer(void **state)
{
	struct scene *scene = *state;

	backend_says(scene, "HTTP/1.1 503 Starting\r\n\r\n");
	start(scene, 3600);
	loop_run(scene->loop);
	assert_int_equal(scene->probe.state, PROBE_DOWN);
	backend_says(scene, "HTTP/1.1 200 OK\r\n\r\n");
	loop_run(scene->loop);
	assert_int_equal(scene->probe.state, PROBE_UP);
	loop_io_del(&scene->accepting);
	backend_leaves(scene);
	probe_mark(&scene->probe);
	loop_run(scene->loop);
	assert_int_equal(scene->probe.state, PROBE_DOWN);
	assert_false(scene->probe.reached);
	assert_int_equal(scene->changes, 3);
}

static void
test_no_answer_is_down(void **state)
{
	struct scene *scene = *state;

	backend_says(scene, NULL);
	start(scene, 3600);
	loop_run(scene->loop);
	assert_int_equal(scene->probe.state, PROBE_DOWN);
	assert_true(scene->probe.reached);
	assert_string_equal(scene->probe.error, "no answer within 5 s");
}

static void
test_whom_to_trust_cannot_be_read(void **state)
{
	struct scene *scene = *state;

	backend_says(scene, "");
	scene->backend.tls = true;
	scene->backend.ca_file = "/nonexistent/ca.pem";
	start(scene, 3600);
	loop_run(scene->loop);
	assert_int_equal(scene->probe.state, PROBE_DOWN);
	assert_non_null(strstr(scene->probe.error, "/nonexistent/ca.pem"));
}

static void
test_a_backend_over_tls_that_speaks_http(void **state)
{
	struct scene *scene = *state;

	backend_says(scene, "HTTP/1.1 400 Bad Request\r\n\r\n");
	scene->backend.tls = true;
	scene->backend.insecure = true;
	start(scene, 3600);
	loop_run(scene->loop);
	assert_int_equal(scene->probe.state, PROBE_DOWN);
	assert_non_null(strstr(scene->probe.error, "speaks plain HTTP"));
}

static void
test_nobody_asks_a_backend_without_requests(void **state)
{
	struct scene *scene = *state;

	scene->backend.used = false;
	start(scene, 3600);
	assert_int_equal(scene->probe.state, PROBE_DISABLED);
	probe_mark(&scene->probe);
	assert_int_equal(scene->changes, 0);
}

static void
test_state_names(void **state)
{
	(void)state;
	assert_string_equal(probe_state_name(PROBE_UNKNOWN), "unknown");
	assert_string_equal(probe_state_name(PROBE_UP), "up");
	assert_string_equal(probe_state_name(PROBE_DOWN), "down");
	assert_string_equal(probe_state_name(PROBE_DISABLED), "disabled");
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
		scene_test(test_an_answer_with_200_is_up),
		scene_test(test_any_other_answer_is_down),
		scene_test(test_down_and_up_again_by_its_answer),
		scene_test(test_no_answer_is_down),
		scene_test(test_whom_to_trust_cannot_be_read),
		scene_test(test_a_backend_over_tls_that_speaks_http),
		scene_test(test_nobody_asks_a_backend_without_requests),
		cmocka_unit_test(test_state_names),
	};

	log_open("test_probe", LOG_TO_STDERR, 0);
	log_set_level(LOG_LEVEL_ERR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
