#include "forward.h"

#include <string.h>

#include "backend.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/text.h"
#include "edit.h"
#include "exchange.h"
#include "tls/session.h"
#include "worker.h"

static inline void
put(struct buf *out, const char *s)
{
	buf_append_str(out, s);
}

static void
put_slice(struct buf *out, struct slice s)
{
	buf_append(out, s.p, s.len);
}

static void
put_field(struct buf *out, const char *name, struct slice value)
{
	put(out, name);
	put(out, ": ");
	put_slice(out, value);
	put(out, "\r\n");
}

static bool
has_prefix(const struct http_field *field, const char *prefix)
{
	size_t len = strlen(prefix);

	return field->name.len >= len && text_ieq(field->name.p, len, prefix);
}

/*
 * Names with '_' are refused because other programs read them as '-': what we
 * drop under one name would return under the other.
 */
static bool
is_ours_to_say(const struct http_field *field)
{
	switch (field->id) {
	case HTTP_HOST:
	case HTTP_CONTENT_LENGTH:
	case HTTP_EXPECT:
	case HTTP_FORWARDED:
	case HTTP_X_REAL_IP:
		return true;
	case HTTP_OTHER:
		if (has_prefix(field, "x-forwarded-") ||
		    has_prefix(field, "x-ssl-"))
			return true;
		return memchr(field->name.p, '_', field->name.len) != NULL;
	default:
		return false;
	}
}

static void
put_framing(struct buf *out, const struct http_body *body)
{
	switch (body->framing) {
	case HTTP_BY_LENGTH:
		put(out, "Content-Length: ");
		buf_append_u64(out, body->length);
		put(out, "\r\n");
		break;
	case HTTP_CHUNKED:
		put(out, "Transfer-Encoding: chunked\r\n");
		break;
	case HTTP_NO_BODY:
	case HTTP_BY_CLOSE:
		break;
	}
}

/* What the client asked for, unless the backend goes by a name of its own. */
static struct slice
host_for_backend(const struct exchange *ex)
{
	const char *name =
	    ex->backend != NULL ? ex->backend->config->server_name : NULL;

	return name != NULL ? (struct slice){ name, strlen(name) }
	                    : ex->authority;
}

/* Does the backend get this field of the client? */
static bool
passes(const struct exchange *ex, const struct http_field *field)
{
	return !is_ours_to_say(field) &&
	    !slice_ieq(field->name, ex->listener->config->forwarded_header) &&
	    !http_is_hop_by_hop(field, ex->req.fields, ex->req.nfields) &&
	    !config_pattern_matches(ex->listener->config->head_remove, field) &&
	    !config_pattern_matches(ex->service->head_remove, field);
}

static struct http_field
make_field(const char *name, const char *value)
{
	return (struct http_field){
		.name = { name, strlen(name) },
		.value = { value, strlen(value) },
	};
}

/* Pound's names for what a certificate says. */
static const char *const cert_fields[TLS_FACTS] = {
	[TLS_SUBJECT] = "X-SSL-Subject",
	[TLS_ISSUER] = "X-SSL-Issuer",
	[TLS_NOT_BEFORE] = "X-SSL-notBefore",
	[TLS_NOT_AFTER] = "X-SSL-notAfter",
	[TLS_SERIAL] = "X-SSL-serial",
	[TLS_PEM] = "X-SSL-certificate",
};

#define OURS_MAX (4 + TLS_FACTS)

/* What we say of the client ourselves (HeaderOption). */
static unsigned
make_ours(const struct exchange *ex, struct http_field ours[OURS_MAX])
{
	const struct config_listener *listener = ex->listener->config;
	unsigned n = 0;

	if (listener->tells_client) {
		ours[n++] = make_field("X-Forwarded-For", ex->from);
		ours[n++] = make_field(
		    "X-Forwarded-Proto", ex->https ? "https" : "http");
		ours[n] = make_field("X-Forwarded-Host", "");
		ours[n++].value = ex->authority;
	}
	if (listener->tells_tls && ex->tls_cipher != NULL) {
		const char *both = arena_printf(
		    ex->arena, "%s/%s", ex->tls_version, ex->tls_cipher);

		ours[n++] =
		    make_field("X-SSL-Cipher", both != NULL ? both : "");
	}
	if (listener->tells_tls && ex->client_cert != NULL)
		for (unsigned i = 0; i < TLS_FACTS; i++)
			ours[n++] = make_field(
			    cert_fields[i], ex->client_cert->facts[i]);
	return n;
}

