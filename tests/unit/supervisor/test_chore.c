/* What a person asks of a CA beside renewals, with stand-ins as children. */

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

#define CA "https://ca.test/dir"

static struct certstore
open_store(struct house *house)
{
	struct certstore store;
	char path[128];

	snprintf(path, sizeof(path), "%s/state", house->dir);
	assert_int_equal(certstore_open(&store, path, NULL), 0);
	return store;
}

/* Is this in the key of the account? */
static bool
account_key_has(struct house *house, const char *text)
{
	struct certstore store = open_store(house);
	struct certstore_account account;
	bool has;

	assert_int_equal(certstore_read_account(&store, CA, &account, NULL), 0);
	has = strstr(account.key, text) != NULL;
	certstore_account_release(&account);
	certstore_close(&store);
	return has;
}

/* A gateway with a certificate of the CA and an account there. */
static void
settle(struct house *house)
{
	house_tell(house, "job",
	    "account https://ca.test/account/1 0\nissue first 7776000\n");
	house_start(house);
	house_wait(house, "in service: serial first");
}

/* The whole journey, and nothing of it is kept. */
static void
test_dry_run(void **state)
{
	struct house *house = *state;

	settle(house);
	house_tell(house, "chore",
	    "order https://ca.test/order/9 0\n"
	    "challenge token 0\n"
	    "done well 0\n");
	house_command(house, "dry-run gw.test");
	house_wait(house, "job: dry run '' at " CA);
	house_wait(house, "job: SAVED");
	house_wait(house, "worker 0: challenge token");
	house_wait(house, "job: CHALLENGE_READY");
	house_wait(house,
	    "reply 7: ok: gw.test: the dry run with " CA
	    " succeeded: well done");
	house_tell(house, "chore", "fail 2 0\n");
	house_command(house, "dry-run");
	house_wait(house, "reply 7: error: gw.test: test: as told");
	house_command(house, "dry-run other.test");
	house_wait(
	    house, "reply 7: error: no AutoCert has the name 'other.test'");
	house_command(house, "renew");
	house_wait(house, "order '', account 'https://ca.test/account/1'");
	house_wait(house, "reply 7: ok: gw.test: serial first");
	house_stop(house);
	assert_false(
	    house_said(house, "row: acme, serial 'first', failures 1"));
}

/* A job that dies, and one that is told to go: somebody hears of it. */
static void
test_job_is_lost(void **state)
{
	struct house *house = *state;

	settle(house);
	house_tell(house, "chore", "die-once - 0\n");
	house_command(house, "dry-run");
	house_wait(
	    house, "reply 7: error: gw.test: lost: gatehouse-acme was killed");
	house_stop(house);
}

/* One name in one way, and what the CA made of it. */
static void
test_reach(void **state)
{
	struct house *house = *state;

	house_configure(house,
	    "AutoCert \"gw.test\" \"www.gw.test\"\nAutoCert \"*.gw.test\"");
	settle(house);
	house_tell(house, "chore", "challenge token 0\ndone here 0\n");
	house_command(house, "reach www.gw.test tls-alpn-01");
	house_wait(
	    house, "job: look at 'www.gw.test' by 'tls-alpn-01' from " CA);
	house_wait(house, "worker 0: challenge token");
	house_wait(house, "reply 7: ok: www.gw.test is reached at here");
	house_tell(house, "chore",
	    "refuse-as urn:ietf:params:acme:error:connection 0\n");
	house_command(house, "reach gw.test http-01");
	house_wait(house, "job: look at 'gw.test' by 'http-01' from " CA);
	house_wait(house, "reply 7: error: not reached: as told");
	house_tell(house, "chore", "refuse-as selfcheck 0\n");
	house_command(house, "reach gw.test http-01");
	house_wait(house, "reply 7: error: not reached: as told");
	house_tell(house, "chore", "refuse-as outage 0\n");
	house_command(house, "reach gw.test http-01");
	house_wait(house, "reply 7: error: gw.test: outage: as told");
	house_stop(house);
	assert_false(
	    house_said(house, "row: acme, serial 'first', failures 1"));
}

