/*
 * The store when the power fails and the disk does: the supervisor is killed,
 * or refused, at each of its steps on disk. The steps are system calls that
 * this program takes the place of; only the supervisor's are counted.
 */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

#include <cmocka.h>

#include "certstore.h"
#include "house.h"
#include "record.h"

/* --- what goes wrong ------------------------------------------------------ */

enum fault { FAULT_NONE, FAULT_KILL, FAULT_ERROR };

/* $FAULT: "kill N", at the N-th step; "error E", errno from the start on. */
static enum fault
fault_at_this_step(int *error)
{
	static unsigned steps;
	const char *told = getenv("FAULT");
	char verb[16];
	long number;

	if (told == NULL ||
	    strcmp(program_invocation_short_name, "gatehoused") != 0)
		return FAULT_NONE;
	standin_word(&told, verb, sizeof(verb));
	number = standin_number(&told);
	if (strcmp(verb, "kill") == 0)
		return ++steps == (unsigned)number ? FAULT_KILL : FAULT_NONE;
	*error = (int)number;
	return FAULT_ERROR;
}

/* Before the step: dies, or returns false with errno. */
static bool
may_go_on(void)
{
	int error = 0;

	switch (fault_at_this_step(&error)) {
	case FAULT_NONE:
		break;
	case FAULT_KILL:
		raise(SIGKILL);
		break;
	case FAULT_ERROR:
		errno = error;
		return false;
	}
	return true;
}

/* Unlike a memfd it has a name. */
static bool
is_on_disk(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_nlink > 0;
}

/* The other half of what is written is lost. */
ssize_t
write(int fd, const void *data, size_t len)
{
	int error = 0;
	enum fault fault = FAULT_NONE;

	if (is_on_disk(fd))
		fault = fault_at_this_step(&error);
	if (fault == FAULT_KILL) {
		syscall(SYS_write, fd, data, len / 2);
		raise(SIGKILL);
	}
	if (fault == FAULT_ERROR) {
		errno = error;
		return -1;
	}
	return syscall(SYS_write, fd, data, len);
}

int
fsync(int fd)
{
	return may_go_on() ? (int)(syscall(SYS_fsync, fd)) : -1;
}

int
renameat(int from, const char *old, int to, const char *name)
{
	return may_go_on()
	    ? (int)(syscall(SYS_renameat2, from, old, to, name, 0))
	    : -1;
}

int
linkat(int from, const char *old, int to, const char *name, int flags)
{
	return may_go_on()
	    ? (int)(syscall(SYS_linkat, from, old, to, name, flags))
	    : -1;
}

int
unlinkat(int dirfd, const char *name, int flags)
{
	return may_go_on() ? (int)(syscall(SYS_unlinkat, dirfd, name, flags))
	                   : -1;
}

int
mkdirat(int dirfd, const char *name, mode_t mode)
{
	return may_go_on() ? (int)(syscall(SYS_mkdirat, dirfd, name, mode))
	                   : -1;
}

/* --- a gateway before its renewal ----------------------------------------- */

#define JOB                                                                    \
	"account https://ca.test/account/1 0\n"                                \
	"order https://ca.test/order/1 0\n"                                    \
	"issue newer 7776000\n"

/* Nothing but a pair that is to be replaced at once. */
static void
begin_anew(struct house *house)
{
	struct record record = { .schedule.saved_at = clock_wall() };
	struct certstore store;
	char path[128], pem[512];
	int len = standin_pair(pem, sizeof(pem), "older", 7776000);

	snprintf(path, sizeof(path), "%s/state", house->dir);
	remove_tree(path);
	assert_int_equal(certstore_open(&store, path, NULL), 0);
	assert_int_equal(
	    certstore_replace(&store, "gw.test", pem, (size_t)len, NULL), 0);
	record_set(&record.wanted, "https://ca.test/dir P-256 gw.test");
	record_set(&record.revoked, "older");
	assert_int_equal(
	    certstore_write_record(&store, "gw.test", &record, NULL), 0);
	record_release(&record);
	certstore_close(&store);
}

static unsigned
count(const struct house *house, const char *text)
{
	const char *at = house->log;
	unsigned n = 0;

	for (; (at = strstr(at, text)) != NULL; at += strlen(text))
		n++;
	return n;
}

/* Until it is killed; false if the renewal came to its end. */
static bool
run_into_fault(struct house *house)
{
	int status;

	house_start(house);
	while (!house_said(house, "serial newer, expires"))
		if (!house_read(house)) {
			waitpid(house->pid, &status, 0);
			house->pid = 0;
			assert_true(WIFSIGNALED(status));
			return true;
		}
	return false;
}

/* --- killed at every step ------------------------------------------------- */

