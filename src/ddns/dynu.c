/*
 * Dynu: addresses as dyndns2 does it, with the account's password; proofs over
 * an interface of another kind, with a key that is the section's Token. Its
 * documents have a status of their own.
 */

#include <stdio.h>
#include <string.h>

#include "base/xalloc.h"
#include "families.h"
#include "job.h"
#include "records.h"
#include "words.h"
#include "json/json.h"

#define TTL 60
#define TEN_MINUTES 600
#define ADVICE_LOGIN                                                           \
	"Check Login and Password: those of the account, or its IP update "    \
	"password."
#define ADVICE_KEY                                                             \
	"Put the API key of Dynu's control panel (API Credentials) into "      \
	"Token."

enum { INVALID = 501, LIMIT = 503 };

static const char *
explanation(const struct json *doc)
{
	return json_str(doc, "message");
}

/* 501 is what it says of a name or record that is not there. */
static unsigned
meaning(unsigned status, const struct json *doc)
{
	int64_t own = json_int(doc, "statusCode", status);

	if (own < 100 || own > 599)
		return status;
	return own == INVALID ? 404 : (unsigned)own;
}

static const struct api_advice advice[] = { { 401, ADVICE_KEY },
	{ 403, ADVICE_KEY },
	{ 404, "Create the name at Dynu, in the account of the API key." },
	{ LIMIT,
	    "A free account of Dynu has room for four records: remove some." },
	{ 0, NULL } };

static const struct api_rules rules = { .provider = "Dynu",
	.advice = advice,
	.status = meaning,
	.text = explanation };

static const struct api_advice update_advice[] = { { 401, ADVICE_LOGIN },
	{ 403, ADVICE_LOGIN }, { 0, NULL } };

const struct api_rules dynu_rules = { .provider = "Dynu",
	.advice = update_advice };

static char *
credential(const struct ddns_job *job)
{
	return xasprintf("API-Key: %s", job->token);
}

static int
find(struct zone *zone, struct refusal *refusal)
{
	const struct api_request request = { .method = "GET",
		.path = api_path("/v2/dns/getroot/%s", zone->host) };
	const char *name;
	struct json *doc = NULL;
	int r = 0;

	if (*zone->job->token == '\0')
		return refuse(refusal, DDNS_STOP, "no token", ADVICE_KEY,
		    "Dynu needs an API key for TXT records");
	if (api_ask(&zone->api, &request, &doc, refusal) < 0)
		return -1;
	name = json_str(doc, "domainName");
	if (name == NULL || !api_id(doc, "id", zone->id))
		r = api_strange(
		    &zone->api, refusal, "a domain without a valid id");
	else
		snprintf(zone->name, sizeof(zone->name), "%s", name);
	json_free(doc);
	return r;
}

static int
read_records(struct zone *zone, const char *type, struct records *records,
    struct refusal *refusal)
{
	static const struct record_members members = { .list = "dnsRecords",
		.id = "id",
		.name = "hostname",
		.type = "recordType",
		.value = "textData" };
	const struct api_request request = { .method = "GET",
		.path = api_path("/v2/dns/%s/record", zone->id) };
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
		.path = api_path("/v2/dns/%s/record", zone->id),
		.body = json_new_object() };

	json_set_str(request.body, "nodeName",
	    strcmp(zone->relative, "@") == 0 ? "" : zone->relative);
	json_set_str(request.body, "recordType", type);
	json_set_str(request.body, "textData", value);
	json_set_int(request.body, "ttl", TTL);
	json_set_bool(request.body, "state", true);
	return api_ask(&zone->api, &request, NULL, refusal);
}

static int
drop(struct zone *zone, const char *id, struct refusal *refusal)
{
	const struct api_request request = { .method = "DELETE",
		.path = api_path("/v2/dns/%s/record/%s", zone->id, id),
		.may = API_EMPTY | API_MISSING };

	return api_ask(&zone->api, &request, NULL, refusal);
}

static const struct zone_verbs verbs = { .rules = &rules,
	.credential = credential,
	.find = find,
	.read = read_records,
	.add = add,
	.remove = drop };

int
dynu_read(const struct api *api, const struct api_answer *answer,
    struct refusal *refusal)
{
	static const struct word words[] = {
		{ "badauth", -1, DDNS_STOP, ADVICE_LOGIN, -1 },
		{ "911", -1, DDNS_AGAIN, "", TEN_MINUTES },
		{ "servererror", -1, DDNS_AGAIN, "", TEN_MINUTES },
		{ "dnserr", -1, DDNS_AGAIN, "", TEN_MINUTES },
		{ "unknown", -1, DDNS_STOP,
		    "Dynu did not understand the request: check the name.",
		    -1 },
		{ NULL, 0, 0, NULL, 0 },
	};

	return words_read(api, words, answer, refusal);
}

/*
 * A name within a domain is an "alias" there. Only the other interface knows
 * which domain that is; without a key, or an answer, the name is a domain.
 */
static char *
path_for(struct fetch *fetch, const struct ddns_job *job, const char *host)
{
	struct zone zone = { .host = host, .job = job };
	struct refusal ignored;
	char *path;

	api_init(&zone.api, fetch, job, &rules, credential(job));
	if (*job->token == '\0' || find(&zone, &ignored) < 0 ||
	    !zone_relative(host, zone.name, zone.relative) ||
	    strcmp(zone.relative, "@") == 0)
		path = api_path("/nic/update?hostname=%s", host);
	else
		path = api_path("/nic/update?hostname=%s&alias=%s", zone.name,
		    zone.relative);
	api_release(&zone.api);
	return path;
}

/* A family that is not mentioned would get the address that asks. */
static int
update(struct fetch *fetch, const struct ddns_job *job,
    const struct update *wanted, struct refusal *refusal)
{
	struct api api;
	char *path = path_for(fetch, job, wanted->host);
	int r;

	path =
	    api_add(path, "myip", wanted->ipv4 != NULL ? wanted->ipv4 : "no");
	path =
	    api_add(path, "myipv6", wanted->ipv6 != NULL ? wanted->ipv6 : "no");
	api_init(&api, fetch, job, &dynu_rules, NULL);
	api.user = job->login;
	api.password = job->password;
	r = api_get(&api, path, dynu_read, refusal);
	api_release(&api);
	return r;
}

ZONE_TXT(&verbs)

const struct family family_dynu = {
	.update = update, .set_txt = set_txt, .clear_txt = clear_txt
};
