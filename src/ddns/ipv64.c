/* IPv64.net: one request, answered in JSON or in a word. */

#include <string.h>

#include "families.h"
#include "words.h"
#include "json/json.h"

#define ADVICE_TOKEN                                                           \
	"Put the account's update key, or the domain's own, into Token; it "   \
	"is shown on ipv64.net beside the domain."

static const struct api_advice advice[] = { { 401, ADVICE_TOKEN },
	{ 403, ADVICE_TOKEN }, { 0, NULL } };

static const char *
explanation(const struct json *doc)
{
	return json_str(doc, "info");
}

/* "400 Bad Request", in a document that came with another one perhaps. */
static unsigned
meaning(unsigned status, const struct json *doc)
{
	const char *text = json_str(doc, "status");

	if (status < 200 || status >= 300 || text == NULL ||
	    strspn(text, "0123456789") != 3)
		return status;
	return (unsigned)((text[0] - '0') * 100 + (text[1] - '0') * 10 +
	    (text[2] - '0'));
}

const struct api_rules ipv64_rules = { .provider = "IPv64",
	.advice = advice,
	.status = meaning,
	.text = explanation };

static const struct word words[] = {
	{ "success", WORD_DONE, NULL, 0, "", 0 },
	{ "updated", WORD_DONE, NULL, 0, "", 0 },
	{ "unauthorized", WORD_STOP, NULL, 401, "", 0 },
	{ .text = NULL },
};

int
ipv64_read(const struct api *api, const struct fetch_response *res,
    struct refusal *refusal)
{
	struct json *doc = NULL;
	const char *info;
	int r;

	if (res->body[strspn(res->body, " \t\r\n")] != '{')
		return words_read(api, words, res, refusal);
	if (api_read(api, res, 0, &doc, refusal) < 0)
		return -1;
	info = json_str(doc, "info");
	r = words_judge(api, words, info != NULL ? info : "", refusal);
	json_free(doc);
	return r;
}

static int
update_all(struct fetch *fetch, const struct ddns_job *job,
    const struct update *updates, size_t n, struct refusal *refusal)
{
	static const struct words_query query = { &ipv64_rules, "/nic/update",
		"domain", ipv64_read };

	return words_update(&query, fetch, job, updates, n, refusal);
}

const struct family family_ipv64 = { .all = update_all };
