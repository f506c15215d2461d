#ifndef SUPERVISOR_CERTSTORE_H
#define SUPERVISOR_CERTSTORE_H

/*
 * The certificates and accounts that ACME gave us, in the state directory:
 *
 *	certs/NAME.pem          key and chain, in service
 *	certs/NAME.prev.pem     the pair before it
 *	certs/NAME.state        struct record
 *	certs/NAME.order.pem    the order that is under way, and its key
 *	accounts/CA/key.pem     the account's key; two while it is changed
 *	accounts/CA/url         its URL, when the CA has told it
 *
 * Everything is 0600, written whole or not at all. Nothing is parsed here: a
 * worker has the last word on a pair. One process uses a store at a time.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct buf;
struct record;

#define CERTSTORE_PAIR_MAX (100u * 1024) /* fits into a message */

struct certstore {
	int certs; /* directories */
	int accounts;
};

/* Makes the directories where they are missing. */
int certstore_open(
    struct certstore *store, const char *state_dir, struct error *err);
void certstore_close(struct certstore *store);

enum certstore_pair { CERTSTORE_CURRENT, CERTSTORE_PREVIOUS };

/* ERR_NOTFOUND if there is none; ERR_SYNTAX if it is visibly not a pair. */
int certstore_read(const struct certstore *store, const char *name,
    enum certstore_pair which, struct buf *pem, struct error *err);

/* Is this, at a glance, a key with a certificate and not the rest of one? */
bool certstore_is_pair(const void *pem, size_t len);

/* "BEGIN PRIVATE KEY", "BEGIN EC PRIVATE KEY" and their ends, at a glance. */
bool certstore_is_key(const void *pem, size_t len);

/* What of a pair is public, and what is not, appended. */
void certstore_chain(const struct buf *pem, struct buf *chain);
void certstore_key(const struct buf *pem, struct buf *key);

/* Puts a new pair in place; the one before it becomes the previous one. */
int certstore_replace(const struct certstore *store, const char *name,
    const void *pem, size_t len, struct error *err);

/* Takes the newest pair back: the previous one, if any, is current again. */
int certstore_withdraw(
    const struct certstore *store, const char *name, struct error *err);

/* A missing or damaged record reads as an empty one. */
void certstore_read_record(
    const struct certstore *store, const char *name, struct record *record);
int certstore_write_record(const struct certstore *store, const char *name,
    const struct record *record, struct error *err);

/* An order and the key that its certificate will have. Strings on the heap. */
struct certstore_order {
	char *wanted; /* what for, see slot_wanted() */
	char *url;
	char *key; /* PEM: a secret */
};

void certstore_order_release(struct certstore_order *order);

/* Empty strings if there is none, or none that the CA would still know. */
void certstore_read_order(const struct certstore *store, const char *name,
    int64_t now, struct certstore_order *order);
int certstore_write_order(const struct certstore *store, const char *name,
    const struct certstore_order *order, int64_t now, struct error *err);
int certstore_clear_order(
    const struct certstore *store, const char *name, struct error *err);

/* An account with the CA that has this directory URL. Strings on the heap. */
struct certstore_account {
	char *key; /* PEM: a secret */
	char *url; /* "": the key was never registered, as far as we know */
};

void certstore_account_release(struct certstore_account *account);

/*
 * Empty strings if there is none. -1 if there is one that cannot be read:
 * better no certificate than a second account.
 */
int certstore_read_account(const struct certstore *store, const char *directory,
    struct certstore_account *account, struct error *err);
int certstore_write_account(const struct certstore *store,
    const char *directory, const struct certstore_account *account,
    struct error *err);

#endif
