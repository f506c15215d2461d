#ifndef PROOF_H
#define PROOF_H

/*
 * What shows a CA that a name is ours, in one of the three ways: what is to be
 * found at which place (RFC 8555 sections 8.3 and 8.4, RFC 8737, RFC 8738).
 */

#include "ipc/job.h"

struct pki_key;
struct problem;

/* As CHALLENGE_SET has it; see ipc/job.h. */
struct proof {
	enum job_challenge kind;
	char *name;
	char *answer;
};

/* What is proven, and by which challenge. */
struct proof_claim {
	enum job_challenge kind;
	const char *identifier; /* a host name or an address */
	const char *token;
	const struct pki_key *account;
};

int proof_make(struct proof *proof, const struct proof_claim *claim,
    struct problem *problem);
void proof_release(struct proof *proof); /* wipes the answer */

#endif
