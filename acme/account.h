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
struct json;
struct pki_key;
struct problem;

/* Makes the client speak for the account, which it registers if need be. */
int account_open(
    struct client *client, const struct job *job, struct problem *problem);

/* The same where there must be one already: PROBLEM_ACCOUNT otherwise. */
int account_open_existing(
    struct client *client, const struct job *job, struct problem *problem);

/* Registers the client's key, or finds the account that has it. */
int account_register(
    struct client *client, const struct job *job, struct problem *problem);

/*
 * Saves the account with the client's key and, unless that is NULL, a second
 * key after it.
 */
int account_save(struct client *client, const struct job *job,
    const struct pki_key *next, struct problem *problem);

/* The contacts as the CA wants them: the e-mail address, or nobody. */
struct json *account_contact(const struct job *job);

#endif
