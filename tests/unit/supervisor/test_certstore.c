/* The store of certificates and accounts, whole and damaged. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <fcntl.h>
#include <glob.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../base/directory.h"
#include "base/buf.h"
#include "certstore.h"
#include "record.h"

#define NAME "gw.test"
#define CA "https://ca.test:14000/dir"
#define NOW ((int64_t)1800000000)

#define PAIR(which)                                                            \
	"-----BEGIN PRIVATE KEY-----\n" which "\n-----END PRIVATE KEY-----\n"  \
	"-----BEGIN CERTIFICATE-----\n" which "\n-----END CERTIFICATE-----\n"

struct lab {
	char dir[64];
	struct certstore store;
};

static int
set_up(void **state)
{
	struct lab *lab = calloc(1, sizeof(*lab));
	struct error err;

	assert_non_null(lab);
	snprintf(lab->dir, sizeof(lab->dir), "/tmp/certstore.XXXXXX");
	assert_non_null(mkdtemp(lab->dir));
	assert_int_equal(certstore_open(&lab->store, lab->dir, &err), 0);
	*state = lab;
	return 0;
}

static int
tear_down(void **state)
{
	struct lab *lab = *state;

	certstore_close(&lab->store);
	remove_tree(lab->dir);
	free(lab);
	return 0;
}

static void
put(struct lab *lab, const char *pem)
{
	struct error err;

	assert_int_equal(
	    certstore_replace(&lab->store, NAME, pem, strlen(pem), &err), 0);
}

static void
assert_pair(struct lab *lab, enum certstore_pair which, const char *pem)
{
	struct buf found = { 0 };
	struct error err;

	if (certstore_read(&lab->store, NAME, which, &found, &err) == -1)
		fail_msg("%s", err.msg);
	assert_int_equal(buf_len(&found), strlen(pem));
	assert_memory_equal(buf_data(&found), pem, strlen(pem));
	buf_release(&found);
}

static void
assert_no_pair(struct lab *lab, enum certstore_pair which, enum error_kind kind)
{
	struct buf found = { 0 };
	struct error err = { 0 };

	assert_int_equal(
	    certstore_read(&lab->store, NAME, which, &found, &err), -1);
	assert_int_equal(err.kind, kind);
	buf_release(&found);
}

/* Writes into a file of the store behind its back. */
static void
damage(int dirfd, const char *file, const void *data, size_t len)
{
	int fd = openat(dirfd, file, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_int_not_equal(fd, -1);
	assert_int_equal(write(fd, data, len), len);
	close(fd);
}

static void
test_generations(void **state)
{
	struct lab *lab = *state;

	assert_no_pair(lab, CERTSTORE_CURRENT, ERR_NOTFOUND);
	assert_no_pair(lab, CERTSTORE_PREVIOUS, ERR_NOTFOUND);
	put(lab, PAIR("one"));
	assert_pair(lab, CERTSTORE_CURRENT, PAIR("one"));
	assert_no_pair(lab, CERTSTORE_PREVIOUS, ERR_NOTFOUND);
	put(lab, PAIR("two"));
	put(lab, PAIR("three"));
	assert_pair(lab, CERTSTORE_CURRENT, PAIR("three"));
	assert_pair(lab, CERTSTORE_PREVIOUS, PAIR("two"));
}

static void
test_modes(void **state)
{
	struct lab *lab = *state;
	const struct {
		const char *path;
		mode_t mode;
	} rows[] = {
		{ "certs", S_IFDIR | 0700 },
		{ "accounts", S_IFDIR | 0700 },
		{ "certs/" NAME ".pem", S_IFREG | 0600 },
		{ "certs/" NAME ".prev.pem", S_IFREG | 0600 },
	};

	put(lab, PAIR("one"));
	put(lab, PAIR("two"));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char path[128];
		struct stat st;

		snprintf(path, sizeof(path), "%s/%s", lab->dir, rows[i].path);
		assert_int_equal(lstat(path, &st), 0);
		assert_int_equal(st.st_mode, rows[i].mode);
	}
}

