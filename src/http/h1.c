/*
 * Heads of HTTP/1.1 messages: where one ends, and what it says.
 *
 * A verdict must not depend on how the bytes were cut into reads, so errors
 * have an order. h1_scan() finds them by position: the first offending line
 * decides, and within a line the first byte (of a start line), the length, the
 * end (CRLF or not), the start line's grammar, the number of fields. Only a
 * head that passed all of that is parsed; then the first malformed field line
 * decides.
 */

#include "http/h1.h"

#include <string.h>

#include "grammar.h"

#define CRLF_LEN 2
#define VERSION_LEN 8 /* HTTP/1.1 */
#define STATUS_LEN 12 /* HTTP/1.1 200 */

/* The offset of the first CR or LF, or len. */
static size_t
find_break(const char *data, size_t from, size_t len)
{
	const char *cr, *lf;

	if (from == len)
		return len;
	cr = memchr(data + from, '\r', len - from);
	if (cr != NULL)
		len = (size_t)(cr - data);
	lf = memchr(data + from, '\n', len - from);
	return lf != NULL ? (size_t)(lf - data) : len;
}

/*
 * What can be said of a line that goes on at least to `end`. Nobody waits for
 * the rest of what begins like no message at all: a TLS handshake, say.
 */
static enum h1_result
check_begun(const struct h1_scan *scan, const char *data, size_t end)
{
	size_t max =
	    scan->response ? H1_RESPONSE_HEAD_MAX : H1_REQUEST_HEAD_MAX;

	if (!scan->started && end > scan->line &&
	    http_span(data + scan->line, 1, CLASS_TOKEN) == 0)
		return H1_BAD;
	if (!scan->started && !scan->response &&
	    end - scan->line > H1_REQUEST_LINE_MAX)
		return H1_LINE_TOO_LONG;
	return end + CRLF_LEN > max ? H1_HEAD_TOO_LARGE : H1_MORE;
}

/* "HTTP/1.x": a recipient treats a higher minor version as its own. */
static enum h1_result
parse_version(const char *p, size_t len, enum http_version *version)
{
	if (len != VERSION_LEN || memcmp(p, "HTTP/", 5) != 0 || p[6] != '.' ||
	    p[5] < '1' || p[5] > '9' || p[7] < '0' || p[7] > '9')
		return H1_BAD;
	if (p[5] != '1')
		return H1_BAD_VERSION;
	*version = p[7] == '0' ? HTTP_1_0 : HTTP_1_1;
	return H1_DONE;
}

static enum h1_result
parse_request_line(struct slice line, struct http_request *req)
{
	const char *p = line.p;
	size_t left = line.len, n;

	n = http_span(p, left, CLASS_TOKEN);
	if (n == 0 || n > H1_METHOD_MAX || n == left || p[n] != ' ')
		return H1_BAD;
	req->method = (struct slice){ p, n };
	p += n + 1;
	left -= n + 1;

	n = http_span(p, left, CLASS_VISIBLE);
	if (n == 0 || n == left || p[n] != ' ')
		return H1_BAD;
	req->target = (struct slice){ p, n };
	return parse_version(p + n + 1, left - n - 1, &req->version);
}

/* Without a reason, the space before it may be missing too. */
static enum h1_result
parse_status_line(struct slice line, struct http_response *res)
{
	struct slice rest = line;
	enum h1_result result;
	unsigned status = 0, i;

	if (line.len < STATUS_LEN || line.p[VERSION_LEN] != ' ')
		return H1_BAD;
	result = parse_version(line.p, VERSION_LEN, &res->version);
	if (result != H1_DONE)
		return result;
	for (i = VERSION_LEN + 1; i < STATUS_LEN; i++) {
		if (line.p[i] < '0' || line.p[i] > '9')
			return H1_BAD;
		status = status * 10 + (unsigned)(line.p[i] - '0');
	}
	rest.p += STATUS_LEN;
	rest.len -= STATUS_LEN;
	if (rest.len > 0) {
		if (rest.p[0] != ' ')
			return H1_BAD;
		rest.p++;
		rest.len--;
	}
	if (status < 100 || http_span(rest.p, rest.len, CLASS_TEXT) != rest.len)
		return H1_BAD;
	res->status = status;
	res->reason = rest;
	return H1_DONE;
}

