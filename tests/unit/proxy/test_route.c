/* The order of the questions, and what each refusal looks like. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "answer.h"
#include "route.h"
#include "scene.h"

static const char config[] = "ListenHTTP\n"
                             "  Address 127.0.0.1\n"
                             "  Port 8080\n"
                             "  xHTTP 0\n"
                             "  Service\n"
                             "    Host \"moved.example\"\n"
                             "    Redirect permanent \"https://new.example\"\n"
                             "  End\n"
                             "  Service\n"
                             "    Host \"pound.example\"\n"
                             "    Redirect \"https://new.example\"\n"
                             "  End\n"
                             "  Service\n"
                             "    Host \"ha.example\"\n"
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
	assert_int_equal(
	    challenge_set(worker.challenges, "token", "token.thumb"), 0);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	worker_release(&worker);
	return 0;
}

/* 0: it goes to a backend. *location is the caller's to free. */
static unsigned
ask(const char *line, const char *fields, char **location)
{
	char head[1024];
	struct exchange *ex;
	struct answer answer = { .head = { .status = 0 } };

	snprintf(head, sizeof head, "%s\r\n%s\r\n", line, fields);
	ex = exchange_for(head, 0);
	if (route_request(ex, &answer))
		answer.head.status = 0;
	for (unsigned i = 0; location != NULL && i < answer.head.nfields; i++)
		if (slice_eq(answer.fields[i].name, "Location"))
			*location = strndup(answer.fields[i].value.p,
			    answer.fields[i].value.len);
	exchange_end(ex);
	return answer.head.status;
}

static void
check_redirect(
    const char *line, const char *host, unsigned status, const char *to)
{
	char fields[128];
	char *location = NULL;

	snprintf(fields, sizeof fields, "Host: %s\r\n", host);
	assert_int_equal(ask(line, fields, &location), status);
	assert_non_null(location);
	assert_string_equal(location, to);
	free(location);
}

