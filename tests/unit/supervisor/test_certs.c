/* How certificates come, go and are renewed, with stand-ins as children. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "authority.h"
#include "certstore.h"
#include "house.h"
#include "record.h"

#define CONFIDENT "7776000" /* 90 days */

static struct certstore
open_store(struct house *house)
{
	struct certstore store;
	struct error err;
	char path[128];

	snprintf(path, sizeof(path), "%s/state", house->dir);
	assert_int_equal(certstore_open(&store, path, &err), 0);
	return store;
}

/* Puts a pair into the store before the gateway starts. */
static void
have_pair(struct house *house, const char *serial, long lifetime)
{
	struct certstore store = open_store(house);
	char pem[512];
	int len = standin_pair(pem, sizeof(pem), serial, lifetime);

	assert_int_equal(
	    certstore_replace(&store, "gw.test", pem, (size_t)len, NULL), 0);
	certstore_close(&store);
}

static void
have_schedule(struct house *house, const struct schedule *schedule)
{
	struct certstore store = open_store(house);
	struct record record = { .schedule = *schedule };

	record_set(&record.wanted, "https://ca.test/dir P-256 gw.test");
	assert_int_equal(
	    certstore_write_record(&store, "gw.test", &record, NULL), 0);
	record_release(&record);
	certstore_close(&store);
}

/* Does the store's current pair have this serial? */
static bool
store_has(struct house *house, const char *serial)
{
	struct certstore store = open_store(house);
	struct buf pem = { 0 };
	bool has = false;

	if (certstore_read(&store, "gw.test", CERTSTORE_CURRENT, &pem, NULL) ==
	    0)
		has = memmem(buf_data(&pem), buf_len(&pem), serial,
		          strlen(serial)) != NULL;
	buf_wipe(&pem);
	certstore_close(&store);
	return has;
}

/* From nothing: a placeholder serves at once, then the real one. */
static void
test_first(void **state)
{
	struct house *house = *state;

	house_tell(house, "job",
	    "account https://ca.test/account/1 0\n"
	    "order https://ca.test/order/1 0\n"
	    "challenge token 0\n"
	    "issue first " CONFIDENT "\n");
	house_start(house);
	house_wait(house, "worker 0: pair self serves");
	house_wait(house, "ready: ");
	house_wait(house, "job: names 'gw.test', order '', account ''");
	house_wait(house, "job: SAVED");
	house_wait(house, "job: SAVED");
	house_wait(house, "job: CHALLENGE_READY");
	house_wait(house,
	    "certificate for gw.test is in service: "
	    "serial first, expires ");
	house_stop(house);
	assert_true(store_has(house, "first"));

	/* The next start serves it straight away, and knows the account. */
	house_tell(house, "job", "issue second " CONFIDENT "\n");
	house_start(house);
	house_wait(house, "worker 0: pair first serves");
	house_wait(house, "row: acme, serial 'first'");
	house_command(house, "renew gw.test");
	house_wait(house, "order '', account 'https://ca.test/account/1'");
	house_wait(house, "reply 7: ok: gw.test: serial second");
	house_stop(house);
	assert_false(house_said(house, "pair self"));
}

/* A certificate of a few seconds: renewed again and again, in half its time. */
static void
test_renewals(void **state)
{
	struct house *house = *state;

	house_tell(house, "job", "issue short 2\n");
	house_start(house);
	house_wait(house, "in service: serial short");
	house_wait(house, "in service: serial short");
	house_wait(house, "in service: serial short");
	house_stop(house);
}

