/* Failed validations in words for the owner of a home network. */

#include "validation.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "problem.h"
#include "json/json.h"

struct failure {
	const char *challenge;
	const char *type;
	const char *detail; /* of the CA */
	const char *address;
};

static struct problem
explain(const struct failure *failure)
{
	struct problem problem;
	struct json *doc;
	char text[1024];

	snprintf(text, sizeof(text),
	    "{\"type\":\"%s\",\"error\":{\"type\":\"urn:ietf:params:acme:"
	    "error:%s\",\"detail\":\"%s\"},\"validationRecord\":["
	    "{\"addressUsed\":\"198.51.100.9\"},{\"addressUsed\":\"%s\"}]}",
	    failure->challenge, failure->type, failure->detail,
	    failure->address);
	doc = json_parse(text, strlen(text), NULL);
	assert_non_null(doc);
	assert_int_equal(validation_problem(&problem, doc), -1);
	json_free(doc);
	return problem;
}

static void
test_findings(void **state)
{
	static const struct {
		struct failure failure;
		const char *detail; /* how ours begins */
		const char *advice; /* what is in it */
	} rows[] = {
		{ { "http-01", "connection",
		      "2001:db8::1: Fetching http://x: Timeout during connect",
		      "2001:db8::1" },
		    "timeout at the IPv6 address 2001:db8::1, port 80: 2001",
		    "correct the AAAA record" },
		{ { "http-01", "connection", "Connection refused",
		      "192.0.2.1" },
		    "connection refused at the IPv4 address 192.0.2.1, port "
		    "80: C",
		    "Forward port 80 of the router" },
		{ { "tls-alpn-01", "connection", "context deadline exceeded",
		      "192.0.2.1" },
		    "timeout at the IPv4 address 192.0.2.1, port 443: ",
		    "Forward port 443 of the router" },
		{ { "http-01", "connection", "connect: no route to host",
		      "192.0.2.1" },
		    "no route to the IPv4 address 192.0.2.1, port 80: ",
		    "Forward port 80" },
		{ { "tls-alpn-01", "unauthorized",
		      "Failed to connect to 192.0.2.1:443 for the challenge",
		      "192.0.2.1" },
		    "no connection to the IPv4 address 192.0.2.1, port 443: ",
		    "Forward port 443" },
		{ { "http-01", "connection", "read: connection reset by peer",
		      "192.0.2.1" },
		    "connection broken off at the IPv4", "Forward port 80" },
		{ { "http-01", "connection", "Timeout", "100.64.0.7" },
		    "timeout at the IPv4 address 100.64.0.7",
		    "address is private" },
		{ { "http-01", "connection", "Timeout", "192.168.1.2" },
		    "timeout at the IPv4 address 192.168.1.2",
		    "address is private" },
		{ { "http-01", "unauthorized",
		      "192.0.2.1: Invalid response from http://x/y: 404",
		      "192.0.2.1" },
		    "404 from something that is not this gateway, at the IPv4 "
		    "address 192.0.2.1, port 80: ",
		    "an old A record answers on port 80" },
		{ { "http-01", "unauthorized",
		      "The key authorization file did not match",
		      "2001:db8::1" },
		    "an answer that is not this gateway's, at the IPv6 address",
		    "an old AAAA record answers" },
		{ { "tls-alpn-01", "unauthorized", "wrong certificate",
		      "192.0.2.1" },
		    "an answer that is not this gateway's, at the IPv4 address "
		    "192.0.2.1, port 443",
		    "answers on port 443" },
		{ { "dns-01", "unauthorized",
		      "No TXT record found at _acme-challenge.x", "" },
		    "No TXT record found", "or the DNSHook, publishes" },
		{ { "dns-01", "unauthorized", "Incorrect TXT record", "" },
		    "Incorrect TXT", "or the DNSHook, publishes" },
		{ { "dns-01", "dns", "SERVFAIL looking up TXT for x", "" },
		    "SERVFAIL looking", "name servers of the domain" },
		{ { "http-01", "dns", "DNS problem: SERVFAIL looking up A",
		      "" },
		    "DNS problem: SERVFAIL", "name servers of the domain" },
		{ { "http-01", "dns", "DNS problem: NXDOMAIN looking up A",
		      "" },
		    "DNS problem: NX", "exists in public DNS" },
		{ { "http-01", "caa", "CAA timeout", "192.0.2.1" },
		    "at the IPv4 address 192.0.2.1, port 80: CAA",
		    "A CAA record" },
		{ { "dns-02", "connection", "Timeout", "192.0.2.1" }, "Timeout",
		    "port 80" },
		{ { "http-01", "connection",
		      "dial tcp [2001:db8::1]:80: connect: no route to host",
		      "" },
		    "no route to the IPv6 address 2001:db8::1, port 80: dial",
		    "correct the AAAA record" },
		{ { "tls-alpn-01", "connection", "2001:db8::1: Timeout", "" },
		    "timeout at the IPv6 address 2001:db8::1, port 443: 2001",
		    "Let port 443 through the router's IPv6 firewall" },
		{ { "http-01", "connection",
		      "at 12:30:45, dial tcp 192.0.2.1:80: connection refused",
		      "" },
		    "connection refused at port 80: at", "Forward port 80" },
		{ { "http-01", "connection", "Timeout", "not an address" },
		    "timeout at port 80: Timeout", "Forward port 80" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct problem problem = explain(&rows[i].failure);

		assert_memory_equal(
		    problem.detail, rows[i].detail, strlen(rows[i].detail));
		assert_non_null(strstr(problem.detail, rows[i].failure.detail));
		assert_non_null(
		    strstr(problem_advice(&problem), rows[i].advice));
	}
}

/* Numbers of addresses, ports and longer ones are none. */
static void
test_status(void **state)
{
	static const struct {
		const char *detail;
		const char *begin;
	} rows[] = {
		{ "returned 503.", "503 from" },
		{ "returned 404, sorry", "404 from" },
		{ "returned 200", "an answer" },
		{ "10.0.0.404 said 4045 at :404 x404", "an answer" },
		{ "", "an answer" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct failure failure = { "http-01", "unauthorized",
			rows[i].detail, "192.0.2.1" };
		struct problem problem = explain(&failure);

		assert_memory_equal(
		    problem.detail, rows[i].begin, strlen(rows[i].begin));
	}
}

static void
test_nothing_is_said(void **state)
{
	struct json *doc = json_parse("{}", 2, NULL);
	struct problem problem;

	(void)state;
	assert_int_equal(validation_problem(&problem, doc), -1);
	assert_int_equal(problem.type, PROBLEM_OTHER);
	json_free(doc);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_findings),
		cmocka_unit_test(test_status),
		cmocka_unit_test(test_nothing_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
