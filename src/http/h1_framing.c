/*
 * How a body is delimited and whether the connection outlives the message:
 * decided once, from the parsed fields alone. Where the RFC lets a recipient
 * choose between repairing and refusing, this refuses, since the next hop
 * might have repaired it differently.
 */

#include "http/h1.h"

#include "base/text.h"
#include "grammar.h"

#define CONTENT_LENGTH_DIGITS 19

/* The one field with this id, NULL when there is none. False: several. */
static bool
find_one(const struct http_field *fields, unsigned nfields,
    enum http_field_id id, const struct http_field **found)
{
	unsigned before;

	*found = http_find(fields, nfields, id);
	if (*found == NULL)
		return true;
	before = (unsigned)(*found - fields) + 1;
	return http_find(fields + before, nfields - before, id) == NULL;
}

/* H1_DONE: chunked, once, and nothing else. */
static enum h1_result
parse_codings(struct slice value)
{
	struct slice coding;
	bool chunked = false;
	unsigned n = 0;

	while (http_list_cut(&value, &coding)) {
		if (chunked || coding.len == 0 ||
		    http_span(coding.p, coding.len, CLASS_TOKEN) != coding.len)
			return H1_BAD;
		chunked = slice_ieq(coding, "chunked");
		n++;
	}
	return chunked && n == 1 ? H1_DONE : H1_NOT_IMPLEMENTED;
}

/* What the fields say, before what the method and the status say. */
static enum h1_result
declared_body(enum http_version version, const struct http_field *fields,
    unsigned nfields, struct http_body *body)
{
	const struct http_field *length, *coding;
	enum h1_result result;
	uint64_t value;

	if (!find_one(fields, nfields, HTTP_CONTENT_LENGTH, &length) ||
	    !find_one(fields, nfields, HTTP_TRANSFER_ENCODING, &coding))
		return H1_BAD;
	if (coding != NULL) {
		if (length != NULL || version == HTTP_1_0)
			return H1_BAD;
		result = parse_codings(coding->value);
		if (result == H1_DONE)
			*body = (struct http_body){ HTTP_CHUNKED, 0 };
		return result;
	}
	if (length != NULL) {
		if (length->value.len > CONTENT_LENGTH_DIGITS ||
		    !text_u64(
		        length->value.p, length->value.len, INT64_MAX, &value))
			return H1_BAD;
		*body = (struct http_body){ HTTP_BY_LENGTH, value };
		return H1_DONE;
	}
	*body = (struct http_body){ HTTP_NO_BODY, 0 };
	return H1_DONE;
}

enum h1_result
h1_request_body(const struct http_request *req, struct http_body *body)
{
	return declared_body(req->version, req->fields, req->nfields, body);
}

enum h1_result
h1_response_body(const struct http_response *res, struct slice request_method,
    struct http_body *body)
{
	enum h1_result result;

	if (slice_eq(request_method, "HEAD") || res->status < 200 ||
	    res->status == 204 || res->status == 304) {
		*body = (struct http_body){ HTTP_NO_BODY, 0 };
		return H1_DONE;
	}
	result = declared_body(res->version, res->fields, res->nfields, body);
	if (result == H1_DONE && body->framing == HTTP_NO_BODY)
		body->framing = HTTP_BY_CLOSE;
	return result;
}

bool
h1_keep_alive(enum http_version version, const struct http_field *fields,
    unsigned nfields)
{
	if (http_has_token(fields, nfields, HTTP_CONNECTION, "close"))
		return false;
	return version == HTTP_1_1 ||
	    http_has_token(fields, nfields, HTTP_CONNECTION, "keep-alive");
}
