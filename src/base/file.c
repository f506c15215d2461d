/*
 * Durable files. A new content is written whole under a temporary name that is
 * fixed per target (".name.tmp"), so that what a crash leaves behind is removed
 * by the next attempt and never piles up. It follows that a name has one writer
 * at a time; the state directory belongs to one process.
 */

#include "base/file.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/xalloc.h"

#define PRIVATE_MODE 0600
#define READ_STEP 4096 /* beyond the size that fstat() told */

struct content {
	const void *data;
	size_t len;
	mode_t mode;
};

int
file_write_all(int fd, const void *data, size_t len)
{
	const unsigned char *p = data;

	while (len > 0) {
		ssize_t n = TEMP_FAILURE_RETRY(write(fd, p, len));

		if (n == -1)
			return -1;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

/*
 * Reads to the end of the file, whatever fstat() said (it says 0 in /proc), and
 * one byte more than max, which is how a file that is too large is seen.
 */
static int
read_regular(int fd, size_t max, struct buf *out, struct error *err)
{
	size_t before = buf_len(out), held = 0, expected, room;
	struct stat st;
	ssize_t n;
	void *p;

	assert(max < PTRDIFF_MAX);
	if (fstat(fd, &st) == -1)
		return error_sys(err, "fstat");
	if (!S_ISREG(st.st_mode))
		return error_set(err, ERR_SYNTAX, "not a regular file");
	expected = st.st_size < (off_t)max ? (size_t)st.st_size + 1 : max + 1;
	do {
		room = expected > held ? expected - held : READ_STEP;
		if (room > max + 1 - held)
			room = max + 1 - held;
		p = buf_reserve(out, room);
		n = p == NULL ? 0 : TEMP_FAILURE_RETRY(read(fd, p, room));
		if (n > 0) {
			buf_commit(out, (size_t)n);
			held += (size_t)n;
		}
	} while (n > 0 && held <= max);
	if (n == 0 && p != NULL && held <= max)
		return 0;
	out->tail = out->head + before;
	if (n == -1)
		return error_sys(err, "read");
	return error_set(err, ERR_LIMIT, "larger than %zu bytes", max);
}

/* O_NONBLOCK: opening a FIFO that someone left there must not hang. */
static int
read_at(int dirfd, const char *name, int flags, size_t max, struct buf *out,
    struct error *err)
{
	int fd, r;

	fd = TEMP_FAILURE_RETRY(openat(
	    dirfd, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | flags));
	if (fd == -1) {
		error_sys(err, "%s", name);
		if (errno == ENOENT && err != NULL)
			err->kind = ERR_NOTFOUND;
		return -1;
	}
	r = read_regular(fd, max, out, err);
	close(fd);
	return r == 0 ? 0 : error_wrap(err, "%s", name);
}

int
file_read(const char *path, size_t max, struct buf *out, struct error *err)
{
	return read_at(AT_FDCWD, path, 0, max, out, err);
}

int
file_read_at(
    int dirfd, const char *name, size_t max, struct buf *out, struct error *err)
{
	return read_at(dirfd, name, O_NOFOLLOW, max, out, err);
}

static int
temporary_name(char dst[NAME_MAX + 1], const char *name, struct error *err)
{
	int len;

	if (name[0] == '\0' || strchr(name, '/') != NULL ||
	    strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return error_set(
		    err, ERR_SYNTAX, "\"%s\" cannot be a file name", name);
	len = snprintf(dst, NAME_MAX + 1, ".%s.tmp", name);
	if (len > NAME_MAX)
		return error_set(
		    err, ERR_LIMIT, "file name too long: %s", name);
	return 0;
}

/* Puts the content, safe on disk, under a temporary name. */
static int
prepare(int dirfd, const char *temporary, const struct content *content,
    struct error *err)
{
	int fd, r;

	if (unlinkat(dirfd, temporary, 0) == -1 && errno != ENOENT)
		return error_sys(err, "unlink %s", temporary);
	fd = TEMP_FAILURE_RETRY(openat(dirfd, temporary,
	    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
	    PRIVATE_MODE));
	if (fd == -1)
		return error_sys(err, "create %s", temporary);
	if (file_write_all(fd, content->data, content->len) == -1 ||
	    fchmod(fd, content->mode) == -1 ||
	    TEMP_FAILURE_RETRY(fsync(fd)) == -1) {
		error_sys(err, "write %s", temporary);
		close(fd);
		unlinkat(dirfd, temporary, 0);
		return -1;
	}
	r = close(fd);
	if (r == -1 && errno != EINTR) {
		error_sys(err, "close %s", temporary);
		unlinkat(dirfd, temporary, 0);
		return -1;
	}
	return 0;
}

/* Gives prepared content its name. */
static int
publish(int dirfd, const char *temporary, const char *name, struct error *err)
{
	if (renameat(dirfd, temporary, dirfd, name) == -1) {
		error_sys(err, "rename %s to %s", temporary, name);
		unlinkat(dirfd, temporary, 0);
		return -1;
	}
	return 0;
}

static int
sync_dir(int dirfd, struct error *err)
{
	if (TEMP_FAILURE_RETRY(fsync(dirfd)) == -1)
		return error_sys(err, "fsync of the directory");
	return 0;
}

int
file_write_at(int dirfd, const char *name, const void *data, size_t len,
    mode_t mode, struct error *err)
{
	struct content content = { data, len, mode };
	char temporary[NAME_MAX + 1];

	if (temporary_name(temporary, name, err) == -1 ||
	    prepare(dirfd, temporary, &content, err) == -1 ||
	    publish(dirfd, temporary, name, err) == -1)
		return -1;
	return sync_dir(dirfd, err);
}

int
file_create_at(int dirfd, const char *name, const void *data, size_t len,
    mode_t mode, struct error *err)
{
	struct content content = { data, len, mode };
	char temporary[NAME_MAX + 1];

	if (temporary_name(temporary, name, err) == -1 ||
	    prepare(dirfd, temporary, &content, err) == -1)
		return -1;
	if (renameat2(dirfd, temporary, dirfd, name, RENAME_NOREPLACE) == -1) {
		error_sys(err, "create %s", name);
		if (errno == EEXIST && err != NULL)
			err->kind = ERR_DENIED;
		unlinkat(dirfd, temporary, 0);
		return -1;
	}
	return sync_dir(dirfd, err);
}

/* A copy of `name` becomes `previous`; nothing to do if there is no `name`. */
static int
keep_previous(
    int dirfd, const char *name, const char *previous, struct error *err)
{
	struct error reason = { 0 };
	struct buf old = { 0 };
	int r = -1;

	if (file_read_at(dirfd, name, BUF_CAP_DEFAULT - 1, &old, &reason) == 0)
		r = file_write_at(dirfd, previous, buf_data(&old),
		    buf_len(&old), PRIVATE_MODE, err);
	else if (reason.kind == ERR_NOTFOUND)
		r = 0;
	else
		error_set(err, reason.kind, "%s", reason.msg);
	buf_wipe(&old);
	return r;
}

int
file_replace_at(int dirfd, const char *name, const char *previous,
    const void *data, size_t len, struct error *err)
{
	struct content content = { data, len, PRIVATE_MODE };
	char temporary[NAME_MAX + 1];

	/* What can fail for want of space comes first: nothing has changed. */
	if (temporary_name(temporary, name, err) == -1 ||
	    prepare(dirfd, temporary, &content, err) == -1)
		return -1;
	if (keep_previous(dirfd, name, previous, err) == -1) {
		unlinkat(dirfd, temporary, 0);
		return -1;
	}
	if (publish(dirfd, temporary, name, err) == -1)
		return -1;
	return sync_dir(dirfd, err);
}

/* libc has no function for it. */
static int
open_beneath(int tree, const char *path, uint64_t flags)
{
	struct open_how how = { .flags = flags | O_CLOEXEC,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS |
		    RESOLVE_NO_MAGICLINKS };

	return (int)TEMP_FAILURE_RETRY(
	    syscall(SYS_openat2, tree, path, &how, sizeof(how)));
}

int
file_open_tree(const char *path, struct error *err)
{
	int tree, probe;

	tree = TEMP_FAILURE_RETRY(open(path, O_PATH | O_DIRECTORY | O_CLOEXEC));
	if (tree == -1)
		return error_sys(err, "%s", path);
	probe = open_beneath(tree, ".", O_PATH);
	if (probe == -1) {
		error_sys(err, "%s: openat2", path);
		close(tree);
		return -1;
	}
	close(probe);
	return tree;
}

/* The kernel's ways to say that there is nothing to be had by that name. */
static enum error_kind
kind_of_refusal(int number)
{
	switch (number) {
	case ENOENT:
	case ENOTDIR:
	case ELOOP:
	case EXDEV:
	case ENXIO: /* a socket */
	case ENODEV:
	case ENAMETOOLONG:
		return ERR_NOTFOUND;
	case EACCES:
	case EPERM:
		return ERR_DENIED;
	default:
		return ERR_SYS;
	}
}

int
file_open_beneath(int tree, const char *path, struct error *err)
{
	int fd = open_beneath(tree, path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
	struct stat st;

	if (fd == -1) {
		enum error_kind kind = kind_of_refusal(errno);

		error_sys(err, "%s", path);
		if (err != NULL)
			err->kind = kind;
		return -1;
	}
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		return fd;
	close(fd);
	return error_set(err, ERR_NOTFOUND, "%s: not a regular file", path);
}

const char *
file_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == NULL ? path : slash + 1;
}

char *
file_parent(const char *path)
{
	size_t len = (size_t)(file_name(path) - path);

	if (len == 0)
		return xstrdup(".");
	return xstrndup(path, len > 1 ? len - 1 : 1);
}

static int
sync_parent(const char *path)
{
	char *parent = file_parent(path);
	int fd, r;

	fd = TEMP_FAILURE_RETRY(
	    open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	free(parent);
	/* A parent that we may enter but not read was not made by us. */
	if (fd == -1)
		return errno == EACCES ? 0 : -1;
	r = TEMP_FAILURE_RETRY(fsync(fd));
	close(fd);
	return r;
}

/* As mkdir -p. Only what it makes itself gets a mode: 0755, `mode` the last. */
static int
make_dirs(char *path, mode_t mode)
{
	char *slash;
	int r;

	if (mkdir(path, mode) == 0)
		return chmod(path, mode) == 0 ? sync_parent(path) : -1;
	if (errno != ENOENT)
		return errno == EEXIST ? 0 : -1;
	slash = strrchr(path, '/');
	if (slash == NULL || slash == path)
		return -1;
	*slash = '\0';
	r = make_dirs(path, 0755);
	*slash = '/';
	if (r == -1)
		return -1;
	if (mkdir(path, mode) == -1)
		return errno == EEXIST ? 0 : -1;
	return chmod(path, mode) == 0 ? sync_parent(path) : -1;
}

int
file_open_dir(const char *path, mode_t mode, struct error *err)
{
	size_t len = strlen(path);
	char *copy;
	int fd, r;

	while (len > 1 && path[len - 1] == '/')
		len--;
	copy = xstrndup(path, len);
	r = make_dirs(copy, mode);
	free(copy);
	if (r == -1)
		return error_sys(err, "cannot create %s", path);
	fd = TEMP_FAILURE_RETRY(open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	if (fd == -1)
		return error_sys(err, "cannot open %s", path);
	return fd;
}
