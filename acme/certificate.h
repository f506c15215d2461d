#ifndef CERTIFICATE_H
#define CERTIFICATE_H

/* The end of a job: the certificate, checked and handed to the supervisor. */

struct client;
struct job;
struct order;
struct problem;

/*
 * Fetches the certificate of a valid order, checks it and hands it over, after
 * asking the CA when it should be renewed. A dry run only says that it could.
 */
int certificate_deliver(const struct order *order, struct client *client,
    const struct job *job, struct problem *problem);

/* Makes one without a CA, for the time until the first real one. */
int certificate_placeholder(const struct job *job, struct problem *problem);

#endif
