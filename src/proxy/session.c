#include "session.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/secret.h"
#include "base/text.h"
#include "base/xalloc.h"
#include "exchange.h"
#include "http/basic.h"
#include "ipc/affinity.h"
#include "worker.h"

/* More of a key is not looked at. */
#define KEY_MAX 1024

struct sessions {
	struct affinity *table;
	uint64_t *rules; /* a service's, by its first place */
};

/* Rule and backends in one number: what a key is a key of. */
static uint64_t
hash_rule(const struct affinity *table, const struct config_service *service)
{
	const struct config_session *session = service->session;
	unsigned n = service->nbackends + service->nemergencies;
	struct buf text = { 0 };
	uint64_t hash;

	buf_printf(&text, "%d %.*s", (int)session->type, (int)session->id.len,
	    session->id.len > 0 ? session->id.p : "");
	for (unsigned i = 0; i < n; i++)
		buf_printf(&text, " %s %u", service->backends[i]->host,
		    service->backends[i]->port);
	hash = affinity_hash(table, buf_data(&text), buf_len(&text));
	buf_release(&text);
	return hash;
}

static void
add_rules(struct sessions *sessions, const struct config_service *service)
{
	for (; service != NULL; service = service->next)
		if (service->session != NULL && service->nbackends > 0)
			sessions->rules[service->first_place] =
			    hash_rule(sessions->table, service);
}

struct sessions *
sessions_new(const struct config *config, int fd, struct error *err)
{
	struct affinity *table = affinity_open(fd, err);
	const struct config_listener *listener;
	struct sessions *sessions;

	if (table == NULL)
		return NULL;
	sessions = xcalloc(1, sizeof(*sessions));
	sessions->table = table;
	sessions->rules = xcalloc(config->nplaces, sizeof(uint64_t));
	add_rules(sessions, config->services);
	for (listener = config->listeners; listener != NULL;
	     listener = listener->next)
		add_rules(sessions, listener->services);
	return sessions;
}

void
sessions_free(struct sessions *sessions)
{
	if (sessions == NULL)
		return;
	affinity_close(sessions->table);
	free(sessions->rules);
	free(sessions);
}

/* --- what requests have in common ----------------------------------------- */

/* "name=value" of a list whose parts this character separates. */
static struct slice
find_pair(struct slice list, struct slice name, char between)
{
	const char *p = list.p, *end = list.p + list.len, *stop;

	for (; p < end; p = stop + 1) {
		while (p < end && *p == ' ')
			p++;
		stop = memchr(p, between, (size_t)(end - p));
		if (stop == NULL)
			stop = end;
		if ((size_t)(stop - p) > name.len && p[name.len] == '=' &&
		    memcmp(p, name.p, name.len) == 0)
			return (struct slice){ p + name.len + 1,
				(size_t)(stop - p) - name.len - 1 };
	}
	return (struct slice){ 0 };
}

static struct slice
find_parameter(const struct exchange *ex, struct slice name)
{
	struct slice query = ex->query;

	if (query.len > 0) {
		query.p++;
		query.len--;
	}
	return find_pair(query, name, '&');
}

/* Of a path such as /a/b;key. */
static struct slice
behind_semicolon(struct slice path)
{
	const char *mark = memchr(path.p, ';', path.len);

	if (mark == NULL)
		return (struct slice){ 0 };
	return (
	    struct slice){ mark + 1, path.len - (size_t)(mark + 1 - path.p) };
}

static bool
is_named(const struct http_field *field, const char *name)
{
	return text_ieq(field->name.p, field->name.len, name);
}

/* The user of the scheme Basic; nobody has looked at the password here. */
static struct slice
find_user(const struct exchange *ex)
{
	struct http_basic basic;
	struct slice user = { 0 };

	for (unsigned i = 0; i < ex->req.nfields; i++) {
		const struct http_field *field = &ex->req.fields[i];

		if (!is_named(field, "Authorization") ||
		    !http_basic_read(field->value, &basic))
			continue;
		user.p = arena_strndup(ex->arena, basic.user.p, basic.user.len);
		user.len = user.p != NULL ? basic.user.len : 0;
		secret_wipe(&basic, sizeof(basic));
		break;
	}
	return user;
}

/* The value of a cookie: of a Cookie, or the first thing in a Set-Cookie. */
static struct slice
find_cookie(const struct http_field *fields, unsigned nfields,
    const char *header, struct slice name)
{
	struct slice found = { 0 };

	for (unsigned i = 0; i < nfields && found.len == 0; i++)
		if (is_named(&fields[i], header))
			found = find_pair(fields[i].value, name, ';');
	return found;
}

static struct slice
request_key(const struct exchange *ex, const struct config_session *session)
{
	const struct http_request *req = &ex->req;

	switch (session->type) {
	case SESSION_IP:
		return (struct slice){ ex->from, strlen(ex->from) };
	case SESSION_BASIC:
		return find_user(ex);
	case SESSION_URL:
		return find_parameter(ex, session->id);
	case SESSION_PARM:
		return behind_semicolon(ex->path);
	case SESSION_COOKIE:
		return find_cookie(
		    req->fields, req->nfields, "Cookie", session->id);
	case SESSION_HEADER:
		return http_value(req->fields, req->nfields, session->id);
	}
	return (struct slice){ 0 };
}

static struct slice
response_key(
    const struct http_response *res, const struct config_session *session)
{
	if (session->type == SESSION_COOKIE)
		return find_cookie(
		    res->fields, res->nfields, "Set-Cookie", session->id);
	if (session->type == SESSION_HEADER)
		return http_value(res->fields, res->nfields, session->id);
	return (struct slice){ 0 };
}

/* --- the table ------------------------------------------------------------ */

static uint64_t
hash_key(const struct exchange *ex, struct slice key)
{
	const struct sessions *sessions = ex->worker->sessions;
	uint64_t rule = sessions->rules[ex->service->first_place];
	size_t len = key.len < KEY_MAX ? key.len : KEY_MAX;
	unsigned char text[sizeof(rule) + KEY_MAX];

	memcpy(text, &rule, sizeof(rule));
	memcpy(text + sizeof(rule), key.p, len);
	return affinity_hash(sessions->table, text, sizeof(rule) + len);
}

static int64_t
now_seconds(void)
{
	return clock_mono_ms() / 1000;
}

static bool
has_sessions(const struct exchange *ex)
{
	return ex->service->session != NULL && ex->worker->sessions != NULL;
}

int
session_find(const struct exchange *ex)
{
	struct slice key;
	int place;

	if (!has_sessions(ex))
		return -1;
	key = request_key(ex, ex->service->session);
	if (key.len == 0)
		return -1;
	place = affinity_find(
	    ex->worker->sessions->table, hash_key(ex, key), now_seconds());
	/* Whatever is in the table: it is an index. */
	return place < (int)ex->service->nbackends ? place : -1;
}

/* Not with an emergency: its time is over when the others are back. */
static void
keep(const struct exchange *ex, struct slice key, unsigned place)
{
	if (key.len > 0 && place < ex->service->nbackends)
		affinity_put(ex->worker->sessions->table, hash_key(ex, key),
		    place, now_seconds(), ex->service->session->ttl);
}

void
session_keep(const struct exchange *ex, unsigned place)
{
	if (has_sessions(ex))
		keep(ex, request_key(ex, ex->service->session), place);
}

void
session_learn(const struct exchange *ex, const struct http_response *res)
{
	if (has_sessions(ex))
		keep(ex, response_key(res, ex->service->session), ex->place);
}
