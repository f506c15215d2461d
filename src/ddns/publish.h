#ifndef PUBLISH_H
#define PUBLISH_H

/* What the job does: look, compare, publish; or a TXT record. */

#include "job.h"
#include "provider.h"

struct chan;

/* What became of it. */
struct outcome {
	bool updated; /* the provider was asked, and has it */
	char text[256];
};

/* -1: see the refusal. */
int publish(struct chan *supervisor, const struct ddns_job *job,
    struct outcome *outcome, struct refusal *refusal);

#endif
