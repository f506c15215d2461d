#ifndef SUPERVISOR_CHORE_STATE_H
#define SUPERVISOR_CHORE_STATE_H

/* A chore from within: what chore.c and chore_step.c share. */

#include <stdbool.h>

#include "base/buf.h"
#include "base/list.h"
#include "ipc/job.h"
#include "supervisor.h"

struct job;
struct slot;

struct chore {
	TAILQ_ENTRY(chore) entry;
	struct supervisor *sup;
	struct asker asker; /* .monitor NULL: nobody waits any more */
	enum job_kind kind;
	char *name;          /* of a certificate or section; "" */
	const char *arg;     /* a constant: the reason, the way, the action */
	unsigned generation; /* whose slots `next` counts */
	unsigned next;       /* slot to look at */
	struct job *job;     /* NULL: none is under way */
	struct slot *slot;   /* that it is about; NULL: none */
	char *serial;        /* JOB_REVOKE: of the certificate */
	char *directory;     /* that is asked */
	bool ok;
	struct buf text; /* a line for each thing that was done */
};

/* A line of the answer, also for the log. Takes the line. */
void chore_say(struct chore *chore, bool ok, char *line);

/* Starts its next job; false when there is none. */
bool chore_step(struct chore *chore);

#endif
