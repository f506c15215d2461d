#include "accessfile.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/xalloc.h"

#define FILE_MODE 0640
#define DIR_MODE 0750

/* Not blocking: what stands there may be a FIFO that nobody reads. */
#define FLAGS                                                                  \
	(O_WRONLY | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)

/* The umask is no judgement of this file. */
static int
open_at(int dirfd, const char *name)
{
	int fd = TEMP_FAILURE_RETRY(
	    openat(dirfd, name, FLAGS | O_CREAT | O_EXCL, FILE_MODE));

	if (fd == -1 && errno == EEXIST)
		return TEMP_FAILURE_RETRY(openat(dirfd, name, FLAGS));
	if (fd != -1 && fchmod(fd, FILE_MODE) == -1) {
		close(fd);
		return -1;
	}
	return fd;
}

static int
check_regular(int fd, const char *path, struct error *err)
{
	struct stat st;

	if (fstat(fd, &st) == -1)
		return error_sys(err, "%s", path);
	if (!S_ISREG(st.st_mode))
		return error_set(
		    err, ERR_DENIED, "%s is not a regular file", path);
	return 0;
}

int
accessfile_open(const char *path, struct error *err)
{
	char *for_dir = xstrdup(path), *for_name = xstrdup(path);
	int dirfd = file_open_dir(dirname(for_dir), DIR_MODE, err);
	int fd = -1;

	if (dirfd != -1) {
		fd = open_at(dirfd, basename(for_name));
		if (fd == -1)
			error_sys(err, "cannot open %s", path);
		close(dirfd);
	}
	free(for_dir);
	free(for_name);
	if (fd != -1 && check_regular(fd, path, err) == -1) {
		close(fd);
		return -1;
	}
	return fd;
}
