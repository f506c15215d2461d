/* Edits of requests on their way to a backend, and of responses. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "answer.h"
#include "base/buf.h"
#include "edit.h"
#include "forward.h"
#include "route.h"
#include "scene.h"

#define OURS                                                                   \
	"X-Forwarded-For: 203.0.113.9\r\n"                                     \
	"X-Forwarded-Proto: http\r\n"                                          \
	"X-Forwarded-Host: a.test\r\n"

/* A gateway with these lines in its listener and in its service. */
static void
serve(const char *listener, const char *service)
{
	char text[2048];

	snprintf(text, sizeof text,
	    "ListenHTTP\nAddress 127.0.0.1\nPort 8080\n%s\n"
	    "Service\n%s\nBackEnd\nAddress 192.0.2.1\nPort 8123\nEnd\n"
	    "End\nEnd\n",
	    listener, service);
	worker_for(text);
}

/* What the backend gets of a request with this target and these fields. */
static void
check(const char *target, const char *fields, const char *line,
    const char *expected)
{
	char head[512], all[1024], *got;
	struct answer answer;
	struct exchange *ex;
	struct buf out = { 0 };

	snprintf(head, sizeof head, "GET %s HTTP/1.1\r\nHost: a.test\r\n%s\r\n",
	    target, fields);
	ex = exchange_for(head, 0);
	assert_true(route_request(ex, &answer));
	forward_request(ex, &out);
	exchange_end(ex);
	got = buf_detach(&out, NULL);
	snprintf(all, sizeof all, "GET %s HTTP/1.1\r\nHost: a.test\r\n%s\r\n",
	    line, expected);
	assert_string_equal(got, all);
	free(got);
}

static void
fields_are_added_set_and_deleted(void **state)
{
	(void)state;
	serve("AddHeader \"X-A: 1\"\nSetHeader \"X-B:  two  \"",
	    "DeleteHeader \"^X-Forwarded-(For|Proto)\"\nHeaderAdd \"X-A: 2\"\n"
	    "HeadRemove \"^X-Gone:\"\nDeleteHeader -beg \"Ho\"");
	check("/", "x-b: 0\r\nX-Gone: 1\r\nX-B: 1\r\nX-C: 1\r\n", "/",
	    "X-C: 1\r\nX-Forwarded-Host: a.test\r\nX-A: 1\r\n"
	    "X-B: two\r\nX-A: 2\r\n");
	worker_release(&worker);
}

