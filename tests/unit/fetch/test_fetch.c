/*
 * Requests that get no answer, and what requests are made of. Those over TLS
 * are made to real servers by the end-to-end tests of the jobs.
 */

#include "fetch/fetch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* A bound socket of 127.0.0.1 and its port; nobody listens on it. */
static int
bound_socket(unsigned *port)
{
	struct sockaddr_in sin = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(sin);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_not_equal(fd, -1);
	assert_int_equal(bind(fd, (struct sockaddr *)&sin, len), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&sin, &len), 0);
	*port = ntohs(sin.sin_port);
	return fd;
}

static void
get(const char *method, const char *url, struct error *err)
{
	struct fetch *fetch = fetch_new(NULL, NULL);
	struct fetch_request req = { .method = method, .url = url };
	struct fetch_response res = { .status = 7 };

	assert_non_null(fetch);
	assert_int_equal(fetch_perform(fetch, &req, &res, err), -1);
	assert_int_equal(res.status, 7);
	fetch_free(fetch);
}

static void
test_only_https(void **state)
{
	static const char *const urls[] = { "http://127.0.0.1/",
		"file:///etc/passwd", "ftp://127.0.0.1/", "127.0.0.1", "",
		"https://", "HTTPS//x", "https://127.0.0.1:99999/" };
	struct error err;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
		err.kind = 0;
		get("GET", urls[i], &err);
		assert_int_equal(err.kind, ERR_SYNTAX);
	}
}

static void
check_refused(const struct fetch_request *req)
{
	struct fetch *fetch = fetch_new(NULL, NULL);
	struct fetch_response res = { 0 };
	struct error err = { 0 };

	assert_non_null(fetch);
	assert_int_equal(fetch_perform(fetch, req, &res, &err), -1);
	assert_int_equal(err.kind, ERR_SYNTAX);
	fetch_free(fetch);
}