/* Empty, cut off, full of zeros, or no key: each is seen, none is served. */
static void
test_damaged_pairs(void **state)
{
	struct lab *lab = *state;
	static const char zeros[512];
	const struct {
		const void *data;
		size_t len;
	} wrecks[] = {
		{ "", 0 },
		{ zeros, sizeof(zeros) },
		{ PAIR("x"), strlen(PAIR("x")) - 30 },
		{ PAIR("x"), 40 },
		{ PAIR("x"), strlen(PAIR("x")) + 1 },
	};

	for (size_t i = 0; i < sizeof(wrecks) / sizeof(wrecks[0]); i++) {
		damage(lab->store.certs, NAME ".pem", wrecks[i].data,
		    wrecks[i].len);
		assert_no_pair(lab, CERTSTORE_CURRENT, ERR_SYNTAX);
	}
}

static void
test_wreck_does_not_displace(void **state)
{
	struct lab *lab = *state;

	put(lab, PAIR("one"));
	put(lab, PAIR("two"));
	damage(lab->store.certs, NAME ".pem", "", 0);
	put(lab, PAIR("three"));
	assert_pair(lab, CERTSTORE_CURRENT, PAIR("three"));
	assert_pair(lab, CERTSTORE_PREVIOUS, PAIR("one"));
}

static void
test_withdraw(void **state)
{
	struct lab *lab = *state;
	struct error err;

	put(lab, PAIR("one"));
	put(lab, PAIR("two"));
	assert_int_equal(certstore_withdraw(&lab->store, NAME, &err), 0);
	assert_pair(lab, CERTSTORE_CURRENT, PAIR("one"));
}

static void
test_withdraw_the_only_one(void **state)
{
	struct lab *lab = *state;
	struct error err;

	put(lab, PAIR("one"));
	assert_int_equal(certstore_withdraw(&lab->store, NAME, &err), 0);
	assert_no_pair(lab, CERTSTORE_CURRENT, ERR_NOTFOUND);
}

/* Somebody who may write there must not make us read something else. */
static void
test_no_symbolic_link(void **state)
{
	struct lab *lab = *state;

	damage(lab->store.certs, "other", PAIR("x"), strlen(PAIR("x")));
	assert_int_equal(symlinkat("other", lab->store.certs, NAME ".pem"), 0);
	assert_no_pair(lab, CERTSTORE_CURRENT, ERR_SYS);
}

static void
test_record(void **state)
{
	struct lab *lab = *state;
	struct record record = { .schedule = { .failures = 2 } }, found;
	struct error err;

	certstore_read_record(&lab->store, NAME, &found);
	assert_int_equal(found.schedule.failures, 0);
	assert_int_equal(
	    certstore_write_record(&lab->store, NAME, &record, &err), 0);
	certstore_read_record(&lab->store, NAME, &found);
	assert_int_equal(found.schedule.failures, 2);
	damage(lab->store.certs, NAME ".state", "\0\0\0\0", 4);
	certstore_read_record(&lab->store, NAME, &found);
	assert_int_equal(found.schedule.failures, 0);
}

#define KEY "-----BEGIN PRIVATE KEY-----\nk\n-----END PRIVATE KEY-----\n"

static void
assert_order(struct lab *lab, int64_t now, const char *url, const char *key)
{
	struct certstore_order order;

	certstore_read_order(&lab->store, NAME, now, &order);
	assert_string_equal(order.wanted, *url != '\0' ? CA : "");
	assert_string_equal(order.url, url);
	assert_string_equal(order.key, key);
	certstore_order_release(&order);
}

static void
test_order(void **state)
{
	struct lab *lab = *state;
	char url[] = "https://ca.test/order/1", key[] = KEY, ca[] = CA;
	const struct certstore_order order = { ca, url, key };
	struct error err;

	assert_order(lab, NOW, "", "");
	assert_int_equal(
	    certstore_write_order(&lab->store, NAME, &order, NOW, &err), 0);
	assert_order(lab, NOW + 3600, url, key);
	assert_order(lab, NOW + 8 * 24 * 3600, "", ""); /* has expired */
	assert_int_equal(certstore_clear_order(&lab->store, NAME, &err), 0);
	assert_order(lab, NOW, "", "");
	assert_int_equal(certstore_clear_order(&lab->store, NAME, &err), 0);
}

