#include "exchange.h"

#include <ctype.h>
#include <string.h>

#include "accesslog.h"
#include "answer.h"
#include "backend.h"
#include "base/arena.h"
#include "base/clock.h"
#include "count.h"
#include "edit.h"
#include "errorpage.h"
#include "forward.h"
#include "http/h1.h"
#include "route.h"
#include "sendfile.h"
#include "session.h"
#include "tunnel.h"
#include "upstream.h"
#include "worker.h"

/* Head, fields and what is derived from them. */
#define EXCHANGE_MEMORY_MAX (1024u * 1024)

unsigned
exchange_refusal(enum h1_result r)
{
	switch (r) {
	case H1_LINE_TOO_LONG:
		return 414;
	case H1_HEAD_TOO_LARGE:
		return 431;
	case H1_BAD_VERSION:
		return 505;
	case H1_NOT_IMPLEMENTED:
		return 501;
	case H1_MORE:
	case H1_DONE:
	case H1_BAD:
		break;
	}
	return 400;
}

struct exchange *
exchange_new(struct worker *worker, const char *head, size_t head_len,
    unsigned nfields, unsigned *status)
{
	struct arena *arena = arena_new(EXCHANGE_MEMORY_MAX);
	struct exchange *ex = arena_alloc(arena, sizeof *ex);
	const char *copy = arena_strndup(arena, head, head_len);
	struct http_field *fields =
	    arena_alloc(arena, (nfields + 1) * sizeof *fields);
	enum h1_result r = H1_HEAD_TOO_LARGE;

	if (ex != NULL && copy != NULL && fields != NULL)
		r = h1_parse_request(copy, head_len, fields, nfields, &ex->req);
	if (r == H1_DONE)
		r = h1_request_body(&ex->req, &ex->body);
	if (r == H1_DONE &&
	    !uri_parse_target(ex->req.target, ex->req.method, &ex->target))
		r = H1_BAD;
	if (r != H1_DONE) {
		*status = exchange_refusal(r);
		arena_free(arena);
		return NULL;
	}
	ex->path = ex->target.path;
	ex->query = ex->target.query;
	ex->arena = arena;
	ex->memory.arena = arena;
	ex->worker = worker;
	ex->request_done = ex->body.framing == HTTP_NO_BODY ||
	    (ex->body.framing == HTTP_BY_LENGTH && ex->body.length == 0);
	ex->started = clock_mono_ms();
	return ex;
}

void
exchange_end(struct exchange *ex)
{
	if (ex == NULL)
		return;
	count_exchange(ex);
	if (ex->tunnel != NULL)
		tunnel_release(ex->tunnel);
	if (ex->upstream != NULL)
		upstream_close(ex->upstream);
	sendfile_end(ex);
	accesslog_write(ex);
	TAILQ_INSERT_TAIL(&ex->worker->ended, ex, link);
	loop_later(ex->worker->loop, &ex->worker->reap);
}

void
exchange_free(struct exchange *ex)
{
	arena_free(ex->arena);
}

/* A name may have addresses where nobody is, beside one where somebody is. */
static bool
has_another_address(struct exchange *ex)
{
	return ex->calls++ < ex->backend->naddresses;
}

static void
call_again(struct exchange *ex)
{
	do
		ex->upstream = upstream_fresh(ex, ex->backend);
	while (ex->upstream == NULL && has_another_address(ex));
}

/* Tries backends until one takes a connection; answers for them otherwise. */
static void
exchange_dispatch(struct exchange *ex)
{
	while (ex->upstream == NULL) {
		int at = backend_pick(ex->worker->backends, ex->service,
		    ex->tried, session_find(ex));

		if (at == -1) {
			exchange_refuse(ex, ex->no_tls ? 502 : 503);
			return;
		}
		ex->place = (unsigned)at;
		ex->calls = 1;
		ex->tried |= (uint64_t)1 << at;
		ex->backend =
		    backend_at(ex->worker->backends, ex->service, ex->place);
		ex->upstream = upstream_start(ex, ex->backend);
		if (ex->upstream == NULL && has_another_address(ex))
			call_again(ex);
		if (ex->upstream == NULL)
			count_failure(ex);
	}
	session_keep(ex, ex->place);
}

