#ifndef CHALLENGE_H
#define CHALLENGE_H

/*
 * Proving that a name is ours (RFC 8555 sections 7.5 and 8.3): the CA asks the
 * name's address for a token's answer over plain HTTP. Only http-01 is known;
 * other challenges, and malformed ones, are passed over.
 */

#include <stdbool.h>

#include "problem.h"
#include "status.h"

struct client;
struct job;
struct json;

#define CHALLENGE_TOKEN_MAX 128

/* An authorization object with its http-01 challenge. */
struct authorization {
	enum acme_status status;
	char *name;             /* the identifier's value */
	char *token;            /* NULL: no http-01 challenge is offered */
	char *url;              /* of the challenge, NULL as well then */
	bool untouched;         /* the CA was not asked to look yet */
	char *offered;          /* types of all challenges, for people */
	struct problem problem; /* why, when the status is invalid */
};

int authorization_parse(struct authorization *authorization,
    const struct json *doc, struct problem *problem);
void authorization_release(struct authorization *authorization);

/* Makes the authorization at this URL valid, if it is not. */
int authorization_complete(const char *url, struct client *client,
    const struct job *job, struct problem *problem);

#endif
