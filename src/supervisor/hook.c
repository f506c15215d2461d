#include "hook.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/sandbox.h"
#include "base/xalloc.h"
#include "child.h"

#define LINE_MAX_BYTES 512
#define EXEC_FAILED 126

static const char search_path[] =
    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

struct hook {
	TAILQ_ENTRY(hook) entry;
	struct children *children;
	char *name; /* of the program, for the log */
	pid_t pid;
	bool late; /* killed, for its time was over */
	struct loop_timer deadline;

	int fd; /* what it prints; -1: it has closed it */
	struct loop_io reader;
	char line[LINE_MAX_BYTES];
	size_t len;
	unsigned lines;

	void (*done)(void *arg, const char *error);
	void *arg;
};

/* --- what it prints ------------------------------------------------------- */

static void
log_line(struct hook *hook)
{
	char text[LINE_MAX_BYTES];

	if (hook->len > 0 && hook->lines < HOOK_LINES_MAX)
		log_info("%s: %s", hook->name,
		    log_escape(text, sizeof(text), hook->line, hook->len));
	if (hook->len > 0 && hook->lines == HOOK_LINES_MAX)
		log_info("%s says more, which is not logged", hook->name);
	hook->lines += hook->len > 0 && hook->lines <= HOOK_LINES_MAX;
	hook->len = 0;
}

/* What is longer than a line of ours is cut. */
static void
take(struct hook *hook, const char *data, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (data[i] == '\n')
			log_line(hook);
		else if (hook->len < sizeof(hook->line))
			hook->line[hook->len++] = data[i];
}

static void
stop_reading(struct hook *hook)
{
	if (hook->fd == -1)
		return;
	log_line(hook);
	loop_io_del(&hook->reader);
	close(hook->fd);
	hook->fd = -1;
}

/* False: there is no more for now, or for ever. */
static bool
read_some(struct hook *hook)
{
	char data[4096];
	ssize_t n = read(hook->fd, data, sizeof(data));

	if (n > 0) {
		take(hook, data, (size_t)n);
		return true;
	}
	if (n == 0 || (errno != EAGAIN && errno != EINTR))
		stop_reading(hook);
	return false;
}

static void
on_readable(void *arg, enum loop_events what)
{
	(void)what;
	read_some(arg);
}

/* --- life ----------------------------------------------------------------- */

static void
hook_free(struct hook *hook)
{
	TAILQ_REMOVE(&hook->children->hooks, hook, entry);
	stop_reading(hook);
	loop_timer_cancel(&hook->deadline);
	free(hook->name);
	free(hook);
}

/* It may not have come to lead its group yet. */
static void
kill_group(const struct hook *hook)
{
	kill(hook->pid, SIGKILL);
	kill(-hook->pid, SIGKILL);
}

static void
on_deadline(void *arg)
{
	struct hook *hook = arg;

	hook->late = true;
	kill_group(hook);
}

/* Between fork and exec: nothing but system calls. */
static _Noreturn void
become(const struct hook_spec *spec, char *const *env, int null_fd, int out)
{
	const struct sandbox box = { .uid = spec->uid, .gid = spec->gid };

	child_stand_alone();
	if (dup2(null_fd, STDIN_FILENO) == -1 ||
	    dup2(out, STDOUT_FILENO) == -1 || dup2(out, STDERR_FILENO) == -1 ||
	    close_range(STDERR_FILENO + 1, ~0u, 0) == -1 || chdir("/") == -1 ||
	    sandbox_enter(&box, NULL) == -1)
		_exit(EXEC_FAILED);
	execve(spec->argv[0], (char *const *)(uintptr_t)spec->argv, env);
	_exit(EXEC_FAILED);
}

static struct hook *
adopt(
    struct children *children, const struct hook_spec *spec, pid_t pid, int fd)
{
	struct hook *hook = xcalloc(1, sizeof(*hook));

	hook->children = children;
	hook->name = xstrdup(file_name(spec->argv[0]));
	hook->pid = pid;
	hook->done = spec->done;
	hook->arg = spec->arg;
	hook->fd = fd;
	hook->reader.fn = on_readable;
	hook->reader.arg = hook;
	hook->deadline.fn = on_deadline;
	hook->deadline.arg = hook;
	TAILQ_INSERT_TAIL(&children->hooks, hook, entry);
	loop_io_add(children->loop, &hook->reader, fd, LOOP_READ);
	loop_timer_set(children->loop, &hook->deadline, spec->timeout_ms);
	return hook;
}

static char **
make_env(const char *const *more)
{
	size_t n = 0;
	char **env;

	while (more != NULL && more[n] != NULL)
		n++;
	env = xcalloc(n + 2, sizeof(*env));
	env[0] = (char *)(uintptr_t)search_path;
	for (size_t i = 0; i < n; i++)
		env[i + 1] = (char *)(uintptr_t)more[i];
	return env;
}

struct hook *
hook_start(
    struct children *children, const struct hook_spec *spec, struct error *err)
{
	struct hook *hook = NULL;
	sigset_t all, before;
	char **env;
	int fds[2];
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) == -1) {
		error_sys(err, "pipe");
		return NULL;
	}
	fcntl(fds[0], F_SETFL, O_NONBLOCK);
	env = make_env(spec->env);
	/* No handler of ours may run in the child. */
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &before);
	pid = fork();
	if (pid == 0)
		become(spec, env, children->null_fd, fds[1]);
	sigprocmask(SIG_SETMASK, &before, NULL);
	close(fds[1]);
	free(env);
	if (pid == -1) {
		error_sys(err, "fork");
		close(fds[0]);
	} else {
		hook = adopt(children, spec, pid, fds[0]);
	}
	return hook;
}

void
hook_forget(struct hook *hook)
{
	if (hook != NULL)
		hook->done = NULL;
}

static char *
what_became(const struct hook *hook, int status)
{
	char text[CHILD_STATUS_SIZE];

	if (hook->late)
		return xasprintf("%s took too long", hook->name);
	if (WIFEXITED(status) && WEXITSTATUS(status) == EXEC_FAILED)
		return xasprintf(
		    "%s cannot be run by the workers' user", hook->name);
	return xasprintf("%s %s", hook->name, child_status_text(status, text));
}

bool
hook_reaped(struct children *children, pid_t pid, int status)
{
	struct hook *hook;
	void (*done)(void *arg, const char *error);
	void *arg;
	char *error = NULL;

	TAILQ_FOREACH(hook, &children->hooks, entry)
		if (hook->pid == pid)
			break;
	if (hook == NULL)
		return false;
	while (
	    hook->fd != -1 && hook->lines <= HOOK_LINES_MAX && read_some(hook))
		continue;
	if (hook->late || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
		error = what_became(hook, status);
	if (error != NULL)
		log_warn("%s", error);
	done = hook->done;
	arg = hook->arg;
	hook_free(hook);
	if (done != NULL)
		done(arg, error);
	free(error);
	return true;
}

void
hooks_release(struct children *children)
{
	struct hook *hook, *next;

	TAILQ_FOREACH_SAFE(hook, &children->hooks, entry, next) {
		kill_group(hook);
		waitpid(hook->pid, NULL, 0);
		hook_free(hook);
	}
}