static void
test_what_cannot_be_sent(void **state)
{
	static const char *const two[] = { "A: 1\r\nB: 2", NULL };
	static const char *const none[] = { "A", NULL };
	static const char *const nameless[] = { ": x", NULL };
	static const struct fetch_request requests[] = {
		{ .method = "TRACE" },
		{ .method = "get" },
		{ .method = "GET", .body = "x", .body_len = 1 },
		{ .method = "HEAD", .body = "x", .body_len = 1 },
		{ .method = "GET", .headers = two },
		{ .method = "GET", .headers = none },
		{ .method = "GET", .headers = nameless },
		{ .method = "GET", .user = "a:b", .password = "c" },
		{ .method = "GET", .user = "a" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
		struct fetch_request req = requests[i];

		req.url = "https://127.0.0.1/";
		check_refused(&req);
	}
}

/* Reads a request as far as its body, if it says how long that is. */
static bool
read_request(int fd, char request[4096])
{
	size_t len = 0;
	const char *end, *length;

	for (;;) {
		ssize_t n = read(fd, request + len, 4095 - len);

		if (n <= 0)
			return false;
		len += (size_t)n;
		request[len] = '\0';
		end = strstr(request, "\r\n\r\n");
		length = strstr(request, "Content-Length: 2\r\n");
		if (end != NULL && (length == NULL || strlen(end + 4) == 2))
			return true;
	}
}

/* Answers each request of a connection with the request itself. */
static void
echo(int fd)
{
	char request[4096], head[128];
	int client;

	alarm(10);
	client = accept(fd, NULL, NULL);
	while (read_request(client, request)) {
		bool bodiless = strncmp(request, "HEAD ", 5) == 0;
		int len = snprintf(head, sizeof(head),
		    "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n",
		    strlen(request));

		if (write(client, head, (size_t)len) != len ||
		    (!bodiless && write(client, request, strlen(request)) < 0))
			_exit(1);
	}
	_exit(0);
}

struct sent {
	const char *line; /* how the request begins */
	const char *has[3];
	const char *has_not[4];
};

static void
check_sent(struct fetch *fetch, unsigned port, struct fetch_request req,
    const struct sent *sent)
{
	struct fetch_response res = { 0 };
	struct error err;
	char url[64];

	snprintf(url, sizeof(url), "http://127.0.0.1:%u/x", port);
	req.url = url;
	req.plain = true;
	if (fetch_perform(fetch, &req, &res, &err) == -1)
		fail_msg("%s", err.msg);
	assert_int_equal(res.status, 200);
	if (strcmp(req.method, "HEAD") != 0)
		assert_memory_equal(res.body, sent->line, strlen(sent->line));
	for (size_t i = 0; i < 3 && sent->has[i] != NULL; i++)
		if (strstr(res.body, sent->has[i]) == NULL)
			fail_msg("no %s in %s", sent->has[i], res.body);
	for (size_t i = 0; i < 4 && sent->has_not[i] != NULL; i++)
		if (strstr(res.body, sent->has_not[i]) != NULL)
			fail_msg("%s in %s", sent->has_not[i], res.body);
	fetch_response_release(&res);
}

/* Over one connection, so that what one leaves behind the next one shows. */
static void
test_requests_leave_nothing_behind(void **state)
{
	static const char *const headers[] = { "X-Own: 1",
		"User-Agent: other/1", NULL };
	static const char own[] = "User-Agent: gatehouse/";
	static const struct {
		struct fetch_request req;
		struct sent sent;
	} rows[] = {
		{ { .method = "PUT",
		      .body = "{}",
		      .body_len = 2,
		      .content_type = "application/json",
		      .headers = headers,
		      .user = "a",
		      .password = "b?>c",
		      .family = FETCH_IPV4 },
		    { "PUT /x ",
		        { "Authorization: Basic YTpiPz5j\r\n",
		            "X-Own: 1\r\nUser-Agent: other/1",
		            "Content-Type: application/json\r\n" },
		        { own, "Expect" } } },
		{ { .method = "GET" },
		    { "GET /x ", { own },
		        { "Authorization", "X-Own", "Content-", "other/" } } },
		{ { .method = "HEAD" }, { "", { NULL }, { NULL } } },
		{ { .method = "DELETE" },
		    { "DELETE /x ", { NULL }, { "Content-", "X-Own" } } },
		{ { .method = "PATCH", .body = "[]", .body_len = 2 },
		    { "PATCH /x ", { "\r\n\r\n[]" }, { "Content-Type" } } },
		{ { .method = "DELETE", .body = "[]", .body_len = 2 },
		    { "DELETE /x ", { "\r\n\r\n[]" }, { NULL } } },
		{ { .method = "POST" },
		    { "POST /x ", { "Content-Length: 0\r\n" },
		        { "Content-Type", "Authorization" } } },
		{ { .method = "GET", .user = "ab", .password = "" },
		    { "GET /x ", { "Authorization: Basic YWI6\r\n" },
		        { "Content-" } } },
	};
	struct fetch *fetch = fetch_new(NULL, NULL);
	unsigned port;
	int fd = bound_socket(&port), status;
	pid_t pid;

	(void)state;
	assert_non_null(fetch);
	assert_int_equal(listen(fd, 1), 0);
	pid = fork();
	if (pid == 0)
		echo(fd);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		check_sent(fetch, port, rows[i].req, &rows[i].sent);
	fetch_free(fetch);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	close(fd);
}

static void
test_family(void **state)
{
	struct fetch *fetch = fetch_new(NULL, NULL);
	struct fetch_request req = { .method = "GET", .family = FETCH_IPV6 };
	struct fetch_response res = { 0 };
	struct error err;
	char url[64];
	unsigned port;
	int fd = bound_socket(&port);

	(void)state;
	assert_int_equal(listen(fd, 1), 0);
	snprintf(url, sizeof(url), "https://127.0.0.1:%u/", port);
	req.url = url;
	assert_int_equal(fetch_perform(fetch, &req, &res, &err), -1);
	assert_int_equal(err.kind, ERR_NOTFOUND);
	fetch_free(fetch);
	close(fd);
}

static void
test_refused_connection(void **state)
{
	struct error err;
	char url[128];
	unsigned port;
	int fd = bound_socket(&port);

	(void)state;
	snprintf(url, sizeof(url),
	    "https://127.0.0.1:%u/secret-path?secret=query", port);
	get("GET", url, &err);
	assert_int_equal(err.kind, ERR_NOTFOUND);
	assert_memory_equal(err.msg, "127.0.0.1: ", 11);
	assert_null(strstr(err.msg, "secret"));
	close(fd);
}

/* A proxy of the environment would see the names of all that we ask. */
static void
test_no_proxy(void **state)
{
	struct error err;
	char url[128];
	unsigned port;
	int fd = bound_socket(&port);

	(void)state;
	setenv("https_proxy", "http://proxy.invalid:1", 1);
	setenv("ALL_PROXY", "http://proxy.invalid:1", 1);
	snprintf(url, sizeof(url), "https://127.0.0.1:%u/", port);
	get("GET", url, &err);
	assert_null(strstr(err.msg, "proxy"));
	close(fd);
}

static void
test_peer_without_tls(void **state)
{
	static const char plain[] = "HTTP/1.1 400 Bad Request\r\n\r\n";
	struct error err;
	char url[128], hello[4096];
	unsigned port;
	int fd = bound_socket(&port), status;
	pid_t pid;

	(void)state;
	assert_int_equal(listen(fd, 1), 0);
	pid = fork();
	if (pid == 0) {
		int client;

		alarm(10);
		client = accept(fd, NULL, NULL);

		if (read(client, hello, sizeof(hello)) <= 0 ||
		    write(client, plain, strlen(plain)) < 0)
			_exit(1);
		_exit(0);
	}
	snprintf(url, sizeof(url), "https://127.0.0.1:%u/", port);
	get("GET", url, &err);
	assert_int_equal(err.kind, ERR_SYS);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	close(fd);
}

static void
test_ca_file_that_is_missing(void **state)
{
	struct error err;

	(void)state;
	assert_null(fetch_new("/no/such/file.pem", &err));
	assert_int_equal(err.kind, ERR_SYS);
	assert_non_null(strstr(err.msg, "/no/such/file.pem"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_only_https),
		cmocka_unit_test(test_what_cannot_be_sent),
		cmocka_unit_test(test_requests_leave_nothing_behind),
		cmocka_unit_test(test_family),
		cmocka_unit_test(test_refused_connection),
		cmocka_unit_test(test_no_proxy),
		cmocka_unit_test(test_peer_without_tls),
		cmocka_unit_test(test_ca_file_that_is_missing),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