bool
forward_prepare(struct exchange *ex)
{
	const struct http_request *req = &ex->req;
	unsigned n = 0, most = req->nfields + OURS_MAX + edit_count(ex);
	struct http_field *fields;

	if (ex->edits == NULL)
		return true;
	fields = arena_alloc(ex->arena, most * sizeof *fields);
	if (fields == NULL)
		return false;
	for (unsigned i = 0; i < req->nfields; i++)
		if (passes(ex, &req->fields[i]))
			fields[n++] = req->fields[i];
	n += make_ours(ex, fields + n);
	ex->nfields = edit_fields(ex, fields, n);
	ex->fields = fields;
	return true;
}

static void
put_http_field(struct buf *out, const struct http_field *field)
{
	put_slice(out, field->name);
	put(out, ": ");
	put_slice(out, field->value);
	put(out, "\r\n");
}

static void
put_fields(const struct exchange *ex, struct buf *out)
{
	for (unsigned i = 0; i < ex->nfields; i++)
		put_http_field(out, &ex->fields[i]);
	if (ex->fields != NULL)
		return;
	for (unsigned i = 0; i < ex->req.nfields; i++)
		if (passes(ex, &ex->req.fields[i]))
			put_http_field(out, &ex->req.fields[i]);
}

void
forward_request(const struct exchange *ex, struct buf *out)
{
	const struct http_request *req = &ex->req;

	put_slice(out, req->method);
	put(out, " ");
	put_slice(out, ex->path);
	put_slice(out, ex->query);
	put(out, " HTTP/1.1\r\n");
	put_field(out, "Host", host_for_backend(ex));
	put_fields(ex, out);
	put_framing(out, &ex->body);
	if (http_find(req->fields, req->nfields, HTTP_EXPECT) != NULL)
		put(out, "Expect: 100-continue\r\n");
	if (ex->upgrade)
		put(out, "Connection: Upgrade\r\nUpgrade: websocket\r\n");
	if (ex->fields == NULL) {
		struct http_field ours[OURS_MAX];
		unsigned n = make_ours(ex, ours);

		for (unsigned i = 0; i < n; i++)
			put_http_field(out, &ours[i]);
	}
	put(out, "\r\n");
}

/*
 * The length of a body that is not sent stays where it says something: one
 * valid Content-Length in an answer to HEAD or in a 304.
 */
static bool
keeps_length(const struct exchange *ex, const struct http_response *res)
{
	unsigned count = 0;
	uint64_t ignored;

	if (res->status < 200 || res->status == 204 ||
	    (res->status != 304 && !slice_eq(ex->req.method, "HEAD")))
		return false;
	for (unsigned i = 0; i < res->nfields; i++) {
		const struct http_field *field = &res->fields[i];

		if (field->id == HTTP_CONTENT_LENGTH &&
		    (++count > 1 ||
		        !text_u64(field->value.p, field->value.len, INT64_MAX,
		            &ignored)))
			return false;
	}
	return true;
}

/* Two passes: what is dropped may name others that are (Connection). */
void
forward_response(const struct exchange *ex, struct http_response *res)
{
	bool keep_length = keeps_length(ex, res);
	unsigned kept = 0;

	for (unsigned i = 0; i < res->nfields; i++) {
		struct http_field *field = &res->fields[i];

		if (http_is_hop_by_hop(field, res->fields, res->nfields) ||
		    (field->id == HTTP_CONTENT_LENGTH && !keep_length))
			field->name.len = 0;
	}
	for (unsigned i = 0; i < res->nfields; i++)
		if (res->fields[i].name.len > 0)
			res->fields[kept++] = res->fields[i];
	res->nfields = kept;
}
