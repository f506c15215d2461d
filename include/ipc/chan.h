#ifndef IPC_CHAN_H
#define IPC_CHAN_H

/*
 * One end of the line between two processes: a SOCK_SEQPACKET socket that
 * carries one message a packet, with a descriptor where the table says so. The
 * receive and send buffers are wiped after use: messages carry keys.
 */

#include <stdbool.h>

#include "base/error.h"
#include "ipc/msg.h"

#define CHAN_CHILD_FD 3 /* where a child finds its end */

struct chan;

/* Makes a connected pair, close-on-exec. */
int chan_pair(int fds[2], struct error *err);

/*
 * Takes over `fd`. `self` and `peer` decide which messages may pass. With
 * `blocking` (jobs) send and receive wait; otherwise the descriptor is made
 * non-blocking and what cannot be sent is queued, CHAN_QUEUE_MAX bytes at most.
 */
#define CHAN_QUEUE_MAX (4u * 1024 * 1024)
struct chan *chan_new(
    int fd, enum ipc_role self, enum ipc_role peer, bool blocking);
void chan_free(struct chan *chan); /* closes; NULL is fine */
int chan_fd(const struct chan *chan);

/* 0 = sent or queued. -1: the peer is gone, or the queue is full. */
int chan_send(struct chan *chan, const struct msg *msg, struct error *err);

/* Sends what is queued; true while something remains (watch for writable). */
bool chan_flush(struct chan *chan);
bool chan_wants_write(const struct chan *chan);

enum chan_result {
	CHAN_MESSAGE, /* *msg is filled */
	CHAN_EMPTY,   /* nothing more now (non-blocking only) */
	CHAN_CLOSED,  /* the peer is gone */
	CHAN_BROKEN   /* malformed or not allowed: err says what */
};
enum chan_result chan_recv(
    struct chan *chan, struct msg *msg, struct error *err);

#endif
