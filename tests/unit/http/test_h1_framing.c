/* How a body ends and whether the connection goes on, for every combination. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "http/h1.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define FIELDS_MAX 8

/* A head with these field lines, parsed as request or response. */
#define REQUEST(version, lines) "POST / HTTP/" version "\r\n" lines "\r\n"
#define RESPONSE(status, lines) "HTTP/1.1 " status "\r\n" lines "\r\n"

#define CL "Content-Length: "
#define TE "Transfer-Encoding: "

static enum h1_result
request_body(const char *head, struct http_body *body)
{
	struct http_field fields[FIELDS_MAX];
	struct http_request req;

	assert_int_equal(
	    h1_parse_request(head, strlen(head), fields, FIELDS_MAX, &req),
	    H1_DONE);
	return h1_request_body(&req, body);
}

static enum h1_result
response_body(const char *head, const char *method, struct http_body *body)
{
	struct slice name = { method, strlen(method) };
	struct http_field fields[FIELDS_MAX];
	struct http_response res;

	assert_int_equal(
	    h1_parse_response(head, strlen(head), fields, FIELDS_MAX, &res),
	    H1_DONE);
	return h1_response_body(&res, name, body);
}

static void
test_request_framing(void **state)
{
	static const struct {
		const char *head;
		enum http_framing framing;
		uint64_t length;
	} cases[] = {
		{ REQUEST("1.1", ""), HTTP_NO_BODY, 0 },
		{ REQUEST("1.0", ""), HTTP_NO_BODY, 0 },
		{ REQUEST("1.1", CL "0\r\n"), HTTP_BY_LENGTH, 0 },
		{ REQUEST("1.0", CL "17\r\n"), HTTP_BY_LENGTH, 17 },
		{ REQUEST("1.1", "content-length:\t007 \r\n"), HTTP_BY_LENGTH,
		    7 },
		{ REQUEST("1.1", CL "9223372036854775807\r\n"), HTTP_BY_LENGTH,
		    INT64_MAX },
		{ REQUEST("1.1", TE "chunked\r\n"), HTTP_CHUNKED, 0 },
		{ REQUEST("1.1", "tRANSFER-eNCODING: \tCHUNKED\t\r\n"),
		    HTTP_CHUNKED, 0 },
		{ REQUEST("1.1", "Content_Length: 5\r\nX-" CL "6\r\n"),
		    HTTP_NO_BODY, 0 },
	};
	struct http_body body;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		if (request_body(cases[i].head, &body) != H1_DONE)
			fail_msg("%s", cases[i].head);
		assert_int_equal(body.framing, cases[i].framing);
		assert_int_equal(body.length, cases[i].length);
	}
}

