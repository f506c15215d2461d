#ifndef SUPERVISOR_IMPORT_H
#define SUPERVISOR_IMPORT_H

/*
 * Takes over what `gatehouse import` left (see drop.h): a pair into the store,
 * where the one in service becomes the previous one, and the account that it
 * was got with. Keys come this way, and not through the monitor.
 */

#include "supervisor.h"

struct config_cert;

/* Into the store, before the slot of this certificate reads what is there. */
void import_before(struct supervisor *sup, const struct config_cert *config);

/* Into service, for every slot that has something waiting. */
void import_waiting(struct supervisor *sup);

/*
 * A command: the certificate that is stored as `name`. Answered when it serves,
 * or a worker has refused it.
 */
void import_ask(struct supervisor *sup, struct asker asker, const char *name);

#endif
