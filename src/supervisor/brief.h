#ifndef SUPERVISOR_BRIEF_H
#define SUPERVISOR_BRIEF_H

/*
 * What a job is told: its JOB message, gathered from the configuration, the
 * store and the pair in service. A job learns what it must know and no more.
 */

#include <stdbool.h>

#include "base/error.h"
#include "ipc/job.h"

struct brief;
struct child;
struct config_acme;
struct slot;
struct supervisor;

/* What a job is about. */
struct job_task {
	enum job_kind kind;
	const struct slot *slot;        /* NULL: no certificate */
	const struct config_acme *acme; /* NULL: no CA */
	const char *directory;          /* of the CA, or a URL; NULL: none */
	const char *arg;                /* NULL: none */
	const char *name; /* JOB_REACH: of the slot's, the only one */
};

/* Borrows the task. NULL if the store cannot be read. */
struct brief *brief_new(
    struct supervisor *sup, const struct job_task *task, struct error *err);
void brief_send(struct brief *brief, struct child *child);

/* Is it to go on with an order that was placed before? */
bool brief_has_order(const struct brief *brief);
void brief_free(struct brief *brief);

#endif
