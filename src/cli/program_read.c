#include "program_read.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/ready.h"
#include "base/xalloc.h"

#define CHUNK 16384

extern char **environ;

/* The PATH of somebody who became root by `su` may lack some. */
static const char *const directories[] = { "/usr/sbin", "/sbin", "/usr/bin",
	"/bin", "/usr/local/sbin" };

static char *
find(const char *name)
{
	for (size_t i = 0; i < sizeof(directories) / sizeof(directories[0]);
	     i++) {
		char *path = xasprintf("%s/%s", directories[i], name);

		if (access(path, X_OK) == 0)
			return path;
		free(path);
	}
	return NULL;
}

static int
read_all(int fd, int64_t deadline, struct buf *out, struct error *err)
{
	for (;;) {
		void *room = buf_reserve(out, CHUNK);
		ssize_t n;

		if (room == NULL)
			return error_set(err, ERR_LIMIT, "it prints too much");
		if (ready_wait(fd, POLLIN, deadline) == -1)
			return error_set(
			    err, ERR_TIMEOUT, "it has not finished in time");
		n = read(fd, room, CHUNK);
		if (n == 0)
			return 0;
		if (n > 0)
			buf_commit(out, (size_t)n);
		else if (errno != EINTR)
			return error_sys(err, "reading from it");
	}
}

static int
start(const char *path, const char *const *argv, int out, pid_t *pid)
{
	posix_spawn_file_actions_t actions;
	char **args = xcalloc(1, sizeof(*args));
	size_t n = 0;
	int rc;

	for (; argv[n] != NULL; n++) {
		args = xreallocarray(args, n + 2, sizeof(*args));
		args[n] = xstrdup(argv[n]);
	}
	args[n] = NULL;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, out, 1);
	posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
	rc = posix_spawn(pid, path, &actions, NULL, args, environ);
	posix_spawn_file_actions_destroy(&actions);
	while (n > 0)
		free(args[--n]);
	free(args);
	return rc;
}

static int
wait_for(pid_t pid, struct error *err)
{
	int status;

	while (waitpid(pid, &status, 0) == -1)
		if (errno != EINTR)
			return error_sys(err, "waiting for it");
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	return error_set(err, ERR_DENIED, "it failed");
}

static int
run(const char *path, const char *const *argv, int64_t ms, struct buf *out,
    struct error *err)
{
	int64_t deadline = clock_mono_ms() + ms;
	int line[2], rc;
	pid_t pid;

	if (pipe2(line, O_CLOEXEC) == -1)
		return error_sys(err, "pipe");
	rc = start(path, argv, line[1], &pid);
	close(line[1]);
	if (rc != 0) {
		close(line[0]);
		errno = rc;
		return error_sys(err, "starting it");
	}
	rc = read_all(line[0], deadline, out, err);
	close(line[0]);
	if (rc == 0)
		return wait_for(pid, err);
	kill(pid, SIGKILL);
	wait_for(pid, NULL);
	return -1;
}

int
program_read(
    const char *const *argv, int64_t ms, struct buf *out, struct error *err)
{
	char *path = find(argv[0]);
	int rc;

	if (path == NULL)
		return error_set(
		    err, ERR_NOTFOUND, "%s is not installed", argv[0]);
	rc = run(path, argv, ms, out, err);
	if (rc == -1)
		error_wrap(err, "%s", argv[0]);
	free(path);
	return rc;
}
