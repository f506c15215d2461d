#include "accesslog.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "backend.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/log.h"
#include "client.h"
#include "exchange.h"
#include "logtime.h"
#include "redact.h"
#include "tls/server.h"
#include "worker.h"

#define LINE_MAX_BYTES 3900 /* fits into LOG_GATHERED_MAX */

_Static_assert(LINE_MAX_BYTES + 64 < LOG_GATHERED_MAX, "lines are cut twice");

/* A line being written. */
struct line {
	struct buf *out;
	bool json;
	const struct exchange *ex;
	int64_t took; /* ms */
	int64_t end;  /* ms since the epoch; 0: nobody has asked yet */
};

typedef void put_item(struct line *line, const struct config_log_item *item);

static struct slice
slice_of(const char *text)
{
	return (struct slice){ text, text != NULL ? strlen(text) : 0 };
}

static void
put_missing(struct line *line)
{
	buf_append_str(line->out, line->json ? "null" : "-");
}

/* Bytes that may be a peer's; none at all is a value that is missing. */
static void
put_value(struct line *line, struct slice bytes)
{
	struct value value;

	if (bytes.len == 0) {
		put_missing(line);
		return;
	}
	value_begin(&value, line->out, line->json);
	value_put(&value, bytes);
	value_end(&value);
}

static void
put_number(struct line *line, uint64_t number)
{
	char text[24];
	int len = snprintf(text, sizeof(text), "%" PRIu64, number);

	buf_append(line->out, text, (size_t)len);
}

static void
put_text(struct line *line, const struct config_log_item *item)
{
	buf_append(line->out, item->text.p, item->text.len);
}

static void
put_nothing(struct line *line, const struct config_log_item *item)
{
	(void)item;
	put_missing(line);
}

/* With Anonymise it is the network that the address is in (/24, /48). */
static void
put_client(struct line *line, const struct config_log_item *item)
{
	const struct exchange *ex = line->ex;
	const char *whole = item->kind == LINE_PEER ? ex->peer : ex->from;
	size_t len = strcspn(whole, "%");
	char text[ADDR_TEXT_SIZE];
	struct addr addr;

	if (!ex->worker->config->anonymise) {
		put_value(line, slice_of(whole));
		return;
	}
	snprintf(text, sizeof(text), "%.*s", (int)len, whole);
	if (!addr_parse(&addr, text, 0)) {
		put_missing(line);
		return;
	}
	addr_mask(&addr, 24, 48);
	put_value(line, slice_of(addr_ip_text(&addr, text)));
}

/* Stands between blanks in formats that programs read. */
static void
put_user(struct line *line, const struct config_log_item *item)
{
	struct value value;

	(void)item;
	if (line->ex->user == NULL || line->ex->user[0] == '\0') {
		put_missing(line);
		return;
	}
	value_begin(&value, line->out, line->json);
	value.word = !line->json;
	value_put(&value, slice_of(line->ex->user));
	value_end(&value);
}

static void
put_listener(struct line *line, const struct config_log_item *item)
{
	char text[ADDR_TEXT_SIZE];

	(void)item;
	put_value(line,
	    slice_of(addr_ip_text(&line->ex->listener->config->addr, text)));
}

static void
put_bytes(struct line *line, const struct config_log_item *item)
{
	if (item->kind == LINE_BYTES_CLF && line->ex->sent == 0)
		put_missing(line);
	else
		put_number(line, line->ex->sent);
}

static void
put_received(struct line *line, const struct config_log_item *item)
{
	(void)item;
	put_number(line, line->ex->received);
}

static void
put_request_line(struct line *line, const struct config_log_item *item)
{
	const struct exchange *ex = line->ex;
	struct value value;

	(void)item;
	if (ex->req.method.len == 0) {
		put_missing(line);
		return;
	}
	value_begin(&value, line->out, line->json);
	value_put(&value, ex->req.method);
	value_put(&value, slice_of(" "));
	value_put(&value, ex->target.path);
	value_put_query(&value, ex->target.query);
	value_put(&value,
	    slice_of(ex->req.version == HTTP_1_1 ? " HTTP/1.1" : " HTTP/1.0"));
	value_end(&value);
}

static void
put_status(struct line *line, const struct config_log_item *item)
{
	(void)item;
	put_number(line, line->ex->status);
}

static void
put_status_line(struct line *line, const struct config_log_item *item)
{
	char text[LOGTIME_SIZE];

	(void)item;
	snprintf(text, sizeof(text), "HTTP/1.1 %u %s", line->ex->status,
	    http_reason(line->ex->status));
	put_value(line, slice_of(text));
}

static void
put_method(struct line *line, const struct config_log_item *item)
{
	(void)item;
	put_value(line, line->ex->req.method);
}

static void
put_path(struct line *line, const struct config_log_item *item)
{
	(void)item;
	put_value(line, line->ex->path);
}