static void
urls_are_edited(void **state)
{
	static const struct {
		const char *edit, *target, *line;
	} table[] = {
		{ "SetPath /x", "/a?b=c", "/x?b=c" },
		{ "SetURL /x?y=z", "/a?b=c", "/x?y=z" },
		{ "SetURL /x", "/a?b=c", "/x" },
		{ "SetQuery y=z&y", "/a?b=c", "/a?y=z&y" },
		{ "SetQuery y=z", "/a", "/a?y=z" },
		{ "DeleteQuery", "/a?b=c", "/a" },
		{ "SetQueryParam b d", "/a?a=1&b=c&e", "/a?a=1&b=d&e" },
		{ "SetQueryParam b d", "/a?b&b=2&bb=1", "/a?b=d&bb=1" },
		{ "SetQueryParam b", "/a?a=1&b=c&e&b", "/a?a=1&e" },
		{ "SetQueryParam b", "/a?b=c", "/a" },
		{ "SetQueryParam b", "/a", "/a" },
		{ "SetQueryParam b d", "/a", "/a?b=d" },
		{ "SetQueryParam b d", "/a?", "/a?b=d" },
		{ "SetQueryParam b d", "/a?a=b", "/a?a=b&b=d" },
		{ "SetPath -encode \"x y/\xc3\xbc%?&\"", "/a?b",
		    "/x%20y/%C3%BC%25%3F%26?b" },
		{ "SetQueryParam b -encode \"/ &=%41\"", "/a?b=c&d",
		    "/a?b=%2F%20%26%3D%2541&d" },
		{ "SetQueryParam b -encode \"<%[url]>\"", "/a?c=%20",
		    "/a?c=%20&b=%3C%2Fa%3Fc%3D%2520%3E" },
		{ "SetPath /x\nSetQueryParam b d\nSetQueryParam c e", "/a",
		    "/x?b=d&c=e" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		serve("", table[i].edit);
		check(table[i].target, "", table[i].line, OURS);
		worker_release(&worker);
	}
}

static void
listeners_edit_before_services_are_chosen(void **state)
{
	(void)state;
	serve("Rewrite\nPath -beg /old/\nSetPath /new\nEnd",
	    "Path -exact /new\nSetQuery found");
	check("/old/x", "", "/new?found", OURS);
	worker_release(&worker);
}

static void
services_fall_through(void **state)
{
	(void)state;
	serve("Service\nPath -beg /old/\nSetPath /new\nAddHeader \"X-A: "
	      "1\"\nFallThrough\nEnd\n"
	      "Service\nPath -exact /old/y\nError 404\nEnd\n"
	      "Service\nPath \"^/(n)ew\"\nSetQueryParam n \"$1\"\n"
	      "FallThrough\nEnd\n"
	      "Service\nPath -exact /else\nAddHeader \"X-B: "
	      "1\"\nFallThrough\nEnd\n",
	    "Path -exact /new\nSetQueryParam found yes");
	check("/old/y", "", "/new?n=n&found=yes", OURS "X-A: 1\r\n");
	check("/new", "", "/new?n=n&found=yes", OURS);
	worker_release(&worker);
}

static void
rewrites_have_branches(void **state)
{
	(void)state;
	serve("",
	    "Rewrite request\nPath /one\nSetHeader \"X-N: 1\"\n"
	    "Else\nPath /two\nNot Header X-N -exact 5\nSetHeader \"X-N: 2\"\n"
	    "Else\nSetHeader \"X-N: 3\"\nEnd");
	check("/one", "", "/one", OURS "X-N: 1\r\n");
	check("/two", "", "/two", OURS "X-N: 2\r\n");
	check("/two", "X-N: 5\r\n", "/two", OURS "X-N: 3\r\n");
	check("/", "", "/", OURS "X-N: 3\r\n");
	worker_release(&worker);
}

static void
conditions_fill_in_edits(void **state)
{
	static const struct {
		const char *lines, *target, *line, *fields;
	} table[] = {
		{ "Path \"^/(a+)/(.*)\"\nSetPath /$2/$1", "/aa/b/c?d",
		    "/b/c/aa?d", "" },
		{ "Path \"^/x(.*)\"\nSetPath $1", "/xy", "/y", "" },
		{ "Path \"^/x(.*)\"\nSetURL $1?%[query]&a", "/x/y?b", "/y?b&a",
		    "" },
		{ "Path x(.)\nSetPath /$1\nSetQuery %[path]", "/xy", "/y?/y",
		    "" },
		{ "QueryParam a -decode \"^(.*)!$\"\nSetQueryParam b $1",
		    "/?a=x%26y+%0d%0a%21",
		    "/?a=x%26y+%0d%0a%21&b=x%26y%20%0D%0A", "" },
		{ "QueryParam a -decode \"(.*)\"\nSetHeader \"X-A: <$1>\"",
		    "/?a=x%0d%0aB:%20c", "/?a=x%0d%0aB:%20c",
		    "X-A: <x%0D%0AB: c>\r\n" },
		{ "Path -tag p \"^/(.)\"\nQuery \"(.)$\"\n"
		  "SetHeader \"X-A: $1(p)$1$1(1)\"",
		    "/xy?zw", "/xy?zw", "X-A: xwx\r\n" },
		{ "Match OR\nPath \"^/(no)\"\nPath \"^/(x)\"\n"
		  "Path \"^/(xy)\"\nEnd\nSetHeader \"X-A: $1$1(2)\"",
		    "/xyz", "/xyz", "X-A: x\r\n" },
		{ "Path \"^/(x)\"\nRewrite\nQuery \"^(no)\"\n"
		  "SetHeader \"X-A: no\"\nElse\nQuery \"^(y)\"\n"
		  "SetHeader \"X-A: $1$1(1)\"\nEnd\nSetHeader \"X-B: $1\"",
		    "/x?y", "/x?y", "X-A: yx\r\nX-B: x\r\n" },
		{ "Path \"^/(.)\"\nRewrite\n"
		  "StringMatch \"$1-%[param a]\" \"^x-(.*)$\"\n"
		  "SetHeader \"X-A: $1\"\nEnd",
		    "/xy?a=b", "/xy?a=b", "X-A: b\r\n" },
		{ "Rewrite\nNot StringMatch %[path] -exact /y\n"
		  "StringMatch \"%[header x-no]\" \"^$\"\n"
		  "StringMatch %[host] -icase -contain A.T\n"
		  "SetHeader \"X-A: yes\"\nEnd",
		    "/x", "/x", "X-A: yes\r\n" },
		{ "Rewrite\nMatch OR\nStringMatch %[host] -exact b.test\n"
		  "StringMatch %[url] \"^/X\"\nEnd\n"
		  "SetHeader \"X-A: no\"\nEnd",
		    "/x", "/x", "" },
		{ "Constant a \"b c\"\nSetPath \"/%[const a]\"\n"
		  "SetHeader \"X-A: %[const a]\"",
		    "/", "/b%20c", "X-A: b c\r\n" },
		{ "SetHeader \"X-A: %[host]%[path]%[remoteip]\"", "/x", "/x",
		    "X-A: a.test/x203.0.113.9\r\n" },
	};
	char fields[256];

	(void)state;
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		serve("", table[i].lines);
		snprintf(fields, sizeof fields, OURS "%s", table[i].fields);
		check(table[i].target, "", table[i].line, fields);
		worker_release(&worker);
	}
}

