/* The control socket, its clients and its handler all in this process. */

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
#include <sys/un.h>
#include <unistd.h>

#include "../base/directory.h"
#include "base/buf.h"
#include "control.h"
#include "net/listener.h"

struct scene {
	struct loop *loop;
	struct control *control;
	struct loop_timer guard;
	struct loop_io io; /* a client that waits for its answer */
	char path[64];
	int client;
	char answer[1024];
	size_t len;
	uint32_t id;
	char verb[16];
	char arg[256];
	bool supervisor_gone;
};

static void
on_guard(void *arg)
{
	(void)arg;
	fail_msg("no answer");
}

static void
on_status(void *arg, struct buf *out)
{
	(void)arg;
	buf_append_str(out, "{}");
}

static bool
on_forward(void *arg, uint32_t id, const struct request *request)
{
	struct scene *scene = arg;

	scene->id = id;
	snprintf(scene->verb, sizeof(scene->verb), "%s", request->verb);
	snprintf(scene->arg, sizeof(scene->arg), "%s", request->arg);
	loop_stop(scene->loop);
	return !scene->supervisor_gone;
}

static int
set_up(void **state)
{
	static struct scene scene;
	const struct control_handler handler = { on_status, on_forward,
		&scene };
	struct error err;
	int fd;

	memset(&scene, 0, sizeof(scene));
	snprintf(scene.path, sizeof(scene.path), "%s/s", directory);
	fd = listener_open_unix(scene.path, 0600, &err);
	assert_true(fd != -1);
	scene.loop = loop_new();
	scene.control = control_new(scene.loop, fd, &handler);
	scene.guard.fn = on_guard;
	loop_timer_set(scene.loop, &scene.guard, 20000);
	*state = &scene;
	return 0;
}

static int
tear_down(void **state)
{
	struct scene *scene = *state;

	loop_io_del(&scene->io);
	control_free(scene->control);
	loop_timer_cancel(&scene->guard);
	loop_free(scene->loop);
	return unlink(scene->path);
}

static int
connect_client(struct scene *scene)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	memcpy(sun.sun_path, scene->path, sizeof(scene->path));
	assert_int_equal(connect(fd, (struct sockaddr *)&sun, sizeof(sun)), 0);
	return fd;
}

static int
ask(struct scene *scene, const char *text)
{
	int fd = connect_client(scene);
	ssize_t len = (ssize_t)strlen(text);

	assert_int_equal(send(fd, text, strlen(text), 0), len);
	return fd;
}

static void
on_client(void *arg, enum loop_events what)
{
	struct scene *scene = arg;
	ssize_t n;

	(void)what;
	n = recv(scene->client, scene->answer + scene->len,
	    sizeof(scene->answer) - 1 - scene->len, 0);
	if (n > 0) {
		scene->len += (size_t)n;
		return;
	}
	loop_io_del(&scene->io);
	loop_stop(scene->loop);
}

/* Runs the loop until the client has been answered and hung up on. */
static const char *
await_answer(struct scene *scene, int fd)
{
	scene->client = fd;
	scene->len = 0;
	memset(scene->answer, 0, sizeof(scene->answer));
	scene->io.fn = on_client;
	scene->io.arg = scene;
	loop_io_add(scene->loop, &scene->io, fd, LOOP_READ);
	loop_run(scene->loop);
	close(fd);
	return scene->answer;
}

static void
test_status_is_answered_at_once(void **state)
{
	struct scene *scene = *state;

	assert_string_equal(
	    await_answer(scene, ask(scene, "status\n")), "ok {}\n");
}

static void
test_a_request_in_pieces(void **state)
{
	struct scene *scene = *state;
	int fd = ask(scene, "sta");

	assert_int_equal(send(fd, "tus\n", 4, 0), 4);
	assert_string_equal(await_answer(scene, fd), "ok {}\n");
}

