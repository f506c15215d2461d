/* Lines of the access log, and the file that they go to. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "accesslog.h"
#include "client.h"
#include "scene.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define SECTIONS                                                               \
	"ListenHTTP \"front\"\nPort 80\n%s"                                    \
	"Service \"home\"\n%s"                                                 \
	"BackEnd\nAddress 192.0.2.1\nPort 8123\nEnd\nEnd\nEnd\n"
#define HEAD                                                                   \
	"GET /api?token=t&x=1 HTTP/1.1\r\nHost: ha.test\r\n"                   \
	"User-Agent: a \"b\"\r\nReferer: https://r/?code=1\r\n"                \
	"Cookie: secret\r\n\r\n"

static char text[16384]; /* of the configuration: it must outlive it */

static struct exchange *
scene(const char *top, const char *in_listener, const char *in_service)
{
	size_t len = (size_t)snprintf(text, sizeof(text), "%s\n", top);
	struct exchange *ex;

	snprintf(
	    text + len, sizeof(text) - len, SECTIONS, in_listener, in_service);
	worker_for(text);
	ex = exchange_for(HEAD, 0);
	ex->from = ex->peer;
	ex->host = "ha.test";
	ex->service = worker.config->listeners->services;
	ex->status = 200;
	ex->sent = 512;
	return ex;
}

static void
finish(struct exchange *ex)
{
	exchange_free(ex);
	buf_clear(&worker.logfile.lines);
	worker_release(&worker);
}

/* What was gathered, as a text. */
static const char *
lines(void)
{
	buf_append(&worker.logfile.lines, "", 1);
	worker.logfile.lines.tail--;
	return (const char *)buf_data(&worker.logfile.lines);
}

static void
check(const char *format, const char *expected)
{
	char top[600];
	struct exchange *ex;

	snprintf(
	    top, sizeof(top), "LogFormat \"f\" \"%s\"\nLogLevel f", format);
	ex = scene(top, "", "");
	accesslog_write(ex);
	assert_string_equal(lines(), expected);
	finish(ex);
}

static void
test_items(void **state)
{
	(void)state;
	check("%a %h %l %u", "203.0.113.9 203.0.113.9 - -\n");
	check("%m %U%q %H|%r",
	    "GET /api?token=...&x=1 HTTP/1.1|"
	    "GET /api?token=...&x=1 HTTP/1.1\n");
	check("%s %>s %b %B", "200 HTTP/1.1 200 OK 512 512\n");
	check("%{User-Agent}i %{REFERER}i %{cookie}i %{None}I",
	    "a \\x22b\\x22 https://r/?code=... ... -\n");
	check(
	    "%v %{listener}N %{service}N %{backend}N", "front front home -\n");
	check("%{listener}L %{service}L %{backend}L", "test:3:1 test:5:1 -\n");
	check("%{host}x %{sni}x %{tls}x %{received}x %{upstream}x",
	    "ha.test - - 0 -\n");
	check("%T %{s}T %%", "0 0 %\n");
	check("%A", "::\n");
}

static void
test_levels(void **state)
{
	static const char *const expected[] = { "",
		"203.0.113.9 \"GET /api?token=...&x=1 HTTP/1.1\" 200\n",
		("203.0.113.9 \"GET /api?token=...&x=1 HTTP/1.1\" 200 "
		 "(ha.test -> -) in 0 out 512, ") };
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(expected); i++) {
		char level[32];
		struct exchange *ex;

		snprintf(level, sizeof(level), "LogLevel %zu", i);
		ex = scene(level, "", "");
		accesslog_write(ex);
		assert_true(
		    strncmp(lines(), expected[i], strlen(expected[i])) == 0);
		if (i < 2)
			assert_int_equal(strlen(lines()), strlen(expected[i]));
		finish(ex);
	}
}

static void
test_a_refused_request_has_a_line(void **state)
{
	struct exchange *ex = scene("LogLevel 4", "", "");
	struct client client = { .worker = &worker,
		.listener = &worker.listeners[0],
		.peer = "203.0.113.9" };

	(void)state;
	accesslog_refused(&client, 400);
	assert_memory_equal(lines(), "203.0.113.9 - - [", 17);
	assert_non_null(strstr(lines(), "] \"-\" 400 - \"-\" \"-\"\n"));
	finish(ex);
}

static void
test_suppressed(void **state)
{
	static const struct {
		const char *listener, *service;
		unsigned status;
		bool written;
	} cases[] = {
		{ "", "", 200, true },
		{ "LogSuppress success\n", "", 200, false },
		{ "LogSuppress success\n", "", 404, true },
		{ "", "LogSuppress 2\n", 204, false },
		{ "LogSuppress info\n", "LogSuppress clterr srverr\n", 503,
		    false },
		{ "LogSuppress info\n", "LogSuppress clterr srverr\n", 101,
		    false },
		{ "LogSuppress info\n", "LogSuppress clterr srverr\n", 302,
		    true },
		{ "", "LogSuppress all\n", 0, false },
		{ "", "LogSuppress all\n", 999, false },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		struct exchange *ex =
		    scene("LogLevel 1", cases[i].listener, cases[i].service);

		ex->status = cases[i].status;
		accesslog_write(ex);
		assert_int_equal(lines()[0] != '\0', cases[i].written);
		finish(ex);
	}
}

