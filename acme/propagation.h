#ifndef PROPAGATION_H
#define PROPAGATION_H

/*
 * Waiting until a TXT record that was published is seen: by every server of the
 * zone it is in, for the CA may ask any of them, and not by a resolver, which
 * would remember that it was not there.
 */

struct job;
struct problem;
struct proof;

/* -1: it cannot be seen whether it is there, or it is not after two minutes. */
int propagation_wait(
    const struct proof *proof, const struct job *job, struct problem *problem);

#endif
