#ifndef DYNDNS2_H
#define DYNDNS2_H

/*
 * The protocol that dyndns.org had and half of the others have taken over: what
 * it answers. Also for families that answer alike.
 */

#include "provider.h"

/*
 * One line for each host, in the order of the question, or one for all. 1: at
 * least one has changed; 0: all were so already; -1: refused, and the first
 * host that no later attempt can help decides.
 */
int dyndns2_read(const char *body, const char *const *hosts, size_t n,
    struct refusal *refusal);

/* The same with the status: an answer in words says more than that. */
struct fetch_response;
int dyndns2_read_answer(const struct fetch_response *res,
    const char *const *hosts, size_t n, struct refusal *refusal);

#endif
