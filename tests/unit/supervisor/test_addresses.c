/* Dynamic DNS, with stand-ins as children. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/xalloc.h"
#include "house.h"

#define RECORD "state/ddns/dynv6-gw.test"

/* The listener's own End is that of the last section here. */
static void
configure(struct house *house, const char *sections)
{
	char *text = xasprintf("AutoCert \"gw.test\"\nEnd\n%s", sections);

	house_configure(house, text);
	free(text);
}

static void
configure_token(struct house *house, const char *token)
{
	char *text = xasprintf("DDNS \"dynv6\"\nHostname \"gw.test\"\n"
	                       "Token \"%s\"",
	    token);

	configure(house, text);
	free(text);
}

/* What the record of the section has behind this key. The caller frees. */
static char *
kept(struct house *house, const char *key)
{
	char *path = xasprintf("%s/" RECORD, house->dir);
	struct buf text = { 0 };
	char *whole, *line, *value;

	assert_int_equal(file_read(path, 65536, &text, NULL), 0);
	whole = buf_detach(&text, NULL);
	line = strstr(whole, key);
	assert_non_null(line);
	line += strlen(key) + 2;
	value = xstrndup(line, strcspn(line, "\n"));
	free(whole);
	free(path);
	return value;
}

static void
assert_kept(struct house *house, const char *key, const char *wanted)
{
	char *value = kept(house, key);

	assert_string_equal(value, wanted);
	free(value);
}

/* Published first, ordered when the servers say it. */
static void
test_order_waits(void **state)
{
	struct house *house = *state;

	configure_token(house, "first");
	house_tell(house, "address", "203.0.113.9 2001:db8::9 0");
	house_start(house);
	house_wait(house,
	    "ddns: update at dynv6 for 'gw.test' with 'first', "
	    "known '' '', listens 1, record '' ''");
	house_wait(house, "the address is 203.0.113.9 and 2001:db8::9");
	house_wait(house, "203.0.113.9 and 2001:db8::9 is published");
	house_wait_both(house, "its new address is not visible in DNS yet",
	    "address row: gw.test '203.0.113.9'");
	assert_kept(house, "ipv6", "2001:db8::9");
	assert_false(house_said(house, "job: names"));
	house_tell(house, "address", "203.0.113.9 2001:db8::9 1");
	house_command(house, "ddns test gw.test");
	house_wait(house,
	    "ddns: look at dynv6 for 'gw.test' with 'first', "
	    "known '203.0.113.9' '2001:db8::9'");
	house_wait_both(house,
	    "reply 7: ok: dynv6 for gw.test: 203.0.113.9 and "
	    "2001:db8::9; the servers of its zone say nothing, as "
	    "they should",
	    "job: names 'gw.test'");
	house_stop(house);
}

/* As if the provider had been asked long ago. */
static void
forget_request(struct house *house)
{
	char *path = xasprintf("%s/" RECORD, house->dir);
	char *when = kept(house, "requested-at"), *at;
	struct buf text = { 0 };
	FILE *file;

	assert_int_equal(file_read(path, 65536, &text, NULL), 0);
	buf_append(&text, "", 1);
	at = strstr((char *)buf_data(&text), "requested-at: ");
	memset(at + strlen("requested-at: "), '0', strlen(when));
	file = fopen(path, "w");
	assert_non_null(file);
	assert_true(fputs((char *)buf_data(&text), file) >= 0);
	assert_int_equal(fclose(file), 0);
	buf_release(&text);
	free(when);
	free(path);
}

/* What is taken away is as new as what is added: it is looked again soon. */
static void
test_family_goes(void **state)
{
	static const char row[] = "address row: gw.test '203.0.113.9' pending, "
	                          "failures 0, problem '', also '', next look "
	                          "in ";
	struct house *house = *state;
	const char *said;

	configure_token(house, "first");
	house_tell(house, "address", "203.0.113.9 2001:db8::9 1");
	house_start(house);
	house_wait(house, "203.0.113.9 and 2001:db8::9 is published");
	house_stop(house);
	forget_request(house);
	house_tell(house, "address", "203.0.113.9 - 0");
	house_start(house);
	house_wait(house,
	    "ddns: update at dynv6 for 'gw.test' with 'first', "
	    "known '203.0.113.9' '2001:db8::9'");
	said = house_wait(house, row) + strlen(row);
	assert_in_range(said[0], '0', '9');
	assert_int_equal(said[1], '\n');
	house_stop(house);
	assert_kept(house, "ipv4", "203.0.113.9");
	assert_false(house_said(house, "2001:db8::9 is published"));
}

