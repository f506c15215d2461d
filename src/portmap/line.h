#ifndef LINE_H
#define LINE_H

/*
 * The job's line to the supervisor. Every function here ends the process when
 * the supervisor is gone: there is nobody to work for then.
 */

#include <stdbool.h>

#include "order.h"

struct chan;
struct msg_PORTMAP_JOB;

/* The first message; borrowed until the next call. */
void line_read_job(struct chan *supervisor, struct msg_PORTMAP_JOB *job);

/* To be watched for: it becomes readable when the job is called off. */
int line_fd(const struct chan *supervisor);
_Noreturn void line_lost(void);

/* The last message is one of these. protocol: that the router spoke. */
void line_done(struct chan *supervisor, const char *protocol,
    const struct outcome *outcome);
void line_failed(struct chan *supervisor, enum portmap_failure kind,
    const char *protocol, const struct outcome *outcome);

#endif
