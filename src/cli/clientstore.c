#include "clientstore.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/secret.h"
#include "base/xalloc.h"
#include "pki/clientca.h"
#include "pki/key.h"
#include "say.h"

#define KEY "ca.key"
#define INDEX "index"
#define PEM_MAX (64u * 1024)
#define CRL_MAX (256u * 1024)

/* What is in the directory. */
struct contents {
	struct buf cert, key, index;
	bool has_cert, has_key, has_index;
};

static void
contents_release(struct contents *contents)
{
	buf_release(&contents->cert);
	buf_wipe(&contents->key);
	buf_release(&contents->index);
}

/* *found is false, and nothing wrong, if there is no such file. */
static int
read_one(const struct client_store *store, const char *name, size_t max,
    struct buf *out, bool *found, struct error *err)
{
	struct error reason = { 0 };

	*found = file_read_at(store->fd, name, max, out, &reason) == 0;
	if (*found || reason.kind == ERR_NOTFOUND)
		return 0;
	return error_set(err, reason.kind, "%s/%s", store->path, reason.msg);
}

static int
read_contents(const struct client_store *store, struct contents *contents,
    struct error *err)
{
	if (read_one(store, CLIENT_STORE_CERT, PEM_MAX, &contents->cert,
	        &contents->has_cert, err) == -1 ||
	    read_one(store, KEY, PEM_MAX, &contents->key, &contents->has_key,
	        err) == -1)
		return -1;
	return read_one(store, INDEX, CLIENT_INDEX_FILE_MAX, &contents->index,
	    &contents->has_index, err);
}

static int
missing(const struct client_store *store, const char *name, struct error *err)
{
	return error_set(err, ERR_SYNTAX,
	    "%s/%s is missing, and other files of the authority are there: put "
	    "it back from a backup; without one, move the directory away and "
	    "make all certificates anew",
	    store->path, name);
}

static int
read_index(struct client_store *store, const struct contents *contents,
    struct error *err)
{
	if (!contents->has_index)
		return 0;
	if (client_index_parse(&store->index,
	        (const char *)buf_data(&contents->index),
	        buf_len(&contents->index), err) == -1)
		return error_wrap(err, "%s/" INDEX, store->path);
	return 0;
}

/* --- a new authority ------------------------------------------------------ */

/* The key that an attempt before this one has left, or a new one. */
static struct pki_key *
make_key(const struct client_store *store, const struct contents *contents,
    struct error *err)
{
	struct pki_key *key;
	char *pem;

	if (contents->has_key) {
		key = pki_key_parse((const char *)buf_data(&contents->key),
		    buf_len(&contents->key), err);
		if (key == NULL)
			error_wrap(err, "%s/" KEY, store->path);
		return key;
	}
	key = pki_key_generate(PKI_P256, err);
	pem = key != NULL ? pki_key_pem(key, err) : NULL;
	if (pem == NULL ||
	    file_write_at(store->fd, KEY, pem, strlen(pem), 0600, err) == -1) {
		pki_key_free(key);
		key = NULL;
	}
	secret_free(pem);
	return key;
}

static int
write_index(const struct client_store *store, struct error *err)
{
	char *text = client_index_text(&store->index);
	int rc = file_write_at(store->fd, INDEX, text, strlen(text), 0600, err);

	free(text);
	return rc == 0 ? 0 : error_wrap(err, "%s", store->path);
}

/* The certificate comes last: with it, the authority is there. */
static int
make_authority(struct client_store *store, const struct contents *contents,
    int64_t now, struct error *err)
{
	struct pki_key *key = make_key(store, contents, err);
	char *cert = key != NULL ? pki_clientca_new(key, now, err) : NULL;
	int rc = -1;

	if (cert != NULL && write_index(store, err) == 0)
		rc = file_write_at(store->fd, CLIENT_STORE_CERT, cert,
		    strlen(cert), 0644, err);
	free(cert);
	pki_key_free(key);
	store->is_new = rc == 0;
	return rc;
}

/* --- one that is there ---------------------------------------------------- */

static int
check_contents(const struct client_store *store,
    const struct contents *contents, struct error *err)
{
	if (!contents->has_cert && store->index.nentries > 0)
		return missing(store, CLIENT_STORE_CERT, err);
	if (contents->has_cert && !contents->has_key)
		return missing(store, KEY, err);
	if (contents->has_cert && !contents->has_index)
		return missing(store, INDEX, err);
	return 0;
}

static int
open_authority(struct client_store *store, const struct contents *contents,
    struct error *err)
{
	store->ca = pki_clientca_open((const char *)buf_data(&contents->cert),
	    buf_len(&contents->cert), (const char *)buf_data(&contents->key),
	    buf_len(&contents->key), err);
	if (store->ca == NULL)
		return error_wrap(
		    err, "%s/" CLIENT_STORE_CERT " and " KEY, store->path);
	return 0;
}

