#ifndef SUPERVISOR_H
#define SUPERVISOR_H

/*
 * What the job says to the supervisor. Every function here ends the process
 * when the supervisor is gone: there is nobody to work for then.
 */

#include <stdbool.h>

struct chan;
struct msg_DDNS_JOB;
struct refusal;

/* The first message; borrowed until the next call of this kind. */
void supervisor_read_job(struct chan *supervisor, struct msg_DDNS_JOB *job);

/* A DDNS_FOUND. */
struct finding {
	const char *ipv4, *ipv6, *source4, *source6, *dns4, *dns6;
	unsigned visible;
};

void supervisor_found(struct chan *supervisor, const struct finding *finding);
void supervisor_done(struct chan *supervisor, bool updated, const char *text);
void supervisor_failed(struct chan *supervisor, const struct refusal *refusal);

#endif
