#include "purge.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/xalloc.h"
#include "config/config.h"

#define LOCK_FILE "lock"
#define SECRETS_MAX 64
#define DIRECTORY (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

static int
remove_file(int dirfd, const char *name, struct error *err)
{
	struct stat st;

	if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) == -1)
		return errno == ENOENT ? 0 : error_sys(err, "%s", name);
	if (!S_ISREG(st.st_mode) && !S_ISSOCK(st.st_mode))
		return error_set(
		    err, ERR_DENIED, "%s is no file of the gateway", name);
	if (unlinkat(dirfd, name, 0) == -1 && errno != ENOENT)
		return error_sys(err, "%s", name);
	return 0;
}

static int remove_entry(
    int dirfd, const char *name, unsigned depth, struct error *err);

static bool
is_dots(const char *name)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

/* Takes the descriptor over. Goes on past what cannot be removed. */
static int
empty(int fd, unsigned depth, struct error *err)
{
	DIR *dir = fdopendir(fd);
	struct dirent *entry;
	int rc = 0;

	if (dir == NULL) {
		close(fd);
		return error_sys(err, "fdopendir");
	}
	while ((entry = readdir(dir)) != NULL)
		if (!is_dots(entry->d_name) &&
		    remove_entry(fd, entry->d_name, depth - 1, err) == -1)
			rc = -1;
	closedir(dir);
	return rc;
}

/* A directory that we do not expect so deep is a file that is none. */
static int
remove_entry(int dirfd, const char *name, unsigned depth, struct error *err)
{
	int fd;

	if (depth == 0)
		return remove_file(dirfd, name, err);
	fd = openat(dirfd, name, DIRECTORY);
	if (fd == -1 && errno == ENOTDIR)
		return remove_file(dirfd, name, err);
	if (fd == -1)
		return errno == ENOENT ? 0 : error_sys(err, "%s", name);
	if (empty(fd, depth, err) == -1)
		return error_wrap(err, "%s", name);
	if (unlinkat(dirfd, name, AT_REMOVEDIR) == -1 && errno != ENOENT)
		return error_sys(err, "%s", name);
	return 0;
}

int
purge_directory(const char *path, const struct purge_entry *entries, size_t n,
    struct error *err)
{
	int fd = open(path, DIRECTORY);
	int rc = 0;

	if (fd == -1)
		return errno == ENOENT ? 0 : error_sys(err, "%s", path);
	for (size_t i = 0; i < n; i++)
		if (remove_entry(fd, entries[i].name, entries[i].depth, err) ==
		    -1)
			rc = error_wrap(err, "%s", path);
	close(fd);
	if (rc == 0)
		(void)rmdir(path); /* there may be more in it than ours */
	return rc;
}

/* --- the state directory -------------------------------------------------- */

/*
 * Held until the descriptor is closed, which is -1 where no gateway has ever
 * run.
 */
static int
lock(const char *path, int *held, struct error *err)
{
	char *file = xasprintf("%s/" LOCK_FILE, path);
	int rc = 0;

	*held = open(file, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (*held == -1 && errno != ENOENT)
		rc = error_sys(err, "%s", file);
	else if (*held != -1 && flock(*held, LOCK_EX | LOCK_NB) == -1) {
		close(*held);
		rc = error_set(err, ERR_DENIED,
		    "%s is left: a gateway is running in it", path);
	}
	free(file);
	return rc;
}

int
purge_state_dir(const char *path, struct error *err)
{
	static const struct purge_entry entries[] = {
		{ CONFIG_CONTROL_SOCKET, 0 },
		{ CONFIG_CERTS_DIR, 1 },
		{ CONFIG_ACCOUNTS_DIR, 2 },
		{ CONFIG_IMPORT_DIR, 1 },
		{ CONFIG_DDNS_DIR, 1 },
		{ "portmap", 0 },
		{ "gatehouse.conf", 0 }, /* of `gatehouse run --host` */
		{ LOCK_FILE, 0 },
	};
	int held, rc;

	if (lock(path, &held, err) == -1)
		return -1;
	rc = purge_directory(path, entries,
	    held != -1 ? sizeof(entries) / sizeof(entries[0]) : 0, err);
	if (held != -1)
		close(held);
	return rc;
}

/* --- the configuration ---------------------------------------------------- */

/* Its name, if it lies in that directory. */
static const char *
beside(const char *dir, const char *path)
{
	size_t len = strlen(dir);

	if (strncmp(path, dir, len) != 0 || path[len] != '/' ||
	    strchr(path + len + 1, '/') != NULL)
		return NULL;
	return path + len + 1;
}

int
purge_config(
    const char *file, const char *const *secrets, size_t n, struct error *err)
{
	struct purge_entry entries[SECRETS_MAX + 3] = { { "client-ca", 1 } };
	char *parent = file_parent(file);
	char *dir = realpath(parent, NULL);
	const char *name = file_name(file);
	char *new = xasprintf("%s.gatehouse-new", name);
	size_t nentries = 1;
	int rc = 0;

	entries[nentries++].name = new;
	for (size_t i = 0; dir != NULL && i < n && nentries < SECRETS_MAX + 2;
	     i++)
		if (beside(dir, secrets[i]) != NULL)
			entries[nentries++].name = beside(dir, secrets[i]);
	entries[nentries++].name = name; /* last: it says what else there is */
	if (dir != NULL)
		rc = purge_directory(dir, entries, nentries, err);
	free(new);
	free(dir);
	free(parent);
	return rc;
}
