#ifndef PROXY_CHALLENGE_H
#define PROXY_CHALLENGE_H

#include <stddef.h>

#include "base/error.h"

struct arena;

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
    const char *key_authorization);
void challenge_clear(struct challenges *challenges, const char *token);

/* The key authorization, or NULL. */
const char *challenge_find(
    const struct challenges *challenges, const char *token, size_t len);

#define CHALLENGE_FILE_MAX 4096 /* bytes of an answer of somebody else */

/*
 * The answer that another program has put into a directory (file_open_tree())
 * as a file with the token's name; NULL if there is none. ERR_NOTFOUND also for
 * what is no token, ERR_LIMIT if the file is larger than an answer.
 */
const char *challenge_read(int tree, const char *token, size_t len,
    struct arena *arena, struct error *err);

#endif
