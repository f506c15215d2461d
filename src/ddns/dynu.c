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
#define FAULT "Dynu has a fault"
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
key_header(const struct ddns_job *job)
{
	return xasprintf("API-Key: %s", job->token);
}

static int
find(struct zone *zone, struct refusal *refusal)
{
	struct api_request request = { .method = "GET" };
	const char *name;
	struct json *doc = NULL;
	int r = 0;

	if (*zone->api.job->token == '\0')
		return refuse(refusal, DDNS_STOP, "no token", ADVICE_KEY,
		    "Dynu needs an API key for TXT records");
	request.path = api_path("/v2/dns/getroot/%s", zone->host);
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

static struct api_request
read_all(const struct zone *zone, const char *type)
{
	(void)type;
	return (struct api_request){ .method = "GET",
		.path = api_path("/v2/dns/%s/record", zone->id) };
}

static struct api_request
add(const struct zone *zone, const char *type, const char *value)
{
	const struct api_request request = { .method = "POST",
		.path = api_path("/v2/dns/%s/record", zone->id),
		.body = json_new_object() };

	json_set_str(request.body, "nodeName", zone_subname(zone));
	json_set_str(request.body, "recordType", type);
	json_set_str(request.body, "textData", value);
	json_set_int(request.body, "ttl", TTL);
	json_set_bool(request.body, "state", true);
	return request;
}

static struct api_request
drop(const struct zone *zone, const char *id)
{
	return (struct api_request){ .method = "DELETE",
		.path = api_path("/v2/dns/%s/record/%s", zone->id, id),
		.may = API_EMPTY | API_MISSING };
}

static const struct record_members members = { .list = "dnsRecords",
	.id = "id",
	.name = "hostname",
	.type = "recordType",
	.value = "textData" };

/* Proofs alone. */
static const struct zone_verbs verbs = { .rules = &rules,
	.header = key_header,
	.find = find,
	.read = read_all,
	.members = &members,
	.add = add,
	.remove = drop };

int
dynu_read(const struct api *api, const struct fetch_response *res,
    struct refusal *refusal)
{
	static const struct word words[] = {
		{ "911", WORD_AGAIN, FAULT, 0, "", TEN_MINUTES },
		{ "servererror", WORD_AGAIN, FAULT, 0, "", TEN_MINUTES },
		{ "dnserr", WORD_AGAIN, FAULT, 0, "", TEN_MINUTES },
		{ "unknown", WORD_STOP, "Dynu did not understand the request",
		    0, "Check the name.", 0 },
		{ .text = NULL },
	};

	return words_read(api, words, res, refusal);
}

/*
 * Takes the path, which names the hosts. A family that is not mentioned would
 * get the address that asks.
 */
static int
request(struct fetch *fetch, const struct ddns_job *job, char *path,
    const struct update *updates, size_t n, struct refusal *refusal)
{
	const char *ipv4 = updates->ipv4, *ipv6 = updates->ipv6;
	struct api api;
	int r;

	path = api_add(path, "myip", ipv4 != NULL ? ipv4 : "no");
	path = api_add(path, "myipv6", ipv6 != NULL ? ipv6 : "no");
	api_init(&api, fetch, job, &dynu_rules, NULL);
	api.user = job->login;
	api.password = job->password;
	api.updates = updates;
	api.n = n;
	r = api_get(&api, path, dynu_read, refusal);
	api_release(&api);
	return r;
}

/*
 * A name within a domain is an "alias" there. Only the other interface knows
 * which domain that is; without an answer, the name is a domain.
 */
static int
update(struct fetch *fetch, const struct ddns_job *job,
    const struct update *one, struct refusal *refusal)
{
	struct zone zone = { .host = one->host };
	struct refusal ignored;
	char *path;

	api_init(&zone.api, fetch, job, &rules, key_header(job));
	if (find(&zone, &ignored) < 0 ||
	    !zone_relative(one->host, zone.name, zone.relative) ||
	    strcmp(zone.relative, "@") == 0)
		path = api_path("/nic/update?hostname=%s", one->host);
	else
		path = api_path("/nic/update?hostname=%s&alias=%s", zone.name,
		    zone.relative);
	api_release(&zone.api);
	return request(fetch, job, path, one, 1, refusal);
}

/* An alias stands alone. Without a key all names are domains. */
static int
update_all(struct fetch *fetch, const struct ddns_job *job,
    const struct update *updates, size_t n, struct refusal *refusal)
{
	char *path;

	if (*job->token != '\0')
		return provider_each(
		    &family_dynu, fetch, job, updates, n, refusal);
	path = api_add_hosts(xstrdup("/nic/update"), "hostname", updates, n);
	return request(fetch, job, path, updates, n, refusal);
}

const struct family family_dynu = {
	.all = update_all, .update = update, .zone = &verbs
};
