#include "route.h"

#include <string.h>

#include "answer.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/log.h"
#include "base/text.h"
#include "challenge.h"
#include "edit.h"
#include "exchange.h"
#include "forward.h"
#include "peer.h"
#include "sendfile.h"
#include "stats/metrics.h"
#include "worker.h"

static const char *
lower(struct arena *arena, struct slice s)
{
	char *copy = arena_strndup(arena, s.p, s.len);

	if (copy == NULL)
		return "";
	for (char *c = copy; *c != '\0'; c++)
		if (*c >= 'A' && *c <= 'Z')
			*c |= 0x20;
	/* "name." and "name" are one host. */
	if (s.len > 1 && copy[s.len - 1] == '.')
		copy[s.len - 1] = '\0';
	return copy;
}

/*
 * RFC 9112 section 3.2: exactly one valid Host; the authority of an absolute
 * target stands above it. HTTP/1.0 may leave it out: the TLS name stands in.
 */
static bool
find_host(struct exchange *ex)
{
	const struct http_request *req = &ex->req;
	struct slice host, authority = { 0 };
	unsigned count = 0;
	uint16_t port;

	for (unsigned i = 0; i < req->nfields; i++)
		if (req->fields[i].id == HTTP_HOST) {
			authority = req->fields[i].value;
			count++;
		}
	if (count > 1 || (count == 0 && req->version != HTTP_1_0))
		return false;
	if (count == 1 && !uri_parse_authority(authority, &host, &port))
		return false;
	if (ex->target.authority.len > 0)
		authority = ex->target.authority;
	else if (count == 0 && ex->sni != NULL)
		authority = (struct slice){ ex->sni, strlen(ex->sni) };
	if (authority.len == 0)
		return count == 0;
	if (!uri_parse_authority(authority, &host, &port))
		return false;
	ex->authority = authority;
	ex->host = lower(ex->arena, host);
	return true;
}

/*
 * Only a WebSocket handshake upgrades (RFC 6455 section 4.1); any other Upgrade
 * is dropped like all hop-by-hop fields.
 */
static bool
asks_for_websocket(const struct http_request *req)
{
	return req->version == HTTP_1_1 && slice_eq(req->method, "GET") &&
	    http_has_token(
	        req->fields, req->nfields, HTTP_UPGRADE, "websocket") &&
	    http_has_token(
	        req->fields, req->nfields, HTTP_CONNECTION, "upgrade");
}

static const char challenge_path[] = "/.well-known/acme-challenge/";

/* RFC 8555 section 8.3: before every other rule, for any host. */
static bool
is_challenge(const struct exchange *ex)
{
	size_t len = sizeof challenge_path - 1;

	return ex->listener->tls == NULL && ex->target.path.len >= len &&
	    memcmp(ex->target.path.p, challenge_path, len) == 0;
}

/* Our own answer, or that of another program (ACME). */
static const char *
find_answer(const struct exchange *ex, const char *token, size_t len)
{
	const struct config_directory *files = ex->listener->config->acme;
	const char *found = challenge_find(ex->worker->challenges, token, len);
	struct error err;

	if (found != NULL || files == NULL)
		return found;
	found = challenge_read(sendfile_tree(ex->worker->trees, files->id),
	    token, len, ex->arena, &err);
	if (found == NULL && err.kind != ERR_NOTFOUND)
		log_warn("ACME %s: %.*s: %s", files->file.path, (int)len, token,
		    err.msg);
	return found;
}

static void
answer_challenge(const struct exchange *ex, struct answer *answer)
{
	size_t skip = sizeof challenge_path - 1;
	const char *found = find_answer(
	    ex, ex->target.path.p + skip, ex->target.path.len - skip);

	if (!slice_eq(ex->req.method, "GET") &&
	    !slice_eq(ex->req.method, "HEAD")) {
		answer_init(answer, 405);
		answer_add(answer, "Allow", (struct slice){ "GET, HEAD", 9 });
	} else if (found == NULL) {
		answer_init(answer, 404);
	} else {
		answer_init(answer, 200);
		answer_body(answer, "application/octet-stream",
		    (struct slice){ found, strlen(found) });
	}
}

