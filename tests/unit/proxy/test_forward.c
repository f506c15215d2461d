/* The head a backend gets, and the fields a client gets back. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "answer.h"
#include "base/buf.h"
#include "forward.h"
#include "route.h"
#include "scene.h"
#include "tls/session.h"

static const char config[] = "ListenHTTP\n"
                             "  Address 127.0.0.1\n"
                             "  Port 8080\n"
                             "  xHTTP 2\n"
                             "  HeaderOption forwarded ssl\n"
                             "  HeadRemove \"X-Secret-.*\"\n"
                             "  Service\n"
                             "    BackEnd\n"
                             "      Address 192.0.2.1\n"
                             "      Port 8123\n"
                             "    End\n"
                             "  End\n"
                             "End\n";

static int
set_up(void **state)
{
	(void)state;
	worker_for(config);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	worker_release(&worker);
	return 0;
}

/* The head that the backend of this request would get. */
static char *
forwarded(const char *head)
{
	struct exchange *ex = exchange_for(head, 0);
	struct buf out = { 0 };
	struct answer answer;

	assert_true(route_request(ex, &answer));
	forward_request(ex, &out);
	exchange_end(ex);
	return buf_detach(&out, NULL);
}

static void
check(const char *head, const char *expected)
{
	char *got = forwarded(head);

	assert_string_equal(got, expected);
	free(got);
}

#define OURS                                                                   \
	"X-Forwarded-For: 203.0.113.9\r\n"                                     \
	"X-Forwarded-Proto: http\r\n"                                          \
	"X-Forwarded-Host: ha.example\r\n\r\n"

static void
passes_fields_as_they_are(void **state)
{
	(void)state;
	check("GET /a//b/..%2F?q=%2f&x HTTP/1.1\r\nHOST: ha.example\r\n"
	      "Cookie: a=b; c=\xfc\r\nauthorization:  Basic eA== \r\n\r\n",
	    "GET /a//b/..%2F?q=%2f&x HTTP/1.1\r\nHost: ha.example\r\n"
	    "Cookie: a=b; c=\xfc\r\nauthorization: Basic eA==\r\n" OURS);
}

static void
drops_what_clients_claim(void **state)
{
	(void)state;
	check("GET / HTTP/1.1\r\nHost: ha.example\r\n"
	      "X-Forwarded-For: 6.6.6.6\r\nx-forwarded-proto: https\r\n"
	      "X-FORWARDED-Port: 1\r\nForwarded: for=6.6.6.6\r\n"
	      "X-SSL-Subject: CN = x\r\nx-ssl-anything: 1\r\n"
	      "X-Real-IP: 6.6.6.6\r\nX_Forwarded_For: 6.6.6.6\r\n"
	      "X-Secret-Thing: 1\r\nConnection: X-Forwarded-For, X-Hop\r\n"
	      "X-Hop: 1\r\nKeep-Alive: timeout=5\r\nTE: trailers\r\n"
	      "Upgrade: h2c\r\nHTTP2-Settings: AAA\r\n\r\n",
	    "GET / HTTP/1.1\r\nHost: ha.example\r\n" OURS);
}

static void
tells_what_a_certificate_says(void **state)
{
	static char facts[TLS_FACTS][4] = { "s", "i", "nb", "na", "1", "pem" };
	static const char head[] = "GET / HTTP/1.1\r\nHost: ha.example\r\n"
	                           "X-SSL-Subject: other\r\n\r\n";
	struct exchange *ex = exchange_for(head, 0);
	struct tls_peer peer;
	struct buf out = { 0 };
	struct answer answer;
	char *got;

	(void)state;
	for (unsigned i = 0; i < TLS_FACTS; i++)
		peer.facts[i] = facts[i];
	ex->client_cert = &peer;
	assert_true(route_request(ex, &answer));
	forward_request(ex, &out);
	exchange_end(ex);
	got = buf_detach(&out, NULL);
	assert_string_equal(got,
	    "GET / HTTP/1.1\r\nHost: ha.example\r\n"
	    "X-Forwarded-For: 203.0.113.9\r\nX-Forwarded-Proto: http\r\n"
	    "X-Forwarded-Host: ha.example\r\n"
	    "X-SSL-Subject: s\r\nX-SSL-Issuer: i\r\n"
	    "X-SSL-notBefore: nb\r\nX-SSL-notAfter: na\r\n"
	    "X-SSL-serial: 1\r\nX-SSL-certificate: pem\r\n\r\n");
	free(got);
}