/* What the CA suggests comes before what the dates say. */
static void
test_window(void **state)
{
	struct house *house = *state;
	char window[64];

	house_tell(house, "job", "issue first " CONFIDENT "\n");
	house_start(house);
	house_wait(house, "in service: serial first");
	house_wait(house, "job: window of");
	house_wait(house, "row: acme, serial 'first'");
	house_stop(house);

	/* Asked again by a new run: the answer of the first is on disk. */
	house_start(house);
	house_wait(house, "row: acme, serial 'first'");
	house_stop(house);
	assert_false(house_said(house, "job: window"));

	snprintf(window, sizeof(window), "%lld %lld",
	    (long long)clock_wall() - 20, (long long)clock_wall() - 10);
	house_tell(house, "window", window);
	house_tell(house, "job", "issue second 300\n"); /* rests for 6 */
	house_start(house);
	house_command(house, "renew gw.test");
	house_wait(house, "in service: serial second");
	house_wait(house, "; why: https://ca.test/ why");
	assert_true(house_said(house, "the CA suggests to renew it about"));
	house_wait(house,
	    "valid: the last two came one right after the other; attempts 2 at "
	    "https://ca.test/dir, issued by 'https://ca.test/dir', chosen 1");
	house_tell(house, "job", "issue third " CONFIDENT "\n");
	house_wait(house, "certificate for gw.test: asking");
	house_stop(house);
}

static void
test_failure(void **state)
{
	struct house *house = *state;

	house_tell(house, "job", "fail 0 0\n");
	house_start(house);
	house_wait(house,
	    "row: self-signed, serial 'self', failures 1, "
	    "problem 'test: as told'");
	house_wait(house,
	    "failing: after the last failure; attempts 1 at "
	    "https://ca.test/dir, issued by '', chosen 0");
	house_stop(house);
	assert_true(
	    house_said(house, "certificate for gw.test: test: as told; next"));

	/* A restart is no way round the wait. */
	house_start(house);
	house_wait(house, "row: self-signed");
	house_wait(house, "failures 1");
	house_stop(house);
	assert_false(house_said(house, "asking"));
}

/* A pair that has so many seconds left of a life of ninety days. */
static void
have_pair_for(struct house *house, long left)
{
	struct certstore store = open_store(house);
	long now = (long)clock_wall();
	char pem[512];
	int len = snprintf(pem, sizeof(pem),
	    "-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n"
	    "-----BEGIN CERTIFICATE-----\npair old %ld %ld\n"
	    "-----END CERTIFICATE-----\n",
	    now + left - 7776000, now + left);

	assert_int_equal(
	    certstore_replace(&store, "gw.test", pem, (size_t)len, NULL), 0);
	certstore_close(&store);
}

static void
have_state(struct house *house, const char *text)
{
	struct certstore store = open_store(house);

	assert_int_equal(file_write_at(store.certs, "gw.test.state", text,
	                     strlen(text), 0600, NULL),
	    0);
	certstore_close(&store);
}

/* Whatever the record says, the certificate's own dates decide. */
static void
test_dates_win(void **state)
{
	static const char *const records[] = {
		"",
		"\1\2\3",
		"succeeded-at: 1700000000\nsaved-at: 1700000000\n",
		("window-start: 4000000000\nwindow-end: 4000000001\n"
		 "chosen: 4000000000\nsaved-at: 1\n"),
		"retry-at: 4000000000\nfailures: 2\nsaved-at: 1\n",
		"gates: 4000000000 https://ca.test/dir\nsaved-at: 1\n",
	};
	static const long lefts[] = { -3600, 3600, 7000000 };
	struct house *house = *state;

	for (size_t i = 0; i < sizeof(records) / sizeof(records[0]); i++)
		for (size_t j = 0; j < 3; j++) {
			have_state(house, records[i]);
			have_pair_for(house, lefts[j]);
			house_start(house);
			house_wait(house, "worker 0: pair old serves");
			if (j < 2)
				house_wait(house, "in service: serial first");
			else
				house_wait(house, "row: acme, serial 'old'");
			house_stop(house);
			assert_int_equal(house_said(house, "asking "), j < 2);
		}
}

