/*
 * GoDaddy: all values of a name and type at once. Since 2024 it lets only
 * accounts with ten domains or a paid club use the interface.
 */

#include "base/xalloc.h"
#include "job.h"
#include "records.h"
#include "json/json.h"

#define TTL 600 /* the least that it takes */

static const char *
explanation(const struct json *doc)
{
	const char *text = json_str(doc, "message");

	return text != NULL ? text : json_str(doc, "code");
}

static const struct api_advice advice[] = {
	{ 401,
	    "Put the key of a production (not OTE) API key into Login, its "
	    "secret into Password." },
	{ 403,
	    "GoDaddy lets only accounts with ten domains or more, or a paid "
	    "club, use its interface: have the domain's DNS at another "
	    "provider." },
	{ 404, "Zone must be a domain of this account." },
	{ 422, "Zone must be a domain whose name servers are GoDaddy's." },
	{ 0, NULL }
};

static const struct api_rules rules = {
	.provider = "GoDaddy", .advice = advice, .text = explanation
};

static char *
key_header(const struct ddns_job *job)
{
	return xasprintf(
	    "Authorization: sso-key %s:%s", job->login, job->password);
}

static char *
path_of(const struct zone *zone, const char *type)
{
	return api_path(
	    "/v1/domains/%s/records/%s/%s", zone->name, type, zone->relative);
}

static struct api_request
read_all(const struct zone *zone, const char *type)
{
	return (
	    struct api_request){ .method = "GET", .path = path_of(zone, type) };
}

/* It ignores an empty array: the last one is to be deleted. */
static struct api_request
write_all(
    const struct zone *zone, const char *type, const struct records *records)
{
	struct api_request request = { .method = "DELETE",
		.path = path_of(zone, type),
		.may = API_EMPTY | API_MISSING };
	size_t i;

	if (records->n > 0) {
		request.method = "PUT";
		request.may = API_EMPTY;
		request.body = json_new_array();
	}
	for (i = 0; i < records->n; i++) {
		struct json *record = json_new_object();

		json_set_str(record, "data", records->items[i].value);
		json_set_int(record, "ttl", TTL);
		json_append(request.body, record);
	}
	return request;
}

static const struct record_members members = {
	.name = "name", .type = "type", .value = "data", .relative = true
};

static const struct zone_verbs verbs = { .rules = &rules,
	.header = key_header,
	.read = read_all,
	.members = &members,
	.write = write_all };

const struct family family_godaddy = { .zone = &verbs };
