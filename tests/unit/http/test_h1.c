/*
 * Heads: every case is given whole, byte by byte and cut in two at every
 * place, and must get one and the same verdict.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "http/h1.h"
#include "scan.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define TEXT(s) (s), sizeof(s) - 1

/* Filled with a complete, valid field. */
#define HOST "Host: h\r\n"
#define GET "GET / HTTP/1.1\r\n" HOST
#define OK "HTTP/1.1 200 OK\r\n"

static struct head
scan_all_ways(const char *data, size_t len, bool response)
{
	struct head whole = scan_cut(data, len, response, 0);
	size_t cut;

	assert_same(whole, scan_bytewise(data, len, response), data);
	for (cut = 1; cut < len; cut++)
		assert_same(whole, scan_cut(data, len, response, cut), data);
	return whole;
}

/* Scans and parses a request; *copy must be freed. */
static enum h1_result
read_request(const char *data, size_t len, struct http_field *fields,
    struct http_request *req, char **copy)
{
	struct head head;

	*copy = malloc(len + 1);
	assert_non_null(*copy);
	memcpy(*copy, data, len);
	(*copy)[len] = '\0';
	head = scan_all_ways(*copy, len, false);
	if (head.result != H1_DONE)
		return head.result;
	return h1_parse_request(*copy, head.head_len, fields, head.fields, req);
}

static enum h1_result
read_response(const char *data, size_t len, struct http_field *fields,
    struct http_response *res, char **copy)
{
	struct head head;

	*copy = malloc(len + 1);
	assert_non_null(*copy);
	memcpy(*copy, data, len);
	(*copy)[len] = '\0';
	head = scan_all_ways(*copy, len, true);
	if (head.result != H1_DONE)
		return head.result;
	return h1_parse_response(
	    *copy, head.head_len, fields, head.fields, res);
}

static void
assert_slice(struct slice s, const char *expected)
{
	if (!slice_eq(s, expected))
		fail_msg("'%.*s' is not '%s'", (int)s.len, s.p, expected);
}

static void
test_request_is_parsed(void **state)
{
	static const char text[] =
	    "M-SEARCH /a?b=%20 HTTP/1.1\r\n"
	    "Host:h:8123\r\n"
	    "X-Empty:\r\n"
	    "X-Blank: \t \r\n"
	    "!#$%&'*+-.^_`|~09aZ: \t a\tb \xc3\xa4 \t\r\n"
	    "content-LENGTH: 5\r\n"
	    "\r\nhello";
	struct http_field fields[H1_REQUEST_FIELDS_MAX];
	struct http_request req;
	char *copy;

	(void)state;
	assert_int_equal(
	    read_request(TEXT(text), fields, &req, &copy), H1_DONE);
	assert_slice(req.method, "M-SEARCH");
	assert_slice(req.target, "/a?b=%20");
	assert_int_equal(req.version, HTTP_1_1);
	assert_ptr_equal(req.fields, fields);
	assert_int_equal(req.nfields, 5);
	assert_slice(fields[0].name, "Host");
	assert_slice(fields[0].value, "h:8123");
	assert_int_equal(fields[0].id, HTTP_HOST);
	assert_slice(fields[1].value, "");
	assert_slice(fields[2].value, "");
	assert_slice(fields[3].name, "!#$%&'*+-.^_`|~09aZ");
	assert_slice(fields[3].value, "a\tb \xc3\xa4");
	assert_int_equal(fields[3].id, HTTP_OTHER);
	assert_int_equal(fields[4].id, HTTP_CONTENT_LENGTH);
	free(copy);
}

static void
test_scan_finds_the_end(void **state)
{
	static const char text[] = "\r\nGET / HTTP/1.1\r\nA: b\r\n\r\nGET";
	struct head head = scan_all_ways(TEXT(text), false);

	(void)state;
	assert_int_equal(head.result, H1_DONE);
	assert_int_equal(head.head_len, sizeof(text) - 1 - strlen("GET"));
	assert_int_equal(head.fields, 1);
}

