/* Problems: what CAs send, what comes of it. */

#include "problem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "fetch/fetch.h"
#include "json/json.h"

static struct problem
from_text(
    unsigned status, int64_t retry_after, const char *type, const char *text)
{
	char content_type[64], body[2048];
	struct fetch_response res = { .status = status,
		.retry_after = retry_after,
		.body = body,
		.body_len = strlen(text),
		.content_type = content_type };
	struct problem problem;

	snprintf(content_type, sizeof(content_type), "%s", type);
	snprintf(body, sizeof(body), "%s", text);
	assert_int_equal(problem_from_answer(&problem, &res), -1);
	assert_int_equal(problem.status, status);
	assert_int_equal(problem.retry_after, retry_after);
	return problem;
}

static struct problem
from_problem(unsigned status, int64_t retry_after, const char *text)
{
	return from_text(status, retry_after, "application/problem+json", text);
}

/* RFC 8555 section 6.7, RFC 9773 section 7.4, and profiles. */
static void
test_every_type(void **state)
{
	static const char *const types[] = { "accountDoesNotExist",
		"alreadyReplaced", "alreadyRevoked", "badCSR", "badNonce",
		"badPublicKey", "badRevocationReason", "badSignatureAlgorithm",
		"caa", "compound", "connection", "dns",
		"externalAccountRequired", "incorrectResponse",
		"invalidContact", "invalidProfile", "malformed",
		"orderNotReady", "rateLimited", "rejectedIdentifier",
		"serverInternal", "tls", "unauthorized", "unsupportedContact",
		"unsupportedIdentifier", "userActionRequired" };
	char text[256], urn[128];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		struct problem problem;

		snprintf(urn, sizeof(urn), "urn:ietf:params:acme:error:%s",
		    types[i]);
		snprintf(text, sizeof(text),
		    "{\"type\":\"%s\",\"detail\":\"d\"}", urn);
		problem = from_problem(400, -1, text);
		assert_int_equal(problem.type, i);
		assert_string_equal(problem.name, urn);
		assert_string_equal(problem.detail, "d");
	}
	assert_int_equal(i, PROBLEM_OTHER);
}

static void
test_unknown_type(void **state)
{
	struct problem problem = from_problem(400, -1,
	    "{\"type\":\"urn:ietf:params:acme:error:conflict\","
	    "\"title\":\"Conflict\"}");

	(void)state;
	assert_int_equal(problem.type, PROBLEM_OTHER);
	assert_int_equal(problem.kind, JOB_LADDER);
	assert_string_equal(
	    problem.name, "urn:ietf:params:acme:error:conflict");
	assert_string_equal(problem.detail, "Conflict");
	assert_string_equal(problem_advice(&problem), "");

	problem = from_problem(400, -1, "{\"type\":\"\"}");
	assert_string_equal(problem.name, "other");

	/* Our own words are no types of a CA. */
	problem = from_problem(
	    400, -1, "{\"type\":\"urn:ietf:params:acme:error:timeout\"}");
	assert_int_equal(problem.type, PROBLEM_OTHER);
	assert_string_equal(
	    problem.detail, "urn:ietf:params:acme:error:timeout");
}

static void
test_kind(void **state)
{
	static const char limited[] =
	    "{\"type\":\"urn:ietf:params:acme:error:rateLimited\"}";
	static const char internal[] =
	    "{\"type\":\"urn:ietf:params:acme:error:serverInternal\"}";
	static const char rejected[] =
	    "{\"type\":\"urn:ietf:params:acme:error:rejectedIdentifier\"}";

	(void)state;
	assert_int_equal(from_problem(429, 60, limited).kind, JOB_GATE);
	assert_int_equal(from_problem(403, 60, limited).kind, JOB_GATE);
	assert_int_equal(from_problem(429, -1, limited).kind, JOB_LADDER);
	assert_int_equal(from_problem(503, 60, internal).kind, JOB_GATE);
	assert_int_equal(from_problem(500, 60, internal).kind, JOB_LADDER);
	assert_int_equal(from_problem(503, -1, internal).kind, JOB_LADDER);
	assert_int_equal(from_problem(400, -1, rejected).kind, JOB_DAILY);
	assert_int_equal(from_problem(503, 0, rejected).kind, JOB_GATE);
}