static void
test_damaged_order(void **state)
{
	struct lab *lab = *state;
#define IT "wanted: " CA "\n"
	static const char *const wrecks[] = {
		"",
		IT "order: https://ca.test/order/1",
		IT "order: https://ca.test/order/1\nsaved-at: 1800000000\n",
		IT "order: https://ca.test/order/1\nsaved-at: x\n" KEY,
		IT "saved-at: 1800000000\n" KEY,
		("order: https://ca.test/order/1\nsaved-at: 1800000000\n" KEY),
		KEY,
	};

	for (size_t i = 0; i < sizeof(wrecks) / sizeof(wrecks[0]); i++) {
		damage(lab->store.certs, NAME ".order.pem", wrecks[i],
		    strlen(wrecks[i]));
		assert_order(lab, NOW, "", "");
	}
}

static void
save_account(struct lab *lab, const char *ca, const char *url)
{
	char key[] = KEY, *copy = strdup(url);
	const struct certstore_account account = { key, copy };
	struct error err;

	assert_int_equal(
	    certstore_write_account(&lab->store, ca, &account, &err), 0);
	free(copy);
}

static void
assert_account(
    struct lab *lab, const char *ca, const char *key, const char *url)
{
	struct certstore_account account;
	struct error err;

	assert_int_equal(
	    certstore_read_account(&lab->store, ca, &account, &err), 0);
	assert_string_equal(account.key, key);
	assert_string_equal(account.url, url);
	certstore_account_release(&account);
}

/* The key is safe before the CA hears of it; its URL comes later. */
static void
test_account(void **state)
{
	struct lab *lab = *state;

	assert_account(lab, CA, "", "");
	save_account(lab, CA, "");
	assert_account(lab, CA, KEY, "");
	save_account(lab, CA, "https://ca.test/account/7");
	assert_account(lab, CA, KEY, "https://ca.test/account/7");
}

/* URLs that look alike as file names are still two CAs. */
static void
test_accounts_apart(void **state)
{
	struct lab *lab = *state;

	save_account(lab, "https://ca.test/a-b", "https://ca.test/1");
	save_account(lab, "https://ca.test/a/b", "https://ca.test/2");
	assert_account(lab, "https://ca.test/a-b", KEY, "https://ca.test/1");
	assert_account(lab, "https://ca.test/a/b", KEY, "https://ca.test/2");
	assert_account(lab, "https://../../etc", "", "");
}

/* The name of an account's directory ends in a hash. */
static int
account_dir(struct lab *lab)
{
	char pattern[128];
	glob_t found;
	int fd;

	snprintf(pattern, sizeof(pattern), "%s/accounts/ca.test*", lab->dir);
	assert_int_equal(glob(pattern, 0, NULL, &found), 0);
	assert_int_equal(found.gl_pathc, 1);
	fd = open(found.gl_pathv[0], O_RDONLY | O_DIRECTORY);
	assert_int_not_equal(fd, -1);
	globfree(&found);
	return fd;
}

static void
test_damaged_account(void **state)
{
	struct lab *lab = *state;
	struct certstore_account account;
	struct error err = { 0 };
	int fd;

	save_account(lab, CA, "https://ca.test/account/7");
	fd = account_dir(lab);
	damage(fd, "url", "\0\0\0\0", 4);
	assert_account(lab, CA, KEY, "");
	damage(fd, "key.pem", "", 0);
	assert_account(lab, CA, "", "");

	/* There is a key that we may not see: no second one is made. */
	assert_int_equal(unlinkat(fd, "key.pem", 0), 0);
	assert_int_equal(symlinkat("/dev/null", fd, "key.pem"), 0);
	assert_int_equal(
	    certstore_read_account(&lab->store, CA, &account, &err), -1);
	close(fd);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_generations),
		TEST(test_modes),
		TEST(test_damaged_pairs),
		TEST(test_wreck_does_not_displace),
		TEST(test_withdraw),
		TEST(test_withdraw_the_only_one),
		TEST(test_no_symbolic_link),
		TEST(test_record),
		TEST(test_order),
		TEST(test_damaged_order),
		TEST(test_account),
		TEST(test_accounts_apart),
		TEST(test_damaged_account),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