static int
no_authority(const struct client_store *store, struct error *err)
{
	return error_set(err, ERR_NOTFOUND,
	    "no certificate has been made yet (there is no "
	    "%s/" CLIENT_STORE_CERT "): see `gatehouse client-cert --help`",
	    store->path);
}

static int
load(struct client_store *store, bool make, int64_t now, struct error *err)
{
	struct contents contents = { 0 };
	int rc = -1;

	if (read_contents(store, &contents, err) == -1 ||
	    read_index(store, &contents, err) == -1 ||
	    check_contents(store, &contents, err) == -1)
		goto out;
	if (!contents.has_cert && !make) {
		no_authority(store, err);
		goto out;
	}
	if (!contents.has_cert) {
		if (make_authority(store, &contents, now, err) == -1)
			goto out;
		contents_release(&contents);
		if (read_contents(store, &contents, err) == -1)
			goto out;
	}
	rc = open_authority(store, &contents, err);
out:
	contents_release(&contents);
	return rc;
}

/* Another one at work is a matter of a moment, unless it was stopped. */
static int
lock(const struct client_store *store, struct error *err)
{
	if (flock(store->fd, LOCK_EX | LOCK_NB) == 0)
		return 0;
	if (errno == EWOULDBLOCK) {
		say("waiting for another `gatehouse client-cert` in %s",
		    store->path);
		if (TEMP_FAILURE_RETRY(flock(store->fd, LOCK_EX)) == 0)
			return 0;
	}
	return error_sys(err, "lock %s", store->path);
}

static int
open_dir(
    struct client_store *store, const char *path, bool make, struct error *err)
{
	store->path = xstrdup(path);
	if (make)
		store->fd = file_open_dir(path, 0755, err);
	else
		store->fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	store->open = store->fd != -1;
	if (store->open)
		return 0;
	if (make)
		return -1;
	return errno == ENOENT ? no_authority(store, err)
	                       : error_sys(err, "%s", path);
}

int
client_store_open(struct client_store *store, const char *path, bool make,
    int64_t now, struct error *err)
{
	if (open_dir(store, path, make, err) == 0 && lock(store, err) == 0 &&
	    load(store, make, now, err) == 0)
		return 0;
	client_store_close(store);
	return -1;
}

int
client_store_read(
    struct client_store *store, const char *path, struct error *err)
{
	struct contents contents = { 0 };
	int rc = -1;

	if (open_dir(store, path, false, err) == 0 &&
	    read_one(store, CLIENT_STORE_CERT, PEM_MAX, &contents.cert,
	        &contents.has_cert, err) == 0 &&
	    read_one(store, INDEX, CLIENT_INDEX_FILE_MAX, &contents.index,
	        &contents.has_index, err) == 0) {
		if (!contents.has_cert)
			no_authority(store, err);
		else if (!contents.has_index)
			missing(store, INDEX, err);
		else
			rc = read_index(store, &contents, err);
	}
	contents_release(&contents);
	if (rc == -1)
		client_store_close(store);
	return rc;
}

void
client_store_close(struct client_store *store)
{
	pki_clientca_free(store->ca);
	client_index_release(&store->index);
	if (store->open)
		close(store->fd);
	free(store->path);
	memset(store, 0, sizeof(*store));
}

/* --- writing -------------------------------------------------------------- */

static char *
crl_text(const struct client_store *store, int64_t now, struct error *err)
{
	const struct client_index *index = &store->index;
	struct pki_revoked *revoked =
	    xcalloc(index->nentries + 1, sizeof(*revoked));
	size_t n = 0;
	char *text;

	for (size_t i = 0; i < index->nentries; i++)
		if (index->entries[i].revoked != 0)
			revoked[n++] =
			    (struct pki_revoked){ index->entries[i].serial,
				    index->entries[i].revoked };
	text = pki_clientca_crl(store->ca, revoked, n, index->crl, now, err);
	free(revoked);
	return text;
}

int
client_store_save(struct client_store *store, int64_t now, struct error *err)
{
	char *crl;
	int rc;

	store->index.crl++;
	crl = crl_text(store, now, err);
	if (crl == NULL)
		return -1;
	rc = write_index(store, err);
	if (rc == 0) {
		rc = file_write_at(
		    store->fd, CLIENT_STORE_CRL, crl, strlen(crl), 0644, err);
		if (rc == -1)
			error_wrap(err, "%s", store->path);
	}
	free(crl);
	return rc;
}

bool
client_store_is_published(const struct client_store *store)
{
	struct buf crl = { 0 };
	uint64_t number;
	bool is;

	is = file_read_at(store->fd, CLIENT_STORE_CRL, CRL_MAX, &crl, NULL) ==
	        0 &&
	    pki_crl_number((const char *)buf_data(&crl), buf_len(&crl), &number,
	        NULL) == 0 &&
	    number == store->index.crl;
	buf_release(&crl);
	return is;
}
