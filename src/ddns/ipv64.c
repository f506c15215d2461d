/* IPv64.net: one request, answered in JSON or in a word. */

#include <string.h>

#include "families.h"
#include "job.h"
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
	{ "success", 1, 0, "", -1 },
	{ "updated", 1, 0, "", -1 },
	{ "unauthorized", -1, DDNS_STOP, ADVICE_TOKEN, -1 },
	{ NULL, 0, 0, NULL, 0 },
};

int
ipv64_read(const struct api *api, const struct api_answer *answer,
    struct refusal *refusal)
{
	struct json *doc = NULL;
	const char *info;
	int r;

	if (answer->body[strspn(answer->body, " \t\r\n")] != '{')
		return words_read(api, words, answer, refusal);
	if (api_read(api, answer, 0, &doc, refusal) < 0)
		return -1;
	info = json_str(doc, "info");
	r = info == NULL || *info == '\0'
	    ? api_strange(api, refusal, "no result")
	    : words_judge(api, words, info, refusal);
	json_free(doc);
	return r;
}

static int
update(struct fetch *fetch, const struct ddns_job *job,
    const struct update *wanted, struct refusal *refusal)
{
	struct api api;
	char *path =
	    api_path("/nic/update?key=%s&domain=%s", job->token, wanted->host);
	int r;

	path = api_add(path, "ip", wanted->ipv4);
	path = api_add(path, "ip6", wanted->ipv6);
	api_init(&api, fetch, job, &ipv64_rules, NULL);
	r = api_get(&api, path, ipv64_read, refusal);
	api_release(&api);
	return r;
}

const struct family family_ipv64 = { .update = update };