static void
test_bad_request_framing(void **state)
{
	static const struct {
		const char *head;
		enum h1_result result;
	} cases[] = {
		{ REQUEST("1.1", CL "\r\n"), H1_BAD },
		{ REQUEST("1.1", CL "+5\r\n"), H1_BAD },
		{ REQUEST("1.1", CL "-5\r\n"), H1_BAD },
		{ REQUEST("1.1", CL "5 5\r\n"), H1_BAD },
		{ REQUEST("1.1", CL "5,5\r\n"), H1_BAD },
		{ REQUEST("1.1", CL "5, 5\r\n"), H1_BAD },
		{ REQUEST("1.1", CL "5,\r\n"), H1_BAD },
		{ REQUEST("1.1", CL "0x5\r\n"), H1_BAD },
		{ REQUEST("1.1", CL "5_0\r\n"), H1_BAD },
		{ REQUEST("1.1", CL "5.0\r\n"), H1_BAD },
		{ REQUEST("1.1", CL "5e1\r\n"), H1_BAD },
		{ REQUEST("1.1", CL "\"5\"\r\n"), H1_BAD },
		{ REQUEST("1.1", CL "5\xa0\r\n"), H1_BAD },
		{ REQUEST("1.1", CL "5;a\r\n"), H1_BAD },
		{ REQUEST("1.1", CL "9223372036854775808\r\n"), H1_BAD },
		{ REQUEST("1.1", CL "18446744073709551621\r\n"), H1_BAD },
		{ REQUEST("1.1", CL "00000000000000000005\r\n"), H1_BAD },
		{ REQUEST("1.1", CL "5\r\n" CL "5\r\n"), H1_BAD },
		{ REQUEST("1.1", CL "5\r\nA: b\r\ncontent-length: 6\r\n"),
		    H1_BAD },
		{ REQUEST("1.1", CL "5\r\n" TE "chunked\r\n"), H1_BAD },
		{ REQUEST("1.1", TE "chunked\r\n" CL "5\r\n"), H1_BAD },
		{ REQUEST("1.1", TE "gzip\r\n" CL "5\r\n"), H1_BAD },
		{ REQUEST("1.1", TE "\r\n" CL "x\r\n"), H1_BAD },
		{ REQUEST("1.0", TE "chunked\r\n"), H1_BAD },
		{ REQUEST("1.0", TE "gzip\r\n"), H1_BAD },
		{ REQUEST("1.1", TE "\r\n"), H1_BAD },
		{ REQUEST("1.1", TE ",\r\n"), H1_BAD },
		{ REQUEST("1.1", TE "chunked,\r\n"), H1_BAD },
		{ REQUEST("1.1", TE ",chunked\r\n"), H1_BAD },
		{ REQUEST("1.1", TE "chunked, chunked\r\n"), H1_BAD },
		{ REQUEST("1.1", TE "chunked\r\n" TE "chunked\r\n"), H1_BAD },
		{ REQUEST("1.1", TE "gzip\r\n" TE "chunked\r\n"), H1_BAD },
		{ REQUEST("1.1", TE "chunked, gzip\r\n"), H1_BAD },
		{ REQUEST("1.1", TE "chunked, identity\r\n"), H1_BAD },
		{ REQUEST("1.1", TE "chunked;q=1\r\n"), H1_BAD },
		{ REQUEST("1.1", TE "\"chunked\"\r\n"), H1_BAD },
		{ REQUEST("1.1", TE "gzip;a=b, chunked\r\n"), H1_BAD },
		{ REQUEST("1.1", TE "chunked x\r\n"), H1_BAD },
		{ REQUEST("1.1",
		      TE "chunk\xa0"
		         "ed\r\n"),
		    H1_BAD },
		{ REQUEST("1.1", TE "chunked\x80\r\n"), H1_BAD },
		{ REQUEST("1.1", TE "gzip\r\n"), H1_NOT_IMPLEMENTED },
		{ REQUEST("1.1", TE "identity\r\n"), H1_NOT_IMPLEMENTED },
		{ REQUEST("1.1", TE "xchunked\r\n"), H1_NOT_IMPLEMENTED },
		{ REQUEST("1.1", TE "gzip, chunked\r\n"), H1_NOT_IMPLEMENTED },
		{ REQUEST("1.1", TE "gzip, deflate\r\n"), H1_NOT_IMPLEMENTED },
	};
	struct http_body body = { HTTP_BY_CLOSE, 9 };
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		enum h1_result result = request_body(cases[i].head, &body);

		if (result != cases[i].result)
			fail_msg("%d, not %d: %s", result, cases[i].result,
			    cases[i].head);
		assert_int_equal(body.framing, HTTP_BY_CLOSE);
		assert_int_equal(body.length, 9);
	}
}