/* "Renew now" climbs down the ladder, and waits for how it ends. */
static void
test_renew_now(void **state)
{
	const struct schedule waiting = { .failures = 3,
		.retry_at = clock_wall() + 3600,
		.saved_at = clock_wall() };
	struct house *house = *state;

	have_schedule(house, &waiting);
	house_start(house);
	house_wait(house, "the monitor goes");
	house_tell(house, "job", "fail 2 0\n");
	house_command(house, "renew gw.test");
	house_wait(house, "reply 7: error: gw.test: test: as told; next");
	house_tell(house, "job", "issue first " CONFIDENT "\n");
	house_command(house, "renew");
	house_wait(house, "reply 7: ok: gw.test: serial first");
	house_command(house, "renew other.test");
	house_wait(
	    house, "reply 7: error: no AutoCert has the name 'other.test'");
	house_stop(house);
}

/* What the CA itself asked for is kept, whoever is impatient. */
static void
test_gate(void **state)
{
	struct certstore store = open_store(*state);
	struct house *house = *state;
	struct record record = { .schedule.saved_at = clock_wall() };

	authority_set_gate(
	    &record, "https://ca.test/dir", clock_wall() + 3600, clock_wall());
	assert_int_equal(
	    certstore_write_record(&store, "gw.test", &record, NULL), 0);
	record_release(&record);
	certstore_close(&store);
	house_start(house);
	house_wait(house, "the monitor goes");
	house_command(house, "renew gw.test");
	house_wait(house,
	    "reply 7: error: gw.test: the CA asked not to come "
	    "back before");
	house_stop(house);
	assert_false(house_said(house, "asking"));
}

/* A job that dies comes back a second later, to the same order. */
static void
test_lost(void **state)
{
	struct house *house = *state;

	house_tell(house, "job",
	    "order https://ca.test/order/1 0\n"
	    "die-once - 0\n"
	    "issue first " CONFIDENT "\n");
	house_start(house);
	house_wait(house, "lost: gatehouse-acme was killed by signal 9; next");
	house_wait(house, "order 'https://ca.test/order/1'");
	house_wait(house, "in service: serial first");
	house_command(house, "renew");
	house_wait(house, "order ''"); /* that one is done with */
	house_wait(house, "in service: serial first");
	house_stop(house);
}

/* The supervisor dies with it. */
static void
test_killed(void **state)
{
	struct house *house = *state;

	house_tell(house, "deaf", "0");
	house_tell(house, "job",
	    "order https://ca.test/order/1 0\n"
	    "challenge token 0\n");
	house_start(house);
	house_wait(house, "worker 0: challenge token");
	kill(house->pid, SIGKILL);
	house_end(house);
	house_tell(house, "job", "issue first " CONFIDENT "\n");
	house_start(house);
	house_wait(house, "order 'https://ca.test/order/1'");
	house_wait(house, "in service: serial first");
	house_stop(house);
}

/* Every worker must hold the answer, except one that is no more. */
static void
test_challenge(void **state)
{
	struct house *house = *state;
	const char *line;

	house_tell(house, "deaf", "1");
	house_tell(house, "job",
	    "challenge token 0\n"
	    "issue first " CONFIDENT "\n");
	house_start(house);
	line = house_wait(house, "worker 1: challenge token");
	house_command(house, "dance");
	house_wait(house, "reply 7");
	assert_false(house_said(house, "CHALLENGE_READY"));
	kill(house_pid_of(house, line), SIGKILL);
	house_wait(house, "job: CHALLENGE_READY");
	house_wait(house, "in service: serial first");
	house_stop(house);
}

/* One that is started meanwhile knows the answer before it may accept. */
static void
test_challenge_replay(void **state)
{
	struct house *house = *state;
	const char *line;

	house_tell(house, "deaf", "1");
	house_tell(house, "job",
	    "challenge token 0\n"
	    "issue first " CONFIDENT "\n");
	house_start(house);
	line = house_wait(house, "worker 0 goes");
	house_wait(house, "worker 1: challenge token");
	kill(house_pid_of(house, line), SIGKILL);
	house_wait(house, "worker 0 of generation 1 (gatehouse-proxy[");
	house_wait(house, "worker 0: challenge token");
	house_wait(house, "worker 0 goes");
	house_stop(house);
}