void
exchange_start(struct exchange *ex)
{
	struct answer answer;

	if (route_request(ex, &answer)) {
		if (ex->service->directory != NULL)
			sendfile_start(ex);
		else
			exchange_dispatch(ex);
		return;
	}
	errorpage_choose(ex, &answer);
	exchange_answer(ex, &answer);
}

bool
exchange_takes_body(const struct exchange *ex)
{
	if (ex->discard)
		return true;
	return ex->upstream != NULL && upstream_takes_body(ex->upstream);
}

void
exchange_pass_body(struct exchange *ex, struct slice payload, bool end)
{
	count_received(ex, payload.len);
	ex->request_done = end;
	if (ex->discard || ex->upstream == NULL)
		return;
	if (payload.len > 0)
		ex->body_sent = true;
	upstream_send(ex->upstream, payload, end);
}

void
exchange_flush(struct exchange *ex)
{
	if (ex->upstream != NULL)
		upstream_flush(ex->upstream);
}

void
exchange_resume(struct exchange *ex)
{
	if (ex->upstream != NULL)
		upstream_resume(ex->upstream);
	else if (ex->file != NULL)
		sendfile_resume(ex);
}

void
exchange_answer(struct exchange *ex, const struct answer *answer)
{
	struct http_body how = { HTTP_BY_LENGTH, answer->body.len };
	struct slice body = answer->body;
	struct http_response head = answer->head;

	edit_response(ex, &head);
	accesslog_note(ex, &head);
	if (slice_eq(ex->req.method, "HEAD"))
		body.len = 0;
	ex->discard = true;
	ex->status = answer->head.status;
	ex->responded = true;
	ex->response_done = true;
	count_own_answer(ex);
	count_sent(ex, body.len);
	ex->ops->respond(ex->client, &head, &how, body, true);
}

void
exchange_refuse(struct exchange *ex, unsigned status)
{
	struct answer answer;

	answer_init(&answer, status);
	errorpage_choose(ex, &answer);
	exchange_answer(ex, &answer);
}

bool
exchange_is_repeatable(const struct exchange *ex)
{
	if (ex->body_sent)
		return false;
	return slice_eq(ex->req.method, "GET") ||
	    slice_eq(ex->req.method, "HEAD") ||
	    slice_eq(ex->req.method, "OPTIONS");
}

/* Once more on a new connection, or on to the next backend. */
static void
exchange_retry(struct exchange *ex, enum exchange_failure why)
{
	count_retry(ex);
	if (why == EXCHANGE_STALE ||
	    (why == EXCHANGE_REFUSED && has_another_address(ex)))
		call_again(ex);
	exchange_dispatch(ex);
	if (ex->upstream != NULL)
		ex->ops->resume(ex->client);
}

void
exchange_failed(struct exchange *ex, enum exchange_failure why)
{
	if (why != EXCHANGE_STALE || !exchange_is_repeatable(ex))
		count_failure(ex);
	if (ex->responded) {
		ex->ops->cut(ex->client);
		return;
	}
	switch (why) {
	case EXCHANGE_NO_TLS:
		ex->no_tls = true;
		exchange_retry(ex, why);
		return;
	case EXCHANGE_REFUSED:
		if (!ex->body_sent)
			exchange_retry(ex, why);
		else
			exchange_refuse(ex, 503);
		return;
	case EXCHANGE_STALE:
		if (exchange_is_repeatable(ex))
			exchange_retry(ex, why);
		else
			exchange_refuse(ex, 502);
		return;
	case EXCHANGE_BROKEN:
	case EXCHANGE_BAD:
		exchange_refuse(ex, 502);
		return;
	case EXCHANGE_LATE:
		exchange_refuse(ex, 504);
		return;
	}
}