/* The request's own bytes in a Location, foreign characters escaped. */
static void
append_target(struct buf *out, struct slice s)
{
	size_t done = 0;

	for (size_t i = 0; i < s.len; i++)
		if (strchr("\"<>\\^`{|}", s.p[i]) != NULL) {
			buf_append(out, s.p + done, i - done);
			buf_printf(out, "%%%02X", (unsigned char)s.p[i]);
			done = i + 1;
		}
	if (done < s.len)
		buf_append(out, s.p + done, s.len - done);
}

static unsigned
redirect_status(const struct exchange *ex)
{
	unsigned status = ex->service->redirect->status;

	if (status != CONFIG_REDIRECT_PERMANENT)
		return status;
	return slice_eq(ex->req.method, "GET") ||
	        slice_eq(ex->req.method, "HEAD")
	    ? 301
	    : 308;
}

/* The URL with the request's path and query; no p if that is too long. */
static struct slice
complete_url(const struct exchange *ex, const struct config_redirect *redirect)
{
	struct buf *out = &ex->worker->head;
	char *location;

	buf_clear(out);
	buf_append_str(out, redirect->url);
	if (redirect->append && ex->path.p[0] == '/') {
		append_target(out, ex->path);
		append_target(out, ex->query);
	}
	location = arena_strndup(ex->arena, buf_data(out), buf_len(out));
	return (struct slice){ location, buf_len(out) };
}

static void
answer_redirect(struct exchange *ex, struct answer *answer)
{
	const struct config_redirect *redirect = ex->service->redirect;
	struct config_request req = edit_subject(ex);
	struct slice url = { NULL, 0 };
	unsigned status = redirect_status(ex);

	if (redirect->parts == NULL) {
		url = complete_url(ex, redirect);
		status = url.p != NULL ? status : 414;
	} else if (!config_fill(
	               redirect->parts, &req, PLACE_URL, ex->arena, &url))
		status = 400;
	answer_init(answer, status);
	if (url.p != NULL)
		answer_add(answer, "Location", url);
}

/* A worker that is not counted has no figures to tell. */
static void
answer_metrics(const struct exchange *ex, struct answer *answer)
{
	const struct stats *shared = ex->worker->shared;
	struct buf figures = { 0 };
	const char *text = NULL;

	if (shared != NULL) {
		metrics_figures(&figures, shared);
		metrics_end(&figures);
		text = arena_strndup(
		    ex->arena, buf_data(&figures), buf_len(&figures));
	}
	answer_init(answer, text != NULL ? 200 : 503);
	if (text != NULL)
		answer_body(answer, METRICS_TYPE,
		    (struct slice){ text, buf_len(&figures) });
	buf_release(&figures);
}

static bool
expectation_met(const struct exchange *ex)
{
	const struct http_field *expect =
	    http_find(ex->req.fields, ex->req.nfields, HTTP_EXPECT);

	return expect == NULL || slice_ieq(expect->value, "100-continue");
}

/* In a list of services; returns the status of a refusal, or 0. */
static unsigned
look_for_service(struct exchange *ex, const struct config_service *at)
{
	struct config_request req = edit_subject(ex);
	unsigned status = 0;

	for (; at != NULL && status == 0; at = at->next) {
		const struct config_found *before = ex->memory.last;

		if (!config_service_matches(at, &req))
			continue;
		if (!at->falls_through) {
			ex->service = at;
			break;
		}
		status = edit_request(ex, at->request_rules);
		ex->log_suppress |= at->log_suppress;
		ex->memory.last = before;
		req = edit_subject(ex);
	}
	return status;
}

/* The listener's own come first. Some only edit the request. */
static unsigned
find_service(struct exchange *ex)
{
	unsigned status = look_for_service(ex, ex->listener->config->services);

	if (status == 0 && ex->service == NULL)
		status = look_for_service(ex, ex->worker->config->services);
	return status;
}

static bool
knows_nobody(void *arg, const struct config_users *users)
{
	(void)arg;
	(void)users;
	return false;
}

static bool
has_tokens(void *arg, const struct config_rate *rate, struct slice key)
{
	(void)arg;
	(void)rate;
	(void)key;
	return true;
}

static const struct config_asked suppose = { knows_nobody, has_tokens };