static void
test_reach_what_cannot_be(void **state)
{
	struct house *house = *state;

	settle(house);
	house_command(house, "reach gw.test dns-01");
	house_wait(house, "reply 7: error: a name is looked at that is no");
	house_command(house, "reach gw.test");
	house_wait(house, "reply 7: error: a name is looked at that is no");
	house_command(house, "reach *.gw.test http-01");
	house_wait(house, "reply 7: error: a name is looked at that is no");
	house_command(house, "reach other.test http-01");
	house_wait(
	    house, "reply 7: error: no AutoCert has the name 'other.test'");
	house_stop(house);
	assert_false(house_said(house, "job: look"));
}

/* Where failures count, nothing is tried; two kinds of key are one name. */
static void
test_reach_never_in_production(void **state)
{
	struct house *house = *state;

	house_configure(house,
	    "Use le\nAutoCert \"gw.test\"\nUse z\nAutoCert \"z.test\"\nEnd\n"
	    "ACME z\nDirectory zerossl\nEAB kid c2VjcmV0\nEnd\n"
	    "ACME le\nKeyType P-256 RSA-2048");
	house_tell(house, "job", "fail 2 0\n");
	house_start(house);
	for (unsigned i = 0; i < 3; i++)
		house_wait(house, "test: as told; next attempt");
	house_command(house, "reach gw.test http-01");
	house_wait(house,
	    "job: look at 'gw.test' by 'http-01' from "
	    "https://acme-staging-v02.api.letsencrypt.org/directory");
	house_wait(house, "reply 7: ok: gw.test is reached at well");
	house_command(house, "reach z.test http-01");
	house_wait(house,
	    "reply 7: error: https://acme.zerossl.com/v2/DV90 has no "
	    "directory to rehearse with");
	house_stop(house);
	assert_false(house_said(house, "from https://acme.zerossl.com"));
	assert_false(house_said(house, "from https://acme-v02"));
}

/* The next certificate is asked for at once; meanwhile the old one serves. */
static void
test_revoke(void **state)
{
	struct house *house = *state;

	settle(house);
	house_tell(house, "job", "fail 0 0\n");
	house_command(house, "revoke superseded gw.test");
	house_wait(house,
	    "job: revocation '4' at " CA "; '-----BEGIN CERTIFICATE-----");
	house_wait(house, "', with its key");
	house_wait(house, "gw.test: serial first is revoked");
	house_wait(house, "certificate for gw.test: test: as told; next");
	house_stop(house);
	assert_true(house_said(house, "revoked: there is none that will do"));

	/* Over a restart it is served, and still to be replaced. */
	house_tell(house, "job", "issue second 7776000\n");
	house_start(house);
	house_wait(house, "pair first serves");
	house_command(house, "renew");
	house_wait(house, "in service: serial second");
	house_stop(house);
	house_start(house);
	house_wait(house, "row: acme, serial 'second'");
	house_stop(house);
	assert_false(house_said(house, "asking"));
}

static void
test_revoke_is_refused(void **state)
{
	struct house *house = *state;

	house_tell(house, "job", "fail 0 0\n");
	house_start(house);
	house_wait(house, "failures 1");
	house_command(house, "revoke superseded gw.test");
	house_wait(house,
	    "reply 7: error: gw.test: there is no certificate of an "
	    "authority");
	house_command(house, "revoke boredom gw.test");
	house_wait(house, "reply 7: error: the reason is one of unspecified");
	house_command(house, "revoke superseded");
	house_wait(house, "reply 7: error: which certificate?");
	house_command(house, "revoke superseded other.test");
	house_wait(
	    house, "reply 7: error: no AutoCert has the name 'other.test'");
	house_stop(house);
	assert_false(house_said(house, "job: revocation"));
}

/* What the CA refuses to revoke is kept, and nothing new is asked for. */
static void
test_revoke_fails(void **state)
{
	struct house *house = *state;

	settle(house);
	house_tell(house, "chore", "refuse-as alreadyRevoked 0\n");
	house_command(house, "revoke keyCompromise gw.test");
	house_wait(house, "job: revocation '1'");
	house_wait(house, "reply 7: error: gw.test: alreadyRevoked: as told");
	house_stop(house);
	assert_true(house_said(house, "in service: serial first"));

	house_start(house);
	house_wait(house, "row: acme, serial 'first'");
	house_stop(house);
	assert_false(house_said(house, "asking"));
}

