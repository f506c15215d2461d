#ifndef PROXY_CHALLENGE_H
#define PROXY_CHALLENGE_H

#include <stddef.h>

#include "http/message.h"

/*
 * The HTTP-01 answers that stand ready (RFC 8555 section 8.3): a few tokens for
 * the time of an order, told by the supervisor.
 */
struct challenges;

#define CHALLENGES_MAX 128

struct challenges *challenges_new(void);
void challenges_free(struct challenges *challenges);

/* -1 when the token is not [A-Za-z0-9_-]{1,128} or there are too many. */
int challenge_set(struct challenges *challenges, const char *token,
    struct slice key_authorization);
void challenge_clear(struct challenges *challenges, const char *token);

/* The key authorization, or NULL. */
const char *challenge_find(
    const struct challenges *challenges, const char *token, size_t len);

#endif