static void
test_answers_that_are_no_problem(void **state)
{
	static const char bad[] = "{\"type\":7}";
	struct problem problem;

	(void)state;
	problem = from_text(502, -1, "text/html", "<html>");
	assert_int_equal(problem.type, PROBLEM_OUTAGE);
	assert_string_equal(
	    problem.detail, "the CA answered 502 with text/html");
	problem = from_text(200, -1, "", "");
	assert_int_equal(problem.type, PROBLEM_ANSWER);
	assert_string_equal(
	    problem.detail, "the CA answered 200 with no content type");
	problem = from_problem(400, -1, bad);
	assert_int_equal(problem.type, PROBLEM_ANSWER);
	problem = from_problem(400, -1, "{\"type\":");
	assert_int_equal(problem.type, PROBLEM_ANSWER);

	/* Without "problem+" it is understood too, but not as a success. */
	problem = from_text(400, -1, "application/json",
	    "{\"type\":\"urn:ietf:params:acme:error:caa\"}");
	assert_int_equal(problem.type, PROBLEM_CAA);
	problem = from_text(201, -1, "application/json",
	    "{\"type\":\"urn:ietf:params:acme:error:caa\"}");
	assert_int_equal(problem.type, PROBLEM_ANSWER);
}

static void
test_unauthorized_has_two_meanings(void **state)
{
	static const char text[] =
	    "{\"type\":\"urn:ietf:params:acme:error:unauthorized\"}";
	struct json *doc = json_parse(text, strlen(text), NULL);
	struct problem account = from_problem(403, -1, text), name;

	(void)state;
	problem_from_json(&name, doc);
	json_free(doc);
	assert_non_null(strstr(problem_advice(&name), "port 80"));
	assert_null(strstr(problem_advice(&account), "port 80"));
}

static void
test_detail_is_one_clean_line(void **state)
{
	struct problem problem = from_problem(400, -1,
	    "{\"type\":\"x\\n\",\"detail\":\"a\\r\\n\\tb \\\"c\\\" \\\\ "
	    "\\u001b[m \\u00e9\"}");
	char escaped[PROBLEM_DETAIL_SIZE];

	(void)state;
	assert_string_equal(problem.name, "x ");
	assert_string_equal(problem.detail, "a   b 'c' ? ?[m ??");
	log_escape(
	    escaped, sizeof(escaped), problem.detail, strlen(problem.detail));
	assert_string_equal(escaped, problem.detail);
}

static void
test_detail_is_cut(void **state)
{
	struct problem problem;
	int i;

	(void)state;
	problem_set(&problem, PROBLEM_LOCAL, "%s", "0123456789");
	for (i = 0; i < 200; i++)
		problem_wrap(&problem, "%s", "0123456789");
	assert_int_equal(strlen(problem.detail), PROBLEM_DETAIL_SIZE - 1);
	assert_string_equal(problem.detail + PROBLEM_DETAIL_SIZE - 4, "...");
	assert_memory_equal(problem.detail, "0123456789: 0123456789: ", 24);
}

static void
test_subproblems(void **state)
{
	struct problem problem = from_problem(400, -1,
	    "{\"type\":\"urn:ietf:params:acme:error:malformed\","
	    "\"detail\":\"some names are wrong\",\"subproblems\":["
	    "{\"type\":\"urn:ietf:params:acme:error:malformed\","
	    "\"detail\":\"an underscore\",\"identifier\":"
	    "{\"type\":\"dns\",\"value\":\"_a.test\"}},"
	    "{\"type\":\"urn:ietf:params:acme:error:caa\"},7,"
	    "1,2,3,4,5,6]}");

	(void)state;
	assert_string_equal(problem.detail,
	    "some names are wrong; _a.test: an underscore; "
	    "urn:ietf:params:acme:error:caa; ?; ?; ?; ?; ?; ?; and more");
}