/* A router that has another address than the world sees is behind one. */
static void
test_behind_another_router(void **state)
{
	struct house *house = *state;

	configure(house,
	    "PortMap auto\nDDNS \"dynv6\"\n"
	    "Hostname \"gw.test\"\nToken \"first\"");
	house_tell(house, "wan", "198.51.100.7");
	house_start(house);
	house_wait(house,
	    "ports row: address '', at '198.51.100.7', warning 'the router "
	    "says that its address is 198.51.100.7, but from outside it is "
	    "203.0.113.9: ");
	house_wait(house, "gw.test '203.0.113.9' published");
	house_command(house, "portmap");
	house_wait(house, "reply 7: ok: ");
	house_tell(house, "address", "198.51.100.7 - 1");
	house_command(house, "ddns test");
	house_wait(
	    house, "ports row: address '', at '198.51.100.7', warning ''");
	house_stop(house);
}

/* A provider that is down delays no order for long, and is left alone. */
static void
test_outage(void **state)
{
	struct house *house = *state;

	configure_token(house, "first");
	house_tell(house, "address", "203.0.113.9 - 2");
	house_tell(house, "provider", "again 1800");
	house_start(house);
	house_wait(house, "DDNS dynv6 for gw.test: again: as told. Ask it.");
	house_wait(house, "job: names 'gw.test'");
	house_command(house, "ddns update");
	house_wait(house,
	    "reply 7: error: dynv6 for gw.test: it was asked "
	    "just now, and wants 60 seconds");
	house_stop(house);
	house_start(house);
	house_wait(house, "ddns: look");
	house_wait(house, "failing, failures 1, problem 'again: as told'");
	house_stop(house);
	assert_false(house_said(house, "ddns: update"));
}

/* What only a person can mend waits for other words in the configuration. */
static void
test_stopped(void **state)
{
	struct house *house = *state;
	size_t begin, end;

	configure_token(house, "wrong");
	house_tell(house, "provider", "stop 0");
	house_tell(house, "address", "203.0.113.9 - 0");
	house_start(house);
	house_wait(house, "stopped, failures 1, problem 'stop: as told'");
	house_command(house, "ddns test");
	house_wait(house,
	    "reply 7: ok: dynv6 for gw.test: 203.0.113.9; the servers of its "
	    "zone say nothing, which is not that, for publishing it has "
	    "failed: stop: as told");
	kill(house->pid, SIGHUP);
	begin = house->at;
	house_wait(house, "workers, generation 2");
	house_wait(house, "stopped, failures 1, problem 'stop: as told'");
	end = house->at;
	house->at = begin;
	house_wait(house, "the monitor hears nobody else");
	house->at = house->at > end ? house->at : end;
	house_tell(house, "provider", NULL);
	configure_token(house, "right");
	kill(house->pid, SIGHUP);
	house_wait_both(house, "the monitor hears nobody else",
	    "ddns: look at dynv6 for 'gw.test' with 'right'");
	house_command(house, "ddns test");
	house_wait(house, "reply 7: ok: dynv6 for gw.test: 203.0.113.9");
	assert_kept(house, "stopped-at", "0");
	house_stop(house);
}

/* What is still said of the wrong token must not stop the right one. */
static void
test_token_changes_meanwhile(void **state)
{
	struct house *house = *state;

	configure_token(house, "wrong");
	house_tell(house, "provider", "hang 0");
	house_start(house);
	house_wait(house, "ddns: update at dynv6 for 'gw.test' with 'wrong'");
	house_wait(house, "ddns: the provider says nothing");
	house_tell(house, "provider", NULL);
	configure_token(house, "right");
	kill(house->pid, SIGHUP);
	house_wait(house, "ddns: look at dynv6 for 'gw.test' with 'right'");
	house_wait(house, "published, failures 0, problem ''");
	house_stop(house);
}

/* A job that dies has asked; what the servers say settles it. */
static void
test_lost(void **state)
{
	struct house *house = *state;

	configure_token(house, "first");
	house_tell(house, "provider", "die 0");
	house_start(house);
	house_wait(house,
	    "DDNS dynv6 for gw.test: lost: gatehouse-ddns was "
	    "killed by signal 9");
	house_wait(house, "failing, failures 1, problem 'lost: ");
	house_command(house, "ddns test");
	house_wait(house, "'203.0.113.9' published, failures 0, problem ''");
	house_wait(house,
	    "reply 7: ok: dynv6 for gw.test: 203.0.113.9; the "
	    "servers");
	house_stop(house);
}

