/* Which URLs of a backend's answers are made ours, and which never. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "answer.h"
#include "backend.h"
#include "location.h"
#include "route.h"
#include "scene.h"

/* Lines of the service, and of its backend. */
static const char *service = "", *backend = "";

/* What the client of http://<host> gets for a Location, at this level. */
static void
check(unsigned level, const char *host, const char *location,
    const char *expected)
{
	char text[512], head[128], got[256];
	struct http_field field = {
		.name = { "location", 8 },
		.value = { location, strlen(location) },
	};
	struct http_response res = {
		.status = 302, .fields = &field, .nfields = 1
	};
	struct answer answer;
	struct exchange *ex;

	snprintf(text, sizeof text,
	    "ListenHTTP\nAddress 127.0.0.1\nPort 8080\nRewriteLocation %u\n"
	    "Service\n%s\nBackEnd\nAddress 192.0.2.1\nPort 8123\n%s\n"
	    "End\nEnd\nEnd\n",
	    level, service, backend);
	worker_for(text);
	snprintf(head, sizeof head, "GET / HTTP/1.1\r\nHost: %s\r\n\r\n", host);
	ex = exchange_for(head, 0);
	assert_true(route_request(ex, &answer));
	ex->backend = backend_at(worker.backends, ex->service, 0);
	location_rewrite(ex, &res);
	snprintf(got, sizeof got, "%.*s", (int)field.value.len, field.value.p);
	assert_string_equal(got, expected);
	exchange_end(ex);
	worker_release(&worker);
}

static void
the_address_of_the_backend_becomes_ours(void **state)
{
	(void)state;
	for (unsigned level = 1; level <= 2; level++) {
		check(level, "A.test:8080", "http://192.0.2.1:8123/x?y#z",
		    "http://A.test:8080/x?y#z");
		check(
		    level, "a.test", "HTTPS://192.0.2.1:8123", "http://a.test");
	}
	check(0, "a.test", "http://192.0.2.1:8123/", "http://192.0.2.1:8123/");
}

/* What Host says is what a backend calls itself. */
static void
the_name_of_the_backend_becomes_ours(void **state)
{
	(void)state;
	backend = "ServerName ha.lan";
	for (unsigned level = 1; level <= 2; level++) {
		check(
		    level, "a.test", "http://HA.lan/x?y", "http://a.test/x?y");
		check(level, "a.test", "http://ha.lan:8123/", "http://a.test/");
		check(
		    level, "a.test", "http://ha.lan:81/", "http://ha.lan:81/");
		check(level, "a.test", "https://ha.lan/", "https://ha.lan/");
	}
	check(0, "a.test", "http://ha.lan/", "http://ha.lan/");
	backend = "ServerName a.test";
	check(1, "a.test", "https://a.test/", "https://a.test/");
	backend = "";
}

static void
our_host_by_another_scheme_or_port_is_mended(void **state)
{
	(void)state;
	check(1, "a.test:8080", "http://A.TEST/x", "http://a.test:8080/x");
	/* Never back from https to http: that would go round in a circle. */
	check(
	    1, "a.test:8080", "https://a.test:8080/x", "https://a.test:8080/x");
	check(1, "a.test", "http://a.test:8123/", "http://a.test/");
	check(2, "a.test:8080", "http://a.test/x", "http://a.test/x");
	check(0, "a.test:8080", "http://a.test/x", "http://a.test/x");
}

static void
a_service_may_differ_from_its_listener(void **state)
{
	(void)state;
	service = "RewriteLocation 0";
	check(1, "a.test", "http://192.0.2.1:8123/", "http://192.0.2.1:8123/");
	service = "RewriteLocation 1";
	check(0, "a.test", "http://192.0.2.1:8123/", "http://a.test/");
	service = "";
}

static void
other_urls_stay(void **state)
{
	static const char *const others[] = {
		"https://accounts.example/o?x=http://192.0.2.1:8123/",
		"http://192.0.2.1/",
		"http://192.0.2.1:81230/",
		"http://192.0.2.11:8123/",
		"http://192.0.2.1:8123@evil/",
		"http://a.test.evil/",
		"http://evil/a.test",
		"homeassistant://auth-callback?code=1",
		"/relative",
		"//192.0.2.1:8123/x",
		"http://a.test/same",
		"",
		"http://",
		"HTTP://a.test/same",
	};

	(void)state;
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		check(1, "a.test", others[i], others[i]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_address_of_the_backend_becomes_ours),
		cmocka_unit_test(the_name_of_the_backend_becomes_ours),
		cmocka_unit_test(our_host_by_another_scheme_or_port_is_mended),
		cmocka_unit_test(a_service_may_differ_from_its_listener),
		cmocka_unit_test(other_urls_stay),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
