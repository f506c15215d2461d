#include "certstore.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/secret.h"
#include "base/text.h"
#include "base/xalloc.h"
#include "config/config.h"
#include "record.h"

#define RECORD_MAX (64u * 1024)
#define ORDER_MAX (64u * 1024)

/* Orders that are older than this have expired at every CA that we know. */
#define ORDER_LIFETIME (7 * 24 * 3600)

int
certstore_open(
    struct certstore *store, const char *state_dir, struct error *err)
{
	char *certs = xasprintf("%s/" CONFIG_CERTS_DIR, state_dir);
	char *accounts = xasprintf("%s/" CONFIG_ACCOUNTS_DIR, state_dir);
	int rc = -1;

	*store = (struct certstore){ -1, -1 };
	store->certs = file_open_dir(certs, 0700, err);
	if (store->certs != -1)
		store->accounts = file_open_dir(accounts, 0700, err);
	if (store->accounts != -1)
		rc = 0;
	else
		certstore_close(store);
	free(certs);
	free(accounts);
	return rc;
}

void
certstore_close(struct certstore *store)
{
	if (store->certs != -1)
		close(store->certs);
	if (store->accounts != -1)
		close(store->accounts);
	*store = (struct certstore){ -1, -1 };
}

static bool
holds(const void *pem, size_t len, const char *what)
{
	return memmem(pem, len, what, strlen(what)) != NULL;
}

bool
certstore_is_key(const void *pem, size_t len)
{
	return holds(pem, len, "-----BEGIN ") &&
	    holds(pem, len, "PRIVATE KEY-----\n") &&
	    holds(pem, len, "-----END ");
}

bool
certstore_is_pair(const void *pem, size_t len)
{
	return len > 0 && memchr(pem, '\0', len) == NULL &&
	    certstore_is_key(pem, len) &&
	    holds(pem, len, "-----BEGIN CERTIFICATE-----") &&
	    holds(pem, len, "-----END CERTIFICATE-----");
}

static char *
pair_file(const char *name, enum certstore_pair which)
{
	const char *suffix = which == CERTSTORE_CURRENT ? "pem" : "prev.pem";

	return xasprintf("%s.%s", name, suffix);
}

int
certstore_read(const struct certstore *store, const char *name,
    enum certstore_pair which, struct buf *pem, struct error *err)
{
	char *file = pair_file(name, which);
	size_t before = buf_len(pem);
	int rc = file_read_at(store->certs, file, CERTSTORE_PAIR_MAX, pem, err);

	if (rc == 0 &&
	    !certstore_is_pair(buf_data(pem) + before, buf_len(pem) - before))
		rc = error_set(err, ERR_SYNTAX,
		    "%s is damaged: no key with a certificate in it", file);
	free(file);
	return rc;
}

/* A damaged current pair must not push a good previous one out. */
int
certstore_replace(const struct certstore *store, const char *name,
    const void *pem, size_t len, struct error *err)
{
	char *current = pair_file(name, CERTSTORE_CURRENT);
	char *previous = pair_file(name, CERTSTORE_PREVIOUS);
	struct buf old = { 0 };
	int rc;

	if (certstore_read(store, name, CERTSTORE_CURRENT, &old, NULL) == 0)
		rc = file_replace_at(
		    store->certs, current, previous, pem, len, err);
	else
		rc = file_write_at(store->certs, current, pem, len, 0600, err);
	buf_wipe(&old);
	free(current);
	free(previous);
	return rc;
}

static int
remove_file(int dirfd, const char *file, struct error *err)
{
	if (unlinkat(dirfd, file, 0) == -1 && errno != ENOENT)
		return error_sys(err, "remove %s", file);
	if (fsync(dirfd) == -1)
		return error_sys(err, "fsync");
	return 0;
}

int
certstore_withdraw(
    const struct certstore *store, const char *name, struct error *err)
{
	char *current = pair_file(name, CERTSTORE_CURRENT);
	struct buf old = { 0 };
	int rc;

	if (certstore_read(store, name, CERTSTORE_PREVIOUS, &old, NULL) == 0)
		rc = file_write_at(store->certs, current, buf_data(&old),
		    buf_len(&old), 0600, err);
	else
		rc = remove_file(store->certs, current, err);
	buf_wipe(&old);
	free(current);
	return rc;
}