static void
test_other_verbs_are_forwarded(void **state)
{
	struct scene *scene = *state;
	int first, second;
	uint32_t first_id;

	first = ask(scene, "reload\n");
	loop_run(scene->loop);
	first_id = scene->id;
	assert_string_equal(scene->verb, "reload");
	second = ask(scene, "renew ha.example.org\n");
	loop_run(scene->loop);
	assert_string_equal(scene->verb, "renew");
	assert_string_equal(scene->arg, "ha.example.org");
	assert_true(scene->id != first_id);

	/* Answers find their question, in any order; others are ignored. */
	control_reply(scene->control, scene->id + 1, true, "nobody asked");
	control_reply(scene->control, scene->id, true, "renewing");
	assert_string_equal(await_answer(scene, second), "ok renewing\n");
	control_reply(
	    scene->control, first_id, false, "f:1:2: bad\nf:3:4: x\n");
	assert_string_equal(
	    await_answer(scene, first), "error f:1:2: bad\nf:3:4: x\n");
	control_reply(scene->control, first_id, true, "again");
}

static void
test_what_is_no_request(void **state)
{
	struct scene *scene = *state;
	char line[REQUEST_LINE_MAX + 1];

	assert_string_equal(await_answer(scene, ask(scene, "nonsense\n")),
	    "error unknown command\n");
	memset(line, 'x', sizeof(line));
	line[sizeof(line) - 1] = '\0';
	assert_string_equal(await_answer(scene, ask(scene, line)),
	    "error the request is too long\n");
}

static void
test_supervisor_gone(void **state)
{
	struct scene *scene = *state;

	int fd = ask(scene, "stop\n");

	scene->supervisor_gone = true;
	loop_run(scene->loop);
	assert_string_equal(
	    await_answer(scene, fd), "error the supervisor is gone\n");
}

static void
test_a_client_that_leaves(void **state)
{
	struct scene *scene = *state;

	close(connect_client(scene));
	close(ask(scene, "stat"));
	close(ask(scene, "reload\n"));
	loop_run(scene->loop);
	control_reply(scene->control, scene->id, true, "done");
	assert_string_equal(
	    await_answer(scene, ask(scene, "status\n")), "ok {}\n");
}

static void
test_connections_are_bounded(void **state)
{
	struct scene *scene = *state;
	int fds[CONTROL_CONNECTIONS_MAX];

	for (size_t i = 0; i < CONTROL_CONNECTIONS_MAX; i++)
		fds[i] = connect_client(scene);
	assert_string_equal(await_answer(scene, ask(scene, "status\n")),
	    "error too many connections\n");
	assert_int_equal(send(fds[3], "status\n", 7, 0), 7);
	assert_string_equal(await_answer(scene, fds[3]), "ok {}\n");
	fds[3] = ask(scene, "status\n");
	assert_string_equal(await_answer(scene, fds[3]), "ok {}\n");
	for (size_t i = 0; i < CONTROL_CONNECTIONS_MAX; i++)
		if (i != 3)
			close(fds[i]);
}

/* The next monitor's turn: nobody is told what is out of date, or nothing. */
static void
test_another_answers(void **state)
{
	struct scene *scene = *state;
	int silent = connect_client(scene), half = ask(scene, "sta");
	int waiting = ask(scene, "reload\n"), late;

	loop_run(scene->loop);
	control_cease(scene->control);
	assert_string_equal(await_answer(scene, silent), "again\n");
	assert_string_equal(await_answer(scene, half), "again\n");
	late = ask(scene, "status\n");
	control_reply(scene->control, scene->id, true, "reloaded");
	assert_string_equal(await_answer(scene, waiting), "ok reloaded\n");
	assert_int_equal(
	    recv(late, scene->answer, sizeof(scene->answer), MSG_DONTWAIT), -1);
	assert_int_equal(errno, EAGAIN);
	close(late);
}

static void
test_a_silent_client_is_told_so(void **state)
{
	struct scene *scene = *state;

	assert_string_equal(await_answer(scene, connect_client(scene)),
	    "error no request within 5 seconds\n");
}

/* Over a stream of the supervisor's, though nobody has asked. */
static void
test_status_for_a_job(void **state)
{
	struct scene *scene = *state;
	int ends[2];

	assert_int_equal(
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	control_tell(scene->control, ends[0]);
	assert_string_equal(await_answer(scene, ends[1]), "ok {}\n");
}

#define scene_test(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		scene_test(test_status_is_answered_at_once),
		scene_test(test_a_request_in_pieces),
		scene_test(test_other_verbs_are_forwarded),
		scene_test(test_what_is_no_request),
		scene_test(test_supervisor_gone),
		scene_test(test_a_client_that_leaves),
		scene_test(test_connections_are_bounded),
		scene_test(test_another_answers),
		scene_test(test_status_for_a_job),
		scene_test(test_a_silent_client_is_told_so),
	};

	return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
