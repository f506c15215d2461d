/* What a Hook and a Webhook are told, with stand-ins as children. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "certstore.h"
#include "house.h"
#include "record.h"

#define URL "https://ha.test/api/webhook/hush"

/* A Hook that prints what it is told, and a Webhook. */
static void
configure(struct house *house, const char *hook)
{
	static const char section[] = "ACME\n";
	char text[2048], path[128];
	const char *rest;
	struct buf conf = { 0 };

	snprintf(path, sizeof(path), "%s/hook", house->dir);
	house_tell(house, "hook", hook);
	assert_int_equal(chmod(path, 0700), 0);
	snprintf(text, sizeof(text), HOUSE_CONFIG, house->dir,
	    "AutoCert \"gw.test\" \"www.gw.test\"");
	rest = strstr(text, section) + strlen(section);
	buf_append(&conf, text, (size_t)(rest - text));
	buf_printf(&conf, "Hook \"%s\"\nWebhook \"" URL "\"\n%s", path, rest);
	buf_append(&conf, "", 1);
	house_tell(house, "conf", (const char *)buf_data(&conf));
	buf_release(&conf);
}

static const char printing[] =
    "#!/bin/sh\n"
    "echo \"$GATEHOUSE_EVENT, $GATEHOUSE_NAMES, $GATEHOUSE_NOT_AFTER, "
    "$GATEHOUSE_PROBLEM.\"\n"
    "echo \"file $GATEHOUSE_CERTIFICATE\"\n";

static void
have(struct house *house, long lifetime, const struct schedule *schedule)
{
	struct record record = { .schedule = *schedule };
	struct certstore store;
	char path[128], pem[512];
	long now = (long)clock_wall();
	int len = snprintf(pem, sizeof(pem),
	    "-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n"
	    "-----BEGIN CERTIFICATE-----\npair old %ld %ld\n"
	    "-----END CERTIFICATE-----\n",
	    now - lifetime * 99 / 100, now + lifetime / 100);

	snprintf(path, sizeof(path), "%s/state", house->dir);
	assert_int_equal(certstore_open(&store, path, NULL), 0);
	assert_int_equal(
	    certstore_replace(&store, "gw.test", pem, (size_t)len, NULL), 0);
	record_set(
	    &record.wanted, "https://ca.test/dir P-256 gw.test www.gw.test");
	assert_int_equal(
	    certstore_write_record(&store, "gw.test", &record, NULL), 0);
	record_release(&record);
	certstore_close(&store);
}

static void
test_issued(void **state)
{
	struct house *house = *state;
	char file[128];

	configure(house, printing);
	house_start(house);
	house_wait(house, "in service: serial first");
	house_wait(house,
	    "job: message '{\"event\":\"issued\",\"names\":[\"gw.test\","
	    "\"www.gw.test\"],\"not_after\":");
	house_wait(house, ",\"problem\":\"\"}' at " URL "; '', no key");
	while (!house_said(house, "hook: file "))
		assert_true(house_read(house));
	assert_true(house_said(house, "hook: issued, gw.test www.gw.test, 1"));
	snprintf(file, sizeof(file), "hook: file %s/state/certs/gw.test.pem",
	    house->dir);
	assert_true(house_said(house, file));
	house_stop(house);
}

/* The third time only, and whoever does not listen stops nothing. */
static void
test_failing(void **state)
{
	const struct schedule twice = { .failures = 2,
		.saved_at = clock_wall() };
	struct house *house = *state;

	configure(house, "#!/bin/sh\nexit 3\n");
	have(house, 7776000, &twice);
	house_tell(house, "job", "fail 0 0\n");
	house_tell(house, "chore", "refuse-as refused 0\n");
	house_start(house);
	house_wait(house, "asking ");
	while (!house_said(house, "{\"event\":\"failing\"") ||
	    !house_said(house, "a Webhook was not told: as told") ||
	    !house_said(house, "hook exited with status 3"))
		assert_true(house_read(house));
	assert_true(house_said(house, "\"problem\":\"test: as told\"}"));
	house_command(house, "renew");
	house_wait(house, "reply 7: error");
	house_stop(house);
	assert_null(
	    strstr(strstr(house->log, "\"failing\"") + 1, "\"failing\""));
}

/* Once for a certificate, whatever is restarted. */
static void
test_expiring(void **state)
{
	const struct schedule waiting = { .failures = 5,
		.retry_at = clock_wall() + 3600,
		.saved_at = clock_wall() };
	struct house *house = *state;

	configure(house, printing);
	have(house, 7776000, &waiting);
	house_start(house);
	house_wait(house, "a twentieth of its life is left");
	while (!house_said(house, "{\"event\":\"expiring\"") ||
	    !house_said(house, "hook: expiring, gw.test www.gw.test"))
		assert_true(house_read(house));
	house_stop(house);
	house_start(house);
	house_wait(house, "row: acme, serial 'old'");
	house_command(house, "dance");
	house_wait(house, "reply 7");
	house_stop(house);
	assert_false(house_said(house, "expiring"));
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		HOUSE_TEST(test_issued),
		HOUSE_TEST(test_failing),
		HOUSE_TEST(test_expiring),
	};

	house_main(argc, argv);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