static void
writes_the_framing_anew(void **state)
{
	(void)state;
	check("POST / HTTP/1.1\r\nHost: ha.example\r\n"
	      "Content-Length: 007\r\nExpect: 100-Continue\r\n\r\n",
	    "POST / HTTP/1.1\r\nHost: ha.example\r\n"
	    "Content-Length: 7\r\nExpect: 100-continue\r\n" OURS);
	check("POST / HTTP/1.1\r\nHost: ha.example\r\n"
	      "Transfer-Encoding: Chunked\r\n\r\n",
	    "POST / HTTP/1.1\r\nHost: ha.example\r\n"
	    "Transfer-Encoding: chunked\r\n" OURS);
}

static void
an_absolute_target_decides_the_host(void **state)
{
	(void)state;
	check("GET http://ha.example/x HTTP/1.1\r\nHost: other.example\r\n\r\n",
	    "GET /x HTTP/1.1\r\nHost: ha.example\r\n" OURS);
	check("OPTIONS * HTTP/1.1\r\nHost: ha.example\r\n\r\n",
	    "OPTIONS * HTTP/1.1\r\nHost: ha.example\r\n" OURS);
}

static void
asks_for_websockets_in_one_way(void **state)
{
	(void)state;
	check("GET /api/websocket HTTP/1.1\r\nHost: ha.example\r\n"
	      "Connection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\n"
	      "Sec-WebSocket-Key: eA==\r\n\r\n",
	    "GET /api/websocket HTTP/1.1\r\nHost: ha.example\r\n"
	    "Sec-WebSocket-Key: eA==\r\n"
	    "Connection: Upgrade\r\nUpgrade: websocket\r\n" OURS);
}

/* The names that are left of a response's fields, each with a blank. */
static void
check_response(const char *request, const char *head, const char *expected)
{
	struct exchange *ex = exchange_for(request, 0);
	struct h1_scan scan = { .response = true };
	struct http_field fields[16];
	struct http_response res;
	struct buf names = { 0 };
	char *text;

	assert_int_equal(h1_scan(&scan, head, strlen(head)), H1_DONE);
	assert_int_equal(
	    h1_parse_response(head, scan.head_len, fields, 16, &res), H1_DONE);
	forward_response(ex, &res);
	for (unsigned i = 0; i < res.nfields; i++)
		buf_printf(&names, "%.*s ", (int)res.fields[i].name.len,
		    res.fields[i].name.p);
	text = buf_detach(&names, NULL);
	assert_string_equal(text, expected);
	free(text);
	exchange_end(ex);
}

static void
responses_lose_what_ends_here(void **state)
{
	static const char get[] = "GET / HTTP/1.1\r\nHost: ha.example\r\n\r\n";
	static const char head[] =
	    "HEAD / HTTP/1.1\r\nHost: ha.example\r\n\r\n";

	(void)state;
	check_response(get,
	    "HTTP/1.1 200 OK\r\nConnection: close, X-Hop\r\nA: 1\r\n"
	    "X-Hop: 1\r\nContent-Length: 3\r\nB_C: 2\r\n\r\n",
	    "A B_C ");
	check_response(head,
	    "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nA: 1\r\n\r\n",
	    "Content-Length A ");
	check_response(get,
	    "HTTP/1.1 304 Not Modified\r\nContent-Length: 3x\r\nA: 1\r\n\r\n",
	    "A ");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(passes_fields_as_they_are),
		cmocka_unit_test(drops_what_clients_claim),
		cmocka_unit_test(tells_what_a_certificate_says),
		cmocka_unit_test(writes_the_framing_anew),
		cmocka_unit_test(an_absolute_target_decides_the_host),
		cmocka_unit_test(asks_for_websockets_in_one_way),
		cmocka_unit_test(responses_lose_what_ends_here),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
