/*
 * Which service a request is for, which of its fields are taken out, and which
 * methods are known: the questions that a worker asks of its configuration for
 * every request. Nothing here allocates.
 */

#include <string.h>

#include "config/config.h"
#include "http/message.h"
#include "pattern.h"

#define LINE_SIZE PATTERN_TEXT_MAX

/* xHTTP: the lowest level that allows each method (case counts, RFC 9110). */
static const struct {
	const char *name;
	unsigned level;
} methods[] = {
	{ "GET", 0 },
	{ "POST", 0 },
	{ "HEAD", 0 },
	{ "PUT", 1 },
	{ "PATCH", 1 },
	{ "DELETE", 1 },
	{ "OPTIONS", 2 },
	{ "LOCK", 2 },
	{ "UNLOCK", 2 },
	{ "PROPFIND", 2 },
	{ "PROPPATCH", 2 },
	{ "SEARCH", 2 },
	{ "MKCOL", 2 },
	{ "MOVE", 2 },
	{ "COPY", 2 },
	{ "MKACTIVITY", 2 },
	{ "CHECKOUT", 2 },
	{ "MERGE", 2 },
	{ "REPORT", 2 },
	{ "SUBSCRIBE", 3 },
	{ "UNSUBSCRIBE", 3 },
	{ "NOTIFY", 3 },
	{ "BPROPFIND", 3 },
	{ "BPROPPATCH", 3 },
	{ "POLL", 3 },
	{ "BMOVE", 3 },
	{ "BCOPY", 3 },
	{ "BDELETE", 3 },
	/* A gateway is no tunnel to anywhere, and no mirror of its fields. */
	{ "CONNECT", 4 },
	{ "TRACE", 4 },
};

static size_t
append(char line[LINE_SIZE], size_t at, struct slice text)
{
	size_t room = LINE_SIZE - at;
	size_t len = text.len < room ? text.len : room;

	memcpy(line + at, text.p, len);
	return at + len;
}

/* "Name: value", as patterns see a field. */
static struct slice
write_line(char line[LINE_SIZE], const struct http_field *field)
{
	static const struct slice colon = { ": ", 2 };
	size_t len = append(line, 0, field->name);

	len = append(line, len, colon);
	len = append(line, len, field->value);
	return (struct slice){ line, len };
}

static bool
some_field_matches(
    const struct config_condition *cond, const struct config_request *req)
{
	char line[LINE_SIZE];
	unsigned i;

	for (i = 0; i < req->nfields; i++) {
		const struct http_field *field = &req->fields[i];

		if (cond->name.len > 0
		        ? slice_ieq(field->name, cond->name.p) &&
		            pattern_any(cond->patterns, field->value)
		        : pattern_any(cond->patterns, write_line(line, field)))
			return true;
	}
	return false;
}

/* Name and value of the next parameter; one without '=' has an empty value. */
static bool
next_parameter(struct slice *rest, struct slice *name, struct slice *value)
{
	const char *end;
	size_t len;

	if (rest->len == 0)
		return false;
	end = memchr(rest->p, '&', rest->len);
	len = end != NULL ? (size_t)(end - rest->p) : rest->len;
	*name = (struct slice){ rest->p, len };
	*value = (struct slice){ rest->p + len, 0 };
	rest->p += len + (end != NULL);
	rest->len -= len + (end != NULL);
	end = memchr(name->p, '=', len);
	if (end != NULL) {
		name->len = (size_t)(end - name->p);
		*value = (struct slice){ end + 1, len - name->len - 1 };
	}
	return true;
}

static struct slice
without_mark(struct slice query)
{
	return query.len > 0 ? (struct slice){ query.p + 1, query.len - 1 }
	                     : (struct slice){ "", 0 };
}

static bool
some_parameter_matches(
    const struct config_condition *cond, const struct config_request *req)
{
	struct slice rest = without_mark(req->query), name, value;

	while (next_parameter(&rest, &name, &value))
		if (slice_eq(name, cond->name.p) &&
		    pattern_any(cond->patterns, value))
			return true;
	return false;
}

static bool
url_matches(
    const struct config_condition *cond, const struct config_request *req)
{
	char line[LINE_SIZE];
	struct slice url = { line, 0 };

	if (req->query.len == 0)
		return pattern_any(cond->patterns, req->path);
	url.len = append(line, 0, req->path);
	url.len = append(line, url.len, req->query);
	return pattern_any(cond->patterns, url);
}

static bool holds(
    const struct config_condition *cond, const struct config_request *req);

/* Whether any of the conditions is what it is asked to be. */
static bool
some_is(const struct config_condition *cond, const struct config_request *req,
    bool what)
{
	while (cond != NULL && holds(cond, req) != what)
		cond = cond->next;
	return cond != NULL;
}

static bool
applies(const struct config_condition *cond, const struct config_request *req)
{
	switch (cond->kind) {
	case COND_CLIENT:
		return config_acl_holds(
		    cond->acl, cond->forwarded ? req->client : req->peer);
	case COND_ALL:
		return !some_is(cond->parts, req, false);
	case COND_ANY:
		return some_is(cond->parts, req, true);
	case COND_HOST:
		return pattern_any(cond->patterns,
		    (struct slice){ req->host, strlen(req->host) });
	case COND_FIELD:
		return some_field_matches(cond, req);
	case COND_METHOD:
		return pattern_any(cond->patterns, req->method);
	case COND_PATH:
		return pattern_any(cond->patterns, req->path);
	case COND_QUERY:
		return pattern_any(cond->patterns, without_mark(req->query));
	case COND_PARAMETER:
		return some_parameter_matches(cond, req);
	case COND_URL:
		return url_matches(cond, req);
	}
	return false;
}

/* The parser bounds how deep conditions are nested. */
static bool
holds(const struct config_condition *cond, const struct config_request *req)
{
	return applies(cond, req) != cond->negated;
}

bool
config_conditions_hold(
    const struct config_condition *conditions, const struct config_request *req)
{
	return !some_is(conditions, req, false);
}

const struct config_edit *
config_rule_edits(
    const struct config_rule *rule, const struct config_request *req)
{
	while (rule != NULL && !config_conditions_hold(rule->conditions, req))
		rule = rule->otherwise;
	return rule != NULL ? rule->edits : NULL;
}

bool
config_service_matches(
    const struct config_service *service, const struct config_request *req)
{
	return config_conditions_hold(service->conditions, req);
}

static const struct config_service *
first_match(
    const struct config_service *service, const struct config_request *req)
{
	while (service != NULL && !config_service_matches(service, req))
		service = service->next;
	return service;
}

const struct config_service *
config_find_service(const struct config *config,
    const struct config_listener *listener, const struct config_request *req)
{
	const struct config_service *service =
	    first_match(listener->services, req);

	return service != NULL ? service : first_match(config->services, req);
}

bool
config_pattern_matches(
    const struct config_pattern *patterns, const struct http_field *field)
{
	char line[LINE_SIZE];

	return patterns != NULL &&
	    pattern_any(patterns, write_line(line, field));
}

enum config_method
config_method_allowed(unsigned level, const char *method, size_t len)
{
	struct slice name = { method, len };
	size_t i;

	for (i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
		if (slice_eq(name, methods[i].name))
			return methods[i].level <= level ? METHOD_ALLOWED
			                                 : METHOD_NOT_ALLOWED;
	return METHOD_UNKNOWN;
}
