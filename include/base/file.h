#ifndef BASE_FILE_H
#define BASE_FILE_H

/*
 * Files that matter. Writing is temporary file, fsync, rename, fsync of the
 * directory: whoever reads the name sees the old bytes or the new ones, also
 * after a power cut. Paths are opened with O_NOFOLLOW | O_CLOEXEC where the
 * file is ours (file_read_at, file_write_at), followed where a person named it
 * (file_read).
 */

#include <stddef.h>
#include <sys/types.h>

#include "base/error.h"

struct buf;

/*
 * Reads a whole regular file of at most `max` bytes and appends it to `out`.
 * ERR_NOTFOUND if there is none, ERR_LIMIT if it is larger.
 */
int file_read(const char *path, size_t max, struct buf *out, struct error *err);

/* The same beneath a directory, refusing symbolic links. */
int file_read_at(int dirfd, const char *name, size_t max, struct buf *out,
    struct error *err);

/*
 * Replaces `name` (a plain name, no slash) in the directory, atomically. One
 * writer of a name at a time. After an error `name` is what it was, except that
 * a failed fsync of the directory (ERR_SYS) leaves open which it will be.
 */
int file_write_at(int dirfd, const char *name, const void *data, size_t len,
    mode_t mode, struct error *err);

/* As file_write_at(), but replaces nothing: ERR_DENIED if `name` exists. */
int file_create_at(int dirfd, const char *name, const void *data, size_t len,
    mode_t mode, struct error *err);

/*
 * As file_write_at() with mode 0600, keeping what `name` was before as
 * `previous`. At no moment is there no `name`.
 */
int file_replace_at(int dirfd, const char *name, const char *previous,
    const void *data, size_t len, struct error *err);

/*
 * Opens a directory, made first (parents too) if it is missing. Returns its
 * descriptor or -1. `mode` is for the last directory, if this call made it.
 */
int file_open_dir(const char *path, mode_t mode, struct error *err);

/*
 * A directory that files are to be opened beneath: its descriptor, good for
 * nothing else, or -1; ERR_SYS also where the kernel has no openat2() (before
 * Linux 5.6).
 */
int file_open_tree(const char *path, struct error *err);

/*
 * Opens a regular file beneath it for reading, without waiting, whatever is
 * there: no symbolic link is followed and no ".." leads out. ERR_NOTFOUND if
 * there is no such file, ERR_DENIED if we may not read it.
 */
int file_open_beneath(int tree, const char *path, struct error *err);

/* Writes all of it, across short writes and EINTR. */
int file_write_all(int fd, const void *data, size_t len);

/* The last part of a path, and the directory of it, which the caller frees. */
const char *file_name(const char *path);
char *file_parent(const char *path);

#endif
