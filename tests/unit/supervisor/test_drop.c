/* What `gatehouse import` leaves, and what somebody else might. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../base/directory.h"
#include "base/file.h"
#include "drop.h"

#define NAME "gw.test"
#define KEY "-----BEGIN PRIVATE KEY-----\nk\n-----END PRIVATE KEY-----\n"
#define CERT "-----BEGIN CERTIFICATE-----\nc\n-----END CERTIFICATE-----\n"
#define PAIR "serial: 2a\nissuer: https://ca.test/dir\n" KEY CERT
#define ACCOUNT "directory: https://ca.test/dir\nurl: \nforce: yes\n" KEY

struct lab {
	char dir[64];
	int state; /* directories */
	int drop;
};

static int
set_up(void **state)
{
	struct lab *lab = calloc(1, sizeof(*lab));
	struct error err = { 0 };

	assert_non_null(lab);
	snprintf(lab->dir, sizeof(lab->dir), "/tmp/drop.XXXXXX");
	assert_non_null(mkdtemp(lab->dir));
	lab->state = open(lab->dir, O_RDONLY | O_DIRECTORY);
	assert_int_not_equal(lab->state, -1);
	assert_int_equal(mkdirat(lab->state, "import", 0700), 0);
	lab->drop = drop_open(lab->state, &err);
	if (lab->drop == -1)
		fail_msg("%s", err.msg);
	*state = lab;
	return 0;
}

static int
tear_down(void **state)
{
	struct lab *lab = *state;

	close(lab->drop);
	close(lab->state);
	remove_tree(lab->dir);
	free(lab);
	return 0;
}

static void
leave(const struct lab *lab, const char *file, const char *text)
{
	assert_int_equal(
	    file_write_at(lab->drop, file, text, strlen(text), 0600, NULL), 0);
}

static void
assert_refused(const struct lab *lab, enum error_kind kind)
{
	struct drop_pair pair = { 0 };
	struct error err = { 0 };

	assert_int_equal(drop_read_pair(lab->drop, NAME, &pair, &err), -1);
	assert_int_equal(err.kind, kind);
	assert_null(pair.serial);
}

static void
test_pair(void **state)
{
	const struct lab *lab = *state;
	struct drop_pair pair = { 0 };

	assert_refused(lab, ERR_NOTFOUND);
	leave(lab, NAME ".pem", PAIR);
	assert_int_equal(drop_read_pair(lab->drop, NAME, &pair, NULL), 0);
	assert_string_equal(pair.serial, "2a");
	assert_string_equal(pair.issuer, "https://ca.test/dir");
	assert_int_equal(buf_len(&pair.pem), strlen(KEY CERT));
	assert_memory_equal(buf_data(&pair.pem), KEY CERT, strlen(KEY CERT));
	drop_pair_release(&pair);
	drop_remove_pair(lab->drop, NAME);
	assert_refused(lab, ERR_NOTFOUND);
	drop_remove_pair(lab->drop, NAME);
}

static void
test_no_pair(void **state)
{
	static const char *const texts[] = { "", "serial: 2a\n", KEY CERT,
		"serial: 2a\nissuer: \n" KEY, "serial: 2a\nissuer: \n" CERT,
		"issuer: \nserial: 2a\n" KEY CERT };
	const struct lab *lab = *state;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		leave(lab, NAME ".pem", texts[i]);
		assert_refused(lab, ERR_SYNTAX);
	}
}

static void
test_account(void **state)
{
	const struct lab *lab = *state;
	struct drop_account account = { 0 };
	struct error err = { 0 };

	assert_int_equal(
	    drop_read_account(lab->drop, NAME, &account, &err), -1);
	assert_int_equal(err.kind, ERR_NOTFOUND);
	leave(lab, NAME ".account", ACCOUNT);
	assert_int_equal(drop_read_account(lab->drop, NAME, &account, &err), 0);
	assert_string_equal(account.directory, "https://ca.test/dir");
	assert_string_equal(account.account.url, "");
	assert_string_equal(account.account.key, KEY);
	assert_true(account.force);
	drop_account_release(&account);
	leave(lab, NAME ".account", "directory: x\nurl: \nforce: no\n" CERT);
	assert_int_equal(
	    drop_read_account(lab->drop, NAME, &account, &err), -1);
	assert_int_equal(err.kind, ERR_SYNTAX);
	leave(lab, NAME ".account", "directory: x\nurl: y\nforce: no\n" KEY);
	assert_int_equal(drop_read_account(lab->drop, NAME, &account, &err), 0);
	assert_false(account.force);
	drop_account_release(&account);
	drop_remove_account(lab->drop, NAME);
	assert_int_equal(
	    drop_read_account(lab->drop, NAME, &account, &err), -1);
}

static void
test_not_a_file(void **state)
{
	const struct lab *lab = *state;

	leave(lab, "elsewhere", PAIR);
	assert_int_equal(symlinkat("elsewhere", lab->drop, NAME ".pem"), 0);
	assert_refused(lab, ERR_DENIED);
	assert_int_equal(unlinkat(lab->drop, NAME ".pem", 0), 0);
	assert_int_equal(mkfifoat(lab->drop, NAME ".pem", 0600), 0);
	assert_refused(lab, ERR_DENIED);
}

static void
test_file_of_others(void **state)
{
	const struct lab *lab = *state;

	leave(lab, NAME ".pem", PAIR);
	assert_int_equal(fchmodat(lab->drop, NAME ".pem", 0640, 0), 0);
	assert_refused(lab, ERR_DENIED);
	assert_int_equal(fchmodat(lab->drop, NAME ".pem", 0600, 0), 0);
	if (geteuid() != 0)
		skip(); /* only root can give a file away */
	assert_int_equal(fchownat(lab->drop, NAME ".pem", 65534, 0, 0), 0);
	assert_refused(lab, ERR_DENIED);
}

static void
assert_not_opened(const struct lab *lab, enum error_kind kind)
{
	struct error err = { 0 };

	assert_int_equal(drop_open(lab->state, &err), -1);
	assert_int_equal(err.kind, kind);
}

static void
test_directory_of_others(void **state)
{
	const struct lab *lab = *state;

	assert_int_equal(fchmod(lab->drop, 0701), 0);
	assert_not_opened(lab, ERR_DENIED);
	assert_int_equal(fchmod(lab->drop, 0700), 0);
	assert_int_equal(
	    renameat(lab->state, "import", lab->state, "other"), 0);
	assert_not_opened(lab, ERR_NOTFOUND);
	assert_int_equal(symlinkat("other", lab->state, "import"), 0);
	assert_not_opened(lab, ERR_SYS);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_pair),
		TEST(test_no_pair),
		TEST(test_account),
		TEST(test_not_a_file),
		TEST(test_file_of_others),
		TEST(test_directory_of_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
