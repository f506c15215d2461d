/* DDNSS.de: one request, answered with a page that says how it went. */

#include <string.h>

#include "families.h"
#include "job.h"
#include "words.h"

#define ADVICE_TOKEN "Put the update key that ddnss.de shows into Token."
#define ADVICE_HOST "Create this name at ddnss.de, or correct it."

static const struct api_advice advice[] = { { 401, ADVICE_TOKEN },
	{ 403, ADVICE_TOKEN }, { 0, NULL } };

const struct api_rules ddnss_rules = { .provider = "DDNSS", .advice = advice };

/* Sentences and words that stand in a page, and nowhere else in one. */
static const struct word texts[] = {
	{ "Updated 1 hostname", 1, 0, "", -1 },
	{ "badauth", -1, DDNS_STOP, ADVICE_TOKEN, -1 },
	{ "notfqdn", -1, DDNS_STOP, ADVICE_HOST, -1 },
	{ NULL, 0, 0, NULL, 0 },
};

static const struct word words[] = {
	{ "badauth", -1, DDNS_STOP, ADVICE_TOKEN, -1 },
	{ NULL, 0, 0, NULL, 0 },
};

int
ddnss_read(const struct api *api, const struct api_answer *answer,
    struct refusal *refusal)
{
	if (api_is_html(answer->body) ||
	    strcasestr(answer->body, texts[0].text) != NULL)
		return words_find(api, texts, answer, refusal);
	return words_read(api, words, answer, refusal);
}

static int
update(struct fetch *fetch, const struct ddns_job *job,
    const struct update *wanted, struct refusal *refusal)
{
	struct api api;
	char *path =
	    api_path("/upd.php?key=%s&host=%s", job->token, wanted->host);
	int r;

	path = api_add(path, "ip", wanted->ipv4);
	path = api_add(path, "ip6", wanted->ipv6);
	api_init(&api, fetch, job, &ddnss_rules, NULL);
	r = api_get(&api, path, ddnss_read, refusal);
	api_release(&api);
	return r;
}

const struct family family_ddnss = { .update = update };
