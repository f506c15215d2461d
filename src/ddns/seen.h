#ifndef SEEN_H
#define SEEN_H

/* What the world is told: by the servers of the zone that each host is in. */

#include "decide.h"
#include "job.h"

#define SEEN_SIZE 256

struct seen {
	char ipv4[SEEN_SIZE]; /* one space between two; "" = no record */
	char ipv6[SEEN_SIZE];
	enum shown shown;
};

/* What they should say: "" = nothing, NULL = whatever they like. */
struct wanted {
	const char *ipv4;
	const char *ipv6;
};

/* `seen` has what the first host says that does not say so, or the last. */
void seen_look(
    const struct ddns_job *job, const struct wanted *wanted, struct seen *seen);

#endif
