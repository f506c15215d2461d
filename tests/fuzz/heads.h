#ifndef HEADS_H
#define HEADS_H

/*
 * The check that requests and responses have in common: however the bytes are
 * cut, the same verdict on head, framing and persistence; and the verdict is
 * the one that a reference made of regular expressions reaches.
 */

#include "http/h1.h"
#include "reference.h"

struct verdict {
	enum h1_result result; /* of the head, then of its framing */
	size_t head_len;
	unsigned nfields;
	struct http_body body;
	bool keep_alive;
};

static inline void
check_slice(struct slice s, const char *data, size_t len)
{
	assert(s.p >= data && s.p + s.len <= data + len);
}

static inline void
check_fields(
    const struct http_field *fields, unsigned n, const char *data, size_t len)
{
	unsigned i;

	for (i = 0; i < n; i++) {
		check_slice(fields[i].name, data, len);
		check_slice(fields[i].value, data, len);
		assert(fields[i].name.len > 0);
		assert(fields[i].id ==
		    http_field_id(fields[i].name.p, fields[i].name.len));
		(void)http_is_hop_by_hop(&fields[i], fields, n);
	}
}

static inline void
parse_request(const char *data, struct verdict *v)
{
	struct http_field fields[H1_REQUEST_FIELDS_MAX];
	struct http_request req;

	v->result =
	    h1_parse_request(data, v->head_len, fields, v->nfields, &req);
	if (v->result != H1_DONE)
		return;
	assert(req.nfields == v->nfields);
	check_slice(req.method, data, v->head_len);
	check_slice(req.target, data, v->head_len);
	check_fields(fields, req.nfields, data, v->head_len);
	v->keep_alive = h1_keep_alive(req.version, fields, req.nfields);
	v->result = h1_request_body(&req, &v->body);
}

static inline void
parse_response(const char *data, struct verdict *v)
{
	static const struct slice get = { "GET", 3 }, head = { "HEAD", 4 };
	struct http_field fields[H1_RESPONSE_FIELDS_MAX];
	struct http_response res;

	v->result =
	    h1_parse_response(data, v->head_len, fields, v->nfields, &res);
	if (v->result != H1_DONE)
		return;
	assert(res.nfields == v->nfields);
	check_slice(res.reason, data, v->head_len);
	check_fields(fields, res.nfields, data, v->head_len);
	v->keep_alive = h1_keep_alive(res.version, fields, res.nfields);
	assert(h1_response_body(&res, head, &v->body) == H1_DONE);
	assert(v->body.framing == HTTP_NO_BODY);
	v->result = h1_response_body(&res, get, &v->body);
}

/* Each read moves the message to another place in memory. */
static inline struct verdict
read_head(const uint8_t *data, bool response, const size_t *cuts, size_t ncuts)
{
	struct h1_scan scan = { .response = response };
	struct verdict v = { .result = H1_MORE };
	size_t i;

	for (i = 0; i < ncuts && v.result == H1_MORE; i++) {
		char *copy = exact_copy(data, cuts[i]);

		v.result = h1_scan(&scan, copy, cuts[i]);
		assert(scan.line <= scan.scanned && scan.scanned <= cuts[i]);
		if (v.result == H1_DONE) {
			v.head_len = scan.head_len;
			v.nfields = scan.fields;
			assert(v.head_len <= cuts[i]);
			if (response)
				parse_response(copy, &v);
			else
				parse_request(copy, &v);
		}
		free(copy);
	}
	return v;
}

/* A field line of the reference, which knows only what decides framing. */
struct seen {
	unsigned lengths, codings;
	bool bad_length, chunked, close, keep_alive;
	uint64_t length;
};

static inline void
see_length(const uint8_t *value, size_t len, struct seen *seen)
{
	static struct pattern digits = {
		.text = "^[^:]*:[\t ]*[0-9]{1,19}[\t ]*$"
	};
	unsigned __int128 n = 0;
	size_t i;

	seen->lengths++;
	seen->bad_length = !matches(&digits, value, len);
	for (i = 0; i < len && !seen->bad_length; i++)
		if (value[i] >= '0' && value[i] <= '9')
			n = n * 10 + (value[i] - '0');
	seen->bad_length |= n > INT64_MAX;
	seen->length = (uint64_t)n;
}

