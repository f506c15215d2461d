#include "edit.h"

#include <string.h>

#include "auth.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/secret.h"
#include "base/text.h"
#include "exchange.h"
#include "http/basic.h"
#include "rate.h"
#include "worker.h"

/* An edit that waits until the fields are complete. */
struct edit_list {
	const struct config_edit *edit;
	struct slice value;
	struct edit_list *next;
};

/* The name in credentials that were right. */
static void
note_user(struct exchange *ex, struct slice credentials)
{
	struct http_basic basic;

	if (!http_basic_read(credentials, &basic))
		return;
	ex->user = arena_strndup(ex->arena, basic.user.p, basic.user.len);
	secret_wipe(&basic, sizeof basic);
}

/* Two Authorization fields are none. */
static bool
knows(void *arg, const struct config_users *users)
{
	struct exchange *ex = arg;
	const struct http_field *found = NULL;
	enum auth_verdict verdict;
	unsigned n = 0;

	for (unsigned i = 0; i < ex->req.nfields; i++)
		if (slice_ieq(ex->req.fields[i].name, "Authorization")) {
			found = &ex->req.fields[i];
			n++;
		}
	if (n != 1)
		return false;
	verdict = auth_check(ex->worker->auth, users->index, found->value,
	    ex->from, clock_mono_ms());
	ex->busy |= verdict == AUTH_BUSY;
	if (verdict == AUTH_YES && ex->user == NULL)
		note_user(ex, found->value);
	return verdict == AUTH_YES;
}

/* The key of a condition says which condition it is of. */
static bool
take(void *arg, const struct config_rate *rate, struct slice key)
{
	struct exchange *ex = arg;
	struct rate limit = { rate->interval, rate->burst };
	size_t len = sizeof rate->id + key.len;
	char *named = arena_alloc(ex->arena, len);

	if (named == NULL)
		return false;
	memcpy(named, &rate->id, sizeof rate->id);
	memcpy(named + sizeof rate->id, key.p, key.len);
	return rates_take(
	    ex->worker->rates, named, len, &limit, clock_mono_ms());
}

static const struct config_asked asked = { knows, take };

struct config_request
edit_subject(struct exchange *ex)
{
	return (struct config_request){
		.host = ex->host != NULL ? ex->host : "",
		.peer = ex->peer,
		.client = ex->from,
		.authority = ex->authority,
		.method = ex->req.method,
		.path = ex->path,
		.query = ex->query,
		.fields = ex->req.fields,
		.nfields = ex->req.nfields,
		.memory = &ex->memory,
		.asked = &asked,
		.arg = ex,
		.client_cas = ex->client_cas,
	};
}

static enum config_place
place_of(enum config_edit_kind kind)
{
	switch (kind) {
	case EDIT_ADD:
	case EDIT_SET:
	case EDIT_DELETE:
		return PLACE_FIELD;
	case EDIT_URL:
		return PLACE_TARGET;
	case EDIT_PATH:
		return PLACE_PATH;
	case EDIT_QUERY:
	case EDIT_NO_QUERY:
		return PLACE_QUERY;
	case EDIT_PARAMETER:
	case EDIT_NO_PARAMETER:
		return PLACE_PARAMETER;
	}
	return PLACE_FIELD;
}

/* What the edit says, as this request fills it in. */
static bool
value_of(const struct exchange *ex, const struct config_edit *edit,
    const struct config_request *req, struct slice *value)
{
	enum config_place place = place_of(edit->kind);

	if (edit->encode)
		place = place == PLACE_PATH ? PLACE_ENCODED_PATH
		                            : PLACE_ENCODED_PARAMETER;
	*value = edit->value;
	return edit->parts == NULL ||
	    config_fill(edit->parts, req, place, ex->arena, value);
}

/* A path begins with a slash, also where it was filled in. */
static bool
root(struct exchange *ex, struct slice *path)
{
	char *copy;

	if (path->len > 0 && path->p[0] == '/')
		return true;
	copy = arena_alloc(ex->arena, path->len + 1);
	if (copy == NULL)
		return false;
	copy[0] = '/';
	memcpy(copy + 1, path->p, path->len);
	*path = (struct slice){ copy, path->len + 1 };
	return true;
}

