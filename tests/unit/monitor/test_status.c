/* The status as JSON, from messages and probes. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/version.h"
#include "base/xalloc.h"
#include "status.h"

/* Two listeners, one backend, two certificates. */
struct scene {
	struct config_listener http, https;
	struct config_backend backend;
	struct config_backend *backends[1];
	struct config config;
	struct probe probe;
	struct status *status;
};

static int
set_up(void **state)
{
	static struct scene scene;

	memset(&scene, 0, sizeof(scene));
	scene.http.next = &scene.https;
	scene.https.index = 1;
	scene.https.tls = true;
	scene.backend.host = "ha.local";
	scene.backend.port = 8123;
	scene.backends[0] = &scene.backend;
	scene.config.listeners = &scene.http;
	scene.config.nlisteners = 2;
	scene.config.backends = scene.backends;
	scene.config.nbackends = 1;
	scene.config.ncerts = 2;
	scene.probe.backend = &scene.backend;
	/* From the future: an uptime is never negative. */
	scene.status = status_new(&scene.config, clock_wall() + 1000);
	*state = &scene;
	return 0;
}

static int
tear_down(void **state)
{
	struct scene *scene = *state;

	status_free(scene->status);
	return 0;
}

static char *
render(struct scene *scene)
{
	struct buf buf = { 0 };
	size_t len;

	status_render(scene->status, &scene->probe, &buf);
	return buf_detach(&buf, &len);
}

static void
assert_shows(struct scene *scene, const char *want)
{
	char *text = render(scene);

	if (strstr(text, want) == NULL)
		fail_msg("no %s in %s", want, text);
	free(text);
}

static void
test_before_anything_is_known(void **state)
{
	struct scene *scene = *state;
	char *text = render(scene);
	char *want;

	want = xasprintf(
	    "{\"version\":\"%s\",\"pid\":%d,\"uptime\":0,"
	    "\"listeners\":["
	    "{\"index\":0,\"protocol\":\"http\",\"address\":\"\"},"
	    "{\"index\":1,\"protocol\":\"https\",\"address\":\"\"}],"
	    "\"backends\":[{\"id\":0,\"address\":\"\",\"host\":\"ha.local\","
	    "\"port\":8123,\"state\":\"unknown\",\"since\":0,\"error\":\"\"}],"
	    "\"certificates\":[],\"workers\":[]}",
	    GATEHOUSE_VERSION, getppid());
	assert_string_equal(text, want);
	free(want);
	free(text);
}

static void
test_listeners_and_backends(void **state)
{
	struct scene *scene = *state;
	struct msg_SHOW_LISTENER row = { .listener = 1, .address = "[::]:443" };

	status_listener(scene->status, &row);
	row.listener = 2;
	status_listener(scene->status, &row);
	assert_shows(scene,
	    "{\"index\":1,\"protocol\":\"https\",\"address\":\"[::]:443\"}]");

	addr_parse(&scene->probe.addresses[0], "192.0.2.5", 8123);
	scene->probe.naddresses = 1;
	scene->probe.state = PROBE_DOWN;
	scene->probe.since = 77;
	snprintf(scene->probe.error, sizeof(scene->probe.error), "refused");
	assert_shows(scene,
	    "[{\"id\":0,\"address\":\"192.0.2.5:8123\",\"host\":\"ha.local\","
	    "\"port\":8123,\"state\":\"down\",\"since\":77,"
	    "\"error\":\"refused\"}]");
}

static void
test_certificates(void **state)
{
	struct scene *scene = *state;
	struct msg_SHOW_CERT row = { .slot = 1,
		.names = "a.example  b.example",
		.source = "placeholder",
		.serial = "0a",
		.issuer = "Test \"CA\"",
		.not_before = 1,
		.not_after = 2,
		.next_attempt = 3,
		.failures = 4,
		.problem = "no route" };

	status_cert(scene->status, &row);
	row.source = "ACME";
	status_cert(scene->status, &row);
	row.slot = 2;
	status_cert(scene->status, &row);
	assert_shows(scene,
	    "\"certificates\":[{\"slot\":1,"
	    "\"names\":[\"a.example\",\"b.example\"],\"source\":\"ACME\","
	    "\"serial\":\"0a\",\"issuer\":\"Test \\\"CA\\\"\","
	    "\"not_before\":1,\"not_after\":2,\"next_attempt\":3,"
	    "\"failures\":4,\"problem\":\"no route\"}]");
}

static void
show_worker(struct scene *scene, int64_t pid, const char *state)
{
	const struct msg_SHOW_WORKER row = { .pid = pid,
		.worker = (uint32_t)pid % 10,
		.generation = 3,
		.state = state };

	status_worker(scene->status, &row);
}

static void
test_workers_come_change_and_go(void **state)
{
	struct scene *scene = *state;

	show_worker(scene, 11, "starting");
	show_worker(scene, 12, "starting");
	show_worker(scene, 13, "serving");
	show_worker(scene, 12, "serving");
	show_worker(scene, 11, "gone");
	show_worker(scene, 99, "gone");
	assert_shows(scene,
	    "\"workers\":["
	    "{\"pid\":12,\"worker\":2,\"generation\":3,\"state\":\"serving\"},"
	    "{\"pid\":13,\"worker\":3,\"generation\":3,\"state\":\"serving\"}"
	    "]}");
}

static void
test_tables_are_bounded(void **state)
{
	struct scene *scene = *state;

	for (int64_t pid = 1; pid <= STATUS_WORKERS_MAX + 1; pid++)
		show_worker(scene, pid, "a state of more than 16 bytes");
	assert_shows(scene, "\"pid\":256,");
	for (int64_t pid = 1; pid <= STATUS_WORKERS_MAX; pid++)
		show_worker(scene, pid, "gone");
	assert_shows(scene, "\"workers\":[]");
}

#define scene_test(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		scene_test(test_before_anything_is_known),
		scene_test(test_listeners_and_backends),
		scene_test(test_certificates),
		scene_test(test_workers_come_change_and_go),
		scene_test(test_tables_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