/* The store's newest pair is no good: the one before it serves. */
static void
test_previous(void **state)
{
	struct house *house = *state;

	have_pair(house, "older", 7776000);
	have_pair(house, "newer", 7776000);
	house_tell(house, "refuse", "newer");
	house_start(house);
	house_wait(house, "the acme one is refused by a worker");
	house_wait(house, "pair older serves");
	house_wait(house, "ready: ");
	house_wait(house, "row: previous, serial 'older'");
	house_stop(house);
}

static void
test_nothing_is_good(void **state)
{
	struct house *house = *state;

	have_pair(house, "older", 7776000);
	have_pair(house, "newer", 7776000);
	house_tell(house, "refuse", "newer older");
	house_start(house);
	house_wait(house, "the previous one is refused by a worker");
	house_wait(house, "pair self serves");
	house_wait(house, "ready: ");
	house_wait(house, "in service: serial first");
	house_stop(house);
}

static void
test_torn(void **state)
{
	struct house *house = *state;
	char path[128];
	int fd;

	have_pair(house, "older", 7776000);
	have_pair(house, "newer", 7776000);
	snprintf(path, sizeof(path), "%s/state/certs/gw.test.pem", house->dir);
	fd = open(path, O_WRONLY);
	assert_int_equal(ftruncate(fd, 60), 0);
	close(fd);
	house_start(house);
	house_wait(house, "gw.test.pem is damaged");
	house_wait(house, "pair older serves");
	house_wait(house, "ready: ");
	house_stop(house);
}

/* A new certificate that a worker refuses never replaces one that serves. */
static void
test_refused(void **state)
{
	struct house *house = *state;

	have_pair(house, "older", 7776000);
	house_tell(house, "refuse", "bad");
	house_tell(house, "job", "issue bad " CONFIDENT "\n");
	house_start(house);
	house_wait(house, "the monitor goes");
	house_command(house, "renew");
	house_wait(house, "reply 7: error: gw.test: refused: told to refuse");
	house_wait(house,
	    "row: acme, serial 'older', failures 1, "
	    "problem 'refused: told to refuse'");
	house_stop(house);
	assert_true(store_has(house, "older"));
	assert_false(house_said(house, "is in service"));
}

/* Another CA or other names: the certificate in the store will not do. */
static void
test_other_names(void **state)
{
	struct house *house = *state;

	house_start(house);
	house_wait(house, "in service: serial first");
	house_configure(house, "AutoCert \"gw.test\" \"www.gw.test\"");
	house_tell(house, "job", "issue second " CONFIDENT "\n");
	kill(house->pid, SIGHUP);
	house_wait(house, "ready: ");
	house_wait(house, "job: names 'gw.test www.gw.test'");
	house_wait(house, "in service: serial second");
	house_stop(house);
	assert_true(store_has(house, "second"));
}

/* Who has rehearsed with the staging directory wants a real one at once. */
static void
test_other_authority(void **state)
{
	struct house *house = *state;

	house_configure(house,
	    "Use le\nAutoCert \"gw.test\"\nEnd\n"
	    "ACME le\nDirectory letsencrypt-staging");
	house_start(house);
	house_wait(house, "in service: serial first");
	house_configure(house,
	    "Use le\nAutoCert \"gw.test\"\nEnd\n"
	    "ACME le\nDirectory letsencrypt");
	house_tell(house, "job", "issue second " CONFIDENT "\n");
	kill(house->pid, SIGHUP);
	house_wait(house,
	    "certificate for gw.test: asking "
	    "https://acme-v02.api.letsencrypt.org/directory");
	house_wait(house, "in service: serial second");
	house_stop(house);
	assert_true(store_has(house, "second"));
}

