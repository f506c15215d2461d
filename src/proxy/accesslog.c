#include "accesslog.h"

#include <string.h>

#include "backend.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "exchange.h"
#include "worker.h"

#define LINE_PART_MAX 2048

/* Query parameters that are credentials of Home Assistant. */
static const char *const secret_parameters[] = { "authSig", "access_token",
	"token" };

static bool
is_secret(const char *name, size_t len)
{
	for (size_t i = 0;
	     i < sizeof secret_parameters / sizeof *secret_parameters; i++)
		if (text_ieq(name, len, secret_parameters[i]))
			return true;
	return false;
}

/* "?a=b&token=…", its secrets left out. */
static void
put_query(struct buf *out, struct slice query)
{
	size_t at = 0;

	while (at < query.len) {
		const char *part = query.p + at + 1;
		size_t left = query.len - at - 1;
		const char *end = memchr(part, '&', left);
		size_t len = end != NULL ? (size_t)(end - part) : left;
		const char *equals = memchr(part, '=', len);

		buf_append(out, query.p + at, 1);
		if (equals != NULL &&
		    is_secret(part, (size_t)(equals - part))) {
			buf_append(out, part, (size_t)(equals - part) + 1);
			buf_append_str(out, "...");
		} else {
			buf_append(out, part, len);
		}
		at += len + 1;
	}
}

static void
escape_request(const struct exchange *ex, char dst[LINE_PART_MAX])
{
	struct buf *out = &ex->worker->head;

	buf_clear(out);
	buf_append(out, ex->req.method.p, ex->req.method.len);
	buf_append_str(out, " ");
	buf_append(out, ex->target.path.p, ex->target.path.len);
	put_query(out, ex->target.query);
	buf_append_str(
	    out, ex->req.version == HTTP_1_1 ? " HTTP/1.1" : " HTTP/1.0");
	log_escape(dst, LINE_PART_MAX, buf_data(out), buf_len(out));
}

static void
escape_field(
    const struct exchange *ex, enum http_field_id id, char dst[LINE_PART_MAX])
{
	const struct http_field *field =
	    http_find(ex->req.fields, ex->req.nfields, id);
	struct slice value = { "-", 1 };
	const char *query;

	if (field != NULL)
		value = field->value;
	query = memchr(value.p, '?', value.len);
	if (id == HTTP_REFERER && query != NULL)
		value.len = (size_t)(query - value.p);
	log_escape(dst, LINE_PART_MAX, value.p, value.len);
}

/* The client; with Anonymise the network that it is in (/24, /48). */
static const char *
client_text(const struct exchange *ex, char dst[ADDR_TEXT_SIZE])
{
	size_t len = strcspn(ex->from, "%");
	struct addr addr;

	if (!ex->worker->config->anonymise || len >= ADDR_TEXT_SIZE)
		return ex->from;
	memcpy(dst, ex->from, len);
	dst[len] = '\0';
	if (!addr_parse(&addr, dst, 0))
		return "-";
	addr_mask(&addr, 24, 48);
	return addr_ip_text(&addr, dst);
}

static void
write_combined(const struct exchange *ex, const char *request, bool host)
{
	char client[ADDR_TEXT_SIZE];
	char referer[LINE_PART_MAX], agent[LINE_PART_MAX];
	unsigned long long sent = ex->sent;

	escape_field(ex, HTTP_REFERER, referer);
	escape_field(ex, HTTP_USER_AGENT, agent);
	log_info("%s%s%s - - \"%s\" %u %llu \"%s\" \"%s\"",
	    host && ex->host != NULL ? ex->host : "", host ? " " : "",
	    client_text(ex, client), request, ex->status, sent, referer, agent);
}

void
accesslog_write(const struct exchange *ex)
{
	unsigned level = ex->listener->config->log_level;
	char request[LINE_PART_MAX], client[ADDR_TEXT_SIZE];
	int64_t now;

	if (level == 0)
		return;
	escape_request(ex, request);
	if (level == 3 || level == 4) {
		write_combined(ex, request, level == 3);
		return;
	}
	if (level == 1) {
		log_info("%s \"%s\" %u", client_text(ex, client), request,
		    ex->status);
		return;
	}
	now = clock_mono_ms();
	log_info("%s \"%s\" %u (%s -> %s) in %llu out %llu, %lld ms, first "
	         "byte %lld ms%s%s",
	    client_text(ex, client), request, ex->status,
	    ex->host != NULL ? ex->host : "-",
	    ex->backend != NULL ? ex->backend->config->host : "-",
	    (unsigned long long)ex->received, (unsigned long long)ex->sent,
	    (long long)(now - ex->started),
	    (long long)(ex->answered > 0 ? ex->answered - ex->started : -1),
	    level == 5 && ex->tls_version != NULL ? ", " : "",
	    level == 5 && ex->tls_version != NULL ? ex->tls_version : "");
}
