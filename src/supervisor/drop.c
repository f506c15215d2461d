#include "drop.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "config/config.h"
#include "record.h"

#define PAIR_SUFFIX "pem"
#define ACCOUNT_SUFFIX "account"
#define HEADER_MAX 4096u

/* Whoever else could write there could give us another's key. */
static int
check_ours(const struct stat *st, const char *what, struct error *err)
{
	if (st->st_uid != geteuid())
		return error_set(err, ERR_DENIED,
		    CONFIG_IMPORT_DIR "%s belongs to another user", what);
	if ((st->st_mode & (S_IRWXG | S_IRWXO)) != 0)
		return error_set(err, ERR_DENIED,
		    CONFIG_IMPORT_DIR "%s is open to other users", what);
	return 0;
}

int
drop_open(int state_dir, struct error *err)
{
	int fd = openat(state_dir, CONFIG_IMPORT_DIR,
	    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;

	if (fd == -1) {
		error_sys(err, CONFIG_IMPORT_DIR);
		if (errno == ENOENT && err != NULL)
			err->kind = ERR_NOTFOUND;
		return -1;
	}
	if (fstat(fd, &st) == -1)
		error_sys(err, CONFIG_IMPORT_DIR);
	else if (check_ours(&st, "", err) == 0)
		return fd;
	close(fd);
	return -1;
}

/* Nobody but us can put another file there between the two looks at it. */
static int
read_file(int dirfd, const char *file, struct buf *text, struct error *err)
{
	char *what = xasprintf("/%s", file);
	struct stat st;
	int rc = -1;

	if (fstatat(dirfd, file, &st, AT_SYMLINK_NOFOLLOW) == -1) {
		error_sys(err, "%s", what);
		if (errno == ENOENT && err != NULL)
			err->kind = ERR_NOTFOUND;
	} else if (!S_ISREG(st.st_mode))
		error_set(err, ERR_DENIED,
		    CONFIG_IMPORT_DIR "%s is not a regular file", what);
	else if (check_ours(&st, what, err) == 0)
		rc = file_read_at(
		    dirfd, file, CERTSTORE_PAIR_MAX + HEADER_MAX, text, err);
	free(what);
	return rc;
}

static bool
parse_pair(struct drop_pair *pair, const char *text, size_t len)
{
	pair->serial = record_line(&text, &len, "serial");
	pair->issuer = record_line(&text, &len, "issuer");
	return pair->serial != NULL && pair->issuer != NULL &&
	    len <= CERTSTORE_PAIR_MAX && certstore_is_pair(text, len) &&
	    buf_append(&pair->pem, text, len) == 0;
}

int
drop_read_pair(
    int dirfd, const char *name, struct drop_pair *pair, struct error *err)
{
	char *file = xasprintf("%s." PAIR_SUFFIX, name);
	struct drop_pair found = { 0 };
	struct buf text = { 0 };
	int rc = read_file(dirfd, file, &text, err);

	if (rc == 0 &&
	    !parse_pair(&found, (const char *)buf_data(&text), buf_len(&text)))
		rc = error_set(err, ERR_SYNTAX,
		    CONFIG_IMPORT_DIR "/%s is no pair that `gatehouse import` "
		                      "wrote",
		    file);
	if (rc == 0)
		*pair = found;
	else
		drop_pair_release(&found);
	buf_wipe(&text);
	free(file);
	return rc;
}

static bool
parse_account(struct drop_account *account, const char *text, size_t len)
{
	char *force;

	account->directory = record_line(&text, &len, "directory");
	account->account.url = record_line(&text, &len, "url");
	force = record_line(&text, &len, "force");
	account->force = force != NULL && strcmp(force, "yes") == 0;
	free(force);
	if (account->directory == NULL || account->account.url == NULL ||
	    memchr(text, '\0', len) != NULL || !certstore_is_key(text, len))
		return false;
	account->account.key = xstrndup(text, len);
	return true;
}

int
drop_read_account(int dirfd, const char *name, struct drop_account *account,
    struct error *err)
{
	char *file = xasprintf("%s." ACCOUNT_SUFFIX, name);
	struct drop_account found = { 0 };
	struct buf text = { 0 };
	int rc = read_file(dirfd, file, &text, err);

	if (rc == 0 &&
	    !parse_account(
	        &found, (const char *)buf_data(&text), buf_len(&text)))
		rc = error_set(err, ERR_SYNTAX,
		    CONFIG_IMPORT_DIR "/%s is no account that `gatehouse "
		                      "import` wrote",
		    file);
	if (rc == 0)
		*account = found;
	else
		drop_account_release(&found);
	buf_wipe(&text);
	free(file);
	return rc;
}

void
drop_pair_release(struct drop_pair *pair)
{
	free(pair->serial);
	free(pair->issuer);
	buf_wipe(&pair->pem);
	*pair = (struct drop_pair){ 0 };
}

void
drop_account_release(struct drop_account *account)
{
	free(account->directory);
	certstore_account_release(&account->account);
	*account = (struct drop_account){ 0 };
}

static void
remove_file(int dirfd, const char *name, const char *suffix)
{
	char *file = xasprintf("%s.%s", name, suffix);

	if ((unlinkat(dirfd, file, 0) == -1 && errno != ENOENT) ||
	    fsync(dirfd) == -1)
		log_warn("cannot remove " CONFIG_IMPORT_DIR "/%s: %s", file,
		    strerror(errno));
	free(file);
}

void
drop_remove_pair(int dirfd, const char *name)
{
	remove_file(dirfd, name, PAIR_SUFFIX);
}

void
drop_remove_account(int dirfd, const char *name)
{
	remove_file(dirfd, name, ACCOUNT_SUFFIX);
}