/* "?" and a query; an empty one is none. */
static bool
set_query(struct exchange *ex, struct slice query)
{
	char *copy;

	if (query.len == 0) {
		ex->query = (struct slice){ "", 0 };
		return true;
	}
	copy = arena_alloc(ex->arena, query.len + 1);
	if (copy == NULL)
		return false;
	copy[0] = '?';
	memcpy(copy + 1, query.p, query.len);
	ex->query = (struct slice){ copy, query.len + 1 };
	return true;
}

static bool
set_url(struct exchange *ex, struct slice url)
{
	const char *mark = memchr(url.p, '?', url.len);
	size_t len = mark != NULL ? (size_t)(mark - url.p) : url.len;

	ex->path = (struct slice){ url.p, len };
	return root(ex, &ex->path) &&
	    set_query(ex,
	        mark != NULL ? (struct slice){ mark + 1, url.len - len - 1 }
	                     : (struct slice){ "", 0 });
}

static char *
append(char *out, const void *p, size_t len)
{
	memcpy(out, p, len);
	return out + len;
}

/* The parameter's place stays; a second one of its name goes. */
static bool
set_parameter(
    struct exchange *ex, const struct config_edit *edit, struct slice value)
{
	size_t max = ex->query.len + edit->name.len + value.len + 3, at;
	char *copy = arena_alloc(ex->arena, max), *out = copy;
	struct slice query = ex->query;
	bool done = edit->kind == EDIT_NO_PARAMETER;

	if (copy == NULL)
		return false;
	if (query.len == 1)
		query = (struct slice){ "", 0 };
	for (at = 0; at < query.len || !done;) {
		const char *part = query.p + at + 1;
		size_t left = at < query.len ? query.len - at - 1 : 0;
		const char *end = memchr(part, '&', left);
		size_t len = end != NULL ? (size_t)(end - part) : left;
		const char *equals = memchr(part, '=', len);
		struct slice name = { part,
			equals != NULL ? (size_t)(equals - part) : len };
		bool is_it = at >= query.len || slice_eq(name, edit->name.p);

		at += len + 1;
		if (is_it && done)
			continue;
		*out = out == copy ? '?' : '&';
		out++;
		if (!is_it) {
			out = append(out, part, len);
			continue;
		}
		out = append(out, edit->name.p, edit->name.len);
		*out++ = '=';
		out = append(out, value.p, value.len);
		done = true;
	}
	ex->query = (struct slice){ copy, (size_t)(out - copy) };
	return true;
}

static bool
note(struct exchange *ex, const struct config_edit *edit, struct slice value)
{
	struct edit_list *new = arena_alloc(ex->arena, sizeof *new);
	struct edit_list **tail = &ex->edits;

	if (new == NULL)
		return false;
	new->edit = edit;
	new->value = value;
	while (*tail != NULL)
		tail = &(*tail)->next;
	*tail = new;
	return true;
}

static bool
set_path(struct exchange *ex, struct slice path)
{
	ex->path = path;
	return root(ex, &ex->path);
}

static bool
apply(struct exchange *ex, const struct config_edit *edit, struct slice value)
{
	switch (edit->kind) {
	case EDIT_ADD:
	case EDIT_SET:
	case EDIT_DELETE:
		return note(ex, edit, value);
	case EDIT_URL:
		return set_url(ex, value);
	case EDIT_PATH:
		return set_path(ex, value);
	case EDIT_QUERY:
		return set_query(ex, value);
	case EDIT_PARAMETER:
	case EDIT_NO_PARAMETER:
		return set_parameter(ex, edit, value);
	case EDIT_NO_QUERY:
		return set_query(ex, (struct slice){ "", 0 });
	}
	return false;
}

/* All edits of a rule see the URL that the one before them has left. */
static unsigned
apply_all(struct exchange *ex, const struct config_edit *edit)
{
	for (; edit != NULL; edit = edit->next) {
		struct config_request req = edit_subject(ex);
		struct slice value;

		if (!value_of(ex, edit, &req, &value) ||
		    !apply(ex, edit, value))
			return place_of(edit->kind) == PLACE_FIELD ? 431 : 414;
	}
	return ex->memory.failed ? 431 : 0;
}

