/* What needs attention, from what the status holds. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../ipc/wire.h"
#include "attention.h"
#include "base/buf.h"
#include "jsonout.h"
#include "status.h"

#define NOW 1800000000

/* A backend, a certificate, a section: all is well until a test says not. */
struct scene {
	struct config_backend backend;
	struct config_backend *backends[1];
	struct config config;
	struct probe probe;
	struct status *status;
};

static void
show_worker(struct scene *scene, const char *state)
{
	const struct msg_SHOW_WORKER row = { .pid = 12, .state = state };

	status_worker(scene->status, &row);
}

static int
set_up(void **state)
{
	static struct scene scene;

	memset(&scene, 0, sizeof(scene));
	scene.backend.host = "ha.local";
	scene.backend.port = 8123;
	scene.backends[0] = &scene.backend;
	scene.config.backends = scene.backends;
	scene.config.nbackends = scene.config.ncerts = scene.config.nddns = 1;
	scene.probe.backend = &scene.backend;
	scene.status = status_new(&scene.config, 1, NOW);
	show_worker(&scene, "serving");
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

/* What needs attention is just this. */
static void
assert_needs(const struct scene *scene, const char *want)
{
	struct buf buf = { 0 }, whole = { 0 };
	struct jsonout json;
	char *text, *expected;

	jsonout_init(&json, &buf);
	jsonout_object(&json, NULL);
	attention_render(scene->status, &scene->probe, NOW, &json);
	jsonout_object_end(&json);
	text = buf_detach(&buf, NULL);
	buf_printf(&whole, "{\"problems\":[%s]}", want);
	expected = buf_detach(&whole, NULL);
	assert_string_equal(text, expected);
	free(expected);
	free(text);
}

#define NEEDS(what, advice) "{\"what\":\"" what "\",\"advice\":\"" advice "\"}"

static void
test_nothing(void **state)
{
	assert_needs(*state, "");
}

static void
test_no_worker(void **state)
{
	struct scene *scene = *state;

	show_worker(scene, "starting");
	assert_needs(scene,
	    NEEDS("no worker is serving", "See the log of the gateway."));
}

#define RUNS                                                                   \
	"See that it runs, and that the configuration has the right address "  \
	"and port."

static void
test_backend(void **state)
{
	struct scene *scene = *state;

	scene->probe.state = PROBE_DOWN;
	snprintf(scene->probe.error, sizeof(scene->probe.error), "refused");
	assert_needs(
	    scene, NEEDS("the backend ha.local:8123 is down: refused", RUNS));
	addr_parse(&scene->probe.addresses[0], "192.0.2.5", 8123);
	scene->probe.naddresses = 1;
	assert_needs(scene,
	    NEEDS("the backend ha.local:8123 (192.0.2.5:8123) is down: refused",
	        RUNS));
	scene->backend.host = "192.0.2.5";
	assert_needs(
	    scene, NEEDS("the backend 192.0.2.5:8123 is down: refused", RUNS));
}

static void
assert_cert_needs(
    struct scene *scene, struct msg_SHOW_CERT row, const char *want)
{
	struct msg msg = { .kind = MSG_SHOW_CERT, .u.SHOW_CERT = row };

	msg.u.SHOW_CERT.names = "x.org www.x.org";
	msg = over_the_wire(msg);
	status_cert(scene->status, &msg.u.SHOW_CERT);
	assert_needs(scene, want);
}

#define CERT(...) ((struct msg_SHOW_CERT){ __VA_ARGS__ })

static void
test_certificate(void **state)
{
	struct scene *scene = *state;

	assert_cert_needs(scene, CERT(.not_after = NOW + 1), "");
	assert_cert_needs(scene, CERT(.not_after = NOW),
	    NEEDS("the certificate of x.org has expired", ""));
	assert_cert_needs(scene, CERT(.source = "none"),
	    NEEDS("x.org has no certificate from an authority yet",
	        "It is being obtained; browsers warn until then."));
	assert_cert_needs(scene,
	    CERT(.source = "self-signed", .failures = 2,
	        .problem = "no route to the CA"),
	    NEEDS("x.org has no certificate from an authority yet",
	        "") "," NEEDS("x.org: no route to the CA", ""));
	assert_cert_needs(scene, CERT(.state = "revoked"),
	    NEEDS("the certificate of x.org is revoked", ""));
	assert_cert_needs(scene, CERT(.failures = 1),
	    NEEDS("x.org: the last attempt failed", ""));
	assert_cert_needs(scene,
	    CERT(.failures = 1, .problem = "closed", .advice = "Open port 80"),
	    NEEDS("x.org: closed", "Open port 80"));
	assert_cert_needs(scene,
	    CERT(.problem = "urn:ietf:params:acme:error:dns: no such name"),
	    NEEDS("x.org: dns: no such name", ""));
}

static void
show_portmap(struct scene *scene, struct msg_SHOW_PORTMAP row)
{
	const struct msg msg = over_the_wire(
	    (struct msg){ .kind = MSG_SHOW_PORTMAP, .u.SHOW_PORTMAP = row });

	status_portmap(scene->status, &msg.u.SHOW_PORTMAP);
}

static void
test_port_mapping(void **state)
{
	struct scene *scene = *state;
	struct msg_SHOW_PORTMAP row = { .state = "mapped" };

	show_portmap(scene, row);
	assert_needs(scene, "");
	row.warning = "CGNAT";
	show_portmap(scene, row);
	assert_needs(scene, NEEDS("port mapping: CGNAT", ""));
	row.problem = "no router answers";
	row.advice = "Switch it on";
	show_portmap(scene, row);
	assert_needs(
	    scene, NEEDS("port mapping: no router answers", "Switch it on"));
}

static void
test_mqtt(void **state)
{
	struct scene *scene = *state;
	struct msg_SHOW_MQTT row = {
		.state = "told", .server = "", .problem = "", .advice = ""
	};

	status_mqtt(scene->status, &row);
	assert_needs(scene, "");
	row.state = "failing";
	row.problem = "login: no";
	row.advice = "Look";
	status_mqtt(scene->status, &row);
	assert_needs(scene, NEEDS("MQTT: login: no", "Look"));
}

#define NOT_AGAIN                                                              \
	"It is not asked again until the configuration changes, or you say "   \
	"`gatehouse ddns update`"

static void
show_ddns(struct scene *scene, struct msg_SHOW_DDNS row)
{
	const struct msg msg = over_the_wire(
	    (struct msg){ .kind = MSG_SHOW_DDNS, .u.SHOW_DDNS = row });

	status_ddns(scene->status, &msg.u.SHOW_DDNS);
}

static void
test_addresses(void **state)
{
	struct scene *scene = *state;
	struct msg_SHOW_DDNS row = { .names = "a.duckdns.org b.duckdns.org",
		.provider = "duckdns",
		.state = "failing" };

#define UNPUBLISHED(problem)                                                   \
	"the address of a.duckdns.org is not published (duckdns): " problem
	show_ddns(scene, row);
	assert_needs(scene, "");
	row.problem = "HTTP 503";
	show_ddns(scene, row);
	assert_needs(scene, NEEDS(UNPUBLISHED("HTTP 503"), ""));
	row.state = "stopped";
	show_ddns(scene, row);
	assert_needs(scene, NEEDS(UNPUBLISHED("HTTP 503"), NOT_AGAIN));
	row.problem = "badauth: no";
	row.advice = "Look at the token.";
	show_ddns(scene, row);
	assert_needs(scene,
	    NEEDS(UNPUBLISHED("badauth: no"), "Look at the token. " NOT_AGAIN));
}

#define scene_test(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		scene_test(test_nothing),
		scene_test(test_no_worker),
		scene_test(test_backend),
		scene_test(test_certificate),
		scene_test(test_port_mapping),
		scene_test(test_mqtt),
		scene_test(test_addresses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
