#ifndef CLI_CLIENTSTORE_H
#define CLI_CLIENTSTORE_H

/*
 * The directory of the authority for clients: its certificate (ca.pem), its key
 * (ca.key), the list of revocations (crl.pem) and the book of what it has made
 * (index). Whoever writes it holds its lock. Each file is replaced as a whole,
 * in an order in which an end at any moment leaves a directory that the next
 * command goes on with: the book before what follows from it, and the
 * certificate of a new authority after all that it needs.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "clientindex.h"

struct pki_clientca;

#define CLIENT_STORE_CERT "ca.pem"
#define CLIENT_STORE_CRL "crl.pem"

/* A zeroed one is closed. */
struct client_store {
	char *path;
	int fd; /* of the directory, which it locks */
	bool open;
	struct client_index index;
	struct pki_clientca *ca; /* of a store opened to be written */
	bool is_new;             /* the authority was made just now */
};

/* ERR_NOTFOUND if there is no authority. To be read, no key is needed. */
int client_store_read(
    struct client_store *store, const char *path, struct error *err);

/*
 * Waits for the lock. With `make`, an authority is made if there is none. On
 * failure nothing was changed, but for an authority that was half made.
 */
int client_store_open(struct client_store *store, const char *path, bool make,
    int64_t now, struct error *err);

/* Writes the book, and the list of revocations that follows from it. */
int client_store_save(
    struct client_store *store, int64_t now, struct error *err);

/* Whether crl.pem is the list that follows from the book. */
bool client_store_is_published(const struct client_store *store);

void client_store_close(struct client_store *store);

#endif