/* A job that was taken over makes no word of the status. */
static void
test_no_address(void **state)
{
	static const char *const finds[] = { "203.0.113.9.example - 1",
		"2001:db8::9 - 1", "203.0.113.9 203.0.113.9 1" };
	struct house *house = *state;

	configure_token(house, "first");
	for (size_t i = 0; i < sizeof(finds) / sizeof(finds[0]); i++) {
		house_tell(house, "address", finds[i]);
		house_start(house);
		house_wait(house,
		    "DDNS dynv6 for gw.test: local: the job found an address "
		    "that is none");
		house_wait(house, "address row: gw.test '' failing");
		house_stop(house);
		house_tell(house, RECORD, NULL);
		assert_false(house_said(house, "is published"));
		assert_false(house_said(house, "the address is"));
	}
}

/* Two of them for one name, and each gets its own secret. */
static void
test_two(void **state)
{
	struct house *house = *state;

	configure(house,
	    "DDNS \"dynv6\"\nHostname \"gw.test\"\nToken \"one\"\nEnd\n"
	    "DDNS \"cloudflare\"\nHostname \"gw.test\"\nToken \"two\"");
	house_start(house);
	house_wait(house, "at dynv6 for 'gw.test' with 'one'");
	house->at = 0;
	house_wait(house, "at cloudflare for 'gw.test' with 'two'");
	house->at = 0;
	house_wait(house, "DDNS dynv6 for gw.test: 203.0.113.9 is published");
	house->at = 0;
	house_wait(
	    house, "DDNS cloudflare for gw.test: 203.0.113.9 is published");
	house_stop(house);
}

static void
test_nobody(void **state)
{
	struct house *house = *state;

	house_start(house);
	house_wait(house, "the monitor goes");
	house_command(house, "ddns test");
	house_wait(house, "error: there is no DDNS in the configuration");
	configure_token(house, "first");
	kill(house->pid, SIGHUP);
	house_wait(house, "203.0.113.9 is published");
	house_command(house, "ddns test other.test");
	house_wait(house, "error: no DDNS section has the name 'other.test'");
	house_command(house, "ddns dance");
	house_wait(house, "error: addresses can be published now");
	house_configure(house, "AutoCert \"gw.test\"");
	kill(house->pid, SIGHUP);
	house_wait(house, "generation 3");
	house_wait(house, "the monitor goes");
	house_command(house, "ddns test");
	house_wait(house, "error: there is no DDNS in the configuration");
	house_stop(house);
}

/* A TXT record goes through the provider, and what it refuses is told. */
static void
test_proof(void **state)
{
	struct house *house = *state;

	configure_token(house, "first");
	house_tell(house, "job",
	    "record _acme-challenge.gw.test 0\n"
	    "issue first 7776000\n");
	house_start(house);
	house_wait(house, "ddns: set at dynv6 for 'gw.test' with 'first'");
	house_wait(house, "record '_acme-challenge.gw.test' 'value'");
	house_wait(house, "ddns: clear at dynv6");
	house_stop(house);
}

static void
test_proof_refused(void **state)
{
	struct house *house = *state;

	configure_token(house, "first");
	house_tell(house, "job",
	    "record _acme-challenge.gw.test 0\n"
	    "issue first 7776000\n");
	house_tell(house, "provider", "stop 0");
	house_start(house);
	house_wait(house, "present of _acme-challenge.gw.test: stop: as told");
	house_wait(house,
	    "error: certificate for gw.test: stop: TXT record of "
	    "_acme-challenge.gw.test: as told. Ask it.");
	house_stop(house);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		HOUSE_TEST(test_order_waits),
		HOUSE_TEST(test_family_goes),
		HOUSE_TEST(test_behind_another_router),
		HOUSE_TEST(test_outage),
		HOUSE_TEST(test_stopped),
		HOUSE_TEST(test_token_changes_meanwhile),
		HOUSE_TEST(test_lost),
		HOUSE_TEST(test_no_address),
		HOUSE_TEST(test_two),
		HOUSE_TEST(test_nobody),
		HOUSE_TEST(test_proof),
		HOUSE_TEST(test_proof_refused),
	};

	house_main(argc, argv);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
