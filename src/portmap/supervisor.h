#ifndef SUPERVISOR_H
#define SUPERVISOR_H

/*
 * What the job says to the supervisor. Every function here ends the process
 * when the supervisor is gone: there is nobody to work for then.
 */

#include "order.h"

struct chan;

/* The last message is one of these. protocol: that the router spoke. */
void supervisor_done(struct chan *supervisor, const char *protocol,
    const struct outcome *outcome);
void supervisor_failed(struct chan *supervisor, enum portmap_failure kind,
    const char *protocol, const struct outcome *outcome);

#endif
