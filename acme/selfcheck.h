#ifndef SELFCHECK_H
#define SELFCHECK_H

/*
 * Looking at our own answers as a CA would, over plain HTTP. From this machine
 * to its own listener the look tells whether the CA can be asked at all, and an
 * attempt is saved if not. From this machine to the public address it only
 * gives advice: many routers do not lead a house's own connections back in.
 */

struct job;
struct problem;
struct proof;

/*
 * Before an order. Where http-01 comes first and our listener does not give our
 * answer, it is dropped from the job's ways; -1 if no way is left.
 */
int selfcheck_listener(struct job *job, struct problem *problem);

/* After the CA did not find the answer: what is seen from here, to the log. */
void selfcheck_advise(
    const struct proof *proof, const char *name, const struct problem *problem);

#endif