static void
test_response_framing(void **state)
{
	static const struct {
		const char *head, *method;
		enum http_framing framing;
		uint64_t length;
	} cases[] = {
		{ RESPONSE("200", CL "3\r\n"), "GET", HTTP_BY_LENGTH, 3 },
		{ RESPONSE("200", TE "chunked\r\n"), "GET", HTTP_CHUNKED, 0 },
		{ RESPONSE("200", ""), "GET", HTTP_BY_CLOSE, 0 },
		{ RESPONSE("404", ""), "POST", HTTP_BY_CLOSE, 0 },
		{ RESPONSE("200", CL "3\r\n"), "HEAD", HTTP_NO_BODY, 0 },
		{ RESPONSE("200", TE "chunked\r\n"), "HEAD", HTTP_NO_BODY, 0 },
		{ RESPONSE("200", CL "3\r\n"), "head", HTTP_BY_LENGTH, 3 },
		{ RESPONSE("204", CL "3\r\n"), "GET", HTTP_NO_BODY, 0 },
		{ RESPONSE("304", CL "3\r\n"), "GET", HTTP_NO_BODY, 0 },
		{ RESPONSE("100", CL "3\r\n"), "GET", HTTP_NO_BODY, 0 },
		{ RESPONSE("101", TE "chunked\r\n"), "GET", HTTP_NO_BODY, 0 },
		{ RESPONSE("199", ""), "GET", HTTP_NO_BODY, 0 },
		{ RESPONSE("205", CL "0\r\n"), "GET", HTTP_BY_LENGTH, 0 },
	};
	struct http_body body;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		assert_int_equal(
		    response_body(cases[i].head, cases[i].method, &body),
		    H1_DONE);
		assert_int_equal(body.framing, cases[i].framing);
		assert_int_equal(body.length, cases[i].length);
	}
}

static void
test_bad_response_framing(void **state)
{
	struct http_body body;

	(void)state;
	assert_int_equal(
	    response_body(
	        RESPONSE("200", CL "5\r\n" TE "chunked\r\n"), "GET", &body),
	    H1_BAD);
	assert_int_equal(
	    response_body(RESPONSE("200", CL "5\r\n" CL "5\r\n"), "GET", &body),
	    H1_BAD);
	assert_int_equal(
	    response_body(RESPONSE("200", CL "x\r\n"), "GET", &body), H1_BAD);
	assert_int_equal(
	    response_body(
	        "HTTP/1.0 200 OK\r\n" TE "chunked\r\n\r\n", "GET", &body),
	    H1_BAD);
	assert_int_equal(response_body(RESPONSE("200", TE "gzip, chunked\r\n"),
	                     "GET", &body),
	    H1_NOT_IMPLEMENTED);
}

static void
test_keep_alive(void **state)
{
	static const struct {
		const char *head;
		bool keep;
	} cases[] = {
		{ REQUEST("1.1", ""), true },
		{ REQUEST("1.1", "Connection: keep-alive\r\n"), true },
		{ REQUEST("1.1", "Connection: Close\r\n"), false },
		{ REQUEST("1.1", "Connection: a,close ,b\r\n"), false },
		{ REQUEST("1.1", "Connection: a\r\nconnection:close\r\n"),
		    false },
		{ REQUEST("1.1", "Connection: closed\r\n"), true },
		{ REQUEST("1.1", "Proxy-Connection: close\r\n"), true },
		{ REQUEST("1.0", ""), false },
		{ REQUEST("1.0", "Connection: Keep-Alive\r\n"), true },
		{ REQUEST("1.0", "Connection: keep-alive, close\r\n"), false },
		{ REQUEST("1.0", "Proxy-Connection: keep-alive\r\n"), false },
	};
	struct http_field fields[FIELDS_MAX];
	struct http_request req;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		assert_int_equal(
		    h1_parse_request(cases[i].head, strlen(cases[i].head),
		        fields, FIELDS_MAX, &req),
		    H1_DONE);
		assert_int_equal(
		    h1_keep_alive(req.version, req.fields, req.nfields),
		    cases[i].keep);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_request_framing),
		cmocka_unit_test(test_bad_request_framing),
		cmocka_unit_test(test_response_framing),
		cmocka_unit_test(test_bad_response_framing),
		cmocka_unit_test(test_keep_alive),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
