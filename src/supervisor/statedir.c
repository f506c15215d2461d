#include "statedir.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/xalloc.h"
#include "config/config.h"
#include "net/listener.h"

#define LOCK_FILE "lock"
#define PID_SIZE 24

/*
 * Nobody can tell us when a process that is not our child has died, so this
 * asks again, at start-up only, before there is an event loop.
 */
bool
statedir_patiently(bool (*attempt)(void *arg), void *arg)
{
	const struct timespec nap = { 0, 20 * 1000 * 1000 };
	int64_t until = clock_mono_ms() + STATEDIR_PATIENCE_MS;

	while (!attempt(arg)) {
		if (clock_mono_ms() >= until)
			return false;
		nanosleep(&nap, NULL);
	}
	return true;
}

static bool
try_lock(void *arg)
{
	const int *fd = arg;

	return flock(*fd, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK;
}

/* Of a read-only directory that has no such file, the directory itself. */
static int
open_lock(struct statedir *dir, struct error *err)
{
	const int flags = O_NOFOLLOW | O_CLOEXEC;

	dir->lock = openat(dir->fd, LOCK_FILE, O_RDWR | O_CREAT | flags, 0600);
	dir->read_only = dir->lock == -1 && errno == EROFS;
	if (dir->read_only)
		dir->lock = openat(dir->fd, LOCK_FILE, O_RDONLY | flags);
	if (dir->read_only && dir->lock == -1 && errno == ENOENT)
		dir->lock = openat(dir->fd, ".", O_RDONLY | flags);
	if (dir->lock == -1)
		return error_sys(err, "%s/%s", dir->path, LOCK_FILE);
	return 0;
}

/* A disk that is full keeps no process id; the lock holds all the same. */
static int
take_lock(struct statedir *dir, struct error *err)
{
	char pid[PID_SIZE] = "";
	ssize_t n;

	if (open_lock(dir, err) == -1)
		return -1;
	if (!statedir_patiently(try_lock, &dir->lock)) {
		n = dir->read_only ? 0
		                   : pread(dir->lock, pid, sizeof(pid) - 1, 0);
		pid[n > 0 ? n : 0] = '\0';
		pid[strcspn(pid, "\n")] = '\0';
		return error_set(err, ERR_DENIED,
		    "%s belongs to another gateway that is running (process "
		    "%s): stop it, or give this one its own StateDir",
		    dir->path, pid[0] == '\0' ? "unknown" : pid);
	}
	if (flock(dir->lock, LOCK_EX | LOCK_NB) == -1)
		return error_sys(err, "lock %s", dir->path);
	if (dir->read_only)
		return 0;
	n = snprintf(pid, sizeof(pid), "%ld\n", (long)getpid());
	if (ftruncate(dir->lock, 0) == -1 ||
	    (pwrite(dir->lock, pid, (size_t)n, 0) == -1 && errno != ENOSPC &&
	        errno != EDQUOT))
		return error_sys(err, "%s/%s", dir->path, LOCK_FILE);
	return 0;
}

int
statedir_open(struct statedir *dir, const char *path, struct error *err)
{
	*dir = (struct statedir){ -1, -1, xstrdup(path), false };
	dir->fd = file_open_dir(path, 0700, err);
	if (dir->fd != -1 && take_lock(dir, err) == 0)
		return 0;
	statedir_close(dir);
	return -1;
}

void
statedir_close(struct statedir *dir)
{
	if (dir->lock != -1)
		close(dir->lock);
	if (dir->fd != -1)
		close(dir->fd);
	free(dir->path);
	*dir = (struct statedir){ -1, -1, NULL, false };
}

struct control_socket {
	char *path;
	int fd;
	struct error *err;
};

/* A dead gateway's monitor listens until it has noticed. */
static bool
try_listen(void *arg)
{
	struct control_socket *control = arg;
	struct error reason = { 0 };

	control->fd = listener_open_unix(control->path, 0600, &reason);
	if (control->fd != -1)
		return true;
	if (control->err != NULL)
		*control->err = reason;
	return reason.kind != ERR_DENIED;
}

int
statedir_listen(const struct statedir *dir, struct error *err)
{
	struct control_socket control = { .fd = -1, .err = err };

	control.path = xasprintf("%s/%s", dir->path, CONFIG_CONTROL_SOCKET);
	statedir_patiently(try_listen, &control);
	free(control.path);
	return control.fd;
}

void
statedir_unlisten(const struct statedir *dir)
{
	unlinkat(dir->fd, CONFIG_CONTROL_SOCKET, 0);
}

int
pid_file_write(const char *path, struct error *err)
{
	char *for_dir = xstrdup(path), *for_name = xstrdup(path);
	char text[PID_SIZE];
	int len = snprintf(text, sizeof(text), "%ld\n", (long)getpid());
	int fd, rc = -1;

	fd = file_open_dir(dirname(for_dir), 0755, err);
	if (fd != -1) {
		rc = file_write_at(
		    fd, basename(for_name), text, (size_t)len, 0644, err);
		close(fd);
	}
	free(for_dir);
	free(for_name);
	return rc;
}
