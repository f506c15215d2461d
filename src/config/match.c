/*
 * Which service a request is for, which of its fields are taken out, and which
 * methods are known: the questions that a worker asks of its configuration for
 * every request. Nothing here allocates.
 */

#include <string.h>

#include "config/config.h"
#include "http/message.h"

#define LINE_SIZE (64u * 1024) /* more than the head of a request holds */

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
	size_t room = LINE_SIZE - 1 - at;
	size_t len = text.len < room ? text.len : room;

	memcpy(line + at, text.p, len);
	return at + len;
}

/* "Name: value", as patterns see a field. Returns it. */
static const char *
write_line(char line[LINE_SIZE], const struct http_field *field)
{
	static const struct slice colon = { ": ", 2 };
	size_t len = append(line, 0, field->name);

	len = append(line, len, colon);
	len = append(line, len, field->value);
	line[len] = '\0';
	return line;
}

static bool
matches(const regex_t *regex, const char *text)
{
	return regexec(regex, text, 0, NULL, 0) == 0;
}

static bool
some_field_matches(const struct config_request *req, const regex_t *regex)
{
	char line[LINE_SIZE];
	unsigned i;

	for (i = 0; i < req->nfields; i++)
		if (matches(regex, write_line(line, &req->fields[i])))
			return true;
	return false;
}

static bool
condition_holds(
    const struct config_condition *condition, const struct config_request *req)
{
	switch (condition->kind) {
	case COND_HOST:
		return strcmp(req->host, condition->text) == 0;
	case COND_FIELD:
		return some_field_matches(req, &condition->regex);
	case COND_FIELD_ABSENT:
		return !some_field_matches(req, &condition->regex);
	case COND_URL:
		return matches(&condition->regex, req->target);
	}
	return false;
}

bool
config_service_matches(
    const struct config_service *service, const struct config_request *req)
{
	const struct config_condition *condition;

	for (condition = service->conditions; condition != NULL;
	     condition = condition->next)
		if (!condition_holds(condition, req))
			return false;
	return true;
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

	if (patterns == NULL)
		return false;
	write_line(line, field);
	for (; patterns != NULL; patterns = patterns->next)
		if (matches(&patterns->regex, line))
			return true;
	return false;
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
