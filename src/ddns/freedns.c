/*
 * FreeDNS (afraid.org), version 2 of its dynamic interface: the token is in
 * the path and belongs to one record, which must exist.
 */

#include "families.h"
#include "job.h"
#include "words.h"

#define ADVICE_TOKEN                                                           \
	"Turn on version 2 of Dynamic DNS for the record, and put what "       \
	"follows /u/ in its address into Token."
#define ADVICE_FAMILY                                                          \
	"A token of FreeDNS is for one record. Say IPv6 no, or IPv4 no, and "  \
	"have another section with the token of the other record."

static const struct api_advice advice[] = { { 401, ADVICE_TOKEN },
	{ 403, ADVICE_TOKEN }, { 404, ADVICE_TOKEN }, { 0, NULL } };

const struct api_rules freedns_rules = { .provider = "FreeDNS",
	.advice = advice };

/* "ERROR: Address … has not changed." is none. */
static const struct word texts[] = {
	{ "has not changed", WORD_SAME, NULL, 0, "", 0 },
	{ "No IP change detected", WORD_SAME, NULL, 0, "", 0 },
	{ "Invalid update URL", WORD_STOP, NULL, 401, "", 0 },
	{ "Unable to locate this record", WORD_STOP, NULL, 401, "", 0 },
	{ "invalid IP", WORD_STOP, NULL, 0, ADVICE_FAMILY, 0 },
	{ "ERROR", WORD_AGAIN, NULL, 0, "", 0 },
	{ "fail", WORD_AGAIN, NULL, 0, "", 0 },
	{ "Updated", WORD_DONE, NULL, 0, "", 0 },
	{ .text = NULL },
};

int
freedns_read(const struct api *api, const struct fetch_response *res,
    struct refusal *refusal)
{
	return words_find(api, texts, res, refusal);
}

static int
publish(const struct api *api, const struct ddns_job *job, const char *address,
    struct refusal *refusal)
{
	if (address == NULL)
		return 0;
	return api_get(api, api_path("/u/%s/?address=%s", job->token, address),
	    freedns_read, refusal);
}

static int
update(struct fetch *fetch, const struct ddns_job *job,
    const struct update *wanted, struct refusal *refusal)
{
	struct api api;
	int four, six = 0;

	api_init(&api, fetch, job, &freedns_rules, NULL);
	four = publish(&api, job, wanted->ipv4, refusal);
	if (four >= 0)
		six = publish(&api, job, wanted->ipv6, refusal);
	api_release(&api);
	return four < 0 || six < 0 ? -1 : four | six;
}

const struct family family_freedns = { .update = update };
