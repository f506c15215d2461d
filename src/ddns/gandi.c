/* Gandi's LiveDNS: all values of a name and type at once. */

#include <string.h>

#include "records.h"
#include "json/json.h"

#define TTL 300 /* the least that it takes */
#define ADVICE_TOKEN                                                           \
	"Make a personal access token that may manage the domain's technical " \
	"configuration (DNS), and put it into Token; such tokens expire."

static const char *
explanation(const struct json *doc)
{
	const char *text = json_str(doc, "message");

	return text != NULL ? text : json_str(doc, "cause");
}

static const struct api_advice advice[] = { { 401, ADVICE_TOKEN },
	{ 403, ADVICE_TOKEN },
	{ 404,
	    "Zone must be a domain of this account that uses Gandi's "
	    "LiveDNS." },
	{ 0, NULL } };

static const struct api_rules rules = {
	.provider = "Gandi", .advice = advice, .text = explanation
};

static char *
path_of(const struct zone *zone, const char *type)
{
	return api_path("/v5/livedns/domains/%s/records/%s/%s", zone->name,
	    zone->relative, type);
}

/* 404 may also mean that there is no such domain: writing will tell. */
static int
read_records(struct zone *zone, const char *type, struct records *records,
    struct refusal *refusal)
{
	const struct api_request request = {
		.method = "GET", .path = path_of(zone, type), .may = API_MISSING
	};
	struct json *doc = NULL;
	int r = api_ask(&zone->api, &request, &doc, refusal);

	if (r == 0 && doc != NULL)
		r = records_read_values(
		    records, json_get(doc, "rrset_values"), zone, refusal);
	json_free(doc);
	return r;
}

static int
write_records(struct zone *zone, const char *type,
    const struct records *records, struct refusal *refusal)
{
	struct api_request request = { .method = "DELETE",
		.path = path_of(zone, type),
		.may = API_EMPTY | API_MISSING };
	struct json *values;
	size_t i;

	if (records->n > 0) {
		request.method = "PUT";
		request.may = 0;
		request.body = json_new_object();
		values = json_new_array();
		for (i = 0; i < records->n; i++)
			json_append(
			    values, json_new_string(records->items[i].value));
		json_set(request.body, "rrset_values", values);
		json_set_int(request.body, "rrset_ttl", TTL);
	}
	return api_ask(&zone->api, &request, NULL, refusal);
}

static const struct zone_verbs verbs = { .rules = &rules,
	.credential = api_bearer,
	.read = read_records,
	.write = write_records };

ZONE_UPDATE(&verbs)
ZONE_TXT(&verbs)

const struct family family_gandi = {
	.update = update, .set_txt = set_txt, .clear_txt = clear_txt
};
