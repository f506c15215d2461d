/* The file of the access log, as the supervisor opens it. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "accessfile.h"

static char dir[64];

static char *
path_of(const char *name)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static int
make_dir(void **state)
{
	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/accessfile.XXXXXX");
	return mkdtemp(dir) == NULL;
}

static int
remove_dir(void **state)
{
	static const char *const names[] = { "new/log", "log", "link", "fifo" };

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		unlink(path_of(names[i]));
	rmdir(path_of("new"));
	return rmdir(dir);
}

static void
test_a_new_file(void **state)
{
	mode_t before = umask(0077);
	struct error err;
	struct stat st;
	int fd = accessfile_open(path_of("new/log"), &err);

	(void)state;
	umask(before);
	assert_int_not_equal(fd, -1);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_mode, S_IFREG | 0640);
	assert_int_equal(fcntl(fd, F_GETFL) & O_APPEND, O_APPEND);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	close(fd);
	assert_int_equal(stat(path_of("new"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0750);
}

static void
test_one_that_is_there_is_kept(void **state)
{
	struct error err;
	struct stat st;
	int fd = open(path_of("log"), O_WRONLY | O_CREAT | O_CLOEXEC, 0604);

	(void)state;
	assert_int_equal(fchmod(fd, 0604), 0);
	assert_int_equal(write(fd, "a\n", 2), 2);
	close(fd);
	fd = accessfile_open(path_of("log"), &err);
	assert_int_not_equal(fd, -1);
	assert_int_equal(write(fd, "b\n", 2), 2);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_size, 4);
	assert_int_equal(st.st_mode & 07777, 0604);
	close(fd);
}

static void
test_nothing_but_a_file(void **state)
{
	struct error err;

	(void)state;
	assert_int_equal(symlink("/dev/null", path_of("link")), 0);
	assert_int_equal(accessfile_open(path_of("link"), &err), -1);
	assert_int_equal(mkfifo(path_of("fifo"), 0600), 0);
	assert_int_equal(accessfile_open(path_of("fifo"), &err), -1);
	assert_int_equal(accessfile_open(path_of("."), &err), -1);
	assert_int_equal(accessfile_open("/dev/null", &err), -1);
	assert_non_null(strstr(err.msg, "not a regular file"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_new_file),
		cmocka_unit_test(test_one_that_is_there_is_kept),
		cmocka_unit_test(test_nothing_but_a_file),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
