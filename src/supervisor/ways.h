#ifndef SUPERVISOR_WAYS_H
#define SUPERVISOR_WAYS_H

/*
 * In which ways names are proven, and in which order: what the configuration
 * says, or what can work with its listeners. A way that the CA did not accept
 * goes behind the others for the next attempt, never within one: a CA counts
 * failed proofs by the hour.
 */

#include <stdbool.h>

#include "ipc/job.h"

struct binding;
struct buf;
struct config;
struct config_cert;
struct config_acme;

/* What is chosen by. */
struct ways {
	const struct config *config;
	const struct config_cert *cert;
	const struct config_acme *acme; /* the authority, maybe a fallback */
	const char *failed;             /* a word, or NULL */
};

/* JOB.challenges. */
void ways_print(const struct ways *ways, struct buf *out);

/* "http-01" and its like. */
const char *ways_word(enum job_challenge way);

/* Does this JOB_FAILED.problem say that the CA did not accept the proof? */
bool ways_is_refusal(const char *problem);

/*
 * JOB.http_address: where a listener for plain HTTP can be reached from this
 * machine; appends nothing if there is none.
 */
void ways_print_http_address(const struct config *config,
    const struct binding *bindings, struct buf *out);

#endif
