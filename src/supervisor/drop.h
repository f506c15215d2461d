#ifndef SUPERVISOR_DROP_H
#define SUPERVISOR_DROP_H

/*
 * The directory where `gatehouse import`, which has checked everything, leaves
 * what the gateway is to take over:
 *
 *	import/NAME.pem      "serial: HEX", "issuer: URL" or "issuer: ", then
 *	                     the key and the chain
 *	import/NAME.account  "directory: URL", "url: URL" or "url: ",
 *	                     "force: yes" or "force: no", then the key
 *
 * NAME is what the certificate is stored as. Both are read as what another
 * process wrote: the directory and the file must be ours and nobody else's.
 */

#include <stdbool.h>

#include "base/buf.h"
#include "base/error.h"
#include "certstore.h"

struct drop_pair {
	char *serial;
	char *issuer;   /* directory URL of the CA; "" = unknown */
	struct buf pem; /* key and chain: a secret */
};

struct drop_account {
	char *directory;
	bool force; /* may take the place of another one */
	struct certstore_account account;
};

/* -1 with ERR_NOTFOUND: there is none; ERR_DENIED: it is open to others. */
int drop_open(int state_dir, struct error *err);

/* ERR_NOTFOUND: nothing for this name; ERR_DENIED, ERR_SYNTAX: not ours. */
int drop_read_pair(
    int dirfd, const char *name, struct drop_pair *pair, struct error *err);
int drop_read_account(int dirfd, const char *name, struct drop_account *account,
    struct error *err);

/* Both are zeroed after this. */
void drop_pair_release(struct drop_pair *pair);
void drop_account_release(struct drop_account *account);

/* They are safe elsewhere, or not wanted any more. */
void drop_remove_pair(int dirfd, const char *name);
void drop_remove_account(int dirfd, const char *name);

#endif
