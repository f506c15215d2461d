/* How far the gateway has come. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "setup_judge.h"
#include "json/json.h"

#define NAMES "\"names\":[\"x.test\",\"home.test\"],"

static struct json *
parse(const char *text)
{
	struct error err;
	struct json *doc = json_parse(text, strlen(text), &err);

	if (doc == NULL)
		fail_msg("%s: %s", err.msg, text);
	return doc;
}

static void
assert_finding(struct setup_finding *finding, enum setup_stage stage,
    const char *text, const char *next)
{
	assert_int_equal(finding->stage, stage);
	if (strstr(finding->text, text) == NULL)
		fail_msg("'%s' is not in '%s'", text, finding->text);
	if (next == NULL)
		assert_null(finding->next);
	else
		assert_non_null(strstr(finding->next, next));
	setup_finding_release(finding);
}

static void
assert_ddns(
    const char *row, enum setup_stage stage, const char *text, const char *next)
{
	struct setup_finding finding = { 0 };
	char doc[1024];
	struct json *status;

	snprintf(doc, sizeof(doc), "{\"ddns\":[{%s}]}", row);
	status = parse(doc);
	setup_judge_ddns(status, "Home.Test", &finding);
	assert_finding(&finding, stage, text, next);
	json_free(status);
}

static void
test_addresses(void **state)
{
	(void)state;
	assert_ddns(NAMES "\"state\":\"published\",\"provider\":\"duckdns\","
	                  "\"published4\":\"203.0.113.9\","
	                  "\"published6\":\"2001:db8::5\"",
	    SETUP_REACHED, "Home.Test leads to 203.0.113.9, 2001:db8::5", NULL);
	assert_ddns(NAMES "\"state\":\"pending\",\"provider\":\"duckdns\","
	                  "\"published4\":\"203.0.113.9\","
	                  "\"dns4\":\"198.51.100.4\"",
	    SETUP_WAITING, "servers of the zone say 198.51.100.4", "status");
	assert_ddns(NAMES "\"state\":\"failing\",\"problem\":\"no way\"",
	    SETUP_TROUBLED, "no way", "status");
	assert_ddns(NAMES "\"state\":\"stopped\",\"problem\":\"KO\","
	                  "\"advice\":\"Look at the token.\"",
	    SETUP_BROKEN, "KO", "Look at the token.");
	assert_ddns(
	    NAMES "\"state\":\"looking\"", SETUP_WAITING, "looking", "status");
	assert_ddns("\"names\":[\"other.test\"],\"state\":\"published\"",
	    SETUP_WAITING, "looking", "status");
	assert_ddns("\"names\":[1]", SETUP_WAITING, "looking", "status");
}

static void
assert_portmap(
    const char *row, enum setup_stage stage, const char *text, const char *next)
{
	struct setup_finding finding = { 0 };
	char doc[1024];
	struct json *status;

	snprintf(doc, sizeof(doc), "{\"portmap\":{%s}}", row);
	status = parse(doc);
	setup_judge_portmap(status, &finding);
	assert_finding(&finding, stage, text, next);
	json_free(status);
}

static void
test_the_router(void **state)
{
	(void)state;
	assert_portmap("\"state\":\"asking\"", SETUP_WAITING, "asking", NULL);
	assert_portmap("\"state\":\"mapped\",\"ports\":\"80:80 443:443\","
	               "\"protocol\":\"UPnP\"",
	    SETUP_REACHED, "80:80 443:443 to us, by UPnP", NULL);
	assert_portmap("\"state\":\"mapped\",\"warning\":\"CGNAT\"",
	    SETUP_TROUBLED, "CGNAT", "bridge");
	assert_portmap("\"state\":\"failing\",\"problem\":\"no router\"",
	    SETUP_TROUBLED, "no router", NULL);
	assert_portmap("\"state\":\"failing\",\"problem\":\"refused\","
	               "\"advice\":\"ask for a public one\"",
	    SETUP_TROUBLED, "refused", "a public one");
}

static void
assert_cert(const char *row, int64_t failed, enum setup_stage stage,
    const char *text, const char *next)
{
	struct setup_finding finding = { 0 };
	char doc[1024];
	struct json *status;

	snprintf(doc, sizeof(doc), "{\"certificates\":[{%s}]}", row);
	status = parse(doc);
	setup_judge_cert(status, "home.test", failed, &finding);
	assert_finding(&finding, stage, text, next);
	json_free(status);
}

#define VALID                                                                  \
	NAMES "\"state\":\"valid\",\"not_after\":1803168000,"                  \
	      "\"issued_by\":\"https://a/\","
#define FAILING                                                                \
	NAMES "\"state\":\"failing\",\"attempts\":3,\"problem\":\"limit\","    \
	      "\"next_attempt\":1803168000"

static void
test_certificates(void **state)
{
	(void)state;
	assert_cert(VALID "\"source\":\"acme\",\"directory\":\"https://a/\"",
	    -1, SETUP_REACHED, "good until 2027-02-21", NULL);
	/* It is one of the rehearsal. */
	assert_cert(VALID "\"source\":\"acme\",\"directory\":\"https://b/\"",
	    -1, SETUP_WAITING, "waiting for its turn", NULL);
	assert_cert(VALID
	    "\"source\":\"self-signed\",\"directory\":\"https://a/\"",
	    -1, SETUP_WAITING, "waiting", NULL);
	assert_cert(
	    NAMES "\"state\":\"issuing\"", -1, SETUP_WAITING, "proving", NULL);
	assert_cert(FAILING, -1, SETUP_BROKEN,
	    "limit; it is tried again at 2027-02-21", "gatehouse status");
	assert_cert(
	    FAILING ",\"advice\":\"Wait.\"", 2, SETUP_BROKEN, "limit", "Wait.");
	/* That was known when the waiting began. */
	assert_cert(FAILING, 3, SETUP_WAITING, "waiting", NULL);
}

static void
test_silence(void **state)
{
	struct setup_finding finding = { 0 };

	(void)state;
	setup_judge_ddns(NULL, "home.test", &finding);
	assert_int_equal(finding.stage, SETUP_WAITING);
	setup_judge_cert(NULL, "home.test", -1, &finding);
	assert_int_equal(finding.stage, SETUP_WAITING);
	setup_judge_portmap(NULL, &finding);
	assert_int_equal(finding.stage, SETUP_WAITING);
	assert_int_equal(setup_cert_failed(NULL, "home.test"), -1);
	setup_finding_release(&finding);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_the_router),
		cmocka_unit_test(test_certificates),
		cmocka_unit_test(test_silence),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