static void
conditions_with_a_name(void **state)
{
	(void)state;
	worker_for("Condition x\nPath -beg /x\nEnd\n"
	           "Condition both\nEval x\nQuery \"^(y)\"\nEnd\n"
	           "ListenHTTP\nAddress 127.0.0.1\nService\nPath \"^/(..)\"\n"
	           "Eval x\nRewrite\nEval both\nSetHeader \"X-A: $1\"\n"
	           "Else\nSetHeader \"X-A: no\"\nEnd\n"
	           "BackEnd\nAddress 192.0.2.1\nPort 8123\nEnd\nEnd\nEnd\n");
	check("/xz?y", "", "/xz?y", OURS "X-A: xz\r\n");
	check("/xz?z", "", "/xz?z", OURS "X-A: no\r\n");
	worker_release(&worker);
}

/* One that takes a token takes one for a request, however often named. */
static void
conditions_are_seen_once(void **state)
{
	(void)state;
	worker_for("Condition limit\nTBF \"\" 1/1000s 2\nEnd\n"
	           "ListenHTTP\nAddress 127.0.0.1\nService\n"
	           "Rewrite\nEval limit\nEval limit\nSetHeader \"X-A: 1\"\n"
	           "End\nRewrite\nEval limit\nSetHeader \"X-B: 1\"\nEnd\n"
	           "BackEnd\nAddress 192.0.2.1\nPort 8123\nEnd\nEnd\nEnd\n");
	check("/", "", "/", OURS "X-A: 1\r\nX-B: 1\r\n");
	check("/", "", "/", OURS "X-A: 1\r\nX-B: 1\r\n");
	check("/", "", "/", OURS);
	worker_release(&worker);
}

