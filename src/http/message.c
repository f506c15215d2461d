/*
 * What is true of an HTTP message whatever carried it: the fields the gateway
 * knows by name, lists of tokens, which fields stay on this hop, and the names
 * of the status codes.
 */

#include "http/message.h"

#include <string.h>

#include "base/text.h"
#include "grammar.h"

#define LONGEST_NAME (sizeof("proxy-authorization") - 1)
#define SAME_LENGTH 3

static const char *const field_names[HTTP_FIELD_COUNT] = {
#define HTTP_FIELD_NAME(id, name) [HTTP_##id] = name,
	HTTP_FIELDS(HTTP_FIELD_NAME)
#undef HTTP_FIELD_NAME
};

/*
 * The known names of each length, so that most fields of a request cost no
 * comparison, or one of a single byte.
 */
static const unsigned char by_length[LONGEST_NAME + 1][SAME_LENGTH] = {
	[2] = { HTTP_TE },
	[4] = { HTTP_DATE, HTTP_HOST },
	[6] = { HTTP_ACCEPT, HTTP_EXPECT },
	[7] = { HTTP_REFERER, HTTP_TRAILER, HTTP_UPGRADE },
	[9] = { HTTP_FORWARDED, HTTP_X_REAL_IP },
	[10] = { HTTP_CONNECTION, HTTP_KEEP_ALIVE, HTTP_USER_AGENT },
	[14] = { HTTP_CONTENT_LENGTH, HTTP_HTTP2_SETTINGS },
	[16] = { HTTP_PROXY_CONNECTION },
	[17] = { HTTP_TRANSFER_ENCODING },
	[18] = { HTTP_PROXY_AUTHENTICATE },
	[19] = { HTTP_PROXY_AUTHORIZATION },
};

/* Fields for this hop only, and what a proxy must not pass on for others. */
static const bool hop_by_hop[HTTP_FIELD_COUNT] = {
	[HTTP_CONNECTION] = true,
	[HTTP_HTTP2_SETTINGS] = true,
	[HTTP_KEEP_ALIVE] = true,
	[HTTP_PROXY_AUTHENTICATE] = true,
	[HTTP_PROXY_AUTHORIZATION] = true,
	[HTTP_PROXY_CONNECTION] = true,
	[HTTP_TE] = true,
	[HTTP_TRAILER] = true,
	[HTTP_TRANSFER_ENCODING] = true,
	[HTTP_UPGRADE] = true,
};

static const struct {
	unsigned status;
	const char *reason;
} reasons[] = {
	{ 100, "Continue" },
	{ 101, "Switching Protocols" },
	{ 102, "Processing" },
	{ 103, "Early Hints" },
	{ 200, "OK" },
	{ 201, "Created" },
	{ 202, "Accepted" },
	{ 203, "Non-Authoritative Information" },
	{ 204, "No Content" },
	{ 205, "Reset Content" },
	{ 206, "Partial Content" },
	{ 207, "Multi-Status" },
	{ 208, "Already Reported" },
	{ 226, "IM Used" },
	{ 300, "Multiple Choices" },
	{ 301, "Moved Permanently" },
	{ 302, "Found" },
	{ 303, "See Other" },
	{ 304, "Not Modified" },
	{ 305, "Use Proxy" },
	{ 307, "Temporary Redirect" },
	{ 308, "Permanent Redirect" },
	{ 400, "Bad Request" },
	{ 401, "Unauthorized" },
	{ 402, "Payment Required" },
	{ 403, "Forbidden" },
	{ 404, "Not Found" },
	{ 405, "Method Not Allowed" },
	{ 406, "Not Acceptable" },
	{ 407, "Proxy Authentication Required" },
	{ 408, "Request Timeout" },
	{ 409, "Conflict" },
	{ 410, "Gone" },
	{ 411, "Length Required" },
	{ 412, "Precondition Failed" },
	{ 413, "Content Too Large" },
	{ 414, "URI Too Long" },
	{ 415, "Unsupported Media Type" },
	{ 416, "Range Not Satisfiable" },
	{ 417, "Expectation Failed" },
	{ 421, "Misdirected Request" },
	{ 422, "Unprocessable Content" },
	{ 423, "Locked" },
	{ 424, "Failed Dependency" },
	{ 425, "Too Early" },
	{ 426, "Upgrade Required" },
	{ 428, "Precondition Required" },
	{ 429, "Too Many Requests" },
	{ 431, "Request Header Fields Too Large" },
	{ 451, "Unavailable For Legal Reasons" },
	{ 500, "Internal Server Error" },
	{ 501, "Not Implemented" },
	{ 502, "Bad Gateway" },
	{ 503, "Service Unavailable" },
	{ 504, "Gateway Timeout" },
	{ 505, "HTTP Version Not Supported" },
	{ 506, "Variant Also Negotiates" },
	{ 507, "Insufficient Storage" },
	{ 508, "Loop Detected" },
	{ 511, "Network Authentication Required" },
};

