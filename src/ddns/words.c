/* Answers in words: see words.h. */

#include "words.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"

#define ADVICE_LOGIN                                                           \
	"Check what the section has as Token, or as Login and Password."
#define ADVICE_HOST                                                            \
	"Create this name at the provider, or correct it in the section."
#define ADVICE_BLOCKED "Ask the provider why; it has blocked this name."
#define HALF_HOUR 1800

static const struct word words[] = {
	{ "good", 1, 0, "", -1 },
	{ "nochg", 0, 0, "", -1 },
	{ "badauth", -1, DDNS_STOP, ADVICE_LOGIN, -1 },
	{ "badagent", -1, DDNS_STOP, ADVICE_BLOCKED, -1 },
	{ "!donator", -1, DDNS_STOP, "The provider wants to be paid for it.",
	    -1 },
	{ "notfqdn", -1, DDNS_STOP, ADVICE_HOST, -1 },
	{ "nohost", -1, DDNS_STOP, ADVICE_HOST, -1 },
	{ "!yours", -1, DDNS_STOP, ADVICE_HOST, -1 },
	{ "numhost", -1, DDNS_STOP, "Have fewer names in the section.", -1 },
	{ "abuse", -1, DDNS_STOP, ADVICE_BLOCKED, -1 },
	{ "badsys", -1, DDNS_STOP, ADVICE_HOST, -1 },
	{ "badrequest", -1, DDNS_STOP, ADVICE_HOST, -1 },
	{ "dnserr", -1, DDNS_AGAIN, "", HALF_HOUR },
	{ "911", -1, DDNS_AGAIN, "", HALF_HOUR },
	{ "servererror", -1, DDNS_AGAIN, "", HALF_HOUR },
	{ NULL, 0, 0, NULL, 0 },
};

static const struct word *
look_up(const struct word *list, const char *text, size_t len)
{
	for (; list != NULL && list->text != NULL; list++)
		if (text_ieq(text, len, list->text))
			return list;
	return NULL;
}

static int
apply(const struct api *api, const struct word *word, const char *text,
    int64_t retry_after, struct refusal *refusal)
{
	if (word->result >= 0)
		return word->result;
	api_refuse(api, refusal, word->kind, word->text, word->advice, text);
	refusal->retry_after =
	    word->retry_after >= 0 ? word->retry_after : retry_after;
	return -1;
}

static int
judge(const struct api *api, const struct word *more, const char *text,
    int64_t retry_after, struct refusal *refusal)
{
	const struct word *word;
	size_t len;

	text += strspn(text, " \t\r\n");
	len = strcspn(text, " \t\r\n");
	word = look_up(more, text, len);
	if (word == NULL)
		word = look_up(words, text, len);
	if (word == NULL)
		return api_refuse(api, refusal, DDNS_AGAIN, "answer", "", text);
	/* So it answers programs that it does not let in any more. */
	if (word->result == 1 && strcmp(word->text, "good") == 0 &&
	    strncmp(text + len, " 127.0.0.1", 10) == 0)
		return api_refuse(api, refusal, DDNS_STOP, "good 127.0.0.1",
		    ADVICE_BLOCKED, text);
	return apply(api, word, text, retry_after, refusal);
}

int
words_judge(const struct api *api, const struct word *more, const char *text,
    struct refusal *refusal)
{
	return judge(api, more, text, -1, refusal);
}

int
words_read(const struct api *api, const struct word *more,
    const struct api_answer *answer, struct refusal *refusal)
{
	if (api_check(api, answer, NULL, refusal) < 0)
		return -1;
	if (answer->body[strspn(answer->body, " \t\r\n")] == '\0')
		return api_strange(api, refusal, "nothing");
	if (api_is_html(answer->body))
		return api_strange(api, refusal, "a page");
	return judge(api, more, answer->body, answer->retry_after, refusal);
}

int
words_find(const struct api *api, const struct word *texts,
    const struct api_answer *answer, struct refusal *refusal)
{
	if (api_check(api, answer, NULL, refusal) < 0)
		return -1;
	for (; texts->text != NULL; texts++)
		if (strcasestr(answer->body, texts->text) != NULL)
			return apply(api, texts,
			    api_is_html(answer->body) ? texts->text
			                              : answer->body,
			    answer->retry_after, refusal);
	if (answer->body[strspn(answer->body, " \t\r\n")] == '\0')
		return api_strange(api, refusal, "nothing");
	if (api_is_html(answer->body))
		return api_strange(api, refusal, "a page");
	return api_refuse(api, refusal, DDNS_AGAIN, "answer", "", answer->body);
}
