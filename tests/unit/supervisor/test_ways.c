/* The order in which a job is to try how to prove its names. */

#include "ways.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/buf.h"
#include "bind.h"
#include "config/config.h"

static struct config_listener https = { .tls = true, .index = 1 };
static struct config_listener http = { .index = 0 };
static const char *plain_names[] = { "gw.test" };
static const char *wild_names[] = { "gw.test", "*.gw.test" };
static const struct config_cert plain = { .names = plain_names, .nnames = 1 };
static const struct config_cert wild = { .names = wild_names, .nnames = 2 };

static void
assert_ways(const struct ways *ways, const char *wanted)
{
	struct buf out = { 0 };

	ways_print(ways, &out);
	buf_append(&out, "", 1);
	assert_string_equal((const char *)buf_data(&out), wanted);
	buf_release(&out);
}

static void
test_what_can_work(void **state)
{
	static const struct config_acme usual = { 0 };
	static const struct config_acme hooked = { .dns_hook = "/hook" };
	struct config both = { .listeners = &http };
	struct config one = { .listeners = &https };

	(void)state;
	http.next = &https;
	assert_ways(&(struct ways){ &both, &plain, &usual, NULL },
	    "http-01 tls-alpn-01");
	assert_ways(
	    &(struct ways){ &one, &plain, &usual, NULL }, "tls-alpn-01");
	assert_ways(&(struct ways){ &both, &plain, &hooked, NULL },
	    "http-01 tls-alpn-01 dns-01");
	assert_ways(&(struct ways){ &both, &wild, &hooked, NULL }, "dns-01");
	assert_ways(&(struct ways){ &both, &wild, &usual, NULL }, "");
}

static void
test_what_is_said(void **state)
{
	static const struct config_acme acme = { .dns_hook = "/hook",
		.challenges = { CHALLENGE_DNS_01, CHALLENGE_HTTP_01 },
		.nchallenges = 2 };
	struct config config = { .listeners = &http };

	(void)state;
	assert_ways(
	    &(struct ways){ &config, &plain, &acme, NULL }, "dns-01 http-01");
	assert_ways(
	    &(struct ways){ &config, &wild, &acme, NULL }, "dns-01 http-01");
}

static void
test_after_a_failure(void **state)
{
	static const struct config_acme acme = { .dns_hook = "/hook" };
	struct config config = { .listeners = &http };
	struct ways ways = { &config, &plain, &acme, "http-01" };

	(void)state;
	http.next = &https;
	assert_ways(&ways, "tls-alpn-01 dns-01 http-01");
	ways.failed = "tls-alpn-01";
	assert_ways(&ways, "dns-01 http-01 tls-alpn-01");
	ways.failed = "dns-01";
	assert_ways(&ways, "http-01 tls-alpn-01 dns-01");
	ways.failed = "carrier-pigeon-01";
	assert_ways(&ways, "http-01 tls-alpn-01 dns-01");
}

/* A provider proves its own names, and only all of them together will do. */
static void
test_by_a_provider(void **state)
{
	static const struct config_acme usual = { 0 };
	static const char *hosts[] = { "gw.test" };
	static const char *others[] = { "gw.test", "other.test" };
	static const struct config_cert mixed = { .names = others,
		.nnames = 2 };
	struct config_ddns ddns = { .hosts = hosts,
		.nhosts = 1,
		.token = "secret",
		.provider = ddns_provider("duckdns") };
	struct config one = { .listeners = &https, .ddns = &ddns };

	(void)state;
	https.next = NULL;
	assert_ways(
	    &(struct ways){ &one, &plain, &usual, NULL }, "tls-alpn-01 dns-01");
	assert_ways(&(struct ways){ &one, &wild, &usual, NULL }, "dns-01");
	assert_ways(
	    &(struct ways){ &one, &mixed, &usual, NULL }, "tls-alpn-01");
	ddns.provider = ddns_provider("ovh");
	assert_ways(&(struct ways){ &one, &wild, &usual, NULL }, "");
}

static void
test_refusals(void **state)
{
	static const struct {
		const char *problem;
		bool is;
	} rows[] = {
		{ "urn:ietf:params:acme:error:connection", true },
		{ "urn:ietf:params:acme:error:dns", true },
		{ "urn:ietf:params:acme:error:tls", true },
		{ "urn:ietf:params:acme:error:unauthorized", true },
		{ "urn:ietf:params:acme:error:incorrectResponse", true },
		{ "urn:ietf:params:acme:error:rateLimited", false },
		{ "unauthorized", false },
		{ "selfcheck", false },
		{ "", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(ways_is_refusal(rows[i].problem), rows[i].is);
}

static void
test_address(void **state)
{
	static const struct {
		const char *bound;
		bool dual;
		const char *wanted;
	} rows[] = {
		{ "0.0.0.0", false, "127.0.0.1:80" },
		{ "::", true, "127.0.0.1:80" },
		{ "::", false, "[::1]:80" },
		{ "192.0.2.7", false, "192.0.2.7:80" },
		{ "2001:db8::7", false, "[2001:db8::7]:80" },
	};
	struct config config = { .listeners = &http };
	struct config secure = { .listeners = &https };
	struct binding bindings[2];
	struct buf out = { 0 };

	(void)state;
	memset(bindings, 0, sizeof(bindings));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_true(addr_parse(&bindings[0].actual, rows[i].bound, 80));
		bindings[0].dual = rows[i].dual;
		ways_print_http_address(&config, bindings, &out);
		buf_append(&out, "", 1);
		assert_string_equal(
		    (const char *)buf_data(&out), rows[i].wanted);
		buf_release(&out);
	}
	ways_print_http_address(&secure, bindings, &out);
	assert_int_equal(buf_len(&out), 0);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_can_work),
		cmocka_unit_test(test_what_is_said),
		cmocka_unit_test(test_after_a_failure),
		cmocka_unit_test(test_by_a_provider),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_address),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