/* After a restart: a whole pair serves, and what the CA knows is not lost. */
static void
check_restart(struct house *house, unsigned saved)
{
	house_start(house);
	house_wait(house, "ready: ");
	assert_false(house_said(house, "pair self"));
	while (strstr(house->log, "row: acme, serial 'newer'") == NULL)
		assert_true(house_read(house));
	if (house_said(house, "job: names")) {
		if (saved >= 1)
			assert_false(house_said(house, "account ''"));
		if (saved >= 2)
			assert_false(house_said(house, "order ''"));
	}
	house_stop(house);
}

static void
test_killed_at_every_step(void **state)
{
	struct house *house = *state;
	unsigned n = 1, saved;
	char fault[32];

	house_tell(house, "job", JOB);
	for (;; n++) {
		begin_anew(house);
		snprintf(fault, sizeof(fault), "kill %u", n);
		setenv("FAULT", fault, 1);
		if (!run_into_fault(house))
			break;
		unsetenv("FAULT");
		saved = count(house, "job: SAVED");
		check_restart(house, saved);
	}
	unsetenv("FAULT");
	assert_true(n > 30);
}

/* --- a disk that is full, or takes nothing any more ----------------------- */

static void
test_nothing_can_be_written(void **state)
{
	static const int errors[] = { ENOSPC, EROFS, EIO };
	struct house *house = *state;
	char fault[32];

	house_tell(house, "job", JOB);
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		begin_anew(house);
		snprintf(fault, sizeof(fault), "error %d", errors[i]);
		house_start(house); /* the lock has been taken before */
		house_wait(house, "in service: serial newer");
		house_stop(house);

		begin_anew(house);
		setenv("FAULT", fault, 1);
		house_start(house);
		house_wait(house, "worker 0: pair older serves");
		house_wait(house, "ready: ");
		house_wait(house, "certificate for gw.test: store: ");
		while (
		    !house_said(house, "row: acme, serial 'older', failures 1"))
			assert_true(house_read(house));
		unsetenv("FAULT");
		house_stop(house);

		/* No word was said to the CA that could not be remembered. */
		assert_false(house_said(house, "job: names"));
	}
}

/* --- again and again ------------------------------------------------------ */

#define KILLS 100

struct tally {
	unsigned orders;   /* that jobs were to place */
	unsigned accounts; /* that they were to make */
	unsigned resumed;
};

/* Runs until it says this, or as far as it goes without; kills it. */
static void
run_and_kill(struct house *house, const char *moment, struct tally *tally)
{
	house_start(house);
	house_wait(house, moment != NULL ? moment : "ready: ");
	kill(house->pid, SIGKILL);
	house_end(house);
	assert_false(house_said(house, "pair self"));
	tally->orders += count(house, "order ''");
	tally->accounts += count(house, "account ''");
	tally->resumed += count(house, "order 'https://ca.test/order/1'");
}

/* With an order on disk each start goes on with that one. */
static void
test_crash_loop_resumes(void **state)
{
	static const char *const moments[] = { "job: names", "challenge token",
		NULL };
	struct house *house = *state;
	struct tally tally = { 0 };

	begin_anew(house);
	house_tell(house, "deaf", "0"); /* no order is ever fulfilled */
	house_tell(house, "job",
	    "account https://ca.test/account/1 0\n"
	    "order https://ca.test/order/1 0\n"
	    "challenge token 0\n");
	run_and_kill(house, "challenge token", &tally);
	for (unsigned i = 1; i < KILLS; i++)
		run_and_kill(house, moments[i % 3], &tally);
	assert_int_equal(tally.orders, 1);
	assert_int_equal(tally.accounts, 1);
	assert_true(tally.resumed >= KILLS / 3);
}

/*
 * Killed before there is one, it asks no more often than the ladder allows,
 * whose first step costs nothing.
 */
static void
test_crash_loop_waits(void **state)
{
	struct house *house = *state;
	struct tally tally = { 0 };
	int64_t began = clock_mono_ms();

	begin_anew(house);
	house_tell(house, "job", "die-once - 0\n");
	run_and_kill(house, "job: names", &tally);
	house_tell(house, "died", NULL);
	house_tell(house, "job", "challenge token 0\n");
	house_tell(house, "deaf", "0");
	for (unsigned i = 1; i < KILLS; i++)
		run_and_kill(house, NULL, &tally);
	assert_true(tally.orders >= 1);
	assert_true(tally.orders <= 2 + (clock_mono_ms() - began) / 48000);
	assert_int_equal(tally.resumed, 0);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		HOUSE_TEST(test_killed_at_every_step),
		HOUSE_TEST(test_nothing_can_be_written),
		HOUSE_TEST(test_crash_loop_resumes),
		HOUSE_TEST(test_crash_loop_waits),
	};

	house_main(argc, argv);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