static void
test_fields_of_the_response(void **state)
{
	struct http_field fields[] = {
		{ { "Age", 3 }, { "7", 1 }, HTTP_OTHER },
		{ { "set-cookie", 10 }, { "a=b", 3 }, HTTP_OTHER },
	};
	const struct http_response res = { .fields = fields, .nfields = 2 };
	struct exchange *ex = scene(
	    "LogFormat \"o\" \"%{age}o %{Set-Cookie}o %{X}o\"\nLogLevel o", "",
	    "");

	(void)state;
	accesslog_note(ex, &res);
	fields[0].value.p = "8";
	accesslog_write(ex);
	assert_string_equal(lines(), "7 ... -\n");
	finish(ex);
}

static void
test_users(void **state)
{
	static const struct {
		const char *user, *format, *expected;
	} cases[] = {
		{ NULL, "%u", "-\n" },
		{ "", "%u", "-\n" },
		{ "ann", "- %u -", "- ann -\n" },
		{ "a - [x] \"b\"\\\xff", "%u",
		    "a\\x20-\\x20[x]\\x20\\x22b\\x22\\x5c\\xff\n" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char top[200];
		struct exchange *ex;

		snprintf(top, sizeof(top), "LogFormat \"f\" \"%s\"\nLogLevel f",
		    cases[i].format);
		ex = scene(top, "", "");
		ex->user = cases[i].user;
		accesslog_write(ex);
		assert_string_equal(lines(), cases[i].expected);
		finish(ex);
	}
}

/* The longest values that a peer can make, each of them: still one object. */
static void
test_json_is_never_cut(void **state)
{
	static char head[40000], host[254];
	struct exchange *ex;
	size_t n, used;

	(void)state;
	ex = scene("LogLevel json", "", "");
	memset(host, 'h', sizeof(host) - 1);
	used = (size_t)snprintf(head, sizeof(head), "GET /");
	memset(head + used, '\'', 2000);
	head[used + 2000] = '?';
	memset(head + used + 2001, '~', 2000);
	used += 4001;
	used += (size_t)snprintf(head + used, sizeof(head) - used,
	    " HTTP/1.1\r\nHost: h\r\nUser-Agent: ");
	memset(head + used, '\xff', 2000);
	used += 2000;
	used +=
	    (size_t)snprintf(head + used, sizeof(head) - used, "\r\nReferer: ");
	memset(head + used, '"', 2000);
	used += 2000;
	snprintf(head + used, sizeof(head) - used, "\r\n\r\n");
	exchange_free(ex);
	ex = exchange_for(head, 0);
	ex->from = ex->peer;
	ex->host = host;
	ex->status = 200;
	ex->tls_version = "TLSv1.3";
	accesslog_write(ex);
	n = strlen(lines());
	assert_in_range(n, 3000, 3900);
	assert_memory_equal(lines() + n - 6, "...\"}\n", 6);
	finish(ex);
}

static void
test_a_file_gets_the_time(void **state)
{
	int fd = memfd_create("log", MFD_CLOEXEC);
	struct exchange *ex = scene("LogLevel 1", "", "");
	char got[512] = "";
	(void)state;
	logfile_set(&worker.logfile, dup(fd));
	accesslog_write(ex);
	exchange_free(ex);
	worker_release(&worker);
	assert_true(pread(fd, got, sizeof(got) - 1, 0) > 0);
	assert_memory_equal(got + 4, "-", 1);
	assert_non_null(strstr(got, "Z 203.0.113.9 \"GET"));
	assert_int_equal(got[strlen(got) - 1], '\n');
	close(fd);
}

static void
test_a_full_disk_loses_lines_and_nothing_else(void **state)
{
	int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
	int fd = memfd_create("log", MFD_CLOEXEC);
	struct exchange *ex = scene("LogLevel 1", "", "");
	struct logfile *file = &worker.logfile;

	(void)state;
	assert_int_not_equal(full, -1);
	logfile_set(file, full);
	accesslog_write(ex);
	accesslog_write(ex);
	logfile_set(file, dup(fd));
	assert_int_equal(file->lost, 2);
	assert_int_equal(buf_len(&file->lines), 0);
	accesslog_write(ex);
	exchange_free(ex);
	worker_release(&worker);
	assert_int_equal(file->lost, 0);
	assert_true(lseek(fd, 0, SEEK_END) > 0);
	close(fd);
}

/* What a full disk left of a line is ended before the next one. */
static void
test_a_torn_line_is_ended(void **state)
{
	int fd = memfd_create("log", MFD_CLOEXEC);
	struct exchange *ex = scene("LogLevel 1", "", "");
	struct logfile *file = &worker.logfile;
	char got[512] = "";

	(void)state;
	assert_int_equal(write(fd, "half", 4), 4);
	logfile_set(file, dup(fd));
	file->torn = true;
	accesslog_write(ex);
	exchange_free(ex);
	worker_release(&worker);
	assert_true(pread(fd, got, sizeof(got) - 1, 0) > 5);
	assert_memory_equal(got, "half\n20", 7);
	close(fd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_items),
		cmocka_unit_test(test_levels),
		cmocka_unit_test(test_a_refused_request_has_a_line),
		cmocka_unit_test(test_suppressed),
		cmocka_unit_test(test_fields_of_the_response),
		cmocka_unit_test(test_users),
		cmocka_unit_test(test_json_is_never_cut),
		cmocka_unit_test(test_a_file_gets_the_time),
		cmocka_unit_test(test_a_full_disk_loses_lines_and_nothing_else),
		cmocka_unit_test(test_a_torn_line_is_ended),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
