#ifndef IPC_LINE_H
#define IPC_LINE_H

/*
 * A child's end of its line to the supervisor: how each program begins that
 * gatehoused starts, and how a job speaks with it. A program of this kind gets
 * all it is to know over the channel on CHAN_CHILD_FD; its first message begins
 * with the terms of msg.def, which the functions here read.
 *
 *	line = line_begin(IPC_ACME, "gatehouse-acme", true);
 *	line_hear(line, MSG_JOB, &msg);
 *	line_settle("gatehouse-acme", &msg);
 *	line_confine(&msg);
 */

#include <stdbool.h>

#include "base/sandbox.h"
#include "ipc/chan.h"

/*
 * The log goes to stderr, signals that are the supervisor's to judge are
 * ignored. Whoever starts the program by hand is told so: exit 2. A job blocks,
 * and ends by a signal of the terminal; a resident does neither.
 */
struct chan *line_begin(enum ipc_role self, const char *program, bool job);

/* Logs as the first message says. */
void line_settle(const char *program, const struct msg *first);

/* What the first message wants given up; its root is borrowed from there. */
struct sandbox line_box(const struct msg *first);

/*
 * Of a job. Each of these ends the process when the supervisor is gone or says
 * something else: there is nobody to work for then.
 */
void line_confine(const struct msg *first); /* enters the box */
void line_hear(struct chan *line, enum msg_kind kind, struct msg *msg);
void line_tell(struct chan *line, const struct msg *msg);

/* The line became readable and nothing was asked: the job is called off. */
_Noreturn void line_lost(void);

#endif
