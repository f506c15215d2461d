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
#include "stats/journal.h"
#include "stats/stats.h"
#include "status.h"

/* Two listeners, one backend, two certificates. */
struct scene {
	struct config_listener http, https;
	struct config_backend backend;
	struct config_backend *backends[1];
	struct config config;
	struct probe probe;
	struct status *status;
	struct stats *stats;
	struct journal *journal;
};

static int
set_up(void **state)
{
	static struct scene scene;

	memset(&scene, 0, sizeof(scene));
	scene.http.next = &scene.https;
	scene.https.index = 1;
	scene.https.tls = true;
	scene.http.dual = scene.https.dual = true;
	addr_parse(&scene.http.addr, "::", 80);
	addr_parse(&scene.https.addr, "::", 443);
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
	scene.status = status_new(&scene.config, 3, clock_wall() + 1000);
	scene.stats = stats_new(NULL);
	scene.journal = journal_new(NULL);
	scene.status->stats = scene.stats;
	scene.status->journal = scene.journal;
	*state = &scene;
	return 0;
}

static int
tear_down(void **state)
{
	struct scene *scene = *state;

	status_free(scene->status);
	stats_free(scene->stats);
	journal_free(scene->journal);
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
	    "{\"version\":\"%s\",\"pid\":%d,\"uptime\":0,\"generation\":3,"
	    "\"listeners\":["
	    "{\"index\":0,\"name\":\"http *:80\",\"protocol\":\"http\","
	    "\"address\":\"\"},"
	    "{\"index\":1,\"name\":\"https *:443\",\"protocol\":\"https\","
	    "\"address\":\"\"}],"
	    "\"backends\":[{\"id\":0,\"name\":\"ha.local:8123\","
	    "\"address\":\"\",\"host\":\"ha.local\","
	    "\"port\":8123,\"state\":\"unknown\",\"since\":0,\"error\":\"\"}],"
	    "\"certificates\":[],\"ddns\":[],\"workers\":[],\"memory\":{",
	    GATEHOUSE_VERSION, getppid());
	if (strncmp(text, want, strlen(want)) != 0)
		fail_msg("%s does not begin with %s", text, want);
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
	    "{\"index\":1,\"name\":\"https *:443\",\"protocol\":\"https\","
	    "\"address\":\"[::]:443\"}]");

	addr_parse(&scene->probe.addresses[0], "192.0.2.5", 8123);
	scene->probe.naddresses = 1;
	scene->probe.state = PROBE_DOWN;
	scene->probe.since = 77;
	snprintf(scene->probe.error, sizeof(scene->probe.error), "refused");
	assert_shows(scene,
	    "[{\"id\":0,\"name\":\"ha.local:8123\",\"address\":\"192.0.2.5:"
	    "8123\",\"host\":\"ha.local\","
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
		.problem = "no route",
		.state = "failing",
		.issued_by = "https://one",
		.directory = "https://two",
		.profile = "tlsserver",
		.window_start = 5,
		.window_end = 6,
		.chosen = 7,
		.reason = "after the last failure",
		.attempts = 8,
		.advice = "Look" };

	status_cert(scene->status, &row);
	row.source = "ACME";
	status_cert(scene->status, &row);
	row.slot = 2;
	status_cert(scene->status, &row);
	assert_shows(scene,
	    "\"certificates\":[{\"slot\":1,"
	    "\"names\":[\"a.example\",\"b.example\"],\"source\":\"ACME\","
	    "\"state\":\"failing\","
	    "\"serial\":\"0a\",\"issuer\":\"Test \\\"CA\\\"\","
	    "\"not_before\":1,\"not_after\":2,"
	    "\"issued_by\":\"https://one\",\"directory\":\"https://two\","
	    "\"profile\":\"tlsserver\","
	    "\"window_start\":5,\"window_end\":6,\"chosen\":7,"
	    "\"next_attempt\":3,\"reason\":\"after the last failure\","
	    "\"attempts\":8,\"failures\":4,\"problem\":\"no route\","
	    "\"advice\":\"Look\"}]");
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

	show_worker(scene, 9000011, "starting");
	show_worker(scene, 9000012, "starting");
	show_worker(scene, 9000013, "serving");
	show_worker(scene, 9000012, "serving");
	show_worker(scene, 9000011, "gone");
	show_worker(scene, 9000099, "gone");
	assert_shows(scene,
	    "\"workers\":["
	    "{\"pid\":9000012,\"worker\":2,\"generation\":3,\"state\":"
	    "\"serving\"},"
	    "{\"pid\":9000013,\"worker\":3,\"generation\":3,\"state\":"
	    "\"serving\"}"
	    "],");
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

