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

static struct api_request
look_up(const struct zone *zone, const char *name)
{
	(void)zone;
	return (struct api_request){ .method = "GET",
		.path = api_path("/client/v4/zones?name=%s", name) };
}

static const struct json *
found(const struct json *doc)
{
	return json_at(json_get(doc, "result"), 0);
}

static struct api_request
read_all(const struct zone *zone, const char *type)
{
	return (struct api_request){ .method = "GET",
		.path = api_path("/client/v4/zones/%s/dns_records"
		                 "?type=%s&name=%s&per_page=100",
		    zone->id, type, zone->host) };
}

static char *
path_of(const struct zone *zone, const char *id)
{
	return api_path("/client/v4/zones/%s/dns_records/%s", zone->id, id);
}

static struct api_request
add(const struct zone *zone, const char *type, const char *value)
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
	return request;
}

static struct api_request
change(const struct zone *zone, const char *type, const char *id,
    const char *value)
{
	const struct api_request request = { .method = "PATCH",
		.path = path_of(zone, id),
		.body = json_new_object() };

	(void)type;
	json_set_str(request.body, "content", value);
	return request;
}

static struct api_request
drop(const struct zone *zone, const char *id)
{
	return (struct api_request){ .method = "DELETE",
		.path = path_of(zone, id),
		.may = API_MISSING };
}

static const struct record_members members = { .list = "result",
	.id = "id",
	.name = "name",
	.type = "type",
	.value = "content" };

static const struct zone_verbs verbs = { .rules = &rules,
	.not_found = "The token sees no such zone: give it Zone:Read for the "
	             "zone, or correct Zone.",
	.quotes = true,
	.header = api_bearer,
	.look_up = look_up,
	.found = found,
	.read = read_all,
	.members = &members,
	.add = add,
	.change = change,
	.remove = drop };

const struct family family_cloudflare = { .zone = &verbs };
