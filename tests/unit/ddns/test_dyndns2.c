/* What dyndns2 answers, and what is made of it. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "families.h"
#include "fetch/fetch.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static char *
copy_to(char dst[64], const char *text)
{
	return memcpy(dst, text, strlen(text) + 1);
}

static const struct update hosts[] = { { .host = "a.example" },
	{ .host = "b.example" }, { .host = "c.example" } };

static int
read_for(size_t n, const struct fetch_response *res, struct refusal *refusal)
{
	const struct api api = {
		.rules = &dyndns2_rules, .updates = hosts, .n = n
	};

	return dyndns2_read(&api, res, refusal);
}

static int
read_body(const char *text, size_t n, struct refusal *refusal)
{
	char body[64];
	const struct fetch_response res = { .status = 200,
		.body = copy_to(body, text),
		.body_len = strlen(text),
		.retry_after = -1 };

	return read_for(n, &res, refusal);
}

struct row {
	size_t n;
	const char *body;
	int ret;
	enum ddns_failure kind;
	const char *problem;
	int64_t retry_after;
};

static void
test_words(void **state)
{
	static const struct row rows[] = {
		{ 1, "good 1.2.3.4", 1, 0, NULL, 0 },
		{ 1, "\r\ngood\r\n", 1, 0, NULL, 0 },
		{ 1, "nochg 1.2.3.4\n", 0, 0, NULL, 0 },
		{ 1, "good 127.0.0.1", -1, DDNS_STOP, "good 127.0.0.1", -1 },
		{ 1, "good 127.0.0.10", 1, 0, NULL, 0 },
		{ 1, "goodness", -1, DDNS_AGAIN, "answer", -1 },
		{ 1, "not good", -1, DDNS_AGAIN, "answer", -1 },
		{ 1, "GOOD", -1, DDNS_AGAIN, "answer", -1 },
		{ 1, "badauth", -1, DDNS_STOP, "badauth", -1 },
		{ 1, "badagent", -1, DDNS_STOP, "badagent", -1 },
		{ 1, "!donator", -1, DDNS_STOP, "!donator", -1 },
		{ 1, "!yours", -1, DDNS_STOP, "!yours", -1 },
		{ 1, "notfqdn", -1, DDNS_STOP, "notfqdn", -1 },
		{ 1, "nohost", -1, DDNS_STOP, "nohost", -1 },
		{ 1, "numhost", -1, DDNS_STOP, "numhost", -1 },
		{ 1, "abuse", -1, DDNS_STOP, "abuse", -1 },
		{ 1, "badsys", -1, DDNS_STOP, "badsys", -1 },
		{ 1, "badrequest", -1, DDNS_STOP, "badrequest", -1 },
		{ 1, "dnserr", -1, DDNS_AGAIN, "dnserr", 1800 },
		{ 1, "911", -1, DDNS_AGAIN, "911", 1800 },
		{ 1, "servererror", -1, DDNS_AGAIN, "servererror", 1800 },
		{ 1, "w20s", -1, DDNS_AGAIN, "w20s", 20 },
		{ 1, "w30m please", -1, DDNS_AGAIN, "w30m", 1800 },
		{ 1, "w2h", -1, DDNS_AGAIN, "w2h", 7200 },
		{ 1, "w99999999999h", -1, DDNS_AGAIN, "answer", -1 },
		{ 1, "wh", -1, DDNS_AGAIN, "answer", -1 },
		{ 1, "w", -1, DDNS_AGAIN, "answer", -1 },
		{ 1, "", -1, DDNS_AGAIN, "answer", -1 },
		{ 1, " \n", -1, DDNS_AGAIN, "answer", -1 },
	};
	struct refusal refusal;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		int ret = read_body(rows[i].body, rows[i].n, &refusal);

		if (ret != rows[i].ret)
			fail_msg("'%s': %d", rows[i].body, ret);
		if (ret != -1)
			continue;
		assert_int_equal(refusal.kind, rows[i].kind);
		assert_string_equal(refusal.problem, rows[i].problem);
		assert_int_equal(refusal.retry_after, rows[i].retry_after);
	}
}

static void
test_lines(void **state)
{
	static const struct row rows[] = {
		{ 3, "good\nnochg\ngood", 1, 0, NULL, 0 },
		{ 3, "nochg\r\nnochg\r\nnochg\r\n", 0, 0, NULL, 0 },
		{ 3, "nochg 1.2.3.4", 0, 0, NULL, 0 },
		{ 3, "good\ngood", -1, DDNS_AGAIN, "answer", -1 },
		{ 3, "good\nnohost\n911", -1, DDNS_STOP, "nohost", -1 },
		{ 3, "911\nnohost\ngood", -1, DDNS_STOP, "nohost", -1 },
		{ 2, "good\ndnserr", -1, DDNS_AGAIN, "dnserr", 1800 },
	};
	struct refusal refusal;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		int ret = read_body(rows[i].body, rows[i].n, &refusal);

		if (ret != rows[i].ret)
			fail_msg("'%s': %d", rows[i].body, ret);
		if (ret != -1)
			continue;
		assert_int_equal(refusal.kind, rows[i].kind);
		assert_string_equal(refusal.problem, rows[i].problem);
	}
	read_body("good\nnohost", 2, &refusal);
	assert_non_null(strstr(refusal.detail, "b.example"));
	assert_string_not_equal(refusal.advice, "");
}

static void
test_statuses(void **state)
{
	static const struct {
		unsigned status;
		const char *body;
		int64_t said;
		int ret;
		enum ddns_failure kind;
		const char *problem;
		int64_t retry_after;
	} rows[] = {
		{ 200, "good", -1, 1, 0, NULL, 0 },
		{ 500, "good", -1, -1, DDNS_AGAIN, "HTTP 500", 1800 },
		{ 503, "", 60, -1, DDNS_AGAIN, "HTTP 503", 1800 },
		{ 503, "", 7200, -1, DDNS_AGAIN, "HTTP 503", 7200 },
		{ 401, "", -1, -1, DDNS_STOP, "HTTP 401", -1 },
		{ 403, "no", -1, -1, DDNS_STOP, "HTTP 403", -1 },
		{ 401, "badauth", -1, -1, DDNS_STOP, "badauth", -1 },
		{ 429, "", 90, -1, DDNS_AGAIN, "HTTP 429", 90 },
		{ 302, "good", -1, -1, DDNS_AGAIN, "HTTP 302", -1 },
		{ 404, "", -1, -1, DDNS_AGAIN, "HTTP 404", -1 },
		{ 200, "<html>good", -1, -1, DDNS_AGAIN, "answer", -1 },
		{ 200, "x", -1, -1, DDNS_AGAIN, "answer", -1 },
		{ 200, "", -1, -1, DDNS_AGAIN, "answer", -1 },
	};
	struct refusal refusal;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char body[64];
		struct fetch_response res = { .status = rows[i].status,
			.body = copy_to(body, rows[i].body),
			.retry_after = rows[i].said };
		int ret = read_for(1, &res, &refusal);

		if (ret != rows[i].ret)
			fail_msg("%u: %d", rows[i].status, ret);
		if (ret != -1)
			continue;
		assert_int_equal(refusal.kind, rows[i].kind);
		assert_string_equal(refusal.problem, rows[i].problem);
		assert_int_equal(refusal.retry_after, rows[i].retry_after);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_statuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
