#ifndef SUPERVISOR_SWAP_H
#define SUPERVISOR_SWAP_H

/*
 * Brings the pair of a slot into service: to every worker of the generation
 * that serves and of the one that starts, each of which reads it and accepts or
 * refuses it. What one refuses, none keeps: the next best pair is tried.
 */

#include "ipc/msg.h"

struct child;
struct slot;
struct worker;

/* Starts a job for a placeholder, if there is no pair at all and none runs. */
void swap_need_pair(struct slot *slot);

/* Sends the pair in service to a worker that starts, in its number `index`. */
void swap_replay(struct slot *slot, struct worker *worker, unsigned index);

/* A new pair is in the store: every worker gets it. */
void swap_issued(struct slot *slot);

/* A placeholder was made; NULL = that failed. */
void swap_placeholder(struct slot *slot, const struct msg_bytes *pem);

/* Ends a swap that every worker has answered; one that is gone need not. */
void swap_check(struct slot *slot);

/* From a worker. */
void swap_answered(struct child *child, const struct msg *msg);

#endif
