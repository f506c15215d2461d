#ifndef SUPERVISOR_H
#define SUPERVISOR_H

/*
 * What the job says to the supervisor. Every function here ends the process
 * when the supervisor is gone: there is nobody to work for then.
 */

#include <stdbool.h>

struct chan;
struct refusal;

/* A DDNS_FOUND. */
struct finding {
	const char *ipv4, *ipv6, *source4, *source6, *dns4, *dns6;
	unsigned visible;
};

void supervisor_found(struct chan *supervisor, const struct finding *finding);
void supervisor_done(struct chan *supervisor, bool updated, const char *text);
void supervisor_failed(struct chan *supervisor, const struct refusal *refusal);

#endif
