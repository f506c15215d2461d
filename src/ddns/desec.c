/*
 * deSEC: addresses over its dynamic interface, where a family that is not
 * mentioned is deleted; proofs over the other one, on another host, where all
 * values of a name and type are written at once.
 */

#include <stdio.h>
#include <string.h>

#include "base/xalloc.h"
#include "families.h"
#include "job.h"
#include "records.h"
#include "words.h"
#include "json/json.h"

#define TTL 60 /* unless the zone's least one is longer */
#define UPDATE_SERVER "update.dedyn.io"
#define API_SERVER "desec.io" /* unless the section says another one */
#define ADVICE_TOKEN                                                           \
	"Make a token at desec.io that may manage this domain, and put it "    \
	"into Token."
#define ADVICE_ZONE                                                            \
	"Create the domain at desec.io, in the account of the token, or "      \
	"correct Zone."

static const char *
explanation(const struct json *doc)
{
	return json_str(doc, "detail");
}

static const struct api_advice advice[] = { { 401, ADVICE_TOKEN },
	{ 403, ADVICE_TOKEN }, { 404, ADVICE_ZONE }, { 0, NULL } };

const struct api_rules desec_rules = {
	.provider = "deSEC", .advice = advice, .text = explanation
};

static char *
token_header(const struct ddns_job *job)
{
	return xasprintf("Authorization: Token %s", job->token);
}

static int
find(struct zone *zone, struct refusal *refusal)
{
	struct api_request request = { .method = "GET" };
	const char *name = zone->host, *found;
	const struct json *domain;
	struct json *doc = NULL;
	int r = 0;

	if (strcmp(zone->api.server, UPDATE_SERVER) == 0)
		zone->api.server = API_SERVER;
	if (*zone->api.job->zone != '\0')
		name = zone->api.job->zone;
	request.path = api_path("/api/v1/domains/?owns_qname=%s", name);
	if (api_ask(&zone->api, &request, &doc, refusal) < 0)
		return -1;
	domain = json_at(doc, 0);
	found = json_str(domain, "name");
	if (found == NULL)
		r = refuse(refusal, DDNS_STOP, "zone", ADVICE_ZONE,
		    "deSEC knows no domain that has %s", name);
	else
		snprintf(zone->name, sizeof(zone->name), "%s", found);
	zone->ttl = json_int(domain, "minimum_ttl", TTL);
	json_free(doc);
	return r;
}

static struct api_request
read_all(const struct zone *zone, const char *type)
{
	return (struct api_request){ .method = "GET",
		.path = api_path("/api/v1/domains/%s/rrsets/%s/%s/", zone->name,
		    zone->relative, type),
		.may = API_MISSING };
}

/* A set without values is deleted. */
static struct api_request
write_all(
    const struct zone *zone, const char *type, const struct records *records)
{
	const struct api_request request = { .method = "PUT",
		.path = api_path("/api/v1/domains/%s/rrsets/", zone->name),
		.body = json_new_array(),
		.may = records->n == 0 ? API_EMPTY : 0 };
	struct json *set = json_new_object();

	json_set_str(set, "subname", zone_subname(zone));
	json_set_str(set, "type", type);
	json_set_int(set, "ttl", zone->ttl > TTL ? zone->ttl : TTL);
	json_set(set, "records", records_texts(records));
	json_append(request.body, set);
	return request;
}

static const struct record_members members = { .list = "records" };

static const struct zone_verbs verbs = { .rules = &desec_rules,
	.quotes = true,
	.header = token_header,
	.find = find,
	.read = read_all,
	.members = &members,
	.write = write_all };

int
desec_read(const struct api *api, const struct fetch_response *res,
    struct refusal *refusal)
{
	return words_read(api, NULL, res, refusal);
}

static const char *
wish(const char *address, bool drop)
{
	return address != NULL ? address : drop ? "" : "preserve";
}

static int
update(struct fetch *fetch, const struct ddns_job *job,
    const struct update *wanted, struct refusal *refusal)
{
	struct api api;
	char *path = api_path("/?hostname=%s&myipv4=%s&myipv6=%s", wanted->host,
	    wish(wanted->ipv4, wanted->drop4),
	    wish(wanted->ipv6, wanted->drop6));
	int r;

	api_init(&api, fetch, job, &desec_rules, token_header(job));
	api.updates = wanted;
	api.n = 1;
	r = api_get(&api, path, desec_read, refusal);
	api_release(&api);
	return r;
}

const struct family family_desec = { .update = update, .zone = &verbs };
