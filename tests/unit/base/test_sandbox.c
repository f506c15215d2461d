#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/securebits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include "base/sandbox.h"
#include "child.h"

#ifndef __has_feature
#define __has_feature(feature) 0
#endif

#define NOBODY 65534
#define STAY_UID ((uid_t)-1)
#define STAY_GID ((gid_t)-1)

static char jail[] = "/tmp/test_sandbox.XXXXXX";

static int
make_jail(void **state)
{
	(void)state;
	return mkdtemp(jail) == NULL || chmod(jail, 0755) == -1 ? -1 : 0;
}

static int
remove_jail(void **state)
{
	(void)state;
	return rmdir(jail);
}

static void
enter_jail(void *arg)
{
	struct sandbox box = { .root = jail, .uid = NOBODY, .gid = NOBODY };
	static const gid_t groups[] = { 0, 4, 27 };
	struct error err = { 0 };
	char cwd[64];

	(void)arg;
	CHILD_CHECK(setgroups(3, groups) == 0);
	if (sandbox_enter(&box, &err) == -1)
		dprintf(STDERR_FILENO, "%s\n", err.msg);
	CHILD_CHECK(err.msg[0] == '\0');

	CHILD_CHECK(getuid() == NOBODY && geteuid() == NOBODY);
	CHILD_CHECK(getgid() == NOBODY && getegid() == NOBODY);
	CHILD_CHECK(getgroups(0, NULL) == 0);
	CHILD_CHECK(setuid(0) == -1 && errno == EPERM);
	CHILD_CHECK(seteuid(0) == -1 && errno == EPERM);
	CHILD_CHECK(setgid(0) == -1 && errno == EPERM);
	CHILD_CHECK(setgroups(3, groups) == -1 && errno == EPERM);

	CHILD_CHECK(getcwd(cwd, sizeof(cwd)) != NULL);
	CHILD_CHECK(strcmp(cwd, "/") == 0);
	CHILD_CHECK(open("/etc/passwd", O_RDONLY) == -1 && errno == ENOENT);
	CHILD_CHECK(open(jail, O_RDONLY) == -1 && errno == ENOENT);
	CHILD_CHECK(open("../etc/passwd", O_RDONLY) == -1 && errno == ENOENT);
	CHILD_CHECK(chroot("/") == -1 && errno == EPERM);
}

static void
test_jail(void **state)
{
	struct child child;

	(void)state;
	if (geteuid() != 0)
		skip();
	run_child(enter_jail, NULL, &child);
	assert_child_succeeded(child);
}

/* With this bit the kernel lets a former root keep its capabilities. */
static void
enter_with_capabilities(void *arg)
{
	struct sandbox box = { .uid = NOBODY, .gid = NOBODY };
	struct error err;

	(void)arg;
	CHILD_CHECK(prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP) == 0);
	CHILD_CHECK(sandbox_enter(&box, &err) == -1);
	CHILD_CHECK(err.kind == ERR_DENIED);
	CHILD_CHECK(strcmp(err.msg, "could become root again") == 0);
}

static void
test_open_way_back_is_noticed(void **state)
{
	struct child child;

	(void)state;
	if (geteuid() != 0)
		skip();
	run_child(enter_with_capabilities, NULL, &child);
	assert_child_succeeded(child);
}

static void
enter_missing_jail(void *arg)
{
	struct sandbox box = {
		.root = "/nonexistent/jail", .uid = NOBODY, .gid = NOBODY
	};
	struct error err;

	(void)arg;
	CHILD_CHECK(sandbox_enter(&box, &err) == -1);
	CHILD_CHECK(strncmp(err.msg, "chroot /nonexistent/jail: ", 26) == 0);
	CHILD_CHECK(err.kind == ERR_SYS);
}

static void
test_missing_jail_is_an_error(void **state)
{
	struct child child;

	(void)state;
	run_child(enter_missing_jail, NULL, &child);
	assert_child_succeeded(child);
}

static void
become_ordinary(void)
{
	if (geteuid() == 0)
		CHILD_CHECK(setresgid(NOBODY, NOBODY, NOBODY) == 0 &&
		    setresuid(NOBODY, NOBODY, NOBODY) == 0);
}

static void
enter_as_we_are(void *arg)
{
	struct sandbox box = { .uid = STAY_UID, .gid = STAY_GID };
	struct error err;
	uid_t uid;

	(void)arg;
	become_ordinary();
	uid = getuid();
	CHILD_CHECK(sandbox_enter(&box, &err) == 0);
	CHILD_CHECK(getuid() == uid && geteuid() == uid);
	CHILD_CHECK(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1);
#if !defined(__SANITIZE_ADDRESS__) && !__has_feature(address_sanitizer)
	CHILD_CHECK(prctl(PR_GET_DUMPABLE) == 0);
#endif
	box.uid = getuid();
	box.gid = getgid();
	CHILD_CHECK(sandbox_enter(&box, &err) == 0);
}

static void
test_ordinary_person_stays(void **state)
{
	struct child child;

	(void)state;
	run_child(enter_as_we_are, NULL, &child);
	assert_child_succeeded(child);
}

static void
change_without_right(void *arg)
{
	struct sandbox box = { .uid = 0, .gid = STAY_GID };
	struct error err;

	(void)arg;
	become_ordinary();
	CHILD_CHECK(sandbox_enter(&box, &err) == -1);
	CHILD_CHECK(strcmp(err.msg, "setgroups: Operation not permitted") == 0);
}

static void
test_change_without_right_is_an_error(void **state)
{
	struct child child;

	(void)state;
	run_child(change_without_right, NULL, &child);
	assert_child_succeeded(child);
}

static void
take_memory(void *arg)
{
	const size_t mega = 1024 * 1024;
	int prot = PROT_READ, flags = MAP_PRIVATE | MAP_ANONYMOUS;

	(void)arg;
	sandbox_bound_memory(8 * mega);
	if (mmap(NULL, 4 * mega, prot, flags, -1, 0) == MAP_FAILED)
		_exit(2);
	if (mmap(NULL, 8 * mega, prot, flags, -1, 0) != MAP_FAILED)
		_exit(3);
}

static void
test_memory_is_bounded(void **state)
{
	struct child child;

	(void)state;
	run_child(take_memory, NULL, &child);
	assert_int_equal(child.exit_status, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_jail),
		cmocka_unit_test(test_open_way_back_is_noticed),
		cmocka_unit_test(test_missing_jail_is_an_error),
		cmocka_unit_test(test_ordinary_person_stays),
		cmocka_unit_test(test_change_without_right_is_an_error),
		cmocka_unit_test(test_memory_is_bounded),
	};

	return cmocka_run_group_tests(tests, make_jail, remove_jail);
}
