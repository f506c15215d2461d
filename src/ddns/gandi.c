/* Gandi's LiveDNS: all values of a name and type at once. */

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
static struct api_request
read_all(const struct zone *zone, const char *type)
{
	return (struct api_request){
		.method = "GET", .path = path_of(zone, type), .may = API_MISSING
	};
}

static struct api_request
write_all(
    const struct zone *zone, const char *type, const struct records *records)
{
	struct api_request request = { .method = "PUT",
		.path = path_of(zone, type) };

	if (records->n == 0) {
		request.method = "DELETE";
		request.may = API_EMPTY | API_MISSING;
		return request;
	}
	request.body = json_new_object();
	json_set(request.body, "rrset_values", records_texts(records));
	json_set_int(request.body, "rrset_ttl", TTL);
	return request;
}

static const struct record_members members = { .list = "rrset_values" };

static const struct zone_verbs verbs = { .rules = &rules,
	.header = api_bearer,
	.read = read_all,
	.members = &members,
	.write = write_all };

const struct family family_gandi = { .zone = &verbs };