/* A job outlives a reload that keeps its certificate. */
static void
test_reload_meanwhile(void **state)
{
	struct house *house = *state;

	house_tell(house, "deaf", "1");
	house_tell(house, "job",
	    "challenge token 0\n"
	    "issue first " CONFIDENT "\n");
	house_start(house);
	house_wait(house, "worker 1: challenge token");
	house_tell(house, "deaf", NULL);
	kill(house->pid, SIGHUP);
	house_wait(house, "in service: serial first");
	house_stop(house);
	assert_true(house_said(house, "job: CHALLENGE_READY"));
	assert_true(house_said(house, "workers, generation 2"));
	assert_false(house_said(house, "lost"));
}

/* Nobody waits for the answer of a worker that is to go. */
static void
test_reload_before_the_answer(void **state)
{
	struct house *house = *state;

	house_tell(house, "mute", "first");
	house_start(house);
	house_wait(house, "pair first, no answer");
	house_wait(house, "pair first, no answer");
	house_tell(house, "mute", NULL);
	kill(house->pid, SIGHUP);
	house_wait(house, "workers, generation 2");
	house_wait(house, "in service: serial first");
	house_stop(house);
}

static void
write_file_pair(struct house *house, const char *serial)
{
	char pem[512];

	standin_pair(pem, sizeof(pem), serial, 7776000);
	house_tell(house, "own.pem", pem);
}

/* A person's own file: kept for workers that start later, read by a reload. */
static void
test_file(void **state)
{
	struct house *house = *state;
	char cert[128];
	const char *line;

	snprintf(cert, sizeof(cert), "Cert \"%s/own.pem\"", house->dir);
	house_configure(house, cert);
	write_file_pair(house, "one");
	house_start(house);
	line = house_wait(house, "worker 0 goes");
	house_wait(house, "row: file, serial 'one'");
	house_tell(house, "own.pem", NULL);
	kill(house_pid_of(house, line), SIGKILL);
	house_wait(house, "worker 0: pair one serves");
	house_wait(house, "is back");

	house_command(house, "reload");
	house_wait(house, "reply 7: error: ");
	house_wait(house, "/own.pem: No such file or directory");
	write_file_pair(house, "two");
	house_command(house, "reload");
	house_wait(house, "worker 0: pair two serves");
	house_wait(house, "reply 7: ok: reloaded");
	house_stop(house);
}

/* The configuration is wrong then, and says where. */
static void
test_bad_file(void **state)
{
	struct house *house = *state;
	char cert[128];

	snprintf(cert, sizeof(cert), "Cert \"%s/own.pem\"", house->dir);
	house_configure(house, cert);
	house_start(house);
	house_wait(house, "/conf:14:");
	house_wait(house, "/own.pem: No such file or directory");
	assert_int_equal(house_end(house), 1);

	write_file_pair(house, "bad");
	house_tell(house, "refuse", "bad");
	house_start(house);
	house_wait(house, "/conf:14:");
	house_wait(house, "own.pem: told to refuse");
	assert_int_equal(house_end(house), 1);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		HOUSE_TEST(test_first),
		HOUSE_TEST(test_renewals),
		HOUSE_TEST(test_window),
		HOUSE_TEST(test_failure),
		HOUSE_TEST(test_dates_win),
		HOUSE_TEST(test_renew_now),
		HOUSE_TEST(test_gate),
		HOUSE_TEST(test_lost),
		HOUSE_TEST(test_killed),
		HOUSE_TEST(test_challenge),
		HOUSE_TEST(test_challenge_replay),
		HOUSE_TEST(test_previous),
		HOUSE_TEST(test_nothing_is_good),
		HOUSE_TEST(test_torn),
		HOUSE_TEST(test_refused),
		HOUSE_TEST(test_other_names),
		HOUSE_TEST(test_other_authority),
		HOUSE_TEST(test_reload_meanwhile),
		HOUSE_TEST(test_reload_before_the_answer),
		HOUSE_TEST(test_file),
		HOUSE_TEST(test_bad_file),
	};

	house_main(argc, argv);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