/* An empty one is no value that is missing, but an empty text. */
static void
put_query(struct line *line, const struct config_log_item *item)
{
	struct value value;

	(void)item;
	value_begin(&value, line->out, line->json);
	value_put_query(&value, line->ex->query);
	value_end(&value);
}

static void
put_protocol(struct line *line, const struct config_log_item *item)
{
	(void)item;
	if (line->ex->req.method.len == 0)
		put_missing(line);
	else
		put_value(line,
		    slice_of(line->ex->req.version == HTTP_1_1 ? "HTTP/1.1"
		                                               : "HTTP/1.0"));
}

static void
put_credentials_aside(struct line *line, struct slice name, struct slice bytes)
{
	struct value value;

	if (bytes.len == 0) {
		put_missing(line);
		return;
	}
	value_begin(&value, line->out, line->json);
	value_put_field(&value, name, bytes);
	value_end(&value);
}

static void
put_field(struct line *line, const struct config_log_item *item)
{
	const struct http_request *req = &line->ex->req;

	put_credentials_aside(line, item->text,
	    http_value(req->fields, req->nfields, item->text));
}

static void
put_field_out(struct line *line, const struct config_log_item *item)
{
	struct slice bytes = { NULL, 0 };

	if (line->ex->noted != NULL)
		bytes = line->ex->noted[item->what];
	put_credentials_aside(line, item->text, bytes);
}

static void
put_name(struct line *line, const struct config_log_item *item)
{
	const struct exchange *ex = line->ex;
	char label[CONFIG_LABEL_SIZE];

	switch ((enum log_object)item->what) {
	case LINE_OF_LISTENER:
		put_value(line, slice_of(ex->listener->config->name));
		break;
	case LINE_OF_SERVICE:
		put_value(line,
		    slice_of(ex->service != NULL ? ex->service->name : NULL));
		break;
	case LINE_OF_BACKEND:
		if (ex->backend != NULL)
			put_value(line,
			    slice_of(config_backend_label(
			        ex->backend->config, label)));
		else
			put_missing(line);
		break;
	}
}

static void
put_place(struct line *line, const struct config_log_item *item)
{
	const struct exchange *ex = line->ex;
	const struct config_pos *pos = NULL;
	char text[400];

	switch ((enum log_object)item->what) {
	case LINE_OF_LISTENER:
		pos = &ex->listener->config->pos;
		break;
	case LINE_OF_SERVICE:
		if (ex->service != NULL)
			pos = &ex->service->pos;
		break;
	case LINE_OF_BACKEND:
		if (ex->backend != NULL)
			pos = &ex->backend->config->pos;
		break;
	}
	if (pos == NULL) {
		put_missing(line);
		return;
	}
	snprintf(
	    text, sizeof(text), "%s:%u:%u", pos->file, pos->line, pos->column);
	put_value(line, slice_of(text));
}

static void
put_process(struct line *line, const struct config_log_item *item)
{
	(void)item;
	put_number(line, (uint64_t)getpid());
}

static void
put_host(struct line *line, const struct config_log_item *item)
{
	(void)item;
	put_value(line, slice_of(line->ex->host));
}

static void
put_sni(struct line *line, const struct config_log_item *item)
{
	(void)item;
	put_value(line, slice_of(line->ex->sni));
}

static void
put_tls(struct line *line, const struct config_log_item *item)
{
	(void)item;
	put_value(line, slice_of(line->ex->tls_version));
}

static void
put_upstream(struct line *line, const struct config_log_item *item)
{
	const struct exchange *ex = line->ex;

	(void)item;
	if (ex->answered == 0)
		put_missing(line);
	else
		put_number(line, (uint64_t)(ex->answered - ex->started));
}

static void
put_duration(struct line *line, const struct config_log_item *item)
{
	uint64_t ms = (uint64_t)line->took;

	switch ((enum log_unit)item->what) {
	case LINE_SECONDS:
		put_number(line, ms / 1000);
		break;
	case LINE_SECONDS_FRAC:
		buf_printf(line->out, "%" PRIu64 ".%03u", ms / 1000,
		    (unsigned)(ms % 1000));
		break;
	case LINE_MILLIS:
		put_number(line, ms);
		break;
	case LINE_MICROS:
		put_number(line, ms * 1000);
		break;
	}
}

/* Milliseconds since the epoch; asked for once a line at most. */
static int64_t
moment(struct line *line, bool end)
{
	struct timespec now;

	if (line->end == 0) {
		clock_gettime(CLOCK_REALTIME, &now);
		line->end = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
	}
	return end ? line->end : line->end - line->took;
}

