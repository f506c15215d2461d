/* The status screen. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "report.h"
#include "report_ddns.h"
#include "json/json.h"

#define NOW 1800000000 /* 2027-01-15 08:00:00Z */

static char *
report(const char *text)
{
	struct error err;
	struct json *status = json_parse(text, strlen(text), &err);
	char *screen;
	size_t len;
	FILE *out = open_memstream(&screen, &len);

	if (status == NULL)
		fail_msg("%s", err.msg);
	assert_non_null(out);
	report_print(status, NOW, out);
	fclose(out);
	json_free(status);
	return screen;
}

static void
assert_reports(const char *text, const char *want)
{
	char *screen = report(text);

	if (strstr(screen, want) == NULL)
		fail_msg("no \"%s\" in:\n%s", want, screen);
	free(screen);
}

#define PROBLEM(what, advice)                                                  \
	"{\"what\":\"" what "\",\"advice\":\"" advice "\"}"
#define PROBLEMS(list) "\"problems\":[" list "]"

#define WORKER                                                                 \
	"\"workers\":[{\"pid\":12,\"worker\":0,\"generation\":3,"              \
	"\"state\":\"serving\"}]"

static void
test_a_whole_screen(void **state)
{
	char *screen = report(
	    "{\"version\":\"1.2.3\",\"pid\":11,"
	    "\"uptime\":180000,"
	    "\"listeners\":["
	    "{\"index\":0,\"protocol\":\"http\",\"address\":\"[::]:80\"},"
	    "{\"index\":1,\"protocol\":\"https\",\"address\":\"[::]:443\"}],"
	    "\"backends\":[{\"id\":0,\"address\":\"192.0.2.5:8123\","
	    "\"name\":\"ha.local:8123\",\"state\":\"up\","
	    "\"since\":1799996400,\"error\":\"\"}],"
	    "\"certificates\":[{\"slot\":0,"
	    "\"names\":[\"ha.example.org\",\"www.example.org\"],"
	    "\"source\":\"acme\",\"state\":\"valid\","
	    "\"serial\":\"04ab\",\"issuer\":\"Test CA\","
	    "\"not_before\":1799000000,\"not_after\":1800864000,"
	    "\"issued_by\":\"https://ca.test/dir\","
	    "\"directory\":\"https://ca.test/dir\","
	    "\"profile\":\"shortlived\","
	    "\"window_start\":1800000000,\"window_end\":1800345600,"
	    "\"chosen\":1800172800,\"next_attempt\":1800172800,"
	    "\"reason\":\"in the window\",\"attempts\":3,"
	    "\"failures\":0,\"problem\":\"\",\"advice\":\"\"}]"
	    "," WORKER "," PROBLEMS(
	        "") ","
	            "\"traffic\":{\"connections_open\":14,\"websockets_open\":"
	            "3},"
	            "\"hour\":{\"requests\":1234,\"errors\":2,\"p50\":12,"
	            "\"p95\":130,"
	            "\"received\":999,\"sent\":4123456789},"
	            "\"events\":["
	            "{\"when\":1799999880,\"kind\":\"backend-up\",\"text\":"
	            "\"ha\"},"
	            "{\"when\":1799999820,\"kind\":\"backend-down\",\"text\":"
	            "\"ha: "
	            "no\"},"
	            "{\"when\":1799990000,\"kind\":\"reload\",\"text\":\"x\"},"
	            "{\"when\":1799980000,\"kind\":\"start\",\"text\":\"y\"}]"
	            "}");

	(void)state;
	assert_string_equal(screen,
	    "All is well.\n"
	    "\n"
	    "Gatehouse 1.2.3, process 11, up for 2 days\n"
	    "\n"
	    "Listeners\n"
	    "  http  [::]:80\n"
	    "  https [::]:443\n"
	    "\n"
	    "Backends\n"
	    "  ha.local:8123 (192.0.2.5:8123)  up for 1 hour\n"
	    "\n"
	    "Certificates\n"
	    "  ha.example.org, www.example.org\n"
	    "    state        in service\n"
	    "    source       acme\n"
	    "    issuer       Test CA\n"
	    "    serial       04ab\n"
	    "    valid until  2027-01-25 08:00:00Z (10 days left)\n"
	    "    issued by    https://ca.test/dir\n"
	    "    profile      shortlived\n"
	    "    window       2027-01-15 08:00:00Z to 2027-01-19 08:00:00Z\n"
	    "    next renewal 2027-01-17 08:00:00Z (in 2 days): "
	    "in the window\n"
	    "\n"
	    "Workers\n"
	    "  process 12       generation 3    serving\n"
	    "\n"
	    "Traffic\n"
	    "  now        14 connections, 3 WebSockets\n"
	    "  last hour  1234 requests, 2 failed\n"
	    "             half of them answered in 12 ms, 95 % in 130 ms\n"
	    "             999 B received, 4.1 GB sent\n"
	    "\n"
	    "Lately\n"
	    "  2 minutes ago: backend-up, ha\n"
	    "  3 minutes ago: backend-down, ha: no\n"
	    "  2 hours ago: reload, x\n");
	free(screen);
}