static void
test_traffic(void **state)
{
	struct scene *scene = *state;
	struct stats *worker;
	struct stats_figures *own;

	stats_name(scene->stats, STATS_BACKENDS, "ha.local:8123");
	worker = stats_open(
	    stats_writer_fd(scene->stats), stats_take(scene->stats), NULL);
	own = stats_own(worker);
	journal_sample(scene->journal, clock_wall(), own);
	stats_answer(own, 200);
	stats_answer(own, 502);
	stats_refusal(own, 502);
	stats_add(&own->open.tunnels, 2);
	stats_time(&own->backends[1], 8);
	stats_add(&own->backends[1].requests, 1);
	journal_event(scene->journal, "reload", "generation \"%d\"", 2);
	assert_shows(scene,
	    "\"requests\":{\"1xx\":0,\"2xx\":1,\"3xx\":0,\"4xx\":0,"
	    "\"5xx\":1},\"refusals\":[{\"status\":502,\"count\":1}]");
	assert_shows(scene, "\"websockets_open\":2");
	assert_shows(scene,
	    "{\"name\":\"ha.local:8123\",\"requests\":1,\"errors\":0,"
	    "\"connections\":0,\"connections_open\":0,\"p50\":8,\"p95\":8,"
	    "\"p99\":8}");
	assert_shows(scene, "\"requests\":2,\"errors\":1,");
	assert_shows(
	    scene, "\"kind\":\"reload\",\"text\":\"generation \\\"2\\\"\"}]}");
	stats_free(worker);
}

/* The status has room for two sections; one has been heard of. */
static void
show_ddns(struct scene *scene, int64_t visible, int64_t published_at)
{
	const struct msg_SHOW_DDNS row = { .section = 1,
		.provider = "duckdns",
		.names = "a.example b.example",
		.state = "stopped",
		.ipv4 = "203.0.113.9",
		.ipv6 = "",
		.source4 = "router",
		.source6 = "",
		.published4 = "203.0.113.8",
		.published6 = "",
		.dns4 = "203.0.113.8",
		.dns6 = "",
		.visible = visible,
		.published_at = published_at,
		.stopped_at = 1800000001,
		.failures = 2,
		.problem = "badauth: no",
		.advice = "Look." };

	if (scene->config.nddns == 0) {
		status_free(scene->status);
		scene->config.nddns = 2;
		scene->status = status_new(&scene->config, 3, clock_wall());
		scene->status->stats = scene->stats;
		scene->status->journal = scene->journal;
	}
	status_ddns(scene->status, &row);
	status_ddns(scene->status, &(struct msg_SHOW_DDNS){ .section = 2 });
}

static void
test_ddns(void **state)
{
	struct scene *scene = *state;

	show_ddns(scene, 0, 1800000000);
	show_ddns(scene, 0, 1800000000);
	assert_shows(scene,
	    "\"ddns\":[{\"names\":[\"a.example\",\"b.example\"],"
	    "\"provider\":\"duckdns\",\"state\":\"stopped\","
	    "\"ipv4\":\"203.0.113.9\",\"ipv6\":\"\","
	    "\"source4\":\"router\",\"source6\":\"\","
	    "\"published4\":\"203.0.113.8\",\"published6\":\"\","
	    "\"dns4\":\"203.0.113.8\",\"dns6\":\"\",\"visible\":0,"
	    "\"published_at\":1800000000,\"requested_at\":0,"
	    "\"next_look\":0,\"stopped_at\":1800000001,\"failures\":2,"
	    "\"problem\":\"badauth: no\",\"advice\":\"Look.\"}]");
}

static void
test_ddns_metrics(void **state)
{
	struct scene *scene = *state;
	struct buf buf = { 0 };
	char *text;

	show_ddns(scene, 0, 1800000000);
	status_export(scene->status, &scene->probe, &buf);
	text = buf_detach(&buf, NULL);
#define OF "{name=\"a.example\",section=\"1\",provider=\"duckdns\"} "
#define EXPORTS(sample) assert_non_null(strstr(text, "\n" sample "\n"))
	EXPORTS("gatehouse_ddns_published_timestamp_seconds" OF "1800000000");
	EXPORTS("gatehouse_ddns_failures" OF "2");
	EXPORTS("gatehouse_ddns_stopped" OF "1");
	EXPORTS("gatehouse_ddns_visible" OF "0");
	free(text);

	/* What is not known is not there. */
	buf = (struct buf){ 0 };
	show_ddns(scene, 2, 0);
	status_export(scene->status, &scene->probe, &buf);
	text = buf_detach(&buf, NULL);
	assert_null(strstr(text, "gatehouse_ddns_visible{"));
	assert_null(
	    strstr(text, "gatehouse_ddns_published_timestamp_seconds{"));
	EXPORTS("gatehouse_ddns_stopped" OF "1");
#undef EXPORTS
	free(text);
}

