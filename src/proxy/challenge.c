#include "challenge.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/file.h"
#include "base/list.h"
#include "base/xalloc.h"

#define TOKEN_MAX 128

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
token_is_valid(const char *token, size_t len)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	                               "abcdefghijklmnopqrstuvwxyz"
	                               "0123456789_-";
	size_t i = 0;

	while (
	    i < len && token[i] != '\0' && strchr(alphabet, token[i]) != NULL)
		i++;
	return i == len && len >= 1 && len <= TOKEN_MAX;
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
    const char *key_authorization)
{
	struct challenge *challenge;

	if (!token_is_valid(token, strlen(token)) ||
	    challenges->count >= CHALLENGES_MAX)
		return -1;
	challenge_clear(challenges, token);
	challenge = xcalloc(1, sizeof *challenge);
	challenge->token = xstrdup(token);
	challenge->answer = xstrdup(key_authorization);
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

/* It may grow while it is read. */
static const char *
read_answer(int fd, struct arena *arena, struct error *err)
{
	char text[CHALLENGE_FILE_MAX + 1];
	const char *answer = NULL;
	ssize_t n = 1;
	size_t len = 0;

	while (n > 0 && len < sizeof text) {
		n = TEMP_FAILURE_RETRY(read(fd, text + len, sizeof text - len));
		if (n > 0)
			len += (size_t)n;
	}
	if (n < 0)
		error_sys(err, "read");
	else if (len == sizeof text)
		error_set(
		    err, ERR_LIMIT, "more than %d bytes", CHALLENGE_FILE_MAX);
	else if ((answer = arena_strndup(arena, text, len)) == NULL)
		error_set(err, ERR_LIMIT, "no memory left for it");
	return answer;
}

const char *
challenge_read(int tree, const char *token, size_t len, struct arena *arena,
    struct error *err)
{
	char name[TOKEN_MAX + 1];
	const char *answer;
	int fd;

	if (!token_is_valid(token, len)) {
		error_set(err, ERR_NOTFOUND, "no token");
		return NULL;
	}
	memcpy(name, token, len);
	name[len] = '\0';
	fd = file_open_beneath(tree, name, err);
	if (fd == -1)
		return NULL;
	answer = read_answer(fd, arena, err);
	close(fd);
	return answer;
}