/* A complete line, without its CRLF. */
static enum h1_result
scan_line(struct h1_scan *scan, struct slice line)
{
	struct http_response res;
	struct http_request req;
	enum h1_result result;
	unsigned max =
	    scan->response ? H1_RESPONSE_FIELDS_MAX : H1_REQUEST_FIELDS_MAX;

	if (!scan->started) {
		if (line.len == 0 && scan->line == 0 && !scan->response)
			return H1_MORE;
		result = scan->response ? parse_status_line(line, &res)
		                        : parse_request_line(line, &req);
		scan->started = result == H1_DONE;
		return scan->started ? H1_MORE : result;
	}
	if (line.len == 0)
		return H1_DONE;
	if (scan->fields == max)
		return H1_HEAD_TOO_LARGE;
	scan->fields++;
	return H1_MORE;
}

enum h1_result
h1_scan(struct h1_scan *scan, const char *data, size_t len)
{
	enum h1_result result;
	size_t end;

	for (;;) {
		end = find_break(data, scan->scanned, len);
		scan->scanned = end;
		result = check_begun(scan, data, end);
		if (result != H1_MORE || end == len)
			return result;
		if (data[end] == '\n')
			return H1_BAD;
		if (end + 1 == len)
			return H1_MORE;
		if (data[end + 1] != '\n')
			return H1_BAD;
		result = scan_line(scan,
		    (struct slice){ data + scan->line, end - scan->line });
		if (result == H1_DONE)
			scan->head_len = end + CRLF_LEN;
		if (result != H1_MORE)
			return result;
		scan->line = scan->scanned = end + CRLF_LEN;
	}
}

/* Cuts the next line off the rest of a head. False when it has no CRLF. */
static bool
next_line(struct slice *rest, struct slice *line)
{
	const char *cr =
	    rest->len > 0 ? memchr(rest->p, '\r', rest->len) : NULL;
	size_t len;

	if (cr == NULL)
		return false;
	len = (size_t)(cr - rest->p);
	if (rest->len - len < CRLF_LEN || cr[1] != '\n')
		return false;
	*line = (struct slice){ rest->p, len };
	rest->p += len + CRLF_LEN;
	rest->len -= len + CRLF_LEN;
	return true;
}

/* RFC 9112 section 5. A folded line is one whose name is empty. */
static bool
parse_field(struct slice line, struct http_field *field)
{
	size_t n = http_span(line.p, line.len, CLASS_TOKEN);

	if (n == 0 || n == line.len || line.p[n] != ':')
		return false;
	field->name = (struct slice){ line.p, n };
	field->value =
	    http_trim((struct slice){ line.p + n + 1, line.len - n - 1 });
	if (http_span(field->value.p, field->value.len, CLASS_TEXT) !=
	    field->value.len)
		return false;
	field->id = http_field_id(line.p, n);
	return true;
}

/* All field lines and the empty line, which must be the last of the head. */
static enum h1_result
parse_fields(struct slice rest, struct http_field *fields, unsigned max_fields,
    unsigned *nfields)
{
	struct slice line;
	unsigned n = 0;

	while (next_line(&rest, &line)) {
		if (line.len == 0) {
			*nfields = n;
			return rest.len == 0 ? H1_DONE : H1_BAD;
		}
		if (n == max_fields)
			return H1_HEAD_TOO_LARGE;
		if (!parse_field(line, &fields[n]))
			return H1_BAD;
		n++;
	}
	return H1_BAD;
}

enum h1_result
h1_parse_request(const char *data, size_t head_len, struct http_field *fields,
    unsigned max_fields, struct http_request *req)
{
	struct slice rest = { data, head_len }, line;
	struct http_request parsed = { .fields = fields };
	enum h1_result result;

	if (!next_line(&rest, &line))
		return H1_BAD;
	if (line.len == 0 && !next_line(&rest, &line))
		return H1_BAD;
	result = parse_request_line(line, &parsed);
	if (result == H1_DONE)
		result =
		    parse_fields(rest, fields, max_fields, &parsed.nfields);
	if (result == H1_DONE)
		*req = parsed;
	return result;
}

enum h1_result
h1_parse_response(const char *data, size_t head_len, struct http_field *fields,
    unsigned max_fields, struct http_response *res)
{
	struct slice rest = { data, head_len }, line;
	struct http_response parsed = { .fields = fields };
	enum h1_result result;

	if (!next_line(&rest, &line))
		return H1_BAD;
	result = parse_status_line(line, &parsed);
	if (result == H1_DONE)
		result =
		    parse_fields(rest, fields, max_fields, &parsed.nfields);
	if (result == H1_DONE)
		*res = parsed;
	return result;
}
