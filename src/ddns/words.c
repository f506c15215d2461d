/* Answers in words: see words.h. */

#include "words.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "base/xalloc.h"
#include "job.h"

#define FAULT_S 1800 /* how long a fault of theirs is left alone, at least */
#define TEXT_SIZE 256
#define ADVICE_LOGIN                                                           \
	"Check Token, or Login and Password, of the DDNS section; many "       \
	"providers want a key of their own for this, and not the account's "   \
	"password."
#define ADVICE_HOST                                                            \
	"Check the name: it must exist at the provider and belong to this "    \
	"account."
#define ADVICE_ABUSE                                                           \
	"The provider has blocked this name: ask its support to unblock it."
#define ADVICE_AGENT                                                           \
	"The provider does not accept this program: ask its support, or "      \
	"report it to us."
#define ADVICE_FEE "This needs a paid account at the provider, or another name."
#define ADVICE_MANY "Spread the names over several DDNS sections."

static const struct word words[] = {
	{ "good", WORD_DONE, NULL, 0, "", 0 },
	{ "nochg", WORD_SAME, NULL, 0, "", 0 },
	{ "badauth", WORD_STOP, "login or password is wrong", 401, ADVICE_LOGIN,
	    0 },
	{ "badagent", WORD_STOP, "our program is not accepted", 0, ADVICE_AGENT,
	    0 },
	{ "!donator", WORD_STOP, "the account may not do this", 0, ADVICE_FEE,
	    0 },
	{ "!active", WORD_STOP, "the account is not active", 401, ADVICE_LOGIN,
	    0 },
	{ "notfqdn", WORD_STOP, "this is not a whole name", 0, ADVICE_HOST, 0 },
	{ "nohost", WORD_STOP, "there is no such name", 404, ADVICE_HOST, 0 },
	{ "!yours", WORD_STOP, "the name is another account's", 404,
	    ADVICE_HOST, 0 },
	{ "numhost", WORD_STOP, "these are too many names", 0, ADVICE_MANY, 0 },
	{ "abuse", WORD_STOP, "the name is blocked", 0, ADVICE_ABUSE, 0 },
	{ "badsys", WORD_STOP, "the system parameter is wrong", 0, ADVICE_AGENT,
	    0 },
	{ "badrequest", WORD_STOP, "the request is malformed", 0, ADVICE_HOST,
	    0 },
	{ "dnserr", WORD_AGAIN, "the provider's DNS has a fault", 0, "",
	    FAULT_S },
	{ "911", WORD_AGAIN, "the provider has a fault", 0, "", FAULT_S },
	{ "servererror", WORD_AGAIN, "the provider has a fault", 0, "",
	    FAULT_S },
	{ "unknown", WORD_AGAIN, "the provider has a fault", 0, "", FAULT_S },
	{ .text = NULL },
};

/* Their way of saying that a client is locked out without its noticing. */
static const char trap[] = "good 127.0.0.1";

/* A line of an answer, and the host that it is about ("" = unnamed). */
struct line {
	const char *host;
	const char *text;
	size_t len;
	size_t word; /* length of the first one */
};

static struct line
line_of(const char *host, const char *text, size_t len)
{
	size_t word = strcspn(text, " \t\r\n");

	return (struct line){ .host = host,
		.text = text,
		.len = len,
		.word = word < len ? word : len };
}

/* The words of dyndns2 are written so and not otherwise. */
static const struct word *
look_up(const struct word *more, const char *text, size_t len)
{
	const struct word *word;

	for (; more != NULL && more->text != NULL; more++)
		if (text_ieq(text, len, more->text))
			return more;
	for (word = words; word->text != NULL; word++)
		if (strlen(word->text) == len &&
		    memcmp(word->text, text, len) == 0)
			return word;
	return NULL;
}

/* "w30m": wait so long. False: it is no such word. */
static bool
read_wait(const char *word, size_t len, int64_t *seconds)
{
	static const struct {
		char letter;
		unsigned seconds;
	} units[] = { { 's', 1 }, { 'm', 60 }, { 'h', 3600 } };
	uint64_t n;

	if (len < 2 || word[0] != 'w')
		return false;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (word[len - 1] != units[i].letter ||
		    !text_u64(word + 1, len - 2,
		        FETCH_RETRY_AFTER_MAX / units[i].seconds, &n))
			continue;
		*seconds = (int64_t)n * units[i].seconds;
		return true;
	}
	return false;
}

static int
refuse_line(const struct line *line, struct refusal *refusal,
    enum ddns_failure kind, const char *problem, const char *advice,
    const char *says)
{
	return refuse(refusal, kind, problem, advice, "%s%s%s", line->host,
	    *line->host != '\0' ? ": " : "", says);
}

/* What the provider says is what was found in it. */
static int
apply(const struct api *api, const struct word *word, const struct line *line,
    struct refusal *refusal)
{
	const char *advice = api_advice_for(api->rules, word->status);
	enum ddns_failure kind =
	    word->meaning == WORD_STOP ? DDNS_STOP : DDNS_AGAIN;
	char text[TEXT_SIZE];

