#include "child.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "base/xalloc.h"
#include "hook.h"

/* Messages of one child handled before the others have their turn. */
#define MESSAGES_AT_ONCE 64

#define EXEC_FAILED 127

static const struct program {
	enum ipc_role role;
	const char *name;
} programs[] = {
	{ IPC_PROXY, "gatehouse-proxy" },
	{ IPC_MONITOR, "gatehouse-monitor" },
	{ IPC_ACME, "gatehouse-acme" },
	{ IPC_DDNS, "gatehouse-ddns" },
	{ IPC_PORTMAP, "gatehouse-portmap" },
	{ IPC_MQTT, "gatehouse-mqtt" },
};

static const char *
program_name(enum ipc_role role)
{
	for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++)
		if (programs[i].role == role)
			return programs[i].name;
	assert(!"a role without a program");
	return NULL;
}

static struct child *
child_from(void *arg)
{
	struct child *child = arg;

	assert(child->magic == CHILD_MAGIC);
	return child;
}

/* The installed tree may stand anywhere: programs are found from our own. */
static char *
programs_dir(struct error *err)
{
	char self[PATH_MAX], *dir;
	ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (len == -1) {
		error_sys(err, "/proc/self/exe");
		return NULL;
	}
	self[len] = '\0';
	dir = dirname(self);
	return xasprintf("%s/../libexec/gatehouse", dir);
}

static struct child *
find_pid(const struct children *children, pid_t pid)
{
	struct child *child;

	TAILQ_FOREACH(child, &children->list, entry)
		if (child->pid == pid)
			return child;
	return NULL;
}

static void
child_free(struct child *child)
{
	TAILQ_REMOVE(&child->children->list, child, entry);
	loop_io_del(&child->reader);
	loop_io_del(&child->writer);
	loop_timer_cancel(&child->killer);
	chan_free(child->chan);
	child->magic = 0;
	free(child);
}

/* Handles at most `limit` messages; false when there will be no more. */
static bool
receive(struct child *child, unsigned limit)
{
	while (limit-- > 0) {
		struct error err = { 0 };
		struct msg msg;

		switch (chan_recv(child->chan, &msg, &err)) {
		case CHAN_MESSAGE:
			if (!child->closing)
				child->children->on_message(child, &msg);
			break;
		case CHAN_EMPTY:
			return true;
		case CHAN_CLOSED:
			return false;
		case CHAN_BROKEN:
			log_err("%s[%ld]: %s: killing it", child->name,
			    (long)child->pid, err.msg);
			child_kill(child);
			return false;
		}
	}
	return true;
}

/* A child that hangs up is about to exit; SIGCHLD will tell. */
static void
on_readable(void *arg, enum loop_events what)
{
	struct child *child = child_from(arg);

	(void)what;
	if (receive(child, MESSAGES_AT_ONCE))
		return;
	loop_io_del(&child->reader);
	child_kill_after(child, CHILD_EXIT_MS);
}

/* Watches for writable while something is queued; hangs up when asked to. */
static void
after_send(struct child *child)
{
	bool wanted = chan_wants_write(child->chan);

	if (wanted && !child->writing)
		loop_io_add(child->children->loop, &child->writer,
		    chan_fd(child->chan), LOOP_WRITE);
	if (!wanted && child->writing)
		loop_io_del(&child->writer);
	child->writing = wanted;
	if (!wanted && child->closing)
		shutdown(chan_fd(child->chan), SHUT_WR);
}

static void
on_writable(void *arg, enum loop_events what)
{
	struct child *child = child_from(arg);

	(void)what;
	chan_flush(child->chan);
	after_send(child);
}

static void
on_killer(void *arg)
{
	struct child *child = child_from(arg);

	log_warn(
	    "%s[%ld] does not exit: killing it", child->name, (long)child->pid);
	child_kill(child);
}

/* The last words of a dead child are still in its channel. */
static void
bury(struct child *child, int status)
{
	char text[CHILD_STATUS_SIZE];

	child->running = false;
	receive(child, UINT_MAX);
	log_debug("%s[%ld] %s", child->name, (long)child->pid,
	    child_status_text(status, text));
	child->on_exit(child, status);
	child_free(child);
}

static void
on_sigchld(void *arg)
{
	struct children *children = arg;
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		struct child *child = find_pid(children, pid);

		if (child != NULL)
			bury(child, status);
		else
			hook_reaped(children, pid, status);
	}
	if (TAILQ_EMPTY(&children->list) && children->on_empty != NULL)
		children->on_empty(children->arg);
}

/* Each connection takes two descriptors in a worker, which inherits it. */
static void
raise_limits(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == -1)
		return;
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit) == -1)
		log_warn("cannot raise the limit of open files: %s",
		    strerror(errno));
}

int
children_init(struct children *children, struct loop *loop, const char *dir,
    struct error *err)
{
	*children = (struct children){ .loop = loop, .null_fd = -1 };
	raise_limits();
	TAILQ_INIT(&children->list);
	TAILQ_INIT(&children->hooks);
	children->dir = dir != NULL ? xstrdup(dir) : programs_dir(err);
	if (children->dir == NULL)
		return -1;
	children->null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (children->null_fd == -1) {
		free(children->dir);
		children->dir = NULL;
		return error_sys(err, "/dev/null");
	}
	children->reaper.fn = on_sigchld;
	children->reaper.arg = children;
	loop_signal_add(loop, &children->reaper, SIGCHLD);
	return 0;
}

