/*
 * Hetzner, whose DNS is a part of its cloud: all values of a name and type at
 * once. A change is an action that goes on after the answer.
 */

#include <string.h>
#include <time.h>

#include "records.h"
#include "json/json.h"

#define TTL 60 /* the least that it takes */
#define WAIT_MS 30000
#define WAIT_FIRST_MS 250
#define WAIT_MOST_MS 4000
#define ADVICE_TOKEN                                                           \
	"Make an API token with Read & Write in the Hetzner Cloud project "    \
	"that has the zone; tokens of dns.hetzner.com are no longer valid."

static const char *
explanation(const struct json *doc)
{
	const struct json *error = json_get(doc, "error");
	const char *text = json_str(error, "message");

	return text != NULL ? text : json_str(error, "code");
}

static const struct api_advice advice[] = { { 401, ADVICE_TOKEN },
	{ 403, ADVICE_TOKEN },
	{ 404,
	    "Zone must be a zone of the project that the token belongs to." },
	{ 0, NULL } };

static const struct api_rules rules = {
	.provider = "Hetzner", .advice = advice, .text = explanation
};

static struct api_request
read_all(const struct zone *zone, const char *type)
{
	return (struct api_request){ .method = "GET",
		.path = api_path("/v1/zones/%s/rrsets/%s/%s", zone->name,
		    zone->relative, type),
		.may = API_MISSING };
}

/* 1: it goes on; 0: it is done; -1: it has failed. */
static int
judge(struct zone *zone, const struct json *doc, char id[API_ID_SIZE],
    struct refusal *refusal)
{
	const struct json *action = json_get(doc, "action");
	const char *status = json_str(action, "status");

	if (status == NULL || !api_id(action, "id", id))
		return api_strange(&zone->api, refusal, "no action");
	if (strcmp(status, "success") == 0)
		return 0;
	if (strcmp(status, "running") == 0)
		return 1;
	return api_refuse(
	    &zone->api, refusal, DDNS_AGAIN, "action", "", explanation(action));
}

static void
pause_for(unsigned ms)
{
	struct timespec left = { .tv_sec = ms / 1000,
		.tv_nsec = (long)(ms % 1000) * 1000000 };

	nanosleep(&left, NULL);
}

static int
await(struct zone *zone, struct json **doc, struct refusal *refusal)
{
	unsigned waited = 0, pause = WAIT_FIRST_MS;
	char id[API_ID_SIZE];
	int r;

	while ((r = judge(zone, *doc, id, refusal)) > 0) {
		struct api_request again = { .method = "GET" };

		if (waited >= WAIT_MS)
			return refuse(refusal, DDNS_AGAIN, "action", "",
			    "Hetzner has not finished the change within 30 s");
		pause_for(pause);
		waited += pause;
		pause = pause * 2 > WAIT_MOST_MS ? WAIT_MOST_MS : pause * 2;
		json_free(*doc);
		*doc = NULL;
		again.path = api_path("/v1/actions/%s", id);
		if (api_ask(&zone->api, &again, doc, refusal) < 0)
			return -1;
	}
	return r;
}

static struct json *
list_of(const struct records *records)
{
	struct json *list = json_new_array();
	size_t i;

	for (i = 0; i < records->n; i++) {
		struct json *record = json_new_object();

		json_set_str(record, "value", records->items[i].value);
		if (records->items[i].comment != NULL)
			json_set_str(
			    record, "comment", records->items[i].comment);
		json_append(list, record);
	}
	return list;
}

static struct api_request
write_all(
    const struct zone *zone, const char *type, const struct records *records)
{
	struct api_request request = { .method = "POST" };

	if (records->n == 0) {
		request.method = "DELETE";
		request.may = API_MISSING;
		request.path = api_path("/v1/zones/%s/rrsets/%s/%s", zone->name,
		    zone->relative, type);
		return request;
	}
	request.body = json_new_object();
	json_set(request.body, "records", list_of(records));
	if (zone->exists) {
		request.path =
		    api_path("/v1/zones/%s/rrsets/%s/%s/actions/set_records",
		        zone->name, zone->relative, type);
		return request;
	}
	request.path = api_path("/v1/zones/%s/rrsets", zone->name);
	json_set_str(request.body, "name", zone->relative);
	json_set_str(request.body, "type", type);
	json_set_int(request.body, "ttl", TTL);
	return request;
}

static const struct record_members members = {
	.within = "rrset", .list = "records", .value = "value"
};

static const struct zone_verbs verbs = { .rules = &rules,
	.quotes = true,
	.header = api_bearer,
	.read = read_all,
	.members = &members,
	.write = write_all,
	.await = await };

const struct family family_hetzner = { .zone = &verbs };
