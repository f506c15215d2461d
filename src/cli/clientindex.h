#ifndef CLI_CLIENTINDEX_H
#define CLI_CLIENTINDEX_H

/*
 * The book of the authority for clients: every certificate that it has made.
 * A text of lines, so that a person can read what a damaged one still says.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "pki/cert.h"

#define CLIENT_NAME_MAX 64
#define CLIENT_INDEX_MAX 1000 /* certificates */
#define CLIENT_INDEX_FILE_MAX (256u * 1024)

struct client_entry {
	char name[CLIENT_NAME_MAX + 1];
	char serial[PKI_SERIAL_SIZE]; /* hexadecimal */
	int64_t from;                 /* seconds since the epoch */
	int64_t until;
	int64_t revoked; /* 0: it is not */
};

/* A zeroed one is empty. */
struct client_index {
	struct client_entry *entries; /* the oldest first */
	size_t nentries;
	uint64_t crl; /* the number of the newest list of revocations */
};

void client_index_release(struct client_index *index);

/* ERR_SYNTAX says which line is damaged. The index must be an empty one. */
int client_index_parse(struct client_index *index, const char *text, size_t len,
    struct error *err);

/* The caller frees. */
char *client_index_text(const struct client_index *index);

/* Takes up a copy. ERR_LIMIT when so many are good that there is no room. */
int client_index_add(struct client_index *index,
    const struct client_entry *entry, int64_t now, struct error *err);

/*
 * The newest one of this name (case ignored), a good one before all others;
 * NULL if there was none.
 */
struct client_entry *client_index_find(
    const struct client_index *index, const char *name, int64_t now);

bool client_entry_is_good(const struct client_entry *entry, int64_t now);

/*
 * Whether it can be a name: of a file, in a certificate, and in a PKCS#12,
 * whoever reads them. ERR_SYNTAX says what it has to be.
 */
int client_name_check(const char *name, struct error *err);

#endif
