/* The status over HTTP: clients, server and documents all in this process. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "net/addr.h"
#include "net/listener.h"
#include "web.h"

struct scene {
	struct loop *loop;
	struct web *web;
	struct loop_timer guard;
	struct loop_io io;
	struct addr addr;
	int client;
	char answer[8192];
	size_t len;
	const char *until; /* stops when the answer ends so; NULL: at FIN */
	bool ended;
	bool stranger; /* the handler admits nobody */
};

static void
on_guard(void *arg)
{
	fail_msg("no answer, but %s", ((struct scene *)arg)->answer);
}

static bool
on_admits(void *arg, const char *address)
{
	assert_string_equal(address, "127.0.0.1");
	return !((struct scene *)arg)->stranger;
}

static bool
on_is_named(void *arg, const char *host)
{
	(void)arg;
	return strcmp(host, "gw.test") == 0;
}

static bool
on_render(void *arg, struct slice path, struct buf *out,
    struct web_document *document)
{
	(void)arg;
	if (!slice_eq(path, "/x"))
		return false;
	buf_append_str(out, "{the document}");
	document->type = "text/x";
	return true;
}

static int
set_up(void **state)
{
	static struct scene scene;
	const struct web_handler handler = { on_admits, on_is_named, on_render,
		&scene };
	int fd;

	memset(&scene, 0, sizeof(scene));
	addr_parse(&scene.addr, "127.0.0.1", 0);
	fd = listener_open(&scene.addr, false, NULL);
	assert_int_not_equal(fd, -1);
	listener_addr(fd, &scene.addr);
	scene.loop = loop_new();
	scene.web = web_new(scene.loop, fd, &handler);
	scene.guard.fn = on_guard;
	scene.guard.arg = &scene;
	loop_timer_set(scene.loop, &scene.guard, 20000);
	scene.client = -1;
	*state = &scene;
	return 0;
}

static int
tear_down(void **state)
{
	struct scene *scene = *state;

	loop_io_del(&scene->io);
	if (scene->client != -1)
		close(scene->client);
	web_free(scene->web);
	loop_timer_cancel(&scene->guard);
	loop_free(scene->loop);
	return 0;
}

static int
connect_client(struct scene *scene)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(connect(fd, &scene->addr.u.sa, scene->addr.len), 0);
	return fd;
}

static void
on_client(void *arg, enum loop_events what)
{
	struct scene *scene = arg;
	ssize_t n = recv(scene->client, scene->answer + scene->len,
	    sizeof(scene->answer) - 1 - scene->len, MSG_DONTWAIT);
	size_t len = scene->until == NULL ? 0 : strlen(scene->until);

	(void)what;
	if (n == -1 && errno == EAGAIN)
		return;
	scene->ended = n <= 0;
	if (n > 0)
		scene->len += (size_t)n;
	scene->answer[scene->len] = '\0';
	if (scene->ended ||
	    (len > 0 && scene->len >= len &&
	        strcmp(scene->answer + scene->len - len, scene->until) == 0))
		loop_stop(scene->loop);
}

/* Sends on the scene's connection; what has come when it ended so. */
static const char *
ask(struct scene *scene, const char *request, const char *until)
{
	if (scene->client == -1) {
		scene->client = connect_client(scene);
		scene->io.fn = on_client;
		scene->io.arg = scene;
		loop_io_add(scene->loop, &scene->io, scene->client, LOOP_READ);
	}
	scene->until = until;
	scene->len = 0;
	scene->answer[0] = '\0';
	assert_int_equal(
	    send(scene->client, request, strlen(request), MSG_NOSIGNAL),
	    strlen(request));
	loop_run(scene->loop);
	return scene->answer;
}

#define assert_begins(text, with) assert_memory_equal(text, with, strlen(with))

static void
test_a_document(void **state)
{
	struct scene *scene = *state;
	const char *answer;

	answer = ask(
	    scene, "GET /x?y HTTP/1.1\r\nHost: localhost\r\n\r\n", "document}");

	assert_string_equal(answer,
	    "HTTP/1.1 200 OK\r\n"
	    "Content-Type: text/x\r\n"
	    "Content-Length: 14\r\n"
	    "Cache-Control: no-store\r\n"
	    "X-Content-Type-Options: nosniff\r\n"
	    "Referrer-Policy: no-referrer\r\n"
	    "Content-Security-Policy: default-src 'none'\r\n"
	    "\r\n{the document}");
	/* Twice more on the same connection, at once. */
	answer = ask(scene,
	    "GET /x HTTP/1.1\r\nHost: 127.0.0.1:1\r\n\r\n"
	    "HEAD /x HTTP/1.1\r\nHost: [::1]\r\nConnection: close\r\n\r\n",
	    NULL);
	assert_non_null(strstr(answer, "\r\n\r\n{the document}HTTP/1.1 200 "));
	assert_non_null(strstr(answer, "Connection: close\r\n\r\n"));
	assert_string_equal(answer + scene->len - 4, "\r\n\r\n");
}

