/*
 * Cloudflare, version 4 of its interface. Records have ids. Whether one is
 * proxied is its owner's decision: a change leaves it, a new one is not.
 */

#include <stdio.h>
#include <string.h>

#include "records.h"
#include "json/json.h"

#define TTL 60 /* the least that it takes */
#define ADVICE_TOKEN                                                           \
	"Make an API token (not the global key) with the permissions "         \
	"Zone:Read and DNS:Edit for this zone, and put it into Token."

enum { INVALID_HEADERS = 6003, IDENTICAL = 81058, EXISTS = 81057 };

static const struct json *
first_error(const struct json *doc)
{
	return json_at(json_get(doc, "errors"), 0);
}

static const char *
explanation(const struct json *doc)
{
	return json_str(first_error(doc), "message");
}

static unsigned
meaning(unsigned status, const struct json *doc)
{
	if (status >= 200 && status < 300)
		return json_bool(doc, "success", false) ? status : 502;
	switch (json_int(first_error(doc), "code", 0)) {
	case INVALID_HEADERS: /* no token has such a form */
		return 403;
	case IDENTICAL: /* somebody was faster: next time it is seen */
	case EXISTS:
		return 409;
	}
	return status;
}

static const struct api_advice advice[] = {
	{ 400,
	    "See whether the name has a CNAME record, which no other record "
	    "can stand beside." },
	{ 401, ADVICE_TOKEN }, { 403, ADVICE_TOKEN }, { 0, NULL }
};

static const struct api_rules rules = { .provider = "Cloudflare",
	.advice = advice,
	.status = meaning,
	.text = explanation };

static int
try_zone(struct zone *zone, const char *name, struct refusal *refusal)
{
	const struct api_request request = { .method = "GET",
		.path = api_path("/client/v4/zones?name=%s", name) };
	const struct json *found;
	struct json *doc = NULL;
	int r = 1;

	if (api_ask(&zone->api, &request, &doc, refusal) < 0)
		return -1;
	found = json_at(json_get(doc, "result"), 0);
	if (found == NULL)
		r = 0;
	else if (!api_id(found, "id", zone->id))
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
	static const struct record_members members = { .list = "result",
		.id = "id",
		.name = "name",
		.type = "type",
		.value = "content" };
	const struct api_request request = { .method = "GET",
		.path = api_path("/client/v4/zones/%s/dns_records"
		                 "?type=%s&name=%s&per_page=100",
		    zone->id, type, zone->host) };
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
		.path = api_path("/client/v4/zones/%s/dns_records", zone->id),
		.body = json_new_object() };

	json_set_str(request.body, "type", type);
	json_set_str(request.body, "name", zone->host);
	json_set_str(request.body, "content", value);
	json_set_int(request.body, "ttl", TTL);
	if (strcmp(type, "TXT") != 0)
		json_set_bool(request.body, "proxied", false);
	return api_ask(&zone->api, &request, NULL, refusal);
}

static int
change(struct zone *zone, const char *type, const char *id, const char *value,
    struct refusal *refusal)
{
	const struct api_request request = { .method = "PATCH",
		.path = api_path(
		    "/client/v4/zones/%s/dns_records/%s", zone->id, id),
		.body = json_new_object() };

	(void)type;
	json_set_str(request.body, "content", value);
	return api_ask(&zone->api, &request, NULL, refusal);
}

static int
drop(struct zone *zone, const char *id, struct refusal *refusal)
{
	const struct api_request request = { .method = "DELETE",
		.path = api_path(
		    "/client/v4/zones/%s/dns_records/%s", zone->id, id),
		.may = API_MISSING };

	return api_ask(&zone->api, &request, NULL, refusal);
}

static const struct zone_verbs verbs = { .rules = &rules,
	.not_found = "The token sees no such zone: give it Zone:Read for the "
	             "zone, or correct Zone.",
	.quotes = true,
	.credential = api_bearer,
	.find = find,
	.read = read_records,
	.add = add,
	.change = change,
	.remove = drop };

ZONE_UPDATE(&verbs)
ZONE_TXT(&verbs)

const struct family family_cloudflare = {
	.update = update, .set_txt = set_txt, .clear_txt = clear_txt
};