static void
test_scan_of_nothing(void **state)
{
	struct h1_scan scan = { 0 };

	(void)state;
	assert_int_equal(h1_scan(&scan, NULL, 0), H1_MORE);
	assert_int_equal(h1_scan(&scan, "\r", 1), H1_MORE);
	assert_int_equal(h1_scan(&scan, "\r\n", 2), H1_MORE);
}

static void
test_request_verdicts(void **state)
{
	static const struct {
		const char *text;
		size_t len;
		enum h1_result result;
	} cases[] = {
		{ TEXT("GET / HTTP/1.1\r\n\r\n"), H1_DONE },
		{ TEXT("GET / HTTP/1.0\r\n\r\n"), H1_DONE },
		{ TEXT("GET / HTTP/1.9\r\n\r\n"), H1_DONE },
		{ TEXT("OPTIONS * HTTP/1.1\r\n\r\n"), H1_DONE },
		{ TEXT("GET http://h/ HTTP/1.1\r\n\r\n"), H1_DONE },
		{ TEXT("CONNECT h:1 HTTP/1.1\r\n\r\n"), H1_DONE },
		{ TEXT("A2345678901234567890123456789012 / HTTP/1.1\r\n\r\n"),
		    H1_DONE },
		{ TEXT("A23456789012345678901234567890123 / HTTP/1.1\r\n\r\n"),
		    H1_BAD },
		/* incomplete */
		{ TEXT(""), H1_MORE },
		{ TEXT("\r"), H1_MORE },
		{ TEXT("\r\n"), H1_MORE },
		{ TEXT("GET"), H1_MORE },
		{ TEXT("GET / HTTP/1.1\r\n"), H1_MORE },
		{ TEXT("GET / HTTP/1.1\r\nA: b\r\n"), H1_MORE },
		{ TEXT("GET / HTTP/1.1\r\n\r"), H1_MORE },
		/* empty lines before */
		{ TEXT("\r\nGET / HTTP/1.1\r\n\r\n"), H1_DONE },
		{ TEXT("\r\n\r\nGET / HTTP/1.1\r\n\r\n"), H1_BAD },
		{ TEXT("\r\n\r\n"), H1_BAD },
		{ TEXT("\nGET / HTTP/1.1\r\n\r\n"), H1_BAD },
		{ TEXT(" \r\nGET / HTTP/1.1\r\n\r\n"), H1_BAD },
		/* versions */
		{ TEXT("GET / HTTP/2.0\r\n\r\n"), H1_BAD_VERSION },
		{ TEXT("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), H1_BAD_VERSION },
		{ TEXT("GET / HTTP/9.9\r\n"), H1_BAD_VERSION },
		{ TEXT("GET / HTTP/0.9\r\n\r\n"), H1_BAD },
		{ TEXT("GET / http/1.1\r\n\r\n"), H1_BAD },
		{ TEXT("GET / HTTP/1.10\r\n\r\n"), H1_BAD },
		{ TEXT("GET / HTTP/11\r\n\r\n"), H1_BAD },
		{ TEXT("GET / HTTP/1.\r\n\r\n"), H1_BAD },
		{ TEXT("GET / HTTP/1,1\r\n\r\n"), H1_BAD },
		{ TEXT("GET / HTTP/x.1\r\n\r\n"), H1_BAD },
		{ TEXT("GET / HTTP/1.x\r\n\r\n"), H1_BAD },
		{ TEXT("GET / HTTP/ 1.1\r\n\r\n"), H1_BAD },
		{ TEXT("GET / HTTPS/1.1\r\n\r\n"), H1_BAD },
		{ TEXT("GET / ICY/1.10\r\n\r\n"), H1_BAD },
		/* the request line; bad ones need no more of the head */
		{ TEXT("GET /\r\n"), H1_BAD },
		{ TEXT("GET / \r\n"), H1_BAD },
		{ TEXT("GET\r\n"), H1_BAD },
		{ TEXT("GET \r\n"), H1_BAD },
		{ TEXT("GET  / HTTP/1.1\r\n"), H1_BAD },
		{ TEXT("GET /  HTTP/1.1\r\n"), H1_BAD },
		{ TEXT("GET / HTTP/1.1 \r\n"), H1_BAD },
		{ TEXT(" GET / HTTP/1.1\r\n"), H1_BAD },
		{ TEXT("GET\t/ HTTP/1.1\r\n"), H1_BAD },
		{ TEXT("GET /\tHTTP/1.1\r\n"), H1_BAD },
		{ TEXT("GET HTTP/1.1\r\n"), H1_BAD },
		{ TEXT("GET  HTTP/1.1\r\n"), H1_BAD },
		{ TEXT("/ GET HTTP/1.1\r\n"), H1_BAD },
		{ TEXT("G\xc4T / HTTP/1.1\r\n"), H1_BAD },
		{ TEXT("G:T / HTTP/1.1\r\n"), H1_BAD },
		{ TEXT("\0GET / HTTP/1.1\r\n"), H1_BAD },
		{ TEXT("GET /a b HTTP/1.1\r\n"), H1_BAD },
		{ TEXT("GET /\0 HTTP/1.1\r\n"), H1_BAD },
		{ TEXT("GET /\x7f HTTP/1.1\r\n"), H1_BAD },
		{ TEXT("GET /\xc3\xa4 HTTP/1.1\r\n"), H1_BAD },
		{ TEXT("GET /\x0b HTTP/1.1\r\n"), H1_BAD },
		/* what begins like no message */
		{ TEXT("\x16\x03\x01"), H1_BAD },
		{ TEXT("\x80"), H1_BAD },
		{ TEXT("\r\n\0"), H1_BAD },
		{ TEXT(" "), H1_BAD },
		/* ends of lines */
		{ TEXT("GET / HTTP/1.1\n"), H1_BAD },
		{ TEXT("GET / HTTP/1.1\rX"), H1_BAD },
		{ TEXT("GET / HTTP/1.1\r\r\n"), H1_BAD },
		{ TEXT("GET /\rx HTTP/1.1"), H1_BAD },
		{ TEXT(GET "\n"), H1_BAD },
		{ TEXT(GET "A: b\n"), H1_BAD },
		{ TEXT(GET "A: b\rC: d"), H1_BAD },
		{ TEXT(GET "A: b\r\r\n"), H1_BAD },
		{ TEXT(GET "A: b\r\n\rX"), H1_BAD },
		{ TEXT(GET "\r\r\n"), H1_BAD },
		/* field lines */
		{ TEXT(GET " Folded: no\r\n\r\n"), H1_BAD },
		{ TEXT("GET / HTTP/1.1\r\n A: b\r\n\r\n"), H1_BAD },
		{ TEXT("GET / HTTP/1.1\r\n\tA: b\r\n\r\n"), H1_BAD },
		{ TEXT(GET "A: b\r\n c\r\n\r\n"), H1_BAD },
		{ TEXT(GET "A: b\r\n\tc\r\n\r\n"), H1_BAD },
		{ TEXT(GET "A: b\r\n \r\n\r\n"), H1_BAD },
		{ TEXT(GET "A : b\r\n\r\n"), H1_BAD },
		{ TEXT(GET "A\t: b\r\n\r\n"), H1_BAD },
		{ TEXT(GET ": b\r\n\r\n"), H1_BAD },
		{ TEXT(GET "A\r\n\r\n"), H1_BAD },
		{ TEXT(GET "A b: c\r\n\r\n"), H1_BAD },
		{ TEXT(GET "A(b): c\r\n\r\n"), H1_BAD },
		{ TEXT(GET "A\0: c\r\n\r\n"), H1_BAD },
		{ TEXT(GET "\xc3\xa4: c\r\n\r\n"), H1_BAD },
		{ TEXT(GET "A: \0\r\n\r\n"), H1_BAD },
		{ TEXT(GET "A: b\0c\r\n\r\n"), H1_BAD },
		{ TEXT(GET "A: b\x0b\r\n\r\n"), H1_BAD },
		{ TEXT(GET "A: b\x0c\r\n\r\n"), H1_BAD },
		{ TEXT(GET "A: \x1b[1m\r\n\r\n"), H1_BAD },
		{ TEXT(GET "A: b\x7f\r\n\r\n"), H1_BAD },
		{ TEXT(GET "A: \x80\x85\xa0\xff\r\n\r\n"), H1_DONE },
		{ TEXT(GET "A:b\r\n\r\n"), H1_DONE },
	};
	struct http_field fields[H1_REQUEST_FIELDS_MAX];
	struct http_request req;
	char *copy;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		enum h1_result result = read_request(
		    cases[i].text, cases[i].len, fields, &req, &copy);

		if (result != cases[i].result)
			fail_msg("%d, not %d, for '%s'", result,
			    cases[i].result, cases[i].text);
		free(copy);
	}
}

static void
test_every_byte_of_a_value(void **state)
{
	char text[] = GET "A: bxc\r\n\r\n";
	struct http_field fields[H1_REQUEST_FIELDS_MAX];
	struct http_request req;
	char *copy, *x = strchr(text, 'x');
	int c;

	(void)state;
	for (c = 0; c < 256; c++) {
		bool good = c == '\t' || (c >= ' ' && c != 0x7f);

		*x = (char)c;
		assert_int_equal(read_request(TEXT(text), fields, &req, &copy),
		    good ? H1_DONE : H1_BAD);
		free(copy);
	}
}

static void
test_every_byte_of_a_name(void **state)
{
	char text[] = GET "Axc: b\r\n\r\n";
	struct http_field fields[H1_REQUEST_FIELDS_MAX];
	struct http_request req;
	char *copy, *x = strchr(text, 'x');
	int c;

	(void)state;
	for (c = 0; c < 256; c++) {
		bool good = c != 0 && c < 0x80 &&
		    strchr("!#$%&'*+-.^_`|~:0123456789"
		           "abcdefghijklmnopqrstuvwxyz"
		           "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
		        c) != NULL;

		*x = (char)c;
		assert_int_equal(read_request(TEXT(text), fields, &req, &copy),
		    good ? H1_DONE : H1_BAD);
		free(copy);
	}
}

static void
test_failed_parse_leaves_the_result(void **state)
{
	struct http_field fields[2];
	struct http_request req = { .nfields = 7 };
	struct http_response res = { .nfields = 7 };

	(void)state;
	assert_int_equal(
	    h1_parse_request(TEXT(GET "A\r\n\r\n"), fields, 2, &req), H1_BAD);
	assert_int_equal(req.nfields, 7);
	assert_int_equal(
	    h1_parse_response(TEXT(OK "A\r\n\r\n"), fields, 2, &res), H1_BAD);
	assert_int_equal(res.nfields, 7);
}

/* What h1_scan() would never hand over is refused all the same. */
static void
test_parse_trusts_no_scan(void **state)
{
	struct http_field fields[2];
	struct http_response res;
	struct http_request req;
	static const struct {
		const char *text;
		size_t len;
	} requests[] = {
		{ TEXT("") },
		{ TEXT("\r\n") },
		{ TEXT("\r\n\r\n") },
		{ TEXT("GET / HTTP/1.1") },
		{ TEXT("GET / HTTP/1.1\r") },
		{ TEXT("GET / HTTP/1.1\r\n") },
		{ TEXT(GET "A: b\n\r\n") },
		{ TEXT(GET "A: b\rc\r\n\r\n") },
		{ TEXT(GET "\r\nA: b") },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(requests); i++)
		assert_int_equal(h1_parse_request(requests[i].text,
		                     requests[i].len, fields, 2, &req),
		    H1_BAD);
	assert_int_equal(
	    h1_parse_request(TEXT(GET "A: b\r\nC: d\r\n\r\n"), fields, 2, &req),
	    H1_HEAD_TOO_LARGE);
	assert_int_equal(
	    h1_parse_response(TEXT("HTTP/1.1 200"), fields, 2, &res), H1_BAD);
}

static void
test_response_verdicts(void **state)
{
	static const struct {
		const char *text;
		size_t len;
		enum h1_result result;
		unsigned status;
		const char *reason;
	} cases[] = {
		{ TEXT(OK "\r\n"), H1_DONE, 200, "OK" },
		{ TEXT("HTTP/1.0 404 Not Found\r\n\r\n"), H1_DONE, 404,
		    "Not Found" },
		{ TEXT("HTTP/1.1 200 \r\n\r\n"), H1_DONE, 200, "" },
		{ TEXT("HTTP/1.1 200\r\n\r\n"), H1_DONE, 200, "" },
		{ TEXT("HTTP/1.1 999 a\tb \xfc\r\n\r\n"), H1_DONE, 999,
		    "a\tb \xfc" },
		{ TEXT("HTTP/1.1 200  x\r\n\r\n"), H1_DONE, 200, " x" },
		{ TEXT("HTTP/1.1 200"), H1_MORE, 0, "" },
		{ TEXT("\r\n" OK "\r\n"), H1_BAD, 0, "" },
		{ TEXT("\r\n"), H1_BAD, 0, "" },
		{ TEXT("HTTP/1.1\r\n"), H1_BAD, 0, "" },
		{ TEXT("HTTP/1.1 \r\n"), H1_BAD, 0, "" },
		{ TEXT("HTTP/1.1 20\r\n"), H1_BAD, 0, "" },
		{ TEXT("HTTP/1.1 20 OK\r\n"), H1_BAD, 0, "" },
		{ TEXT("HTTP/1.1 2000\r\n"), H1_BAD, 0, "" },
		{ TEXT("HTTP/1.1 2000 OK\r\n"), H1_BAD, 0, "" },
		{ TEXT("HTTP/1.1 +20 OK\r\n"), H1_BAD, 0, "" },
		{ TEXT("HTTP/1.1  200 OK\r\n"), H1_BAD, 0, "" },
		{ TEXT("HTTP/1.1\t200 OK\r\n"), H1_BAD, 0, "" },
		{ TEXT("HTTP/1.1 200\tOK\r\n"), H1_BAD, 0, "" },
		{ TEXT("HTTP/1.1 099 OK\r\n"), H1_BAD, 0, "" },
		{ TEXT("HTTP/1.1 000 OK\r\n"), H1_BAD, 0, "" },
		{ TEXT("HTTP/1.1 200 O\0K\r\n"), H1_BAD, 0, "" },
		{ TEXT("HTTP/1.1 200 O\x7fK\r\n"), H1_BAD, 0, "" },
		{ TEXT("HTTP/2.0 200 OK\r\n"), H1_BAD_VERSION, 0, "" },
		{ TEXT("http/1.1 200 OK\r\n"), H1_BAD, 0, "" },
		{ TEXT("ICY 200 OK OK\r\n"), H1_BAD, 0, "" },
		{ TEXT("<"), H1_BAD, 0, "" },
		{ TEXT(OK "A : b\r\n\r\n"), H1_BAD, 0, "" },
		{ TEXT(OK "A: b\r\n c\r\n\r\n"), H1_BAD, 0, "" },
		{ TEXT(OK "A: b\n\r\n"), H1_BAD, 0, "" },
		{ TEXT(OK "A: b\0\r\n\r\n"), H1_BAD, 0, "" },
	};
	struct http_field fields[H1_RESPONSE_FIELDS_MAX];
	struct http_response res;
	char *copy;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		enum h1_result result = read_response(
		    cases[i].text, cases[i].len, fields, &res, &copy);

		if (result != cases[i].result)
			fail_msg("%d, not %d, for '%s'", result,
			    cases[i].result, cases[i].text);
		if (result == H1_DONE) {
			assert_int_equal(res.status, cases[i].status);
			assert_slice(res.reason, cases[i].reason);
		}
		free(copy);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_request_is_parsed),
		cmocka_unit_test(test_scan_finds_the_end),
		cmocka_unit_test(test_scan_of_nothing),
		cmocka_unit_test(test_request_verdicts),
		cmocka_unit_test(test_every_byte_of_a_value),
		cmocka_unit_test(test_every_byte_of_a_name),
		cmocka_unit_test(test_failed_parse_leaves_the_result),
		cmocka_unit_test(test_parse_trusts_no_scan),
		cmocka_unit_test(test_response_verdicts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