void
children_release(struct children *children)
{
	struct child *child, *next;

	hooks_release(children);
	TAILQ_FOREACH_SAFE(child, &children->list, entry, next) {
		child_kill(child);
		waitpid(child->pid, NULL, 0);
		child_free(child);
	}
	loop_signal_del(&children->reaper);
	if (children->null_fd != -1)
		close(children->null_fd);
	free(children->dir);
	*children = (struct children){ .null_fd = -1 };
	TAILQ_INIT(&children->list);
	TAILQ_INIT(&children->hooks);
}

void
child_stand_alone(void)
{
	const struct sigaction dfl = { .sa_handler = SIG_DFL };
	sigset_t none;

	for (int signo = 1; signo < NSIG; signo++)
		sigaction(signo, &dfl, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	setsid();
}

/* Between fork and exec: nothing but system calls. */
static _Noreturn void
become(
    const struct children *children, const char *path, const char *name, int fd)
{
	char *const argv[] = { (char *)(uintptr_t)name, NULL };

	child_stand_alone();
	if (dup2(children->null_fd, STDIN_FILENO) == -1)
		_exit(EXEC_FAILED);
	if (children->quiet &&
	    (dup2(children->null_fd, STDOUT_FILENO) == -1 ||
	        dup2(children->null_fd, STDERR_FILENO) == -1))
		_exit(EXEC_FAILED);
	if (fd == CHAN_CHILD_FD) {
		if (fcntl(fd, F_SETFD, 0) == -1)
			_exit(EXEC_FAILED);
	} else if (dup2(fd, CHAN_CHILD_FD) == -1) {
		_exit(EXEC_FAILED);
	}
	close_range(CHAN_CHILD_FD + 1, ~0u, 0);
	execv(path, argv);
	_exit(EXEC_FAILED);
}

static struct child *
adopt(
    struct children *children, const struct child_spec *spec, pid_t pid, int fd)
{
	struct child *child = xcalloc(1, sizeof(*child));

	child->magic = CHILD_MAGIC;
	child->children = children;
	child->role = spec->role;
	child->name = program_name(spec->role);
	child->pid = pid;
	child->running = true;
	child->owner = spec->owner;
	child->on_exit = spec->on_exit;
	child->chan = chan_new(fd, IPC_SUPERVISOR, spec->role, false);
	child->reader.fn = on_readable;
	child->reader.arg = child;
	child->writer.fn = on_writable;
	child->writer.arg = child;
	child->killer.fn = on_killer;
	child->killer.arg = child;
	TAILQ_INSERT_TAIL(&children->list, child, entry);
	loop_io_add(children->loop, &child->reader, fd, LOOP_READ);
	return child;
}

struct child *
child_spawn(
    struct children *children, const struct child_spec *spec, struct error *err)
{
	const char *name = program_name(spec->role);
	char *path = xasprintf("%s/%s", children->dir, name);
	struct child *child = NULL;
	int fds[2] = { -1, -1 };
	sigset_t all, before;
	pid_t pid;

	if (access(path, X_OK) == -1) {
		error_sys(err, "%s", path);
		goto out;
	}
	if (chan_pair(fds, err) == -1)
		goto out;
	/* No handler of ours may run in the child. */
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &before);
	pid = fork();
	if (pid == 0)
		become(children, path, name, fds[1]);
	sigprocmask(SIG_SETMASK, &before, NULL);
	if (pid == -1) {
		error_sys(err, "fork");
		close(fds[0]);
	} else {
		child = adopt(children, spec, pid, fds[0]);
	}
	close(fds[1]);
out:
	free(path);
	return child;
}

void
child_send(struct child *child, const struct msg *msg)
{
	struct error err = { 0 };

	if (child->closing)
		return;
	if (chan_send(child->chan, msg, &err) == -1) {
		/* One that just died is mourned when it is reaped. */
		log_debug(
		    "%s[%ld]: %s", child->name, (long)child->pid, err.msg);
		child_kill(child);
		return;
	}
	after_send(child);
}

void
child_close(struct child *child)
{
	if (!child->closing) {
		child->closing = true;
		after_send(child);
	}
	child_kill_after(child, CHILD_EXIT_MS);
}

void
child_kill_after(struct child *child, int64_t ms)
{
	if (child->running)
		loop_timer_set(child->children->loop, &child->killer, ms);
}

void
child_kill(struct child *child)
{
	if (child->running)
		kill(child->pid, SIGKILL);
}

char *
child_status_text(int status, char dst[CHILD_STATUS_SIZE])
{
	if (WIFSIGNALED(status))
		snprintf(dst, CHILD_STATUS_SIZE, "was killed by signal %d",
		    WTERMSIG(status));
	else
		snprintf(dst, CHILD_STATUS_SIZE, "exited with status %d",
		    WEXITSTATUS(status));
	return dst;
}
