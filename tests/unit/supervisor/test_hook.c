/* Programs of the person: what they get, and what becomes of them. */

#include "hook.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "child.h"

struct scene {
	struct loop *loop;
	struct children children;
	struct loop_timer patience;
	char said[64]; /* a file */
	bool ended;
	char error[128];
};

static void
on_patience(void *arg)
{
	(void)arg;
	fail_msg("the hook did not end");
}

static void
on_done(void *arg, const char *error)
{
	struct scene *scene = arg;

	scene->ended = true;
	snprintf(scene->error, sizeof(scene->error), "%s",
	    error != NULL ? error : "");
	loop_stop(scene->loop);
}

static int
set_up(void **state)
{
	struct scene *scene = calloc(1, sizeof(*scene));
	int fd;

	snprintf(scene->said, sizeof(scene->said), "/tmp/hook.XXXXXX");
	fd = mkstemp(scene->said);
	assert_int_not_equal(fd, -1);
	close(fd);
	scene->loop = loop_new();
	assert_int_equal(
	    children_init(&scene->children, scene->loop, "/", NULL), 0);
	scene->patience.fn = on_patience;
	loop_timer_set(scene->loop, &scene->patience, 20000);
	*state = scene;
	return 0;
}

static int
tear_down(void **state)
{
	struct scene *scene = *state;

	loop_timer_cancel(&scene->patience);
	children_release(&scene->children);
	loop_free(scene->loop);
	unlink(scene->said);
	free(scene);
	return 0;
}

/* Starts a shell with this script, whose $1 is the file. */
static struct hook *
start(struct scene *scene, const char *script, int64_t timeout_ms)
{
	const char *const argv[] = { "/bin/sh", "-c", script, "sh", scene->said,
		NULL };
	const char *const env[] = { "GATEHOUSE_EVENT=issued", NULL };
	const struct hook_spec spec = {
		.argv = argv,
		.env = env,
		.uid = (uid_t)-1,
		.gid = (gid_t)-1,
		.timeout_ms = timeout_ms,
		.done = on_done,
		.arg = scene,
	};
	struct hook *hook = hook_start(&scene->children, &spec, NULL);

	assert_non_null(hook);
	return hook;
}

static const char *
said(const struct scene *scene)
{
	static char text[4096];
	struct buf buf = { 0 };

	assert_int_equal(
	    file_read(scene->said, sizeof(text) - 1, &buf, NULL), 0);
	memcpy(text, buf_data(&buf), buf_len(&buf));
	text[buf_len(&buf)] = '\0';
	buf_release(&buf);
	return text;
}

/* No variable and no descriptor of ours, and a session of its own. */
static void
test_what_it_gets(void **state)
{
	struct scene *scene = *state;
	int ours[2];

	setenv("SECRET", "s", 1);
	assert_int_equal(pipe(ours), 0);
	start(scene,
	    "{ echo \"$GATEHOUSE_EVENT,$SECRET,$(pwd)\";"
	    " [ -e /proc/self/fd/3 ] || echo closed;"
	    " [ \"$(cut -d' ' -f6 /proc/$$/stat)\" = $$ ] && echo leads;"
	    " } >\"$1\"",
	    HOOK_MS);
	loop_run(scene->loop);
	assert_string_equal(scene->error, "");
	assert_string_equal(said(scene), "issued,,/\nclosed\nleads\n");
	close(ours[0]);
	close(ours[1]);
}

static void
test_failures(void **state)
{
	static const struct {
		const char *script, *error;
		int64_t timeout_ms;
	} rows[] = {
		{ "exit 7", "sh exited with status 7", HOOK_MS },
		{ "kill -KILL $$", "sh was killed by signal 9", HOOK_MS },
		{ "sleep 600 & echo $! >\"$1\"; wait", "sh took too long",
		    300 },
	};
	struct scene *scene = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		start(scene, rows[i].script, rows[i].timeout_ms);
		loop_run(scene->loop);
		assert_string_equal(scene->error, rows[i].error);
	}
}

static void
test_no_program(void **state)
{
	struct scene *scene = *state;
	const char *const argv[] = { "/nonexistent/hook", NULL };
	const struct hook_spec spec = {
		.argv = argv,
		.uid = (uid_t)-1,
		.gid = (gid_t)-1,
		.timeout_ms = HOOK_MS,
		.done = on_done,
		.arg = scene,
	};

	assert_non_null(hook_start(&scene->children, &spec, NULL));
	loop_run(scene->loop);
	assert_string_equal(
	    scene->error, "hook cannot be run by the workers' user");
}

/* More than a pipe holds is read while it runs. */
static void
test_much_output(void **state)
{
	struct scene *scene = *state;

	start(scene,
	    "i=0; while [ $i -lt 3000 ]; do i=$((i+1)); echo \"line $i of"
	    " very many that are more than anybody wants to read\"; done",
	    HOOK_MS);
	loop_run(scene->loop);
	assert_string_equal(scene->error, "");
}

static void
test_forgotten(void **state)
{
	struct scene *scene = *state;
	struct hook *first = start(scene, "echo 1 >\"$1\"; exit 1", HOOK_MS);

	hook_forget(first);
	start(scene, "while [ ! -s \"$1\" ]; do :; done", HOOK_MS);
	loop_run(scene->loop);
	assert_string_equal(scene->error, "");
	start(scene, "exec sleep 600", HOOK_MS);
	/* ... which tear_down() ends. */
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
#define SCENE_TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
		SCENE_TEST(test_what_it_gets),
		SCENE_TEST(test_failures),
		SCENE_TEST(test_no_program),
		SCENE_TEST(test_much_output),
		SCENE_TEST(test_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
