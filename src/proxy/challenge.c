#include "challenge.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "base/xalloc.h"

struct challenge {
	TAILQ_ENTRY(challenge) link;
	char *token;
	char *answer;
};

struct challenges {
	TAILQ_HEAD(, challenge) list;
	unsigned count;
};

struct challenges *
challenges_new(void)
{
	struct challenges *challenges = xcalloc(1, sizeof *challenges);

	TAILQ_INIT(&challenges->list);
	return challenges;
}

static void
forget(struct challenges *challenges, struct challenge *challenge)
{
	TAILQ_REMOVE(&challenges->list, challenge, link);
	challenges->count--;
	free(challenge->token);
	free(challenge->answer);
	free(challenge);
}

void
challenges_free(struct challenges *challenges)
{
	while (!TAILQ_EMPTY(&challenges->list))
		forget(challenges, TAILQ_FIRST(&challenges->list));
	free(challenges);
}

static bool
token_is_valid(const char *token)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	                               "abcdefghijklmnopqrstuvwxyz"
	                               "0123456789_-";
	size_t len = strlen(token);

	return len >= 1 && len <= 128 && strspn(token, alphabet) == len;
}

static struct challenge *
find(const struct challenges *challenges, const char *token, size_t len)
{
	struct challenge *challenge;

	TAILQ_FOREACH(challenge, &challenges->list, link)
		if (strlen(challenge->token) == len &&
		    memcmp(challenge->token, token, len) == 0)
			return challenge;
	return NULL;
}

int
challenge_set(struct challenges *challenges, const char *token,
    struct slice key_authorization)
{
	struct challenge *challenge;

	if (!token_is_valid(token) || challenges->count >= CHALLENGES_MAX)
		return -1;
	challenge_clear(challenges, token);
	challenge = xcalloc(1, sizeof *challenge);
	challenge->token = xstrdup(token);
	challenge->answer =
	    xstrndup(key_authorization.p, key_authorization.len);
	TAILQ_INSERT_TAIL(&challenges->list, challenge, link);
	challenges->count++;
	return 0;
}

void
challenge_clear(struct challenges *challenges, const char *token)
{
	struct challenge *challenge = find(challenges, token, strlen(token));

	if (challenge != NULL)
		forget(challenges, challenge);
}

const char *
challenge_find(
    const struct challenges *challenges, const char *token, size_t len)
{
	const struct challenge *challenge = find(challenges, token, len);

	return challenge != NULL ? challenge->answer : NULL;
}