#define SECTION                                                                \
	"{\"names\":[\"a.duckdns.org\",\"b.duckdns.org\"],"                    \
	"\"provider\":\"duckdns\",\"state\":\"%s\",\"ipv4\":\"203.0.113.9\","  \
	"\"ipv6\":\"\",\"source4\":\"router\",\"source6\":\"\","               \
	"\"published4\":\"203.0.113.9\",\"published6\":\"2001:db8::9\","       \
	"\"published_at\":1799999940,\"next_look\":1800000300,"                \
	"\"dns4\":\"203.0.113.8\",\"dns6\":\"\",\"visible\":%d,"               \
	"\"problem\":\"%s\",\"advice\":\"%s\"}"

/* The screen of `gatehouse ddns status`, and what it says of how many. */
static char *
report_of(const char *section, const char *name, unsigned *found)
{
	char *text, *screen;
	struct json *sections;
	size_t len;
	FILE *out = open_memstream(&screen, &len);

	assert_non_null(out);
	assert_true(asprintf(&text, "[%s]", section) > 0);
	sections = json_parse(text, strlen(text), NULL);
	assert_non_null(sections);
	*found = report_ddns(sections, name, NOW, out);
	fclose(out);
	json_free(sections);
	free(text);
	return screen;
}

static void
test_addresses(void **state)
{
	char good[1024], stopped[1024], status[1200], *screen;
	unsigned found;

	(void)state;
	snprintf(good, sizeof(good), SECTION, "pending", 0, "", "");
	snprintf(stopped, sizeof(stopped), SECTION, "stopped", 2, "badauth: no",
	    "Look at the token.");
	screen = report_of(good, NULL, &found);
	assert_int_equal(found, 1);
	assert_string_equal(screen,
	    "  a.duckdns.org, b.duckdns.org\n"
	    "    provider     duckdns\n"
	    "    state        published, not visible yet\n"
	    "    IPv4         203.0.113.9 (router)\n"
	    "    IPv6         none\n"
	    "    published    203.0.113.9 and 2001:db8::9\n"
	    "    confirmed    2027-01-15 07:59:00Z (1 minute ago)\n"
	    "    servers say  203.0.113.8\n"
	    "    next look    2027-01-15 08:05:00Z (in 5 minutes)\n");
	free(screen);
	screen = report_of(stopped, NULL, &found);
	assert_non_null(strstr(screen,
	    "    state        refused; not asked again until this section "
	    "changes\n"));
	free(screen);
	free(report_of(good, "B.duckdns.org", &found));
	assert_int_equal(found, 1);
	free(report_of(good, "c.duckdns.org", &found));
	assert_int_equal(found, 0);

	snprintf(status, sizeof(status), "{\"ddns\":[%s]," WORKER "}", good);
	assert_reports(status,
	    "\nDynamic DNS\n"
	    "  a.duckdns.org, ...  203.0.113.9 and 2001:db8::9 at duckdns: "
	    "published, not visible yet\n");
	snprintf(status, sizeof(status), "{\"ddns\":[%s]," WORKER "}", stopped);
	assert_reports(status,
	    "at duckdns: refused by the provider\n"
	    "    problem      badauth: no\n"
	    "    what to do   Look at the token.\n");
}

static void
test_backends(void **state)
{
	(void)state;
	assert_reports("{\"backends\":[{\"address\":\"192.0.2.5:8123\","
	               "\"name\":\"192.0.2.5:8123\","
	               "\"state\":\"down\",\"since\":1799999999}]}",
	    "\n  192.0.2.5:8123  down for 1 second\n");
	assert_reports("{\"backends\":[{\"address\":\"[2001:db8::1]:8123\","
	               "\"name\":\"[2001:db8::1]:8123\","
	               "\"state\":\"unknown\"}]}",
	    "\n  [2001:db8::1]:8123  not probed yet\n");
	assert_reports("{\"backends\":[{\"address\":\"\","
	               "\"name\":\"ha.local:8123\","
	               "\"state\":\"unknown\"}]}",
	    "\n  ha.local:8123  not probed yet\n");
	assert_reports("{\"backends\":[{\"address\":\"\","
	               "\"name\":\"/run/ha.sock\",\"port\":0,"
	               "\"state\":\"up\",\"since\":1799999999}]}",
	    "\n  /run/ha.sock  up for 1 second\n");
}

#define CERT(members)                                                          \
	"{\"certificates\":[{\"names\":[\"x.org\"]," members "}]," WORKER "}"