static void
edits_that_grow_too_large_refuse(void **state)
{
	static const struct {
		const char *lines;
		unsigned status;
	} table[] = {
		{ "SetQuery %[path]%[path]%[path]%[path]%[path]%[path]", 414 },
		{ "SetHeader \"X-A: %[url]%[url]%[url]%[url]%[url]%[url]\"",
		    431 },
		{ "StringMatch \"%[url]%[url]%[url]%[url]%[url]%[url]\" x",
		    431 },
	};
	char head[8192] = "GET /";
	struct answer answer;
	struct exchange *ex;

	(void)state;
	memset(head + strlen(head), 'x', 6000);
	strncat(head, " HTTP/1.1\r\nHost: a.test\r\n\r\n", 64);
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		serve("", table[i].lines);
		ex = exchange_for(head, 0);
		assert_false(route_request(ex, &answer));
		assert_int_equal(answer.head.status, table[i].status);
		exchange_end(ex);
		worker_release(&worker);
	}
}

/* Names and values of a response's fields after the edits. */
static void
check_response(const char *target, const char *expected)
{
	char head[128];
	struct http_field fields[] = {
		{ .name = { "Server", 6 }, .value = { "x", 1 } },
		{ .name = { "X-A", 3 }, .value = { "1", 1 } },
	};
	struct http_response res = {
		.status = 200,
		.fields = fields,
		.nfields = 2,
	};
	struct answer answer;
	struct exchange *ex;
	struct buf out = { 0 };
	char *got;

	snprintf(head, sizeof head, "GET %s HTTP/1.1\r\nHost: a.test\r\n\r\n",
	    target);
	ex = exchange_for(head, 0);
	assert_true(route_request(ex, &answer));
	edit_response(ex, &res);
	for (unsigned i = 0; i < res.nfields; i++)
		buf_printf(&out, "%.*s=%.*s ", (int)res.fields[i].name.len,
		    res.fields[i].name.p, (int)res.fields[i].value.len,
		    res.fields[i].value.p);
	exchange_end(ex);
	got = buf_detach(&out, NULL);
	assert_string_equal(got, expected);
	free(got);
}

static void
responses_fill_in_edits(void **state)
{
	(void)state;
	serve("Rewrite response\nHeader X-A \"(.)\"\n"
	      "AddHeader \"X-L: $1%[header server]%[path]\"\nEnd",
	    "Path \"^/(.)\"\nRewrite response\nHeader Server \"(.*)\"\n"
	    "AddHeader \"X-S: $1$1(1)\"\nEnd");
	check_response("/a", "Server=x X-A=1 X-S=xa X-L=1x/a ");
	worker_release(&worker);
}

static void
responses_are_edited_by_service_then_listener(void **state)
{
	(void)state;
	serve("Rewrite response\nDeleteHeader \"^Server:\"\n"
	      "AddHeader \"X-L: 1\"\nEnd",
	    "Rewrite response\nHeader X-A 1\nPath -exact /a\n"
	    "SetHeader \"X-A: 2\"\nAddHeader \"X-S: 1\"\n"
	    "Else\nAddHeader \"Server: y\"\nEnd");
	check_response("/a", "X-A=2 X-S=1 X-L=1 ");
	check_response("/b", "X-A=1 X-L=1 ");
	worker_release(&worker);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields_are_added_set_and_deleted),
		cmocka_unit_test(urls_are_edited),
		cmocka_unit_test(listeners_edit_before_services_are_chosen),
		cmocka_unit_test(services_fall_through),
		cmocka_unit_test(rewrites_have_branches),
		cmocka_unit_test(conditions_fill_in_edits),
		cmocka_unit_test(conditions_with_a_name),
		cmocka_unit_test(conditions_are_seen_once),
		cmocka_unit_test(edits_that_grow_too_large_refuse),
		cmocka_unit_test(responses_fill_in_edits),
		cmocka_unit_test(responses_are_edited_by_service_then_listener),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
