/*
 * Porkbun, whose keys are in the body of each request. Access by them is off
 * for each domain until its owner turns it on.
 */

#include <string.h>
#include <strings.h>

#include "job.h"
#include "records.h"
#include "json/json.h"

#define TTL "600" /* the least that it takes */
#define BASE "/api/json/v3/dns/"
#define ADVICE_KEYS                                                            \
	"Put the API key (pk1_...) into Login and the secret key (sk1_...) "   \
	"into "                                                                \
	"Password, and turn on API Access for the domain in Porkbun's domain " \
	"management."

static const char *
explanation(const struct json *doc)
{
	return json_str(doc, "message");
}

/* Whatever is wrong is 400, or even 200. */
static unsigned
meaning(unsigned status, const struct json *doc)
{
	const char *result = json_str(doc, "status");
	const char *text = json_str(doc, "message");

	if (status >= 200 && status < 300 && result != NULL &&
	    strcmp(result, "SUCCESS") == 0)
		return status;
	if (status != 400 && (status < 200 || status >= 300))
		return status;
	if (text == NULL)
		return status == 400 ? 400 : 502;
	if (strcasestr(text, "api key") != NULL ||
	    strcasestr(text, "api access") != NULL ||
	    strcasestr(text, "opted in") != NULL)
		return 403;
	if (strcasestr(text, "invalid domain") != NULL ||
	    strcasestr(text, "invalid record id") != NULL)
		return 404;
	return 400;
}

static const struct api_advice advice[] = { { 400, ADVICE_KEYS },
	{ 401, ADVICE_KEYS }, { 403, ADVICE_KEYS },
	{ 404, "Zone must be a domain of this account." }, { 0, NULL } };

static const struct api_rules rules = { .provider = "Porkbun",
	.advice = advice,
	.status = meaning,
	.text = explanation };

static struct api_request
request_for(const struct zone *zone, char *path)
{
	const struct api_request request = {
		.method = "POST", .path = path, .body = json_new_object()
	};

	json_set_str(request.body, "apikey", zone->api.job->login);
	json_set_str(request.body, "secretapikey", zone->api.job->password);
	return request;
}

static char *
path_of(const struct zone *zone, const char *verb, const char *type)
{
	const char *name = zone_subname(zone);

	if (*name == '\0')
		return api_path(BASE "%s/%s/%s", verb, zone->name, type);
	return api_path(BASE "%s/%s/%s/%s", verb, zone->name, type, name);
}

static struct api_request
read_all(const struct zone *zone, const char *type)
{
	return request_for(zone, path_of(zone, "retrieveByNameType", type));
}

static struct api_request
add(const struct zone *zone, const char *type, const char *value)
{
	const struct api_request request =
	    request_for(zone, api_path(BASE "create/%s", zone->name));

	json_set_str(request.body, "name", zone_subname(zone));
	json_set_str(request.body, "type", type);
	json_set_str(request.body, "content", value);
	json_set_str(request.body, "ttl", TTL);
	return request;
}

/* Called when no other record of this name and type is left. */
static struct api_request
change(const struct zone *zone, const char *type, const char *id,
    const char *value)
{
	const struct api_request request =
	    request_for(zone, path_of(zone, "editByNameType", type));

	(void)id;
	json_set_str(request.body, "content", value);
	json_set_str(request.body, "ttl", TTL);
	return request;
}

static struct api_request
drop(const struct zone *zone, const char *id)
{
	struct api_request request =
	    request_for(zone, api_path(BASE "delete/%s/%s", zone->name, id));

	request.may = API_MISSING;
	return request;
}

static const struct record_members members = { .list = "records",
	.id = "id",
	.name = "name",
	.type = "type",
	.value = "content" };

static const struct zone_verbs verbs = { .rules = &rules,
	.read = read_all,
	.members = &members,
	.add = add,
	.change = change,
	.remove = drop };

const struct family family_porkbun = { .zone = &verbs };
