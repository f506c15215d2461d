#ifndef PKI_USERS_H
#define PKI_USERS_H

/*
 * A file of users and their passwords, as htpasswd(1) writes it: "name:kept" on
 * each line, empty lines and comments (#) aside. Read by whoever is to ask it;
 * it is in no other process.
 */

#include <stdbool.h>

#include "base/error.h"

struct pki_users;

#define PKI_USERS_MAX 1000
#define PKI_USERS_FILE_MAX (256u * 1024)

/* NULL with "path:line: reason" if something is wrong with it. */
struct pki_users *pki_users_read(const char *path, struct error *err);
void pki_users_free(struct pki_users *users); /* wipes */

/* The first line with a password that is kept as it is; 0 if there is none. */
unsigned pki_users_plain(const struct pki_users *users);

/*
 * Whether this user has this password. For a name that nobody has, it takes as
 * long as for one that somebody has.
 */
bool pki_users_know(
    const struct pki_users *users, const char *name, const char *password);

#endif
