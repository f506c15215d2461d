/* The request lines of the control socket. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "request.h"

static int
parse(struct request *request, const char *line, struct error *err)
{
	return request_parse(request, line, strlen(line), err);
}

static void
test_verbs(void **state)
{
	static const struct {
		const char *line, *verb, *arg;
		bool local;
	} cases[] = {
		{ "status", "status", "", true },
		{ "reload", "reload", "", false },
		{ "renew", "renew", "", false },
		{ "renew ha.example.org", "renew", "ha.example.org", false },
		{ "dry-run", "dry-run", "", false },
		{ "dry-run gw.test", "dry-run", "gw.test", false },
		{ "revoke superseded gw.test", "revoke", "superseded gw.test",
		    false },
		{ "account show", "account", "show", false },
		{ "account show my own CA", "account", "show my own CA",
		    false },
		{ "ddns test gw.test", "ddns", "test gw.test", false },
		{ "stop", "stop", "", false },
		{ "drain", "drain", "", false },
		{ "STATUS", "status", "", true },
		{ "reload ", "reload", "", false },
	};
	struct request request;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(parse(&request, cases[i].line, NULL), 0);
		assert_string_equal(request.verb, cases[i].verb);
		assert_string_equal(request.arg, cases[i].arg);
		assert_int_equal(request.local, cases[i].local);
	}
}

static void
test_what_is_refused(void **state)
{
	static const char *const lines[] = { "", " ", "stat", "statusx",
		" status", "status now", "reload x", "renew a b", "renew \x01",
		"renew \xc3\xbc", "status\r", "GET / HTTP/1.1", "reload x",
		"dry-run a b", "revoke  a", "revoke a  b", "revoke a b ",
		"account show\t" };
	struct request request = { "untouched", false, "" };
	struct error err;

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		assert_int_equal(parse(&request, lines[i], &err), -1);
		assert_int_equal(err.kind, ERR_SYNTAX);
		assert_string_equal(request.verb, "untouched");
	}
	assert_int_equal(request_parse(&request, "stop\0", 5, &err), -1);
}

static void
test_argument_is_bounded(void **state)
{
	char line[sizeof("renew ") + sizeof(((struct request *)0)->arg)];
	struct request request;

	(void)state;
	memset(line, 'n', sizeof(line));
	memcpy(line, "renew ", 6);
	line[6 + 256] = '\0';
	assert_int_equal(parse(&request, line, NULL), -1);
	line[6 + 255] = '\0';
	assert_int_equal(parse(&request, line, NULL), 0);
	assert_int_equal(strlen(request.arg), 255);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_verbs),
		cmocka_unit_test(test_what_is_refused),
		cmocka_unit_test(test_argument_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
