#ifndef SUPERVISOR_BIND_H
#define SUPERVISOR_BIND_H

/*
 * The listening sockets of one generation: for each listener one per worker,
 * sharing the port (SO_REUSEPORT), so that the kernel spreads connections. The
 * supervisor keeps them open: neither a reload nor a dead worker loses what is
 * queued. A generation has descriptors of its own for sockets that it has in
 * common with the one before it.
 */

#include <stdbool.h>

#include "config/config.h"
#include "net/addr.h"

struct binding {
	struct addr wanted;
	bool dual;
	struct addr actual; /* with the port that the kernel chose */
	int *fds;           /* one per worker */
};

struct bindings {
	unsigned count; /* as the listeners of the configuration */
	unsigned workers;
	struct binding *list;
	struct binding status; /* fds: one, for the monitor; NULL = none */
};

/*
 * Opens what the configuration wants, taking from `old` (NULL = none) what is
 * there already; that is never changed. NULL, with errors in diag, if a single
 * one failed.
 */
struct bindings *bindings_open(
    const struct config *config, const struct bindings *old, struct diag *diag);
void bindings_free(struct bindings *bindings);

#endif