/*
 * RFC 9110 section 15.5.20: the name that the client verified is one of ours,
 * and what it asks for there is not: it mistook us for the other's server.
 * That is another question: what was found out of the request may not be so
 * for this name, and neither a password nor a token is spent on it.
 */
static bool
is_misdirected(struct exchange *ex)
{
	struct config_memory memory = { .arena = ex->arena };
	struct config_request req = edit_subject(ex);

	if (ex->sni == NULL || strcmp(ex->sni, req.host) == 0)
		return false;
	req.host = ex->sni;
	req.memory = &memory;
	req.asked = &suppose;
	return config_find_service(
	           ex->worker->config, ex->listener->config, &req) != NULL;
}

/* What the listener sets bounds to; 0 or the status of a refusal. */
static unsigned
beyond_bounds(struct exchange *ex)
{
	const struct config_listener *listener = ex->listener->config;
	struct config_request req = edit_subject(ex);

	if (listener->max_uri > 0 && ex->req.target.len > listener->max_uri)
		return 414;
	if (!config_conditions_hold(listener->check_url, &req))
		return 501;
	if (listener->max_request > 0 && ex->body.framing == HTTP_BY_LENGTH &&
	    ex->body.length > listener->max_request)
		return 413;
	return 0;
}

/* Does the gateway answer it itself? */
static bool
is_answered_here(const struct config_service *service)
{
	return service->redirect != NULL || service->reply != NULL ||
	    service->directory != NULL;
}

/* The status of a refusal, or 0 when the service may have the request. */
static unsigned
refusal(struct exchange *ex)
{
	unsigned status;

	switch (config_method_allowed(ex->listener->config->methods,
	    ex->req.method.p, ex->req.method.len)) {
	case METHOD_ALLOWED:
		break;
	case METHOD_NOT_ALLOWED:
		return 405;
	case METHOD_UNKNOWN:
		return 501;
	}
	status = beyond_bounds(ex);
	if (status != 0)
		return status;
	status = edit_request(ex, ex->listener->config->request_rules);
	if (status != 0)
		return status;
	status = find_service(ex);
	if (status != 0)
		return status;
	if (ex->memory.failed)
		return 431;
	if (ex->busy)
		return 503;
	if (ex->service == NULL)
		return is_misdirected(ex) ? 421 : 404;
	status = edit_request(ex, ex->service->request_rules);
	if (status != 0)
		return status;
	if (is_answered_here(ex->service))
		return 0;
	if (!expectation_met(ex))
		return 417;
	ex->upgrade = asks_for_websocket(&ex->req);
	if (ex->authority.len == 0 ||
	    (ex->upgrade && ex->body.framing != HTTP_NO_BODY))
		return 400;
	return forward_prepare(ex) ? 0 : 431;
}

/* An answer of this status; what it must hold besides (RFC 9110). */
static void
answer_status(const struct exchange *ex, struct answer *answer, unsigned status)
{
	answer_init(answer, status);
	if (status == 405)
		answer_add(answer, "Allow", ex->listener->config->allow);
}

static void
answer_reply(const struct exchange *ex, struct answer *answer)
{
	static const char challenge[] =
	    "Basic realm=\"Restricted access\", charset=\"UTF-8\"";

	const struct config_reply *reply = ex->service->reply;

	answer_status(ex, answer, reply->status);
	if (reply->challenge)
		answer_add(answer, "WWW-Authenticate",
		    (struct slice){ challenge, sizeof challenge - 1 });
}

bool
route_request(struct exchange *ex, struct answer *answer)
{
	unsigned status;

	peer_resolve(ex);
	status = find_host(ex) ? 0 : 400;
	if (status == 0 && is_challenge(ex)) {
		answer_challenge(ex, answer);
		return false;
	}
	if (status == 0)
		status = refusal(ex);
	if (status == 0 &&
	    (!is_answered_here(ex->service) || ex->service->directory != NULL))
		return true;
	if (status != 0)
		answer_status(ex, answer, status);
	else if (ex->service->reply != NULL && ex->service->reply->metrics)
		answer_metrics(ex, answer);
	else if (ex->service->reply != NULL)
		answer_reply(ex, answer);
	else
		answer_redirect(ex, answer);
	return false;
}
