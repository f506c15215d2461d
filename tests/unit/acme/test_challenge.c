/* Authorizations as CAs describe them. */

#include "challenge.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "json/json.h"

#define HEAD                                                                   \
	"{\"status\":\"pending\",\"identifier\":"                              \
	"{\"type\":\"dns\",\"value\":\"gw.test\"},"

static int
parse(struct authorization *authorization, const char *text)
{
	struct json *doc = json_parse(text, strlen(text), NULL);
	struct problem problem;
	int ret;

	assert_non_null(doc);
	ret = authorization_parse(authorization, doc, &problem);
	if (ret == -1)
		assert_int_equal(problem.type, PROBLEM_ANSWER);
	json_free(doc);
	return ret;
}

static void
test_pending(void **state)
{
	struct authorization authorization;

	(void)state;
	assert_int_equal(
	    parse(&authorization,
	        HEAD "\"challenges\":["
	             "{\"type\":\"dns-01\",\"url\":\"u1\",\"token\":\"t1\","
	             "\"status\":\"pending\"},"
	             "{\"type\":\"http-01\",\"url\":\"u2\","
	             "\"token\":\"t2-_Z9\",\"status\":\"pending\"},"
	             "{\"type\":\"tls-alpn-01\",\"url\":\"u3\"}]}"),
	    0);
	assert_int_equal(authorization.status, ACME_PENDING);
	assert_string_equal(authorization.name, "gw.test");
	assert_string_equal(authorization.token, "t2-_Z9");
	assert_string_equal(authorization.url, "u2");
	assert_true(authorization.untouched);
	assert_string_equal(
	    authorization.offered, "dns-01, http-01, tls-alpn-01");
	authorization_release(&authorization);
}

static void
test_started_already(void **state)
{
	struct authorization authorization;

	(void)state;
	assert_int_equal(parse(&authorization,
	                     HEAD "\"challenges\":[{\"type\":\"http-01\","
	                          "\"url\":\"u\",\"token\":\"t\","
	                          "\"status\":\"processing\"}]}"),
	    0);
	assert_string_equal(authorization.token, "t");
	assert_false(authorization.untouched);
	authorization_release(&authorization);
}

static void
test_tokens(void **state)
{
	static const char *const bad[] = { "", "a b", "a/b", "../x", "a.b",
		"a+b", "a=", "a\\u00e9", "%2e" };
	char text[512], token[CHALLENGE_TOKEN_MAX + 2];
	struct authorization authorization;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(text, sizeof(text),
		    HEAD "\"challenges\":[{\"type\":\"http-01\","
		         "\"url\":\"u\",\"token\":\"%s\"}]}",
		    bad[i]);
		assert_int_equal(parse(&authorization, text), 0);
		assert_null(authorization.token);
		assert_null(authorization.url);
		authorization_release(&authorization);
	}
	for (i = CHALLENGE_TOKEN_MAX; i <= CHALLENGE_TOKEN_MAX + 1; i++) {
		memset(token, 'a', i);
		token[i] = '\0';
		snprintf(text, sizeof(text),
		    HEAD "\"challenges\":[{\"type\":\"http-01\","
		         "\"url\":\"u\",\"token\":\"%s\"}]}",
		    token);
		assert_int_equal(parse(&authorization, text), 0);
		assert_int_equal(
		    authorization.token != NULL, i == CHALLENGE_TOKEN_MAX);
		authorization_release(&authorization);
	}
}

static void
test_nothing_of_use(void **state)
{
	static const char *const lists[] = { "[]", "{}", "7", "null",
		"[7,[],{},null]", "[{\"type\":\"http-01\"}]",
		"[{\"type\":\"http-01\",\"token\":\"t\"}]",
		"[{\"type\":\"http-01\",\"token\":7,\"url\":\"u\"}]",
		"[{\"type\":7,\"token\":\"t\",\"url\":\"u\"}]" };
	struct authorization authorization;
	char text[512];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		snprintf(
		    text, sizeof(text), HEAD "\"challenges\":%s}", lists[i]);
		assert_int_equal(parse(&authorization, text), 0);
		assert_null(authorization.token);
		authorization_release(&authorization);
	}
}

static void
test_failed(void **state)
{
	struct authorization authorization;

	(void)state;
	assert_int_equal(
	    parse(&authorization,
	        "{\"status\":\"invalid\",\"identifier\":"
	        "{\"type\":\"dns\",\"value\":\"gw.test\"},\"challenges\":["
	        "{\"type\":\"dns-01\"},{\"type\":\"http-01\",\"error\":"
	        "{\"type\":\"urn:ietf:params:acme:error:dns\","
	        "\"detail\":\"no name\"},\"validationRecord\":["
	        "{\"addressUsed\":\"192.0.2.1\"},{\"addressUsed\":\"::1\"}]}"
	        "]}"),
	    0);
	assert_int_equal(authorization.status, ACME_INVALID);
	assert_int_equal(authorization.problem.type, PROBLEM_DNS);
	assert_string_equal(authorization.problem.detail,
	    "at the IPv6 address ::1, port 80: no name");
	authorization_release(&authorization);
}

static void
test_failed_without_a_reason(void **state)
{
	struct authorization authorization;

	(void)state;
	assert_int_equal(parse(&authorization,
	                     "{\"status\":\"deactivated\",\"identifier\":"
	                     "{\"value\":\"gw.test\"}}"),
	    0);
	assert_int_equal(authorization.status, ACME_DEACTIVATED);
	assert_int_equal(authorization.problem.type, PROBLEM_OTHER);
	assert_non_null(
	    strstr(authorization.problem.detail, "is deactivated and"));
	assert_string_equal(authorization.offered, "nothing");
	authorization_release(&authorization);
}

static void
test_no_authorization(void **state)
{
	static const char *const texts[] = { "[]", "{}",
		"{\"status\":\"pending\"}",
		"{\"identifier\":{\"value\":\"x\"}}",
		"{\"status\":\"odd\",\"identifier\":{\"value\":\"x\"}}",
		"{\"status\":7,\"identifier\":{\"value\":\"x\"}}",
		"{\"status\":\"valid\",\"identifier\":\"x\"}" };
	struct authorization authorization = { .name = NULL };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_int_equal(parse(&authorization, texts[i]), -1);
	assert_null(authorization.name);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pending),
		cmocka_unit_test(test_started_already),
		cmocka_unit_test(test_tokens),
		cmocka_unit_test(test_nothing_of_use),
		cmocka_unit_test(test_failed),
		cmocka_unit_test(test_failed_without_a_reason),
		cmocka_unit_test(test_no_authorization),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
