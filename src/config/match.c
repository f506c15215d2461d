/*
 * Which service a request is for, which of its fields are taken out, and which
 * methods are known: the questions that a worker asks of its configuration for
 * every request. Nothing here allocates but what a request refers to later.
 */

#include <string.h>

#include "base/arena.h"
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

/* What is copied is the whole match: the parts lie in it. */
static void
record(const struct config_condition *cond, const struct config_request *req,
    struct slice text, const regmatch_t found[CONFIG_GROUPS])
{
	struct config_memory *memory = req->memory;
	struct config_found *match = arena_alloc(memory->arena, sizeof(*match));
	size_t start = (size_t)found[0].rm_so, i;
	char *copy = arena_strndup(
	    memory->arena, text.p + start, (size_t)found[0].rm_eo - start);

	if (match == NULL || copy == NULL) {
		memory->failed = true;
		return;
	}
	for (i = 0; i < CONFIG_GROUPS; i++)
		match->groups[i] = found[i].rm_so >= 0
		    ? (struct slice){ copy + found[i].rm_so - start,
			      (size_t)(found[i].rm_eo - found[i].rm_so) }
		    : (struct slice){ copy, 0 };
	match->tag = cond->tag;
	match->before = memory->last;
	memory->last = match;
}

static bool
looks_right(const struct config_condition *cond,
    const struct config_request *req, struct slice text)
{
	regmatch_t found[CONFIG_GROUPS];

	if (!cond->captures || req->memory == NULL)
		return pattern_any(cond->patterns, text);
	if (!pattern_find(cond->patterns, text, found))
		return false;
	record(cond, req, text, found);
	return true;
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
		            looks_right(cond, req, field->value)
		        : looks_right(cond, req, write_line(line, field)))
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

struct slice
config_query(const struct config_request *req)
{
	struct slice query = req->query;

	return query.len > 0 ? (struct slice){ query.p + 1, query.len - 1 }
	                     : (struct slice){ "", 0 };
}

struct slice
config_parameter(const struct config_request *req, const char *wanted)
{
	struct slice rest = config_query(req), name, value;

	while (next_parameter(&rest, &name, &value))
		if (slice_eq(name, wanted))
			return value;
	return (struct slice){ "", 0 };
}

static int
hex_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/*
 * What is no percent-encoding stays; in a parameter '+' is a blank, as forms
 * have it.
 */
static struct slice
decode(struct slice text, bool form, char copy[LINE_SIZE])
{
	size_t i, len = 0;

	for (i = 0; i < text.len && len < LINE_SIZE; i++) {
		char c = form && text.p[i] == '+' ? ' ' : text.p[i];
		bool coded = c == '%' && text.len - i > 2 &&
		    hex_of(text.p[i + 1]) >= 0 && hex_of(text.p[i + 2]) >= 0;

		if (coded) {
			c = (char)(hex_of(text.p[i + 1]) << 4 |
			    hex_of(text.p[i + 2]));
			i += 2;
		}
		copy[len++] = c;
	}
	return (struct slice){ copy, len };
}

/* Apart, for its buffer. */
static __attribute__((noinline)) bool
decoded_matches(const struct config_condition *cond,
    const struct config_request *req, struct slice value)
{
	char copy[LINE_SIZE];

	return looks_right(
	    cond, req, decode(value, cond->kind == COND_PARAMETER, copy));
}

static bool
value_matches(const struct config_condition *cond,
    const struct config_request *req, struct slice value)
{
	return cond->decoded ? decoded_matches(cond, req, value)
	                     : looks_right(cond, req, value);
}

static bool
some_parameter_matches(
    const struct config_condition *cond, const struct config_request *req)
{
	struct slice rest = config_query(req), name, value;

	while (next_parameter(&rest, &name, &value))
		if (slice_eq(name, cond->name.p) &&
		    value_matches(cond, req, value))
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
		return looks_right(cond, req, req->path);
	url.len = append(line, 0, req->path);
	url.len = append(line, url.len, req->query);
	return looks_right(cond, req, url);
}

/* False if it is too long, which refuses the request. */
static bool
fill(const struct config_condition *cond, const struct config_request *req,
    struct slice *text)
{
	if (req->memory == NULL)
		return false;
	if (config_fill(cond->text, req, PLACE_TEXT, req->memory->arena, text))
		return true;
	req->memory->failed = true;
	return false;
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

/* What it matched is nobody else's. */
static bool
named_holds(
    const struct config_condition *cond, const struct config_request *req)
{
	struct config_memory *memory = req->memory;
	uint64_t bit = UINT64_C(1) << cond->named;
	bool held;

	if (memory == NULL)
		return !some_is(cond->parts, req, false);
	if ((memory->seen & bit) == 0) {
		const struct config_found *before = memory->last;

		held = !some_is(cond->parts, req, false);
		memory->last = before;
		memory->seen |= bit;
		memory->held |= held ? bit : 0;
	}
	return (memory->held & bit) != 0;
}

static bool
applies(const struct config_condition *cond, const struct config_request *req)
{
	struct slice text;

	switch (cond->kind) {
	case COND_CLIENT:
		return config_acl_holds(
		    cond->acl, cond->forwarded ? req->client : req->peer);
	case COND_NAMED:
		return named_holds(cond, req);
	case COND_ALL:
		return !some_is(cond->parts, req, false);
	case COND_ANY:
		return some_is(cond->parts, req, true);
	case COND_HOST:
		return looks_right(
		    cond, req, (struct slice){ req->host, strlen(req->host) });
	case COND_CERT:
		return (req->client_cas >> cond->ca & 1) != 0;
	case COND_FIELD:
		return some_field_matches(cond, req);
	case COND_METHOD:
		return looks_right(cond, req, req->method);
	case COND_PATH:
		return value_matches(cond, req, req->path);
	case COND_QUERY:
		return looks_right(cond, req, config_query(req));
	case COND_PARAMETER:
		return some_parameter_matches(cond, req);
	case COND_TEXT:
		return fill(cond, req, &text) && looks_right(cond, req, text);
	case COND_USER:
		return req->asked != NULL &&
		    req->asked->knows(req->arg, cond->users);
	case COND_RATE:
		return req->asked != NULL && fill(cond, req, &text) &&
		    req->asked->take(req->arg, cond->rate, text);
	case COND_URL:
		return url_matches(cond, req);
	}
	return false;
}

/* The parser bounds how deep conditions are nested. */
static bool
holds(const struct config_condition *cond, const struct config_request *req)
{
	const struct config_found *before;
	bool applied;

	if (!cond->negated || req->memory == NULL)
		return applies(cond, req) != cond->negated;
	/* What makes it fail is nothing to refer to. */
	before = req->memory->last;
	applied = applies(cond, req);
	req->memory->last = before;
	return !applied;
}

bool
config_conditions_hold(
    const struct config_condition *conditions, const struct config_request *req)
{
	const struct config_found *before =
	    req->memory != NULL ? req->memory->last : NULL;

	if (!some_is(conditions, req, false))
		return true;
	if (req->memory != NULL)
		req->memory->last = before;
	return false;
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
	while (service != NULL &&
	    (service->falls_through || !config_service_matches(service, req)))
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

const char *
config_method(unsigned n, unsigned *level)
{
	if (n >= sizeof(methods) / sizeof(methods[0]))
		return NULL;
	*level = methods[n].level;
	return methods[n].name;
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