static void
put_time(struct line *line, const struct config_log_item *item)
{
	int64_t ms = moment(line, item->end);
	char text[LOGTIME_SIZE];

	switch ((enum log_time)item->what) {
	case LINE_TIME_CLF:
		put_value(line, logtime_clf((time_t)(ms / 1000)));
		break;
	case LINE_TIME_ISO:
		put_value(line, slice_of(logtime_iso(text, ms)));
		break;
	case LINE_TIME_SEC:
		put_number(line, (uint64_t)ms / 1000);
		break;
	case LINE_TIME_MSEC:
		put_number(line, (uint64_t)ms);
		break;
	case LINE_TIME_USEC:
		put_number(line, (uint64_t)ms * 1000);
		break;
	case LINE_TIME_MSEC_FRAC:
		buf_printf(line->out, "%03u", (unsigned)(ms % 1000));
		break;
	case LINE_TIME_USEC_FRAC:
		buf_printf(line->out, "%06u", (unsigned)(ms % 1000) * 1000);
		break;
	case LINE_TIME_STRFTIME:
		put_value(line,
		    (struct slice){ text,
		        logtime_format(
		            text, item->text.p, (time_t)(ms / 1000)) });
		break;
	}
}

static put_item *const put[] = {
	[LINE_TEXT] = put_text,
	[LINE_CLIENT] = put_client,
	[LINE_PEER] = put_client,
	[LINE_LISTENER] = put_listener,
	[LINE_BYTES] = put_bytes,
	[LINE_BYTES_CLF] = put_bytes,
	[LINE_NOTHING] = put_nothing,
	[LINE_USER] = put_user,
	[LINE_TIME] = put_time,
	[LINE_DURATION] = put_duration,
	[LINE_REQUEST_LINE] = put_request_line,
	[LINE_STATUS] = put_status,
	[LINE_STATUS_LINE] = put_status_line,
	[LINE_METHOD] = put_method,
	[LINE_PATH] = put_path,
	[LINE_QUERY] = put_query,
	[LINE_PROTOCOL] = put_protocol,
	[LINE_FIELD] = put_field,
	[LINE_FIELD_OUT] = put_field_out,
	[LINE_NAME] = put_name,
	[LINE_PLACE] = put_place,
	[LINE_PROCESS] = put_process,
	[LINE_HOST] = put_host,
	[LINE_SNI] = put_sni,
	[LINE_TLS] = put_tls,
	[LINE_RECEIVED] = put_received,
	[LINE_UPSTREAM] = put_upstream,
};

static bool
is_suppressed(const struct exchange *ex)
{
	unsigned classes =
	    ex->listener->config->log_suppress | ex->log_suppress;

	if (ex->service != NULL)
		classes |= ex->service->log_suppress;
	return (classes >> ex->status / 100 & 1) != 0;
}

/* A file has no clock of its own. */
static void
put_line(struct line *line, const struct config_log_format *format, bool file)
{
	char text[LOGTIME_SIZE];

	if (file && !format->has_time)
		buf_printf(
		    line->out, "%s ", logtime_iso(text, moment(line, false)));
	for (unsigned i = 0; i < format->nitems; i++)
		put[format->items[i].kind](line, &format->items[i]);
}

void
accesslog_write(const struct exchange *ex)
{
	const struct config_log_format *format =
	    ex->listener->config->log_format;
	struct logfile *file = &ex->worker->logfile;
	struct buf *out = &file->lines;
	size_t before = buf_len(out);
	struct line line;

	if (format == NULL || is_suppressed(ex))
		return;
	line = (struct line){ .out = out,
		.json = format->json,
		.ex = ex,
		.took = clock_mono_ms() - ex->started };
	put_line(&line, format, file->fd != -1);
	if (buf_len(out) - before > LINE_MAX_BYTES) {
		out->tail = out->head + before + LINE_MAX_BYTES;
		buf_append_str(out, "...");
	}
	buf_append(out, "\n", 1);
	logfile_line(file);
}

void
accesslog_refused(const struct client *client, unsigned status)
{
	const struct exchange ex = { .worker = client->worker,
		.listener = client->listener,
		.peer = client->peer,
		.from = client->peer,
		.sni = client->conn.tls != NULL
		    ? tls_session_sni(client->conn.tls)
		    : NULL,
		.tls_version = client->conn.tls != NULL
		    ? tls_session_version(client->conn.tls)
		    : NULL,
		.status = status,
		.started = clock_mono_ms() };

	accesslog_write(&ex);
}

void
accesslog_note(struct exchange *ex, const struct http_response *res)
{
	const struct config_log_format *format =
	    ex->listener->config->log_format;
	struct slice *noted;

	if (format == NULL || format->noutputs == 0)
		return;
	noted = arena_alloc(ex->arena, format->noutputs * sizeof(*noted));
	if (noted == NULL)
		return;
	for (unsigned i = 0; i < format->noutputs; i++) {
		struct slice bytes =
		    http_value(res->fields, res->nfields, format->outputs[i]);

		noted[i].p = arena_strndup(ex->arena, bytes.p, bytes.len);
		noted[i].len = noted[i].p != NULL ? bytes.len : 0;
	}
	ex->noted = noted;
}