void
certstore_read_record(
    const struct certstore *store, const char *name, struct record *record)
{
	char *file = xasprintf("%s.state", name);
	struct buf text = { 0 };

	*record = (struct record){ 0 };
	if (file_read_at(store->certs, file, RECORD_MAX, &text, NULL) == 0)
		record_parse(
		    record, (const char *)buf_data(&text), buf_len(&text));
	buf_release(&text);
	free(file);
}

int
certstore_write_record(const struct certstore *store, const char *name,
    const struct record *record, struct error *err)
{
	char *file = xasprintf("%s.state", name);
	struct buf text = { 0 };
	int rc;

	buf_init(&text, RECORD_MAX);
	record_print(record, &text);
	rc = file_write_at(
	    store->certs, file, buf_data(&text), buf_len(&text), 0600, err);
	buf_release(&text);
	free(file);
	return rc;
}

static const char *
find_text(const char *from, const char *end, const char *text)
{
	return from == NULL
	    ? NULL
	    : memmem(from, (size_t)(end - from), text, strlen(text));
}

/* Appends each PEM block from `begin` to the end of the line of `stop`. */
static void
copy_blocks(
    const struct buf *pem, const char *begin, const char *stop, struct buf *out)
{
	const char *at = (const char *)buf_data(pem);
	const char *end = at + buf_len(pem), *last;

	while ((at = find_text(at, end, begin)) != NULL &&
	    (last = find_text(at, end, stop)) != NULL) {
		last = find_text(last, end, "\n");
		last = last != NULL ? last + 1 : end;
		buf_append(out, at, (size_t)(last - at));
		at = last;
	}
}

void
certstore_chain(const struct buf *pem, struct buf *chain)
{
	copy_blocks(pem, "-----BEGIN CERTIFICATE-----",
	    "-----END CERTIFICATE-----", chain);
}

void
certstore_key(const struct buf *pem, struct buf *key)
{
	copy_blocks(pem, "-----BEGIN PRIVATE KEY-----",
	    "-----END PRIVATE KEY-----", key);
}

void
certstore_order_release(struct certstore_order *order)
{
	free(order->wanted);
	free(order->url);
	secret_free(order->key);
	*order = (struct certstore_order){ 0 };
}

/* "wanted: TEXT", "order: URL", "saved-at: TIME", then the key. */
static bool
parse_order(
    struct certstore_order *order, const char *text, size_t len, int64_t now)
{
	uint64_t saved_at;
	bool fresh;
	char *saved;

	order->wanted = record_line(&text, &len, "wanted");
	order->url = record_line(&text, &len, "order");
	saved = record_line(&text, &len, "saved-at");
	fresh = saved != NULL &&
	    text_u64(saved, strlen(saved), INT64_MAX, &saved_at) &&
	    now - (int64_t)saved_at < ORDER_LIFETIME;
	free(saved);
	if (order->wanted == NULL || order->url == NULL || !fresh ||
	    !certstore_is_key(text, len))
		return false;
	order->key = xstrndup(text, len);
	return true;
}

void
certstore_read_order(const struct certstore *store, const char *name,
    int64_t now, struct certstore_order *order)
{
	char *file = xasprintf("%s.order.pem", name);
	struct buf text = { 0 };

	*order = (struct certstore_order){ 0 };
	if (file_read_at(store->certs, file, ORDER_MAX, &text, NULL) == -1 ||
	    !parse_order(
	        order, (const char *)buf_data(&text), buf_len(&text), now)) {
		certstore_order_release(order);
		order->wanted = xstrdup("");
		order->url = xstrdup("");
		order->key = xstrdup("");
	}
	buf_wipe(&text);
	free(file);
}

int
certstore_write_order(const struct certstore *store, const char *name,
    const struct certstore_order *order, int64_t now, struct error *err)
{
	char *file = xasprintf("%s.order.pem", name);
	struct buf text = { 0 };
	int rc;

	buf_init(&text, ORDER_MAX);
	if (buf_printf(&text,
	        "wanted: %s\norder: %s\nsaved-at: %" PRId64 "\n%s",
	        order->wanted, order->url, now, order->key) == -1)
		rc = error_set(err, ERR_LIMIT, "the order is too long");
	else
		rc = file_write_at(store->certs, file, buf_data(&text),
		    buf_len(&text), 0600, err);
	buf_wipe(&text);
	free(file);
	return rc;
}

int
certstore_clear_order(
    const struct certstore *store, const char *name, struct error *err)
{
	char *file = xasprintf("%s.order.pem", name);
	int rc = remove_file(store->certs, file, err);

	free(file);
	return rc;
}