static void
test_compound_takes_the_gravest_kind(void **state)
{
	(void)state;
	assert_int_equal(
	    from_problem(400, -1,
	        "{\"type\":\"urn:ietf:params:acme:error:compound\","
	        "\"subproblems\":["
	        "{\"type\":\"urn:ietf:params:acme:error:dns\"},"
	        "{\"type\":\"urn:ietf:params:acme:error:caa\"}]}")
	        .kind,
	    JOB_DAILY);
	assert_int_equal(
	    from_problem(400, -1,
	        "{\"type\":\"urn:ietf:params:acme:error:compound\","
	        "\"subproblems\":["
	        "{\"type\":\"urn:ietf:params:acme:error:dns\"}]}")
	        .kind,
	    JOB_LADDER);
}

static void
test_page_to_visit(void **state)
{
	struct problem problem = from_problem(403, -1,
	    "{\"type\":\"urn:ietf:params:acme:error:userActionRequired\","
	    "\"detail\":\"new terms\",\"instance\":\"https://ca.test/tos\"}");

	(void)state;
	assert_int_equal(problem.kind, JOB_DAILY);
	assert_string_equal(
	    problem.detail, "new terms, see https://ca.test/tos");
}

/* No waiting ends it, whatever Retry-After says. */
static void
test_pause(void **state)
{
	struct problem problem = from_problem(429, 60,
	    "{\"type\":\"urn:ietf:params:acme:error:rateLimited\","
	    "\"detail\":\"visit https://ca.test/sfe/v1/unpause?jwt=x\"}");

	(void)state;
	assert_int_equal(problem.type, PROBLEM_PAUSED);
	assert_int_equal(problem.kind, JOB_DAILY);
	assert_string_equal(
	    problem.name, "urn:ietf:params:acme:error:rateLimited");
	assert_non_null(strstr(problem_advice(&problem), "open the page"));
}

static void
test_advice(void **state)
{
	struct problem problem;

	(void)state;
	problem_set(&problem, PROBLEM_CAA, "no");
	assert_memory_equal(problem_advice(&problem), "A CAA record", 12);
	problem_advise(&problem, "Open port %u of \"x\".", 80u);
	assert_string_equal(problem_advice(&problem), "Open port 80 of 'x'.");
	problem_set(&problem, PROBLEM_CAA, "no");
	assert_memory_equal(problem_advice(&problem), "A CAA record", 12);
}

static void
test_requests_without_an_answer(void **state)
{
	static const struct {
		enum error_kind error;
		enum problem_type type;
		enum job_failure kind;
	} rows[] = {
		{ ERR_SYS, PROBLEM_INTERRUPTED, JOB_LOST },
		{ ERR_TIMEOUT, PROBLEM_INTERRUPTED, JOB_LOST },
		{ ERR_NOTFOUND, PROBLEM_UNREACHABLE, JOB_LOST },
		{ ERR_CRYPTO, PROBLEM_UNTRUSTED, JOB_LADDER },
		{ ERR_LIMIT, PROBLEM_ANSWER, JOB_LADDER },
		{ ERR_SYNTAX, PROBLEM_ANSWER, JOB_LADDER },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct problem problem;
		struct error err;

		error_set(&err, rows[i].error, "why");
		assert_int_equal(problem_from_fetch(&problem, &err), -1);
		assert_int_equal(problem.type, rows[i].type);
		assert_int_equal(problem.kind, rows[i].kind);
		assert_int_equal(problem.status, 0);
		assert_string_equal(problem.detail, "why");
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_type),
		cmocka_unit_test(test_unknown_type),
		cmocka_unit_test(test_kind),
		cmocka_unit_test(test_answers_that_are_no_problem),
		cmocka_unit_test(test_unauthorized_has_two_meanings),
		cmocka_unit_test(test_detail_is_one_clean_line),
		cmocka_unit_test(test_detail_is_cut),
		cmocka_unit_test(test_subproblems),
		cmocka_unit_test(test_compound_takes_the_gravest_kind),
		cmocka_unit_test(test_page_to_visit),
		cmocka_unit_test(test_pause),
		cmocka_unit_test(test_advice),
		cmocka_unit_test(test_requests_without_an_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
