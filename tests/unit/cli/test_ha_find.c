/* Looking where somebody says, at a server of ours. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ha_find.h"

#define MANIFEST                                                               \
	"HTTP/1.1 200 OK\r\nContent-Length: 25\r\n\r\n"                        \
	"{\"name\":\"Home Assistant\"}"
#define SOCKET                                                                 \
	"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"           \
	"Connection: Upgrade\r\n\r\n"
#define REQUIRED "{\"type\":\"auth_required\",\"ha_version\":\"2026.9.1\"}"
#define REFUSAL "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"

struct home {
	int fd;
	char place[32];
	const char *manifest; /* what it answers; without X-Forwarded-For … */
	const char *proxied;  /* … and with */
	const char *socket;
	char said[4096]; /* all requests */
	pthread_t thread;
};

static const char *
choose(const struct home *home, const char *request)
{
	if (strstr(request, "GET /api/websocket ") != NULL)
		return home->socket;
	return strstr(request, "X-Forwarded-For: ") != NULL ? home->proxied
	                                                    : home->manifest;
}

static void
converse(struct home *home, int fd)
{
	char request[1024] = "";
	size_t len = 0;
	const char *answer;

	while (strstr(request, "\r\n\r\n") == NULL) {
		ssize_t n =
		    recv(fd, request + len, sizeof(request) - 1 - len, 0);

		if (n <= 0)
			return;
		len += (size_t)n;
		request[len] = '\0';
		if (request[0] != 'G')
			return; /* TLS */
	}
	strncat(
	    home->said, request, sizeof(home->said) - 1 - strlen(home->said));
	answer = choose(home, request);
	send(fd, answer, strlen(answer), MSG_NOSIGNAL);
}

/* Until the socket is shut down. */
static void *
serve(void *arg)
{
	struct home *home = arg;
	int fd;

	while ((fd = accept(home->fd, NULL, NULL)) != -1) {
		converse(home, fd);
		close(fd);
	}
	return NULL;
}

static int
set_up(void **state)
{
	static struct home home;
	struct sockaddr_in in = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(in);

	home = (struct home){ .manifest = MANIFEST,
		.proxied = REFUSAL,
		.socket = SOCKET "\x81\x30" REQUIRED };
	home.fd = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(bind(home.fd, (struct sockaddr *)&in, len), 0);
	assert_int_equal(listen(home.fd, 8), 0);
	getsockname(home.fd, (struct sockaddr *)&in, &len);
	snprintf(
	    home.place, sizeof(home.place), "127.0.0.1:%u", ntohs(in.sin_port));
	*state = &home;
	return pthread_create(&home.thread, NULL, serve, &home);
}

static int
tear_down(void **state)
{
	struct home *home = *state;

	shutdown(home->fd, SHUT_RDWR);
	pthread_join(home->thread, NULL);
	close(home->fd);
	return 0;
}

static void
find(const char *given, struct ha_found *found)
{
	struct error err;

	if (ha_find(given, found, &err) == -1)
		fail_msg("%s: %s", given, err.msg);
}

static void
expect_nothing(const char *given, const char *why)
{
	struct ha_found found;
	struct error err;

	assert_int_equal(ha_find(given, &found, &err), -1);
	assert_int_equal(err.kind, ERR_NOTFOUND);
	if (strstr(err.msg, why) == NULL)
		fail_msg("%s", err.msg);
	assert_non_null(strstr(err.msg, "--backend ADDRESS:PORT"));
}

static void
test_what_is_known_of_it(void **state)
{
	struct home *home = *state;
	struct ha_found found;
	char ip[ADDR_TEXT_SIZE];

	find(home->place, &found);
	assert_string_equal(found.place, home->place);
	assert_string_equal(found.version, "2026.9.1");
	assert_string_equal(addr_ip_text(&found.local, ip), "127.0.0.1");
	assert_false(found.tls);
	assert_false(found.trusts);
	ha_found_release(&found);

	/* Nothing that it would answer with 401, and no login. */
	assert_null(strstr(home->said, "Authorization"));
	assert_non_null(strstr(home->said, "X-Forwarded-For: 127.0.0.1\r\n"));
}

static void
test_it_trusts_us(void **state)
{
	struct home *home = *state;
	struct ha_found found;
	char url[64];

	home->proxied = MANIFEST;
	home->socket = REFUSAL;
	snprintf(url, sizeof(url), "http://%s/lovelace", home->place);
	find(url, &found);
	assert_true(found.trusts);
	assert_string_equal(found.version, "");
	ha_found_release(&found);
}

static void
test_something_else(void **state)
{
	struct home *home = *state;
	char url[64];

	home->manifest = "HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n";
	snprintf(url, sizeof(url), "http://%s", home->place);
	expect_nothing(url, "answers with 302, and is not Home Assistant");
	home->manifest = "\r\n\r\n220 smtp\r\n\r\n";
	expect_nothing(url, "what it answers is not HTTP");
}

static void
test_nobody(void **state)
{
	struct home *home = *state;

	tear_down(state);
	expect_nothing(home->place, "Connection refused");
	assert_int_equal(set_up(state), 0);
}

static void
test_both_are_tried(void **state)
{
	struct home *home = *state;
	char second[64];

	home->manifest = REFUSAL;
	snprintf(second, sizeof(second), "; https://%s: ", home->place);
	expect_nothing(home->place, second);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_what_is_known_of_it),
		TEST(test_it_trusts_us),
		TEST(test_something_else),
		TEST(test_nobody),
		TEST(test_both_are_tried),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
