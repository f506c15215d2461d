#ifndef ORDER_H
#define ORDER_H

/*
 * An order: the request for one certificate, from its placing to the address
 * of the certificate (RFC 8555 section 7.4). Its URL and the certificate's key
 * are saved as soon as the CA has accepted it, so that the next job goes on
 * with it when this one is killed.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "problem.h"
#include "status.h"

struct client;
struct job;
struct json;
struct pki_key;

#define ORDER_AUTHORIZATIONS_MAX 128

/* An order object as the CA describes it. */
struct order_state {
	enum acme_status status;
	char *finalize;
	char *certificate; /* NULL until the order is valid */
	char **authorizations;
	size_t nauthorizations;
	struct problem problem; /* why, when the status is invalid */
};

struct order {
	char *url;
	struct pki_key *key; /* of the certificate */
	bool resumed;
	int64_t retry_after; /* that came with the state, -1 = none */
	struct order_state state;
};

/* Fails unless it is an order for exactly the job's names, in any sequence. */
int order_state_parse(struct order_state *state, const struct json *doc,
    const struct job *job, struct problem *problem);
void order_state_release(struct order_state *state);

/* The job's unfinished order if it can still be used, or else a new one. */
int order_open(struct order *order, struct client *client,
    const struct job *job, struct problem *problem);
int order_place(struct order *order, struct client *client,
    const struct job *job, struct problem *problem);
void order_release(struct order *order);

/* Makes what is open valid: every authorization, then the order itself. */
int order_complete(struct order *order, struct client *client,
    const struct job *job, struct problem *problem);

/* No later order is to live on what this one has proved. */
void order_give_up(const struct order *order, struct client *client);

#endif
