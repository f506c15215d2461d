#ifndef ACCOUNT_H
#define ACCOUNT_H

/*
 * The account at the CA. There is never a second one: the key is saved before
 * the CA hears of it, and a CA that knows a key answers newAccount with the
 * account that exists (RFC 8555 section 7.3.1). So a job that was killed
 * between the two has lost nothing.
 */

struct client;
struct job;
struct problem;

/* Makes the client speak for the account, which it registers if need be. */
int account_open(
    struct client *client, const struct job *job, struct problem *problem);

/* Registers the client's key, or finds the account that has it. */
int account_register(
    struct client *client, const struct job *job, struct problem *problem);

#endif