static void
asks_for_exactly_one_host(void **state)
{
	static const struct {
		const char *line, *fields;
		unsigned status;
	} table[] = {
		{ "GET / HTTP/1.1", "Host: ha.example\r\n", 0 },
		{ "GET / HTTP/1.1", "Host: HA.Example:8443\r\n", 0 },
		{ "GET / HTTP/1.1", "Host: ha.example.\r\n", 0 },
		{ "GET / HTTP/1.1", "", 400 },
		{ "GET / HTTP/1.1", "Host: \r\n", 400 },
		{ "GET / HTTP/1.1", "Host: ha.example\r\nHost: ha.example\r\n",
		    400 },
		{ "GET / HTTP/1.1", "Host: ha.example@evil\r\n", 400 },
		{ "GET / HTTP/1.1", "Host: ha.example:\r\n", 400 },
		{ "GET / HTTP/1.1", "Host: other.example\r\n", 404 },
		{ "GET / HTTP/1.1", "Host: ha.example.evil\r\n", 404 },
		{ "GET / HTTP/1.1", "Host: haxexample\r\n", 404 },
		{ "GET http://ha.example/ HTTP/1.1", "Host: other\r\n", 0 },
		{ "GET http://ha.example/ HTTP/1.1", "", 400 },
		{ "GET / HTTP/1.0", "", 404 },
		{ "CONNECT ha.example:443 HTTP/1.1", "Host: ha.example:443\r\n",
		    405 },
		{ "CONNECT ha.example:443 HTTP/1.1", "", 400 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		assert_int_equal(
		    ask(table[i].line, table[i].fields, NULL), table[i].status);
}

static unsigned
ask_with_sni(const char *sni, const char *host)
{
	char head[256];
	struct exchange *ex;
	struct answer answer = { .head = { .status = 0 } };

	snprintf(head, sizeof head, "GET / HTTP/1.1\r\nHost: %s\r\n\r\n", host);
	ex = exchange_for(head, 0);
	ex->sni = sni;
	if (route_request(ex, &answer))
		answer.head.status = 0;
	exchange_end(ex);
	return answer.head.status;
}

/* The name in TLS is looked at afresh, and takes no token. */
static void
names_of_other_servers_are_misdirected(void **state)
{
	(void)state;
	worker_for("Condition \"ours\"\nHost \"ha.example\"\nEnd\n"
	           "ListenHTTP\nPort 8080\n"
	           "Service\nNot TBF \"all\" 1/3600s 4\nError 429\nEnd\n"
	           "Service\nEval \"ours\"\nSuccess\nEnd\nEnd\n");
	assert_int_equal(ask_with_sni("ha.example", "ha.example"), 200);
	assert_int_equal(ask_with_sni("ha.example", "other.example"), 421);
	assert_int_equal(ask_with_sni("other.example", "third.example"), 404);
	assert_int_equal(ask_with_sni(NULL, "other.example"), 404);
	assert_int_equal(ask_with_sni("ha.example", "ha.example"), 429);
}

static void
challenges_come_before_every_other_rule(void **state)
{
	static const char path[] =
	    "GET /.well-known/acme-challenge/token HTTP/1.1";

	(void)state;
	assert_int_equal(ask(path, "Host: anybody\r\n", NULL), 200);
	assert_int_equal(ask(path, "Host: moved.example\r\n", NULL), 200);
	assert_int_equal(ask("GET /.well-known/acme-challenge/tokens HTTP/1.1",
	                     "Host: ha.example\r\n", NULL),
	    404);
	assert_int_equal(ask("POST /.well-known/acme-challenge/token HTTP/1.1",
	                     "Host: ha.example\r\n", NULL),
	    405);
	assert_int_equal(ask(path, "", NULL), 400);
}

static void
redirects_with_path_and_query(void **state)
{
	(void)state;
	check_redirect("GET /a/b?c=d HTTP/1.1", "moved.example", 301,
	    "https://new.example/a/b?c=d");
	check_redirect(
	    "HEAD / HTTP/1.1", "moved.example", 301, "https://new.example/");
	check_redirect(
	    "POST / HTTP/1.1", "moved.example", 308, "https://new.example/");
	check_redirect("GET //evil/\"<x>?\\ HTTP/1.1", "pound.example", 302,
	    "https://new.example//evil/%22%3Cx%3E?%5C");
}

static void
methods_are_those_of_the_listener(void **state)
{
	static const char host[] = "Host: ha.example\r\n";

	(void)state;
	assert_int_equal(ask("POST / HTTP/1.1", host, NULL), 0);
	assert_int_equal(ask("DELETE / HTTP/1.1", host, NULL), 405);
	assert_int_equal(ask("TRACE / HTTP/1.1", host, NULL), 405);
	assert_int_equal(ask("get / HTTP/1.1", host, NULL), 501);
	assert_int_equal(ask("BREW / HTTP/1.1", host, NULL), 501);
}

static void
only_one_expectation_is_known(void **state)
{
	(void)state;
	assert_int_equal(ask("POST / HTTP/1.1",
	                     "Host: ha.example\r\nExpect: 100-continue\r\n"
	                     "Content-Length: 1\r\n",
	                     NULL),
	    0);
	assert_int_equal(ask("POST / HTTP/1.1",
	                     "Host: ha.example\r\nExpect: y 100-continue\r\n"
	                     "Content-Length: 1\r\n",
	                     NULL),
	    417);
}

static void
a_handshake_has_no_body(void **state)
{
	(void)state;
	assert_int_equal(ask("GET / HTTP/1.1",
	                     "Host: ha.example\r\nConnection: upgrade\r\n"
	                     "Upgrade: websocket\r\nContent-Length: 1\r\n",
	                     NULL),
	    400);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(asks_for_exactly_one_host),
		cmocka_unit_test(challenges_come_before_every_other_rule),
		cmocka_unit_test(redirects_with_path_and_query),
		cmocka_unit_test(methods_are_those_of_the_listener),
		cmocka_unit_test(only_one_expectation_is_known),
		cmocka_unit_test(a_handshake_has_no_body),
	};
	const struct CMUnitTest apart[] = {
		cmocka_unit_test(names_of_other_servers_are_misdirected),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down) +
	    cmocka_run_group_tests(apart, NULL, tear_down);
}
