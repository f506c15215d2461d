#ifndef CHALLENGE_H
#define CHALLENGE_H

/*
 * Proving that a name is ours (RFC 8555 section 7.5): of the challenges that
 * the CA offers, the one whose way comes first in the job's order is taken.
 * Ways that we do not know, and malformed challenges, are passed over.
 */

#include <stdbool.h>

#include "problem.h"
#include "status.h"

struct client;
struct job;
struct json;

#define CHALLENGE_TOKEN_MAX 128

/* A challenge of one way. */
struct offer {
	char *token;    /* NULL: it is not offered */
	char *url;      /* NULL as well then */
	bool untouched; /* the CA was not asked to look yet */
};

/* An authorization object with the challenges that we know. */
struct authorization {
	enum acme_status status;
	char *name; /* the identifier's value */
	struct offer offers[JOB_CHALLENGE_COUNT];
	char *offered;          /* types of all challenges, for people */
	struct problem problem; /* why, when the status is invalid */
};

int authorization_parse(struct authorization *authorization,
    const struct json *doc, struct problem *problem);
void authorization_release(struct authorization *authorization);

/*
 * The way to go: the one that the CA was already asked to look at, else the
 * first of the job's order. JOB_CHALLENGE_COUNT: there is none.
 */
enum job_challenge authorization_choose(
    const struct authorization *authorization, const struct job *job);

/* Makes the authorization at this URL valid, if it is not. */
int authorization_complete(const char *url, struct client *client,
    const struct job *job, struct problem *problem);

/*
 * Gives one up that is pending or valid (RFC 8555 section 7.5.2): the next
 * order for its name has to prove it anew.
 */
int authorization_give_up(
    const char *url, struct client *client, struct problem *problem);

#endif
