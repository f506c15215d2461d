#ifndef SUPERVISOR_CHALLENGE_H
#define SUPERVISOR_CHALLENGE_H

/*
 * The answers to challenges that can be had of us at the moment. A job may let
 * the CA look when every worker holds its answer, for a connection may reach
 * any of them (RFC 8555 section 8.3, RFC 8737); or when the TXT record that is
 * the answer was published (RFC 8555 section 8.4).
 */

#include "ipc/msg.h"

struct child;
struct job;
struct supervisor;
struct worker;

/* From a job. */
void challenge_set(struct child *child, const struct msg *msg);
void challenge_clear(struct child *child, const struct msg *msg);

/* From a worker. */
void challenge_done(struct child *child, const struct msg *msg);

/* Tells a worker that starts; it does not accept before it knows them. */
void challenge_replay(struct supervisor *sup, struct worker *worker);

/* A worker that is dead or leaving need not answer any more. */
void challenge_forget_worker(struct supervisor *sup, struct worker *worker);

/* Withdraws what a job set. */
void challenge_forget_job(struct supervisor *sup, struct job *job);

#endif
