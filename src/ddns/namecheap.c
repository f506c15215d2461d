/*
 * Namecheap's dynamic DNS, which has a password of its own for each domain.
 * Its answer is XML, of which two elements matter.
 */

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "families.h"
#include "job.h"
#include "records.h"
#include "words.h"

#define TEXT_SIZE 128
#define ADVICE_PASSWORD                                                        \
	"Turn on Dynamic DNS for the domain (Advanced DNS), and put the "      \
	"password that is shown there into Password."
#define ADVICE_RECORD                                                          \
	"Create an \"A + Dynamic DNS Record\" for this name, which an update " \
	"can only change."

static const struct api_advice advice[] = { { 401, ADVICE_PASSWORD },
	{ 403, ADVICE_PASSWORD }, { 0, NULL } };

const struct api_rules namecheap_rules = { .provider = "Namecheap",
	.advice = advice };

static const struct {
	const char *text;
	const char *advice;
} fatal[] = {
	{ "password", ADVICE_PASSWORD },
	{ "domain name not found",
	    "Zone must be a domain whose name servers are Namecheap's." },
	{ "domain name not active",
	    "Zone must be a domain whose name servers are Namecheap's." },
	{ "record not found", ADVICE_RECORD },
	{ "records updated", ADVICE_RECORD },
	{ "host", ADVICE_RECORD },
};

/* What stands in the first element of this name. */
static bool
element(const char *xml, const char *tag, char text[TEXT_SIZE])
{
	const char *start = strcasestr(xml, tag);

	if (start == NULL)
		return false;
	start += strlen(tag);
	snprintf(text, TEXT_SIZE, "%.*s", (int)strcspn(start, "<"), start);
	return true;
}

static int
refuse_text(const struct api *api, const char *text, struct refusal *refusal)
{
	size_t i;

	for (i = 0; i < sizeof(fatal) / sizeof(fatal[0]); i++)
		if (strcasestr(text, fatal[i].text) != NULL)
			return api_refuse(api, refusal, DDNS_STOP, "refused",
			    fatal[i].advice, text);
	return api_refuse(api, refusal, DDNS_AGAIN, "refused", "", text);
}

int
namecheap_read(const struct api *api, const struct fetch_response *res,
    struct refusal *refusal)
{
	char count[TEXT_SIZE], text[TEXT_SIZE] = "";
	uint64_t errors;

	if (api_check(api, res, NULL, refusal) < 0)
		return -1;
	if (!element(res->body, "<ErrCount>", count) ||
	    !text_u64(count, strlen(count), 1000, &errors))
		return api_strange(api, refusal,
		    *res->body == '\0' ? "nothing" : "no error count");
	if (errors == 0)
		return 1;
	element(res->body, "<Err1>", text);
	return refuse_text(api, text, refusal);
}

static int
update(struct fetch *fetch, const struct ddns_job *job,
    const struct update *wanted, struct refusal *refusal)
{
	struct api api;
	char relative[ZONE_NAME_SIZE];
	int r;

	if (wanted->ipv4 == NULL)
		return 0; /* it takes no other address, and removes none */
	if (!zone_relative(wanted->host, job->zone, relative))
		return refuse(refusal, DDNS_STOP, "zone",
		    "Zone must be a domain that the name lies in.",
		    "%s does not lie in the zone %s", wanted->host, job->zone);
	api_init(&api, fetch, job, &namecheap_rules, NULL);
	r = api_get(&api,
	    api_path("/update?host=%s&domain=%s&password=%s&ip=%s", relative,
	        job->zone, job->password, wanted->ipv4),
	    namecheap_read, refusal);
	api_release(&api);
	return r;
}

const struct family family_namecheap = { .update = update };