static void
test_account(void **state)
{
	struct house *house = *state;

	settle(house);
	house_command(house, "account show");
	house_wait(house, "job: account 'show' at " CA);
	house_wait(house, "reply 7: ok: well");
	house_command(house, "account update default");
	house_wait(house, "job: account 'update' at " CA);
	house_wait(house, "reply 7: ok: well");
	house_command(house, "account show nobody");
	house_wait(house, "reply 7: error: there is no ACME section 'nobody'");
	house_command(house, "account sell");
	house_wait(house, "reply 7: error: an account can be shown");
	house_tell(house, "chore", "key - 0\ndone well 0\n");
	house_command(house, "account deactivate");
	house_wait(house, "job: account 'deactivate' at " CA);
	house_wait(house, "reply 7: ok: well");
	house_command(house, "renew");
	house_wait(house, "order '', account ''");
	house_wait(house, "reply 7: ok");
	house_stop(house);
}

/* The new key is on disk before the CA hears of it, whatever comes then. */
static void
test_roll(void **state)
{
	struct house *house = *state;

	settle(house);
	house_tell(house, "chore", "key SECOND 0\ndie-once - 0\n");
	house_command(house, "account roll");
	house_wait(house, "job: account 'roll' at " CA);
	house_wait(house, "job: SAVED");
	house_wait(house, "reply 7: error: " CA ": lost");
	house_stop(house);
	assert_true(account_key_has(house, "SECOND"));
}

/* One conversation at a time; who asked is told when the gateway reloads. */
static void
test_one_after_the_other(void **state)
{
	struct house *house = *state;

	settle(house);
	house_tell(house, "deaf", "1");
	house_tell(house, "chore", "challenge token 0\ndone well 0\n");
	house_command(house, "dry-run");
	house_wait(house, "worker 1: challenge token");
	house_command(house, "account show");
	house_command(house, "renew");
	house_command(house, "dance");
	house_wait(house, "reply 7: error: there is no such command");
	assert_false(house_said(house, "job: account"));
	house_tell(house, "deaf", NULL);
	house_tell(house, "chore", NULL);
	kill(house->pid, SIGHUP);
	house_wait(house, "job: account 'show'");
	house_wait(house, "job: names 'gw.test'");
	while (!house_said(house, "meanwhile; the log says how it ends"))
		assert_true(house_read(house)); /* before or after these */
	house_stop(house);
	assert_true(house_said(house, "job: CHALLENGE_READY"));
	assert_true(house_said(house, "succeeded: well"));
}

/* A certificate that is no longer served needs no rehearsal. */
static void
test_slot_goes(void **state)
{
	struct house *house = *state;

	settle(house);
	house_tell(house, "deaf", "1");
	house_tell(house, "chore", "challenge token 0\n");
	house_command(house, "dry-run");
	house_wait(house, "worker 1: challenge token");
	house_configure(house, "AutoCert \"other.test\"");
	house_tell(house, "deaf", NULL);
	kill(house->pid, SIGHUP);
	house_wait(house, "gw.test: it is no longer in the configuration");
	house_wait(house, "job: names 'other.test'");
	house_stop(house);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		HOUSE_TEST(test_dry_run),
		HOUSE_TEST(test_reach),
		HOUSE_TEST(test_reach_what_cannot_be),
		HOUSE_TEST(test_reach_never_in_production),
		HOUSE_TEST(test_job_is_lost),
		HOUSE_TEST(test_revoke),
		HOUSE_TEST(test_revoke_is_refused),
		HOUSE_TEST(test_revoke_fails),
		HOUSE_TEST(test_account),
		HOUSE_TEST(test_roll),
		HOUSE_TEST(test_one_after_the_other),
		HOUSE_TEST(test_slot_goes),
	};

	house_main(argc, argv);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
