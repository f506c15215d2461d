/*
 * Requests that get no answer. Those that do are made to real servers by the
 * end-to-end tests of the jobs.
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
test_methods(void **state)
{
	struct error err;

	(void)state;
	get("DELETE", "https://127.0.0.1/", &err);
	assert_int_equal(err.kind, ERR_SYNTAX);
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
		cmocka_unit_test(test_methods),
		cmocka_unit_test(test_refused_connection),
		cmocka_unit_test(test_no_proxy),
		cmocka_unit_test(test_peer_without_tls),
		cmocka_unit_test(test_ca_file_that_is_missing),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