unsigned
edit_request(struct exchange *ex, const struct config_rule *rules)
{
	const struct config_found *before = ex->memory.last;
	unsigned status = 0;

	for (; rules != NULL && status == 0; rules = rules->next) {
		struct config_request req = edit_subject(ex);

		status = apply_all(ex, config_rule_edits(rules, &req));
		ex->memory.last = before;
	}
	return status;
}

static bool
goes(const struct config_edit *edit, const struct http_field *field)
{
	if (edit->kind == EDIT_SET)
		return slice_ieq(field->name, edit->name.p);
	return edit->kind == EDIT_DELETE &&
	    config_pattern_matches(edit->patterns, field);
}

static unsigned
edit_field_list(const struct config_edit *edit, struct slice value,
    struct http_field *fields, unsigned nfields)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < nfields; i++)
		if (!goes(edit, &fields[i]))
			fields[kept++] = fields[i];
	if (edit->kind == EDIT_ADD || edit->kind == EDIT_SET)
		fields[kept++] = (struct http_field){ .name = edit->name,
			.value = value,
			.id = http_field_id(edit->name.p, edit->name.len) };
	return kept;
}

unsigned
edit_count(const struct exchange *ex)
{
	unsigned n = 0;

	for (struct edit_list *at = ex->edits; at != NULL; at = at->next)
		n++;
	return n;
}

unsigned
edit_fields(
    const struct exchange *ex, struct http_field *fields, unsigned nfields)
{
	for (struct edit_list *at = ex->edits; at != NULL; at = at->next)
		nfields = edit_field_list(at->edit, at->value, fields, nfields);
	return nfields;
}

/* The fields of `req`, which are the response's. */
static void
edit_by_rule(const struct exchange *ex, const struct config_edit *edits,
    const struct config_request *req, struct http_response *res)
{
	const struct config_edit *edit;
	struct http_field *fields;
	unsigned n = res->nfields;

	for (edit = edits; edit != NULL; edit = edit->next)
		n++;
	fields = arena_alloc(ex->arena, n * sizeof *fields);
	if (fields == NULL)
		return;
	if (res->nfields > 0)
		memcpy(fields, res->fields, res->nfields * sizeof *fields);
	n = res->nfields;
	for (edit = edits; edit != NULL; edit = edit->next) {
		struct slice value;

		if (value_of(ex, edit, req, &value))
			n = edit_field_list(edit, value, fields, n);
	}
	res->fields = fields;
	res->nfields = n;
}

/* Without memory, or with a value too long, the fields stay as they are. */
static void
edit_by_rules(struct exchange *ex, const struct config_rule *rule,
    struct http_response *res)
{
	const struct config_found *before = ex->memory.last;

	for (; rule != NULL; rule = rule->next) {
		struct config_request req = edit_subject(ex);
		const struct config_edit *edits;

		/* A Condition may be about the fields, which change. */
		ex->memory.seen = ex->memory.held = 0;

		req.fields = res->fields;
		req.nfields = res->nfields;
		edits = config_rule_edits(rule, &req);
		if (edits != NULL)
			edit_by_rule(ex, edits, &req, res);
		ex->memory.last = before;
	}
}

/* RFC 6797 section 7: over TLS only, and once. */
static void
add_hsts(const struct exchange *ex, struct http_response *res)
{
	static const struct slice name = { "Strict-Transport-Security", 25 };
	struct http_field *fields;

	if (ex->listener->tls == NULL || ex->service == NULL ||
	    ex->service->hsts.len == 0 ||
	    http_find_name(res->fields, res->nfields, name) != NULL)
		return;
	fields = arena_alloc(ex->arena, (res->nfields + 1) * sizeof *fields);
	if (fields == NULL)
		return;
	if (res->nfields > 0)
		memcpy(fields, res->fields, res->nfields * sizeof *fields);
	fields[res->nfields++] =
	    (struct http_field){ .name = name, .value = ex->service->hsts };
	res->fields = fields;
}

void
edit_response(struct exchange *ex, struct http_response *res)
{
	add_hsts(ex, res);
	if (ex->service != NULL)
		edit_by_rules(ex, ex->service->response_rules, res);
	edit_by_rules(ex, ex->listener->config->response_rules, res);
}
