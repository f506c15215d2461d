#ifndef SUPERVISOR_MAPPED_H
#define SUPERVISOR_MAPPED_H

/*
 * What the router may have of ours, remembered over a restart in a file of the
 * state directory: it was written before the router was asked, so that nothing
 * is left open there that nobody takes away.
 */

#include "base/error.h"
#include "ipc/ddns.h"

#define MAPPED_FILE "portmap"

struct mapped {
	char *ports; /* as in PORTMAP_JOB; never NULL, "" = none */
	unsigned char nonce[PORTMAP_NONCE_SIZE];
};

/* What is missing or damaged counts as never written: then with a new nonce. */
void mapped_read(struct mapped *mapped, int dirfd);
int mapped_write(const struct mapped *mapped, int dirfd, struct error *err);
void mapped_release(struct mapped *mapped);

/* Replaces the list of ports by a copy. */
void mapped_set(struct mapped *mapped, const char *ports);

#endif
