/*
 * dynv6: a zone's own addresses have a request of their own; names within it
 * and proofs are records, which have ids.
 */

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

static struct api_request
look_up(const struct zone *zone, const char *name)
{
	(void)zone;
	return (struct api_request){ .method = "GET",
		.path = api_path("/api/v2/zones/by-name/%s", name),
		.may = API_MISSING };
}

static const struct json *
found(const struct json *doc)
{
	return doc;
}

static char *
path_of(const struct zone *zone)
{
	return api_path("/api/v2/zones/%s/records", zone->id);
}

static struct api_request
read_all(const struct zone *zone, const char *type)
{
	(void)type;
	return (struct api_request){ .method = "GET", .path = path_of(zone) };
}

static struct api_request
add(const struct zone *zone, const char *type, const char *value)
{
	const struct api_request request = { .method = "POST",
		.path = path_of(zone),
		.body = json_new_object() };

	json_set_str(request.body, "name", zone_subname(zone));
	json_set_str(request.body, "type", type);
	json_set_str(request.body, "data", value);
	return request;
}

static struct api_request
change(const struct zone *zone, const char *type, const char *id,
    const char *value)
{
	const struct api_request request = { .method = "PATCH",
		.path = api_path("/api/v2/zones/%s/records/%s", zone->id, id),
		.body = json_new_object() };

	(void)type;
	json_set_str(request.body, "data", value);
	return request;
}

static struct api_request
drop(const struct zone *zone, const char *id)
{
	return (struct api_request){ .method = "DELETE",
		.path = api_path("/api/v2/zones/%s/records/%s", zone->id, id),
		.may = API_EMPTY | API_MISSING };
}

static const struct record_members members = { .id = "id",
	.name = "name",
	.type = "type",
	.value = "data",
	.relative = true };

static const struct zone_verbs verbs = { .rules = &dynv6_rules,
	.not_found = ADVICE_ZONE,
	.header = api_bearer,
	.look_up = look_up,
	.found = found,
	.read = read_all,
	.members = &members,
	.add = add,
	.change = change,
	.remove = drop };

int
dynv6_read(const struct api *api, const struct fetch_response *res,
    struct refusal *refusal)
{
	static const struct word texts[] = {
		{ "addresses updated", WORD_DONE, NULL, 0, "", 0 },
		{ "addresses unchanged", WORD_SAME, NULL, 0, "", 0 },
		{ "invalid authentication token", WORD_STOP, NULL, 401, "", 0 },
		{ "zone not found", WORD_STOP, NULL, 404, "", 0 },
		{ .text = NULL },
	};

	return words_find(api, texts, res, refusal);
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

const struct family family_dynv6 = { .update = update, .zone = &verbs };
