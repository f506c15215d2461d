/* What is removed, and what is not. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdbool.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "program.h"
#include "purge.h"

static char *
in(const char *root, const char *name)
{
	return xasprintf("%s/%s", root, name);
}

static void
touch(const char *root, const char *name)
{
	char *path = in(root, name);
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	assert_int_not_equal(fd, -1);
	close(fd);
	free(path);
}

static void
make_dir(const char *root, const char *name)
{
	char *path = in(root, name);

	assert_int_equal(mkdir(path, 0700), 0);
	free(path);
}

static void
make_link(const char *root, const char *name, const char *target)
{
	char *path = in(root, name);

	assert_int_equal(symlink(target, path), 0);
	free(path);
}

static bool
exists(const char *root, const char *name)
{
	char *path = in(root, name);
	struct stat st;
	bool is = lstat(path, &st) == 0;

	free(path);
	return is;
}

static int
setup(void **state)
{
	char *root = xstrdup("/tmp/gh-purge-XXXXXX");

	*state = root;
	if (mkdtemp(root) == NULL)
		return -1;
	make_dir(root, "state");
	make_dir(root, "state/certs");
	make_dir(root, "state/accounts");
	make_dir(root, "state/accounts/ca");
	touch(root, "state/certs/gw.test.pem");
	touch(root, "state/accounts/ca/key.pem");
	make_dir(root, "etc");
	touch(root, "etc/gatehouse.conf");
	touch(root, "etc/gatehouse.conf.gatehouse-new");
	touch(root, "etc/token");
	touch(root, "else");
	return 0;
}

static int
teardown(void **state)
{
	const char *const argv[] = { "rm", "-rf", *state, NULL };
	int rc = program_run(argv, 60000, NULL, NULL);

	free(*state);
	return rc;
}

static int
purge_state(const char *root)
{
	char *path = in(root, "state");
	int rc = purge_state_dir(path, NULL);

	free(path);
	return rc;
}

static void
test_state_is_removed(void **state)
{
	touch(*state, "state/lock");
	assert_int_equal(purge_state(*state), 0);
	assert_false(exists(*state, "state"));
	assert_int_equal(purge_state(*state), 0);
}

static void
test_no_gateway_has_run_there(void **state)
{
	assert_int_equal(purge_state(*state), 0);
	assert_true(exists(*state, "state/certs/gw.test.pem"));
}

static void
test_one_runs_there(void **state)
{
	char *path = in(*state, "state/lock");
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	assert_int_equal(flock(fd, LOCK_EX), 0);
	assert_int_equal(purge_state(*state), -1);
	assert_true(exists(*state, "state/certs/gw.test.pem"));
	close(fd);
	free(path);
}

static void
test_no_link_leads_out(void **state)
{
	char *outside = in(*state, "etc");

	touch(*state, "state/lock");
	make_link(*state, "state/ddns", outside);
	make_link(*state, "state/certs/link", outside);
	free(outside);
	assert_int_equal(purge_state(*state), -1);
	assert_true(exists(*state, "etc/token"));
	assert_true(exists(*state, "state/ddns"));
	assert_true(exists(*state, "state/certs/link"));
	assert_false(exists(*state, "state/certs/gw.test.pem"));
	assert_false(exists(*state, "state/accounts"));
}

static void
test_nothing_deeper_and_nothing_else(void **state)
{
	touch(*state, "state/lock");
	touch(*state, "state/mine");
	make_dir(*state, "state/certs/deep");
	touch(*state, "state/certs/deep/mine");
	assert_int_equal(purge_state(*state), -1);
	assert_true(exists(*state, "state/mine"));
	assert_true(exists(*state, "state/certs/deep/mine"));
}

static void
test_configuration(void **state)
{
	char *file = in(*state, "etc/gatehouse.conf");
	char *token = in(*state, "etc/token"), *other = in(*state, "else");
	const char *const secrets[] = { file, token, other };

	make_dir(*state, "etc/client-ca");
	touch(*state, "etc/client-ca/ca.key");
	touch(*state, "etc/mine");
	assert_int_equal(purge_config(file, secrets, 3, NULL), 0);
	assert_false(exists(*state, "etc/gatehouse.conf"));
	assert_false(exists(*state, "etc/gatehouse.conf.gatehouse-new"));
	assert_false(exists(*state, "etc/token"));
	assert_false(exists(*state, "etc/client-ca"));
	assert_true(exists(*state, "etc/mine"));
	assert_true(exists(*state, "else"));
	assert_int_equal(purge_config(file, NULL, 0, NULL), 0);
	free(file);
	free(token);
	free(other);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_state_is_removed),
		TEST(test_no_gateway_has_run_there),
		TEST(test_one_runs_there),
		TEST(test_no_link_leads_out),
		TEST(test_nothing_deeper_and_nothing_else),
		TEST(test_configuration),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
