#ifndef WISHES_H
#define WISHES_H

/*
 * What a new order asks for beside the names: a profile, and to be the
 * successor of the certificate in service. CAs stumble over either; then the
 * order is placed once more without it, where that does no harm.
 */

struct answer;
struct client;
struct job;
struct problem;

/* Sends the newOrder request (RFC 8555 section 7.4); the answer is the order. */
int wishes_send(struct client *client, const struct job *job,
    struct answer *answer, struct problem *problem);

#endif