/* A request and the answer's first line; it may end the connection. */
static const struct {
	const char *request;
	const char *answer;
	bool ends;
} cases[] = {
	{ "GET /x HTTP/1.1\r\nHost: gw.test\r\n\r\n", "200 OK", false },
	{ "GET /x HTTP/1.1\r\nHost: GW.Test:8080\r\n\r\n", "200 OK", false },
	{ "GET /x HTTP/1.0\r\n\r\n", "200 OK", true },
	{ "GET /x HTTP/1.0\r\nHost: evil.test\r\n\r\n", "421 ", true },
	{ "GET /x HTTP/1.1\r\nHost: evil.test\r\n\r\n", "421 ", true },
	{ "GET /x HTTP/1.1\r\nHost: gw.test.evil.test\r\n\r\n", "421 ", true },
	{ "GET http://evil.test/x HTTP/1.1\r\nHost: gw.test\r\n\r\n", "421 ",
	    true },
	{ "GET /x HTTP/1.1\r\n\r\n", "400 ", true },
	{ "GET /x HTTP/1.1\r\nHost:\r\n\r\n", "400 ", true },
	{ "GET /x HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n",
	    "400 ", true },
	{ "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", "404 ", false },
	{ "POST /x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n",
	    "405 ", false },
	{ "GET /x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n\r\n",
	    "413 ", true },
	{ "GET /x HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked"
	  "\r\n\r\n",
	    "413 ", true },
	{ "GET /x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n"
	  "Transfer-Encoding: chunked\r\n\r\n",
	    "400 ", true },
	{ "GET /x HTTP/1.1\nHost: localhost\r\n\r\n", "400 ", true },
	{ "\x16\x03\x01 hello", "400 ", true },
};

static void
test_requests(void **state)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct scene *scene;
		const char *answer;

		set_up(state);
		scene = *state;
		answer = ask(scene, cases[i].request,
		    cases[i].ends                   ? NULL
		        : cases[i].answer[0] == '2' ? "document}"
		                                    : "\n");
		assert_begins(answer, "HTTP/1.1 ");
		if (strncmp(answer + 9, cases[i].answer,
		        strlen(cases[i].answer)) != 0)
			fail_msg("%s: %s", cases[i].request, answer);
		assert_int_equal(
		    strstr(answer, "Connection: close") != NULL, cases[i].ends);
		assert_int_equal(scene->ended, cases[i].ends);
		tear_down(state);
	}
}

static void
test_bounds(void **state)
{
	static char head[2 * WEB_HEAD_MAX];
	struct scene *scene = *state;
	int n = snprintf(
	    head, sizeof(head), "GET /x HTTP/1.1\r\nHost: localhost\r\nX: ");

	memset(head + n, 'x', (size_t)(WEB_HEAD_MAX - n));
	assert_begins(ask(scene, head, NULL), "HTTP/1.1 431 ");
}

static void
test_strangers(void **state)
{
	struct scene *scene = *state;

	scene->stranger = true;
	assert_begins(
	    ask(scene, "GET /x HTTP/1.1\r\nHost: localhost\r\n\r\n", NULL),
	    "HTTP/1.1 403 ");
}

/* One more than there may be is closed; when one goes, the next may come. */
static void
test_many_connections(void **state)
{
	struct scene *scene = *state;
	int fds[WEB_CONNECTIONS_MAX];
	char byte;

	for (int i = 0; i < WEB_CONNECTIONS_MAX; i++)
		fds[i] = connect_client(scene);
	assert_string_equal(
	    ask(scene, "GET /x HTTP/1.1\r\nHost: localhost\r\n\r\n", NULL), "");
	loop_io_del(&scene->io);
	close(scene->client);
	scene->client = -1;
	send(fds[0], "?", 1, MSG_NOSIGNAL);
	for (int i = 1; i < WEB_CONNECTIONS_MAX; i++) {
		assert_int_equal(recv(fds[i], &byte, 1, MSG_DONTWAIT), -1);
		close(fds[i]);
	}
	assert_begins(
	    ask(scene, "GET /x HTTP/1.0\r\nHost: localhost\r\n\r\n", NULL),
	    "HTTP/1.1 200 ");
	close(fds[0]);
}

#define scene_test(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		scene_test(test_a_document),
		cmocka_unit_test(test_requests),
		scene_test(test_bounds),
		scene_test(test_strangers),
		scene_test(test_many_connections),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
