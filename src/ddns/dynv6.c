/*
 * dynv6: a zone's own addresses have a request of their own; names within it
 * and proofs are records, which have ids.
 */

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "families.h"
#include "job.h"
#include "records.h"
#include "words.h"
#include "json/json.h"

#define ADVICE_TOKEN                                                           \
	"Put an HTTP token of dynv6 (Keys) that may change this zone into "    \
	"Token."
#define ADVICE_ZONE                                                            \
	"Create the zone at dynv6; for a name within it, have the section "    \
	"say it as Zone."

static const char *
explanation(const struct json *doc)
{
	const char *text = json_str(doc, "error");

	return text != NULL ? text : json_str(doc, "message");
}

static const struct api_advice advice[] = { { 401, ADVICE_TOKEN },
	{ 403, ADVICE_TOKEN }, { 404, ADVICE_ZONE }, { 0, NULL } };

const struct api_rules dynv6_rules = {
	.provider = "dynv6", .advice = advice, .text = explanation
};

static int
try_zone(struct zone *zone, const char *name, struct refusal *refusal)
{
	const struct api_request request = { .method = "GET",
		.path = api_path("/api/v2/zones/by-name/%s", name),
		.may = API_MISSING };
	struct json *doc = NULL;
	int r = 1;

	if (api_ask(&zone->api, &request, &doc, refusal) < 0)
		return -1;
	if (doc == NULL)
		r = 0;
	else if (!api_id(doc, "id", zone->id))
		r = api_strange(
		    &zone->api, refusal, "a zone without a valid id");
	else
		snprintf(zone->name, sizeof(zone->name), "%s", name);
	json_free(doc);
	return r;
}

static int
find(struct zone *zone, struct refusal *refusal)
{
	return zone_walk(zone, try_zone, refusal) < 0 ? -1 : 0;
}

static int
read_records(struct zone *zone, const char *type, struct records *records,
    struct refusal *refusal)
{
	static const struct record_members members = { .id = "id",
		.name = "name",
		.type = "type",
		.value = "data",
		.relative = true };
	const struct api_request request = { .method = "GET",
		.path = api_path("/api/v2/zones/%s/records", zone->id) };
	struct json *doc = NULL;
	int r;

	if (api_ask(&zone->api, &request, &doc, refusal) < 0)
		return -1;
	r = records_read(records, doc, &members, zone, type, refusal);
	json_free(doc);
	return r;
}

static int
add(struct zone *zone, const char *type, const char *value,
    struct refusal *refusal)
{
	const struct api_request request = { .method = "POST",
		.path = api_path("/api/v2/zones/%s/records", zone->id),
		.body = json_new_object() };

	json_set_str(request.body, "name",
	    strcmp(zone->relative, "@") == 0 ? "" : zone->relative);
	json_set_str(request.body, "type", type);
	json_set_str(request.body, "data", value);
	return api_ask(&zone->api, &request, NULL, refusal);
}

static int
change(struct zone *zone, const char *type, const char *id, const char *value,
    struct refusal *refusal)
{
	const struct api_request request = { .method = "PATCH",
		.path = api_path("/api/v2/zones/%s/records/%s", zone->id, id),
		.body = json_new_object() };

	(void)type;
	json_set_str(request.body, "data", value);
	return api_ask(&zone->api, &request, NULL, refusal);
}

static int
drop(struct zone *zone, const char *id, struct refusal *refusal)
{
	const struct api_request request = { .method = "DELETE",
		.path = api_path("/api/v2/zones/%s/records/%s", zone->id, id),
		.may = API_EMPTY | API_MISSING };

	return api_ask(&zone->api, &request, NULL, refusal);
}

static const struct zone_verbs verbs = { .rules = &dynv6_rules,
	.not_found = ADVICE_ZONE,
	.credential = api_bearer,
	.find = find,
	.read = read_records,
	.add = add,
	.change = change,
	.remove = drop };

int
dynv6_read(const struct api *api, const struct api_answer *answer,
    struct refusal *refusal)
{
	static const struct word texts[] = {
		{ "addresses updated", 1, 0, "", -1 },
		{ "addresses unchanged", 0, 0, "", -1 },
		{ "invalid authentication token", -1, DDNS_STOP, ADVICE_TOKEN,
		    -1 },
		{ "zone not found", -1, DDNS_STOP, ADVICE_ZONE, -1 },
		{ NULL, 0, 0, NULL, 0 },
	};

	return words_find(api, texts, answer, refusal);
}

/* "-" takes a family's address away. */
static const char *
wish(const char *address, bool drop_it)
{
	return address == NULL && drop_it ? "-" : address;
}

static int
update(struct fetch *fetch, const struct ddns_job *job,
    const struct update *wanted, struct refusal *refusal)
{
	struct api api;
	char *path;
	int r;

	if (*job->zone != '\0' &&
	    !text_ieq(wanted->host, strlen(wanted->host), job->zone))
		return zone_update(&verbs, fetch, job, wanted, refusal);
	path =
	    api_path("/api/update?zone=%s&token=%s", wanted->host, job->token);
	path = api_add(path, "ipv4", wish(wanted->ipv4, wanted->drop4));
	path = api_add(path, "ipv6", wish(wanted->ipv6, wanted->drop6));
	api_init(&api, fetch, job, &dynv6_rules, NULL);
	r = api_get(&api, path, dynv6_read, refusal);
	api_release(&api);
	return r;
}

ZONE_TXT(&verbs)

const struct family family_dynv6 = {
	.update = update, .set_txt = set_txt, .clear_txt = clear_txt
};
