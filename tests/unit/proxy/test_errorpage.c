/* Who gets which form of "Home Assistant is not answering". */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "answer.h"
#include "errorpage.h"
#include "scene.h"

static int
set_up(void **state)
{
	(void)state;
	worker_for("ListenHTTP\nAddress 127.0.0.1\nPort 8080\nEnd\n");
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	worker_release(&worker);
	return 0;
}

static void
check(const char *head, unsigned status, const char *type)
{
	struct exchange *ex = exchange_for(head, 0);
	struct answer answer;

	answer_init(&answer, status);
	errorpage_choose(ex, &answer);
	assert_true(slice_eq(answer.fields[0].name, "Content-Type"));
	assert_true(slice_eq(answer.fields[0].value, type));
	assert_true(answer.body.len > 0);
	exchange_end(ex);
}

#define TEXT "text/plain; charset=utf-8"
#define PAGE "text/html; charset=utf-8"

static void
the_reader_decides_the_form(void **state)
{
	static const char browser[] =
	    "GET /lovelace HTTP/1.1\r\nHost: h\r\n"
	    "Accept: text/html,application/xhtml+xml;q=0.9,*/*;q=0.8\r\n\r\n";
	static const char app[] =
	    "GET /api/ HTTP/1.1\r\nHost: h\r\n"
	    "accept: application/json, text/plain\r\n\r\n";
	static const char post[] =
	    "POST / HTTP/1.1\r\nHost: h\r\nAccept: text/html\r\n"
	    "Content-Length: 0\r\n\r\n";
	static const char silent[] = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
	static const char anything[] =
	    "GET / HTTP/1.1\r\nHost: h\r\nAccept: */*\r\n\r\n";

	(void)state;
	check(browser, 503, PAGE);
	check(browser, 504, PAGE);
	check(browser, 404, TEXT);
	check(app, 503, "application/json");
	check(post, 503, TEXT);
	check(silent, 503, TEXT);
	check(anything, 503, TEXT);
}

static void
a_websocket_gets_no_page(void **state)
{
	struct exchange *ex =
	    exchange_for("GET / HTTP/1.1\r\nHost: h\r\nAccept: text/html\r\n"
	                 "\r\n",
	        0);
	struct answer answer;

	(void)state;
	ex->upgrade = true;
	answer_init(&answer, 503);
	errorpage_choose(ex, &answer);
	assert_true(slice_eq(answer.fields[0].value, TEXT));
	exchange_end(ex);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_reader_decides_the_form),
		cmocka_unit_test(a_websocket_gets_no_page),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
