/* Who gets which form of "Home Assistant is not answering". */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "answer.h"
#include "errorpage.h"
#include "scene.h"

#define TEXT "text/plain; charset=utf-8"
#define PAGE "text/html; charset=utf-8"
#define OWN_PAGE "<h1>ours</h1>"

static char directory[] = "/tmp/test_errorpage.XXXXXX";

static int
write_file(const char *name, const char *text)
{
	FILE *file = fopen(name, "w");

	return file != NULL && fputs(text, file) >= 0 && fclose(file) == 0 ? 0
	                                                                   : -1;
}

static int
set_up(void **state)
{
	static const char config[] =
	    "ListenHTTP\nAddress 127.0.0.1\nPort 8080\n"
	    "ErrorFile 410 \"page\"\nRewriteErrors yes\n"
	    "Service\nPath \"/own\"\nRewriteErrors no\n"
	    "Redirect \"https://x\"\nEnd\n"
	    "Service\nRedirect \"https://x\"\nEnd\n"
	    "End\n";
	struct config_text *text;

	(void)state;
	if (mkdtemp(directory) == NULL || chdir(directory) == -1 ||
	    write_file("config", config) == -1 ||
	    write_file("page", OWN_PAGE) == -1)
		return -1;
	text = config_text_read("config", NULL);
	if (text == NULL)
		return -1;
	worker_of(text);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	worker_release(&worker);
	unlink("config");
	unlink("page");
	return rmdir(directory);
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

/* What is left of a response with these fields. */
static void
check_replaced(const char *path, unsigned status, bool replaced)
{
	struct http_field fields[5] = {
		{ .name = { "Content-Type", 12 }, .value = { "a/b", 3 } },
		{ .name = { "Set-Cookie", 10 }, .value = { "a=b", 3 } },
		{ .name = { "etag", 4 }, .value = { "\"1\"", 3 } },
		{ .name = { "Content-Encoding", 16 }, .value = { "br", 2 } },
	};
	struct http_response res = {
		.status = status, .fields = fields, .nfields = 4
	};
	struct slice body = { 0 };
	struct exchange *ex;
	char head[64];

	snprintf(head, sizeof head, "GET %s HTTP/1.1\r\nHost: h\r\n\r\n", path);
	ex = exchange_for(head, 0);
	ex->service = ex->listener->config->services;
	if (strcmp(path, "/own") != 0)
		ex->service = ex->service->next;
	assert_int_equal(errorpage_replaces(ex, &res, &body), replaced);
	assert_int_equal(res.nfields, replaced ? 2 : 4);
	if (replaced) {
		assert_true(slice_eq(body, OWN_PAGE));
		assert_true(slice_eq(res.fields[0].name, "Set-Cookie"));
		assert_true(slice_eq(res.fields[1].name, "Content-Type"));
		assert_true(slice_eq(res.fields[1].value, PAGE));
	}
	exchange_end(ex);
}

static void
errors_of_backends_are_replaced(void **state)
{
	(void)state;
	check_replaced("/", 410, true);
	check_replaced("/", 403, false);
	check_replaced("/", 200, false);
	check_replaced("/own", 410, false);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_reader_decides_the_form),
		cmocka_unit_test(a_websocket_gets_no_page),
		cmocka_unit_test(errors_of_backends_are_replaced),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