enum http_field_id
http_field_id(const char *name, size_t len)
{
	unsigned i;

	if (len > LONGEST_NAME)
		return HTTP_OTHER;
	for (i = 0; i < SAME_LENGTH && by_length[len][i] != HTTP_OTHER; i++) {
		const char *known = field_names[by_length[len][i]];

		if ((name[0] | 0x20) == known[0] && text_ieq(name, len, known))
			return by_length[len][i];
	}
	return HTTP_OTHER;
}

bool
slice_eq(struct slice s, const char *with)
{
	return s.len == strlen(with) &&
	    (s.len == 0 || memcmp(s.p, with, s.len) == 0);
}

bool
slice_ieq(struct slice s, const char *with)
{
	return text_ieq(s.p, s.len, with);
}

bool
http_is_token(struct slice s)
{
	return s.len > 0 && http_span(s.p, s.len, CLASS_TOKEN) == s.len;
}

bool
http_is_text(const char *s)
{
	return s[http_span(s, strlen(s), CLASS_TEXT)] == '\0';
}

const struct http_field *
http_find(
    const struct http_field *fields, unsigned nfields, enum http_field_id id)
{
	unsigned i;

	for (i = 0; i < nfields; i++)
		if (fields[i].id == id)
			return &fields[i];
	return NULL;
}

bool
http_list_next(struct slice *rest, struct slice *element)
{
	struct slice next;

	while (http_list_cut(rest, &next)) {
		if (next.len > 0) {
			*element = next;
			return true;
		}
	}
	return false;
}

bool
http_has_token(const struct http_field *fields, unsigned nfields,
    enum http_field_id id, const char *token)
{
	struct slice rest, element;
	unsigned i;

	for (i = 0; i < nfields; i++) {
		if (fields[i].id != id)
			continue;
		rest = fields[i].value;
		while (http_list_next(&rest, &element))
			if (slice_ieq(element, token))
				return true;
	}
	return false;
}

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

static bool
same_name(struct slice a, struct slice b)
{
	size_t i;

	if (a.len != b.len)
		return false;
	for (i = 0; i < a.len; i++)
		if (lower(a.p[i]) != lower(b.p[i]))
			return false;
	return true;
}

const struct http_field *
http_find_name(
    const struct http_field *fields, unsigned nfields, struct slice name)
{
	unsigned i;

	for (i = 0; i < nfields; i++)
		if (same_name(fields[i].name, name))
			return &fields[i];
	return NULL;
}

struct slice
http_value(const struct http_field *fields, unsigned nfields, struct slice name)
{
	const struct http_field *found = http_find_name(fields, nfields, name);

	return found != NULL ? found->value : (struct slice){ "", 0 };
}

bool
http_is_hop_by_hop(const struct http_field *field,
    const struct http_field *fields, unsigned nfields)
{
	size_t budget = HTTP_CONNECTION_MAX;
	struct slice rest, option;
	unsigned i;

	if (hop_by_hop[field->id])
		return true;
	for (i = 0; i < nfields; i++) {
		if (fields[i].id != HTTP_CONNECTION)
			continue;
		rest = fields[i].value;
		if (rest.len > budget)
			rest.len = budget;
		budget -= rest.len;
		while (http_list_next(&rest, &option))
			if (same_name(option, field->name))
				return true;
	}
	return false;
}

const char *
http_reason(unsigned status)
{
	size_t i;

	for (i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (reasons[i].status == status)
			return reasons[i].reason;
	return "";
}
