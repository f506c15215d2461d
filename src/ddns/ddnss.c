/* DDNSS.de: one request, answered in a word or with a page that has it. */

#include <string.h>

#include "base/text.h"
#include "families.h"
#include "words.h"

#define ADVICE_TOKEN "Put the update key that ddnss.de shows into Token."

static const struct api_advice advice[] = { { 401, ADVICE_TOKEN },
	{ 403, ADVICE_TOKEN }, { 0, NULL } };

const struct api_rules ddnss_rules = { .provider = "DDNSS", .advice = advice };

/* "Updated 2 hostname." False: it says no such thing. */
static bool
has_updated(const char *body, uint64_t *n)
{
	static const char before[] = "Updated ", after[] = " hostname";
	const char *at = strcasestr(body, before);
	size_t len;

	if (at == NULL)
		return false;
	at += strlen(before);
	len = strspn(at, "0123456789");
	return text_u64(at, len, DDNS_HOSTS_MAX, n) &&
	    strncasecmp(at + len, after, strlen(after)) == 0;
}

/* A page means what its sentence says; of words, it may have a refusal. */
static int
read_page(const struct api *api, const char *page, struct refusal *refusal)
{
	static const char *const words[] = { "badauth", "notfqdn" };
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strstr(page, words[i]) != NULL)
			return words_judge(api, NULL, words[i], refusal);
	return api_strange(api, refusal, "a page for people");
}

int
ddnss_read(const struct api *api, const struct fetch_response *res,
    struct refusal *refusal)
{
	uint64_t n;

	if (res->status >= 200 && res->status < 300 &&
	    has_updated(res->body, &n) && n == (api->n > 0 ? api->n : 1))
		return 1;
	if (!api_is_html(res->body))
		return words_read(api, NULL, res, refusal);
	if (api_check(api, res, NULL, refusal) < 0)
		return -1;
	return read_page(api, res->body, refusal);
}

static int
update_all(struct fetch *fetch, const struct ddns_job *job,
    const struct update *updates, size_t n, struct refusal *refusal)
{
	static const struct words_query query = { &ddnss_rules, "/upd.php",
		"host", ddnss_read };

	return words_update(&query, fetch, job, updates, n, refusal);
}

const struct family family_ddnss = { .all = update_all };