static void
test_certificates(void **state)
{
	(void)state;
	assert_reports(CERT("\"source\":\"self-signed\",\"failures\":2,"
	                    "\"next_attempt\":1800000060,"
	                    "\"problem\":\"no route to the CA\""),
	    "    next attempt 2027-01-15 08:01:00Z (in 1 minute)\n"
	    "    failures     2 in a row\n"
	    "    problem      no route to the CA\n");
	assert_reports(CERT("\"source\":\"acme\",\"failures\":1,"
	                    "\"state\":\"failing\","
	                    "\"issued_by\":\"https://one\","
	                    "\"directory\":\"https://two\","
	                    "\"problem\":\"closed\","
	                    "\"advice\":\"Open port 80\""),
	    "    state        the last attempt to obtain one failed\n"
	    "    source       acme\n"
	    "    issued by    https://one\n"
	    "    next from    https://two\n"
	    "    failures     1 in a row\n"
	    "    problem      closed\n"
	    "    what to do   Open port 80\n");
	assert_reports(CERT("\"source\":\"acme\",\"failures\":1,"
	                    "\"problem\":\"urn:ietf:params:acme:error:dns: no "
	                    "such name\""),
	    "    problem      dns: no such name\n");
	assert_reports(CERT("\"source\":\"file\",\"not_after\":1799999000"),
	    "    valid until  2027-01-15 07:43:20Z (16 minutes ago)\n");
}

static void
test_sizes(void **state)
{
	(void)state;
	assert_reports("{\"hour\":{\"received\":1000,\"sent\":12345678}}",
	    "  1.0 kB received, 12.3 MB sent\n");
	assert_reports("{\"hour\":{\"received\":999999,"
	               "\"sent\":9007199254740993}}",
	    "  999.9 kB received, 9007.1 TB sent\n");
	assert_reports("{}",
	    "  now        0 connections, 0 WebSockets\n"
	    "  last hour  0 requests, 0 failed\n"
	    "             0 B received, 0 B sent\n");
}

static void
test_verdict(void **state)
{
	char *screen;

	(void)state;
	screen = report("{" PROBLEMS("") "}");
	assert_int_equal(strncmp(screen, "All is well.\n\n", 14), 0);
	free(screen);
	screen = report("{" PROBLEMS(
	    PROBLEM("no worker is serving", "See the log.") "," PROBLEM(
	        "the certificate of x.org is revoked", "")) "}");
	assert_ptr_equal(strstr(screen,
	                     "This needs attention:\n"
	                     "  no worker is serving. See the log.\n"
	                     "  the certificate of x.org is revoked\n\n"),
	    screen);
	free(screen);
	/* Whoever asks an older gateway is not told what nobody has judged. */
	screen = report("{}");
	assert_ptr_equal(strstr(screen, "This gateway is older"), screen);
	free(screen);
}

static void
test_port_mapping(void **state)
{
	(void)state;
	assert_reports("{" WORKER ",\"portmap\":{\"state\":\"mapped\","
	               "\"ports\":\"443:8443\",\"protocol\":\"UPnP\","
	               "\"wan\":\"8.8.4.4\",\"next_attempt\":1800001800}}",
	    "\nPort mapping\n"
	    "    state        the router forwards to us\n"
	    "    ports        443:8443\n"
	    "    by           UPnP\n"
	    "    address      8.8.4.4\n"
	    "    next         2027-01-15 08:30:00Z\n");
}

static void
test_mqtt(void **state)
{
	(void)state;
	assert_reports("{" WORKER ",\"mqtt\":{\"state\":\"failing\","
	               "\"problem\":\"login: no\",\"advice\":\"Look\"}}",
	    "\nMQTT\n"
	    "    state        the last attempt failed\n"
	    "    problem      login: no\n"
	    "    what to do   Look\n");
	assert_reports("{" WORKER ",\"mqtt\":{\"state\":\"told\","
	               "\"server\":\"192.0.2.1\",\"told_at\":1800001800,"
	               "\"next_attempt\":1800001800}}",
	    "\nMQTT\n"
	    "    state        Home Assistant is told\n"
	    "    broker       192.0.2.1\n"
	    "    last told    2027-01-15 08:30:00Z\n"
	    "    next         2027-01-15 08:30:00Z\n");
}

static void
test_nothing_reaches_the_terminal_raw(void **state)
{
	char *screen =
	    report("{\"certificates\":[{\"source\":\"a\\u001b[2J\","
	           "\"issuer\":\"\\u0007\",\"problem\":\"\\u001b]0;x\\u0007\"}]"
	           "," PROBLEMS(PROBLEM("\\u001b[2J", "\\u0007")) "}");

	(void)state;
	for (const char *c = screen; *c != '\0'; c++)
		assert_true(*c == '\n' || (*c >= ' ' && *c != 0x7f));
	free(screen);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_whole_screen),
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_backends),
		cmocka_unit_test(test_certificates),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_verdict),
		cmocka_unit_test(test_port_mapping),
		cmocka_unit_test(test_mqtt),
		cmocka_unit_test(test_nothing_reaches_the_terminal_raw),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
