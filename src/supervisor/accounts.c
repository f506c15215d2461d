/* The accounts of the certificate store: see certstore.h. */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/secret.h"
#include "base/xalloc.h"
#include "certstore.h"
#include "config/config.h"

#define ACCOUNT_MAX (64u * 1024)

#define KEY_FILE "key.pem"
#define URL_FILE "url"

void
certstore_account_release(struct certstore_account *account)
{
	secret_free(account->key);
	free(account->url);
	*account = (struct certstore_account){ 0 };
}

/* Opens the directory of an account; -1 with ERR_NOTFOUND if there is none. */
static int
open_account(const struct certstore *store, const char *directory, bool make,
    struct error *err)
{
	char *name = config_account_dir(directory);
	int fd, saved;

	if (make && mkdirat(store->accounts, name, 0700) == 0 &&
	    fsync(store->accounts) == -1) {
		free(name);
		return error_sys(err, "fsync");
	}
	fd = openat(store->accounts, name,
	    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	saved = errno;
	if (fd == -1)
		error_sys(err, "accounts/%s", name);
	if (fd == -1 && saved == ENOENT && err != NULL)
		err->kind = ERR_NOTFOUND;
	free(name);
	return fd;
}

/* A file of an account as a string; "" if it is not there. */
static char *
read_text(int dirfd, const char *file, struct error *err)
{
	struct error reason = { 0 };
	struct buf text = { 0 };
	char *copy = NULL;

	if (file_read_at(dirfd, file, ACCOUNT_MAX, &text, &reason) == 0)
		copy = xstrndup((const char *)buf_data(&text), buf_len(&text));
	else if (reason.kind == ERR_NOTFOUND)
		copy = xstrdup("");
	else
		error_set(err, reason.kind, "%s", reason.msg);
	buf_wipe(&text);
	return copy;
}

int
certstore_read_account(const struct certstore *store, const char *directory,
    struct certstore_account *account, struct error *err)
{
	struct certstore_account found = { 0 };
	struct error reason = { 0 };
	int fd = open_account(store, directory, false, &reason);

	if (fd == -1 && reason.kind != ERR_NOTFOUND)
		return error_set(err, reason.kind, "%s", reason.msg);
	if (fd == -1) {
		account->key = xstrdup("");
		account->url = xstrdup("");
		return 0;
	}
	found.key = read_text(fd, KEY_FILE, err);
	if (found.key != NULL)
		found.url = read_text(fd, URL_FILE, err);
	close(fd);
	if (found.url == NULL) {
		certstore_account_release(&found);
		return -1;
	}
	/* What a power cut left of a file is as good as nothing. */
	if (!certstore_is_key(found.key, strlen(found.key)))
		found.key[0] = '\0';
	if (found.key[0] == '\0' || strncmp(found.url, "http", 4) != 0)
		found.url[0] = '\0';
	*account = found;
	return 0;
}

int
certstore_write_account(const struct certstore *store, const char *directory,
    const struct certstore_account *account, struct error *err)
{
	int fd = open_account(store, directory, true, err), rc = 0;
	char *key;

	if (fd == -1)
		return -1;
	key = read_text(fd, KEY_FILE, NULL);
	if (key == NULL || strcmp(key, account->key) != 0)
		rc = file_write_at(fd, KEY_FILE, account->key,
		    strlen(account->key), 0600, err);
	if (rc == 0)
		rc = file_write_at(fd, URL_FILE, account->url,
		    strlen(account->url), 0600, err);
	secret_free(key);
	close(fd);
	return rc;
}
