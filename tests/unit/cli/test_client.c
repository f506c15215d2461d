/* The command's end of the control socket, against a server of ours. */

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

#include "../base/directory.h"
#include "client.h"
#include "command.h"
#include "net/listener.h"
#include "reach.h"

struct scene {
	int fd;
	char path[64];
	unsigned again;     /* how often the server says so first */
	const char *answer; /* what the server says */
	char request[128];  /* what it was asked */
	pthread_t thread;
};

/* One connection; false if nobody came. */
static bool
serve_one(struct scene *scene, const char *answer)
{
	struct addr peer;
	fd_set readable;
	int conn;

	FD_ZERO(&readable);
	FD_SET(scene->fd, &readable);
	if (select(scene->fd + 1, &readable, NULL, NULL, NULL) != 1)
		return false;
	conn = listener_accept(scene->fd, &peer);
	FD_ZERO(&readable);
	FD_SET(conn, &readable);
	if (select(conn + 1, &readable, NULL, NULL, NULL) == 1 &&
	    recv(conn, scene->request, sizeof(scene->request) - 1, 0) > 0)
		send(conn, answer, strlen(answer), MSG_NOSIGNAL);
	close(conn);
	return true;
}

static void *
serve(void *arg)
{
	struct scene *scene = arg;

	while (scene->again > 0 && serve_one(scene, "again\n"))
		scene->again--;
	serve_one(scene, scene->answer);
	return NULL;
}

static int
set_up(void **state)
{
	static struct scene scene;
	struct error err;

	memset(&scene, 0, sizeof(scene));
	snprintf(scene.path, sizeof(scene.path), "%s/control.sock", directory);
	scene.fd = listener_open_unix(scene.path, 0600, &err);
	assert_true(scene.fd != -1);
	*state = &scene;
	return 0;
}

static int
tear_down(void **state)
{
	struct scene *scene = *state;

	close(scene->fd);
	return unlink(scene->path);
}

static int
ask(struct scene *scene, const char *says, struct client_answer *answer,
    struct error *err)
{
	int rc;

	scene->answer = says;
	assert_int_equal(pthread_create(&scene->thread, NULL, serve, scene), 0);
	rc = client_ask(scene->path, "renew x.org", answer, err);
	assert_int_equal(pthread_join(scene->thread, NULL), 0);
	assert_string_equal(scene->request, "renew x.org\n");
	return rc;
}

static void
test_answers(void **state)
{
	struct client_answer answer;

	assert_int_equal(ask(*state, "ok renewing\n", &answer, NULL), 0);
	assert_true(answer.ok);
	assert_string_equal(answer.text, "renewing\n");
	free(answer.text);
	assert_int_equal(
	    ask(*state, "error f:1:2: a\nf:3:4: b\n", &answer, NULL), 0);
	assert_false(answer.ok);
	assert_string_equal(answer.text, "f:1:2: a\nf:3:4: b\n");
	free(answer.text);
}

static void
test_no_answer(void **state)
{
	struct client_answer answer;
	struct error err;

	assert_int_equal(ask(*state, "", &answer, &err), -1);
	assert_int_equal(err.kind, ERR_PROTOCOL);
	assert_int_equal(ask(*state, "okay\n", &answer, &err), -1);
	assert_int_equal(err.kind, ERR_PROTOCOL);
}

/* A reload has ended meanwhile: the next monitor is asked, but not for ever. */
static void
test_again(void **state)
{
	struct scene *scene = *state;
	struct client_answer answer;
	struct error err;

	scene->again = 2;
	assert_int_equal(ask(scene, "ok renewing\n", &answer, NULL), 0);
	assert_int_equal(scene->again, 0);
	assert_string_equal(answer.text, "renewing\n");
	free(answer.text);
	scene->again = 4;
	assert_int_equal(ask(scene, "again\n", &answer, &err), -1);
	assert_int_equal(err.kind, ERR_PROTOCOL);
}

static void
test_nobody_listens(void **state)
{
	struct scene *scene = *state;
	struct client_answer answer;
	struct error err;

	close(scene->fd);
	assert_int_equal(client_ask(scene->path, "status", &answer, &err), -1);
	assert_int_equal(err.kind, ERR_NOTFOUND);
	assert_non_null(strstr(err.msg, scene->path));
	assert_int_equal(
	    client_ask("/nonexistent/x.sock", "status", &answer, &err), -1);
	assert_int_equal(err.kind, ERR_NOTFOUND);
	scene->fd = -1;
}

/* A file that leads to the server, and may be broken meanwhile. */
static void
write_file(char file[64])
{
	FILE *out;

	snprintf(file, 64, "%s/x.conf", directory);
	out = fopen(file, "w");
	assert_non_null(out);
	fprintf(out, "Nonsense 5\nStateDir \"%s\"\nListenHTTP\n", directory);
	assert_int_equal(fclose(out), 0);
}

static void
test_the_socket_is_found_by_the_configuration(void **state)
{
	struct scene *scene = *state;
	struct client_answer answer;
	char file[64];

	write_file(file);
	scene->answer = "ok {}\n";
	assert_int_equal(pthread_create(&scene->thread, NULL, serve, scene), 0);
	assert_int_equal(
	    client_ask_gateway(file, "status", &answer), EXIT_GOOD);
	assert_int_equal(pthread_join(scene->thread, NULL), 0);
	assert_string_equal(answer.text, "{}\n");
	free(answer.text);
	unlink(file);
}

/* What is asked of an authority comes back in three ways. */
static void
test_reach(void **state)
{
	static const struct {
		const char *says;
		enum reach_end end;
		const char *evidence, *advice;
	} cases[] = {
		{ "ok x.org is reached at port 443\n", REACH_REACHED,
		    "x.org is reached at port 443", "" },
		{ "error not reached: x.org: timeout\nForward the port.\n",
		    REACH_NOT, "x.org: timeout", "Forward the port." },
		{ "error not reached: x.org: timeout\n", REACH_NOT,
		    "x.org: timeout", "" },
		{ "error the CA is ill\n", REACH_UNKNOWN, "the CA is ill", "" },
	};
	struct scene *scene = *state;
	struct reach reach;
	char file[64];

	write_file(file);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		scene->answer = cases[i].says;
		memset(scene->request, 0, sizeof(scene->request));
		assert_int_equal(
		    pthread_create(&scene->thread, NULL, serve, scene), 0);
		reach_look(file, "x.org", "tls-alpn-01", &reach);
		assert_int_equal(pthread_join(scene->thread, NULL), 0);
		assert_string_equal(
		    scene->request, "reach x.org tls-alpn-01\n");
		assert_int_equal(reach.end, cases[i].end);
		assert_string_equal(reach.evidence, cases[i].evidence);
		assert_string_equal(reach.advice, cases[i].advice);
		reach_release(&reach);
	}
	unlink(file);
	reach_look(file, "x.org", "http-01", &reach);
	assert_int_equal(reach.end, REACH_UNKNOWN);
	assert_string_equal(reach.advice, "");
	reach_release(&reach);
}

#define scene_test(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		scene_test(test_answers),
		scene_test(test_no_answer),
		scene_test(test_again),
		scene_test(test_nobody_listens),
		scene_test(test_the_socket_is_found_by_the_configuration),
		scene_test(test_reach),
	};

	return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