static void
test_metrics(void **state)
{
	struct scene *scene = *state;
	struct msg_SHOW_CERT row = { .slot = 1,
		.names = "a.example b.example",
		.source = "acme",
		.serial = "0a",
		.issuer = "CA",
		.not_after = 1900000000,
		.state = "valid",
		.issued_by = "",
		.directory = "",
		.profile = "",
		.chosen = 1890000000,
		.reason = "",
		.attempts = 7,
		.problem = "no route",
		.advice = "" };
	struct config_backend *twice[] = { &scene->backend, &scene->backend };
	struct probe probes[2] = { { .state = PROBE_DOWN },
		{ .state = PROBE_UP } };
	struct buf buf = { 0 };
	char *text;

	scene->config.backends = twice;
	scene->config.nbackends = 2;
	status_cert(scene->status, &row);
	show_worker(scene, 9000011, "serving");
	status_export(scene->status, probes, &buf);
	text = buf_detach(&buf, NULL);
#define EXPORTS(sample) assert_non_null(strstr(text, "\n" sample "\n"))
	EXPORTS("gatehouse_backend_up{backend=\"ha.local:8123\"} 0");
	assert_null(
	    strstr(text, "gatehouse_backend_up{backend=\"ha.local:8123\"} 1"));
	EXPORTS(
	    "gatehouse_certificate_expiry_timestamp_seconds{name=\"a.example\","
	    "slot=\"1\",source=\"acme\"} 1900000000");
	EXPORTS(
	    "gatehouse_certificate_chosen_timestamp_seconds{name=\"a.example"
	    "\",slot=\"1\",source=\"acme\"} 1890000000");
	EXPORTS("gatehouse_certificate_attempts{name=\"a.example\",slot=\"1\","
	        "source=\"acme\"} 7");
	EXPORTS("gatehouse_certificate_problem{name=\"a.example\",slot=\"1\","
	        "source=\"acme\"} 1");
	assert_null(strstr(text, "next_attempt_timestamp_seconds{"));
	EXPORTS("gatehouse_workers{state=\"serving\"} 1");
	EXPORTS("gatehouse_generation 3\n# TYPE "
	        "gatehouse_start_time_seconds gauge");
	assert_string_equal(text + strlen(text) - 6, "# EOF\n");
	free(text);
}

static void
test_port_mapping(void **state)
{
	struct scene *scene = *state;
	struct msg_SHOW_PORTMAP row = { .state = "mapped",
		.protocol = "PCP",
		.wan = "8.8.4.4",
		.ports = "443:8443",
		.lifetime = 3600,
		.since = 5,
		.next_attempt = 6,
		.warning = "",
		.problem = "",
		.advice = "" };
	struct buf buf = { 0 };
	char *text = render(scene);

	assert_null(strstr(text, "portmap"));
	free(text);
	status_portmap(scene->status, &row);
	assert_shows(scene,
	    "\"portmap\":{\"state\":\"mapped\",\"protocol\":\"PCP\","
	    "\"wan\":\"8.8.4.4\",\"ports\":\"443:8443\","
	    "\"lifetime\":3600,\"since\":5,\"next_attempt\":6,"
	    "\"failures\":0,\"warning\":\"\",\"problem\":\"\","
	    "\"advice\":\"\"}");
	row.warning = "CGNAT";
	row.ports = "";
	row.failures = 3;
	status_portmap(scene->status, &row);
	status_portmap_export(scene->status, &buf);
	text = buf_detach(&buf, NULL);
	EXPORTS("gatehouse_portmap_up 0");
	EXPORTS("gatehouse_portmap_failures 3");
	assert_non_null(strstr(text, "\ngatehouse_portmap_warning 1\n"));
	free(text);
	row.state = "off";
	status_portmap(scene->status, &row);
	status_portmap_export(scene->status, &buf);
	assert_int_equal(buf_len(&buf), 0);
	buf_release(&buf);
}

static void
test_mqtt(void **state)
{
	struct scene *scene = *state;
	struct msg_SHOW_MQTT row = { .state = "off",
		.server = "192.0.2.1",
		.told_at = 5,
		.next_attempt = 6,
		.failures = 2,
		.problem = "p",
		.advice = "a" };
	char *text = render(scene);

	assert_null(strstr(text, "mqtt"));
	free(text);
	status_mqtt(scene->status, &row);
	text = render(scene);
	assert_null(strstr(text, "mqtt"));
	free(text);
	row.state = "failing";
	status_mqtt(scene->status, &row);
	assert_shows(scene,
	    "\"mqtt\":{\"state\":\"failing\",\"server\":\"192.0.2.1\","
	    "\"told_at\":5,\"next_attempt\":6,\"failures\":2,"
	    "\"problem\":\"p\",\"advice\":\"a\"}");
}

#define scene_test(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		scene_test(test_before_anything_is_known),
		scene_test(test_listeners_and_backends),
		scene_test(test_certificates),
		scene_test(test_port_mapping),
		scene_test(test_mqtt),
		scene_test(test_workers_come_change_and_go),
		scene_test(test_tables_are_bounded),
		scene_test(test_traffic),
		scene_test(test_ddns),
		scene_test(test_ddns_metrics),
		scene_test(test_metrics),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