static inline bool
see_field(const uint8_t *line, size_t len, struct seen *seen)
{
	static struct pattern field = { .text = FIELD_LINE },
	                      length = { .text = "^content-length:",
		                      .flags = REG_ICASE },
	                      coding = { .text = "^transfer-encoding:",
		                      .flags = REG_ICASE },
	                      chunked = { .text = "^[^:]*:[\t ]*chunked[\t ]*$",
		                      .flags = REG_ICASE },
	                      close = { .text = "^connection:(.*,)?[\t ]*close"
		                                "[\t ]*(,.*)?$",
		                      .flags = REG_ICASE },
	                      keep = { .text = "^connection:(.*,)?[\t ]*"
		                               "keep-alive[\t ]*(,.*)?$",
		                      .flags = REG_ICASE };

	if (!matches(&field, line, len))
		return false;
	if (matches(&length, line, len))
		see_length(line, len, seen);
	if (matches(&coding, line, len)) {
		seen->codings++;
		seen->chunked = matches(&chunked, line, len);
	}
	seen->close |= matches(&close, line, len);
	seen->keep_alive |= matches(&keep, line, len);
	return true;
}

static inline bool
refer_start(const uint8_t *line, size_t len, bool response)
{
	static struct pattern request = { .text = "^[" TCHAR "]{1,32} [!-~]+ "
		                                  "HTTP/1\\.[0-9]$" },
	                      status = { .text = "^HTTP/1\\.[0-9] "
		                                 "[1-9][0-9][0-9]"
		                                 "( [" TEXT "]*)?$" };

	if (response)
		return matches(&status, line, len);
	return len <= H1_REQUEST_LINE_MAX && matches(&request, line, len);
}

static inline bool
refer_framing(const uint8_t *start, size_t len, bool response,
    const struct seen *seen, struct verdict *v)
{
	static struct pattern old = { .text = "(^HTTP/1\\.0 | HTTP/1\\.0$)" },
	                      empty = { .text = "^HTTP/1\\.[0-9] "
		                                "(1[0-9][0-9]|204|304)" };
	bool http_1_0 =
	    response ? len > 7 && start[7] == '0' : matches(&old, start, len);

	v->keep_alive = !seen->close && (!http_1_0 || seen->keep_alive);
	v->body = (struct http_body){ HTTP_NO_BODY, 0 };
	if (response && matches(&empty, start, len))
		return true;
	if (seen->lengths + seen->codings > 1)
		return false;
	if (seen->codings == 1) {
		v->body.framing = HTTP_CHUNKED;
		return seen->chunked && !http_1_0;
	}
	if (seen->lengths == 1)
		v->body = (struct http_body){ HTTP_BY_LENGTH, seen->length };
	else if (response)
		v->body.framing = HTTP_BY_CLOSE;
	return !seen->bad_length;
}

/* Whether the reference sees a complete, acceptable head. */
static inline bool
refer(const uint8_t *data, size_t size, bool response, struct verdict *v)
{
	size_t max = response ? H1_RESPONSE_HEAD_MAX : H1_REQUEST_HEAD_MAX;
	unsigned most =
	    response ? H1_RESPONSE_FIELDS_MAX : H1_REQUEST_FIELDS_MAX;
	const uint8_t *start = NULL, *line = data, *lf;
	struct seen seen = { 0 };
	size_t start_len = 0, len;

	if (!response && size >= 2 && memcmp(data, "\r\n", 2) == 0)
		line += 2;
	*v = (struct verdict){ .result = H1_DONE };
	for (;; line = lf + 1) {
		lf = memchr(line, '\n', size - (size_t)(line - data));
		if (lf == NULL || lf == line || lf[-1] != '\r')
			return false;
		len = (size_t)(lf - line) - 1;
		v->head_len = (size_t)(lf - data) + 1;
		if (v->head_len > max)
			return false;
		if (start == NULL) {
			if (!refer_start(line, len, response))
				return false;
			start = line;
			start_len = len;
		} else if (len == 0) {
			return refer_framing(
			    start, start_len, response, &seen, v);
		} else if (++v->nfields > most ||
		    !see_field(line, len, &seen)) {
			return false;
		}
	}
}

static inline void
assert_equal(const struct verdict *a, const struct verdict *b)
{
	assert(a->result == b->result);
	if (a->result != H1_DONE)
		return;
	assert(a->head_len == b->head_len);
	assert(a->nfields == b->nfields);
	assert(a->body.framing == b->body.framing);
	assert(a->body.length == b->body.length);
	assert(a->keep_alive == b->keep_alive);
}

static inline void
check_heads(const uint8_t *data, size_t size, bool response)
{
	struct verdict whole, pieces, reference;
	size_t cuts[CUTS];

	whole = read_head(data, response, &size, 1);
	choose_cuts(data, size, cuts);
	pieces = read_head(data, response, cuts, CUTS);
	assert_equal(&whole, &pieces);
	if (refer(data, size, response, &reference))
		assert_equal(&whole, &reference);
	else
		assert(whole.result != H1_DONE);
}

#endif