	if (word->meaning == WORD_DONE)
		return 1;
	if (word->meaning == WORD_SAME)
		return 0;
	if (advice == NULL)
		advice = word->advice;
	snprintf(text, sizeof(text), "%.*s",
	    (int)(line->len < sizeof(text) ? line->len : sizeof(text)),
	    line->text);
	if (word->says == NULL)
		api_refuse(api, refusal, kind, word->text, advice, text);
	else
		refuse_line(
		    line, refusal, kind, word->text, advice, word->says);
	if (word->retry_after > 0)
		refusal->retry_after = word->retry_after;
	return -1;
}

/* No word that anybody knows. */
static int
refuse_unknown(
    const struct api *api, const struct line *line, struct refusal *refusal)
{
	static const struct word unknown = { "answer", WORD_AGAIN, NULL, 0, "",
		0 };

	apply(api, &unknown, line, refusal);
	if (api->rules->strange != NULL)
		refusal->advice = api->rules->strange;
	return -1;
}

static int
read_line(const struct api *api, const struct word *more,
    const struct line *line, struct refusal *refusal)
{
	const struct word *word = look_up(more, line->text, line->word);
	size_t n = strlen(trap);
	char wait[32];
	int64_t seconds;

	if (line->len >= n && memcmp(line->text, trap, n) == 0 &&
	    (line->len == n || strchr(" \t", line->text[n]) != NULL))
		return refuse_line(line, refusal, DDNS_STOP, trap, ADVICE_ABUSE,
		    "the provider has locked us out");
	if (word != NULL)
		return apply(api, word, line, refusal);
	if (!read_wait(line->text, line->word, &seconds))
		return refuse_unknown(api, line, refusal);
	snprintf(wait, sizeof(wait), "%.*s", (int)line->word, line->text);
	refuse_line(line, refusal, DDNS_AGAIN, wait, "",
	    "the provider wants us to wait");
	refusal->retry_after = seconds;
	return -1;
}

/* Takes the next line that says something; its length, 0 at the end. */
static size_t
next_line(const char **body, const char **line)
{
	size_t len = 0;

	*line = *body + strspn(*body, " \t\r\n");
	if (**line != '\0')
		len = strcspn(*line, "\r\n");
	*body = *line + len;
	return len;
}

int
words_judge(const struct api *api, const struct word *more, const char *text,
    struct refusal *refusal)
{
	size_t n = api->n > 0 ? api->n : 1, seen = 0, len;
	bool changed = false, refused = false;
	struct refusal one;
	const char *start;

	for (; seen < n && (len = next_line(&text, &start)) > 0; seen++) {
		const struct line line = line_of(
		    api->n > 0 ? api->updates[seen].host : "", start, len);
		int r = read_line(api, more, &line, &one);

		changed = changed || r == 1;
		if (r < 0 &&
		    (!refused ||
		        (refusal->kind != DDNS_STOP &&
		            one.kind == DDNS_STOP))) {
			*refusal = one;
			refused = true;
		}
	}
	if (refused)
		return -1;
	if (seen == 0)
		return api_strange(api, refusal, "nothing");
	if (seen != n && seen != 1)
		return api_strange(
		    api, refusal, "fewer lines than there are names");
	return changed ? 1 : 0;
}

/* Whether the answer begins with a refusal in words. */
static bool
is_refusal(const struct word *more, const char *body)
{
	const char *start = body + strspn(body, " \t\r\n");
	const struct word *word =
	    look_up(more, start, strcspn(start, " \t\r\n"));

	return word != NULL &&
	    (word->meaning == WORD_STOP || word->meaning == WORD_AGAIN);
}

int
words_read(const struct api *api, const struct word *more,
    const struct fetch_response *res, struct refusal *refusal)
{
	int r;

	if (!is_refusal(more, res->body) &&
	    (api_check(api, res, NULL, refusal) < 0 ||
	        api_check_text(api, res, refusal) < 0))
		return -1;
	r = words_judge(api, more, res->body, refusal);
	if (r < 0 && refusal->retry_after < 0)
		refusal->retry_after = res->retry_after;
	return r;
}

int
words_find(const struct api *api, const struct word *texts,
    const struct fetch_response *res, struct refusal *refusal)
{
	const struct line line = line_of("", res->body, res->body_len);
	int r;

	if (api_check(api, res, NULL, refusal) < 0 ||
	    api_check_text(api, res, refusal) < 0)
		return -1;
	while (
	    texts->text != NULL && strcasestr(res->body, texts->text) == NULL)
		texts++;
	r = texts->text != NULL ? apply(api, texts, &line, refusal)
	                        : refuse_unknown(api, &line, refusal);
	if (r < 0 && refusal->retry_after < 0)
		refusal->retry_after = res->retry_after;
	return r;
}

int
words_update(const struct words_query *query, struct fetch *fetch,
    const struct ddns_job *job, const struct update *updates, size_t n,
    struct refusal *refusal)
{
	char *path = api_add(xstrdup(query->path), "key", job->token);
	struct api api;
	int r;

	path = api_add_hosts(path, query->hosts, updates, n);
	path = api_add(path, "ip", updates->ipv4);
	path = api_add(path, "ip6", updates->ipv6);
	api_init(&api, fetch, job, query->rules, NULL);
	api.updates = updates;
	api.n = n;
	r = api_get(&api, path, query->read, refusal);
	api_release(&api);
	return r;
}
