#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>

#include "base/buf.h"
#include "base/file.h"
#include "child.h"

static char directory[] = "/tmp/test_file.XXXXXX";
static int dirfd_of_test;
static struct error err;

/* What reached the disk in which order: f(ile), d(irectory), r(ename). */
static char steps[32];

static void
note(char step)
{
	size_t len = strlen(steps);

	if (len < sizeof(steps) - 1)
		steps[len] = step;
}

int
fsync(int fd)
{
	struct stat st;

	note(fstat(fd, &st) == 0 && S_ISDIR(st.st_mode) ? 'd' : 'f');
	return (int)syscall(SYS_fsync, fd);
}

int
renameat(int from_fd, const char *from, int to_fd, const char *to)
{
	note('r');
	return renameat2(from_fd, from, to_fd, to, 0);
}

static int
set_up(void **state)
{
	(void)state;
	memcpy(directory + strlen(directory) - 6, "XXXXXX", 6);
	if (mkdtemp(directory) == NULL)
		return -1;
	dirfd_of_test = open(directory, O_RDONLY | O_DIRECTORY);
	memset(steps, 0, sizeof(steps));
	return dirfd_of_test == -1 ? -1 : 0;
}

/* Counts what is in the directory; removes it too, if asked. */
static unsigned
entries(bool removing)
{
	DIR *dir = opendir(directory);
	struct dirent *entry;
	unsigned count = 0;

	while ((entry = readdir(dir)) != NULL) {
		if (strcmp(entry->d_name, ".") == 0 ||
		    strcmp(entry->d_name, "..") == 0)
			continue;
		count++;
		if (removing && unlinkat(dirfd(dir), entry->d_name, 0) == -1)
			unlinkat(dirfd(dir), entry->d_name, AT_REMOVEDIR);
	}
	closedir(dir);
	return count;
}

static int
tear_down(void **state)
{
	(void)state;
	entries(true);
	close(dirfd_of_test);
	return rmdir(directory);
}

static void
put(const char *name, const char *text)
{
	int fd =
	    openat(dirfd_of_test, name, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	assert_int_not_equal(fd, -1);
	assert_int_equal(file_write_all(fd, text, strlen(text)), 0);
	close(fd);
}

static void
assert_content(const char *name, const char *text)
{
	struct buf buf = { 0 };

	assert_int_equal(
	    file_read_at(dirfd_of_test, name, 1000, &buf, &err), 0);
	assert_int_equal(buf_len(&buf), strlen(text));
	assert_memory_equal(buf_data(&buf), text, strlen(text));
	buf_release(&buf);
}

static int
write_text(const char *name, const char *text)
{
	return file_write_at(
	    dirfd_of_test, name, text, strlen(text), 0640, &err);
}

static int
replace_text(const char *name, const char *previous, const char *text)
{
	return file_replace_at(
	    dirfd_of_test, name, previous, text, strlen(text), &err);
}

static int
create_text(const char *name, const char *text)
{
	return file_create_at(
	    dirfd_of_test, name, text, strlen(text), 0600, &err);
}

static mode_t
mode_of(const char *name)
{
	struct stat st;

	assert_int_equal(fstatat(dirfd_of_test, name, &st, 0), 0);
	return st.st_mode & 07777;
}

static void
test_read_appends(void **state)
{
	struct buf buf = { 0 };

	(void)state;
	put("a", "content");
	assert_int_equal(buf_append_str(&buf, "xyz: "), 0);
	buf_consume(&buf, 2);
	assert_int_equal(file_read_at(dirfd_of_test, "a", 7, &buf, &err), 0);
	assert_int_equal(buf_len(&buf), 10);
	assert_memory_equal(buf_data(&buf), "z: content", 10);
	assert_int_equal(file_read_at(dirfd_of_test, "a", 6, &buf, &err), -1);
	assert_int_equal(err.kind, ERR_LIMIT);
	assert_string_equal(err.msg, "a: larger than 6 bytes");
	assert_int_equal(buf_len(&buf), 10);
	put("a", "");
	assert_int_equal(file_read_at(dirfd_of_test, "a", 0, &buf, &err), 0);
	assert_int_equal(buf_len(&buf), 10);
	buf_release(&buf);
}

static void
test_read_large_fits_the_buffer(void **state)
{
	static char large[3000000];
	struct buf buf;
	int fd;

	(void)state;
	memset(large, 'L', sizeof(large));
	fd = openat(dirfd_of_test, "large", O_WRONLY | O_CREAT, 0600);
	assert_int_equal(file_write_all(fd, large, sizeof(large)), 0);
	close(fd);
	buf_init(&buf, sizeof(large) + 1);
	assert_int_equal(
	    file_read_at(dirfd_of_test, "large", sizeof(large), &buf, &err), 0);
	assert_int_equal(buf_len(&buf), sizeof(large));
	assert_memory_equal(buf_data(&buf), large, sizeof(large));
	buf_release(&buf);
	buf_init(&buf, 1000);
	assert_int_equal(
	    file_read_at(dirfd_of_test, "large", sizeof(large), &buf, &err),
	    -1);
	assert_int_equal(err.kind, ERR_LIMIT);
	assert_int_equal(buf_len(&buf), 0);
	buf_release(&buf);
}

/* Files in /proc have no size, and more than a page of content. */
static void
test_read_of_unknown_size(void **state)
{
	struct buf buf = { 0 };

	(void)state;
	assert_int_equal(file_read("/proc/self/maps", 100, &buf, &err), -1);
	assert_int_equal(err.kind, ERR_LIMIT);
	assert_int_equal(file_read("/proc/self/maps", 1 << 20, &buf, &err), 0);
	assert_true(buf_len(&buf) > 1000);
	assert_int_equal(buf_data(&buf)[buf_len(&buf) - 1], '\n');
	buf_release(&buf);
}

static void
test_read_refusals(void **state)
{
	struct buf buf = { 0 };
	char path[64];

	(void)state;
	assert_int_equal(
	    file_read_at(dirfd_of_test, "none", 9, &buf, &err), -1);
	assert_int_equal(err.kind, ERR_NOTFOUND);
	assert_string_equal(err.msg, "none: No such file or directory");
	put("real", "x");
	assert_int_equal(symlinkat("real", dirfd_of_test, "link"), 0);
	assert_int_equal(
	    file_read_at(dirfd_of_test, "link", 9, &buf, &err), -1);
	assert_int_equal(err.kind, ERR_SYS);
	snprintf(path, sizeof(path), "%s/link", directory);
	assert_int_equal(file_read(path, 9, &buf, &err), 0);
	assert_int_equal(buf_len(&buf), 1);
	assert_int_equal(file_read(directory, 9, &buf, &err), -1);
	assert_int_equal(err.kind, ERR_SYNTAX);
	assert_int_equal(mkfifoat(dirfd_of_test, "fifo", 0600), 0);
	assert_int_equal(
	    file_read_at(dirfd_of_test, "fifo", 9, &buf, &err), -1);
	assert_int_equal(err.kind, ERR_SYNTAX);
	assert_int_equal(buf_len(&buf), 1);
	buf_release(&buf);
}

static void
test_write(void **state)
{
	mode_t mask = umask(077);

	(void)state;
	assert_int_equal(write_text("a", "one"), 0);
	assert_content("a", "one");
	assert_int_equal(mode_of("a"), 0640);
	assert_string_equal(steps, "frd");
	assert_int_equal(write_text("a", ""), 0);
	assert_content("a", "");
	assert_int_equal(entries(false), 1);
	umask(mask);
}

static void
test_write_ignores_what_a_crash_left(void **state)
{
	(void)state;
	put("victim", "untouched");
	assert_int_equal(symlinkat("victim", dirfd_of_test, ".a.tmp"), 0);
	assert_int_equal(write_text("a", "new"), 0);
	assert_int_equal(
	    linkat(dirfd_of_test, "victim", dirfd_of_test, ".a.tmp", 0), 0);
	assert_int_equal(write_text("a", "newer"), 0);
	assert_content("a", "newer");
	assert_content("victim", "untouched");
	assert_int_equal(entries(false), 2);
}

static void
test_write_refuses_names(void **state)
{
	static const char *const names[] = { "", ".", "..", "a/b", "/a" };
	char longest[NAME_MAX + 1];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		assert_int_equal(write_text(names[i], "x"), -1);
		assert_int_equal(err.kind, ERR_SYNTAX);
	}
	memset(longest, 'n', NAME_MAX);
	longest[NAME_MAX] = '\0';
	assert_int_equal(write_text(longest, "x"), -1);
	assert_int_equal(err.kind, ERR_LIMIT);
	longest[NAME_MAX - 5] = '\0';
	assert_int_equal(write_text(longest, "x"), 0);
	assert_int_equal(entries(false), 1);
}

static void
test_failed_write_changes_nothing(void **state)
{
	(void)state;
	assert_int_equal(mkdirat(dirfd_of_test, "a", 0700), 0);
	assert_int_equal(write_text("a", "x"), -1);
	assert_int_equal(err.kind, ERR_SYS);
	put("b", "old");
	assert_int_equal(replace_text("b", "a", "new"), -1);
	assert_content("b", "old");
	assert_int_equal(entries(false), 2);
}

static void
write_too_much(void *arg)
{
	struct rlimit limit = { 1000, 1000 };
	char large[2000] = "";

	(void)arg;
	signal(SIGXFSZ, SIG_IGN);
	CHILD_CHECK(setrlimit(RLIMIT_FSIZE, &limit) == 0);
	CHILD_CHECK(file_write_at(dirfd_of_test, "a", large, sizeof(large),
	                0600, &err) == -1);
	CHILD_CHECK(err.kind == ERR_SYS);
	CHILD_CHECK(file_replace_at(dirfd_of_test, "a", "b", large,
	                sizeof(large), &err) == -1);
}

static void
test_full_disk_changes_nothing(void **state)
{
	struct child child;

	(void)state;
	put("a", "old");
	put("b", "older");
	run_child(write_too_much, NULL, &child);
	assert_child_succeeded(child);
	assert_content("a", "old");
	assert_content("b", "older");
	assert_int_equal(entries(false), 2);
}

static void
test_replace_keeps_previous(void **state)
{
	(void)state;
	assert_int_equal(replace_text("a", "b", "one"), 0);
	assert_string_equal(steps, "frd");
	assert_int_equal(entries(false), 1);
	memset(steps, 0, sizeof(steps));
	assert_int_equal(replace_text("a", "b", "two"), 0);
	assert_string_equal(steps, "ffrdrd");
	assert_content("a", "two");
	assert_content("b", "one");
	assert_int_equal(replace_text("a", "b", "three"), 0);
	assert_content("a", "three");
	assert_content("b", "two");
	assert_int_equal(mode_of("a"), 0600);
	assert_int_equal(mode_of("b"), 0600);
	assert_int_equal(entries(false), 2);
}

static void
test_replace_refuses_an_unreadable_name(void **state)
{
	(void)state;
	put("real", "x");
	assert_int_equal(symlinkat("real", dirfd_of_test, "a"), 0);
	assert_int_equal(replace_text("a", "b", "one"), -1);
	assert_int_equal(err.kind, ERR_SYS);
	assert_content("real", "x");
	assert_int_equal(entries(false), 2);
}

#define VERSIONS 40

static void
replace_many(void *arg)
{
	char text[700];
	int i;

	(void)arg;
	for (i = 0; i < VERSIONS; i++) {
		memset(text, 'a' + i % 26, sizeof(text));
		CHILD_CHECK(file_replace_at(dirfd_of_test, "a", "b", text,
		                300 + (size_t)i * 10, &err) == 0);
	}
}

/* Whoever reads the name at any moment sees one content, and all of it. Says
 * when it has begun, ends when the other side of the line does. */
static void
read_until_told(int line)
{
	struct buf buf = { 0 };
	bool begun = false;
	size_t i;
	char c;

	while (recv(line, &c, 1, MSG_DONTWAIT) == -1 && errno == EAGAIN) {
		buf_clear(&buf);
		CHILD_CHECK(
		    file_read_at(dirfd_of_test, "a", 1000, &buf, &err) == 0);
		CHILD_CHECK(buf_len(&buf) >= 300);
		for (i = 0; i < buf_len(&buf); i++)
			CHILD_CHECK(buf_data(&buf)[i] == buf_data(&buf)[0]);
		if (!begun)
			begun = write(line, "", 1) == 1;
	}
	CHILD_CHECK(begun);
	buf_release(&buf);
}

static void
test_readers_see_old_or_new(void **state)
{
	struct child writer;
	int fds[2], status;
	pid_t reader;
	char c;

	(void)state;
	assert_int_equal(
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	replace_many(NULL);
	fflush(NULL);
	reader = fork();
	assert_int_not_equal(reader, -1);
	if (reader == 0) {
		close(fds[1]);
		read_until_told(fds[0]);
		_exit(0);
	}
	close(fds[0]);
	assert_int_equal(read(fds[1], &c, 1), 1);
	run_child(replace_many, NULL, &writer);
	close(fds[1]);
	assert_int_equal(waitpid(reader, &status, 0), reader);
	assert_child_succeeded(writer);
	assert_int_equal(status, 0);
}

static void
test_open_dir_creates(void **state)
{
	mode_t mask = umask(027);
	char path[64];
	struct stat st;
	int fd;

	(void)state;
	snprintf(path, sizeof(path), "%s/p/q//r/", directory);
	fd = file_open_dir(path, 0711, &err);
	assert_int_not_equal(fd, -1);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0711);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	assert_int_equal(mode_of("p"), 0755);
	assert_int_equal(mode_of("p/q"), 0755);
	close(fd);
	/* What is there already keeps its mode. */
	fd = file_open_dir(path, 0700, &err);
	assert_int_not_equal(fd, -1);
	assert_int_equal(mode_of("p/q/r"), 0711);
	close(fd);
	assert_int_equal(unlinkat(dirfd_of_test, "p/q/r", AT_REMOVEDIR), 0);
	assert_int_equal(unlinkat(dirfd_of_test, "p/q", AT_REMOVEDIR), 0);
	umask(mask);
}

static void
test_open_dir_refusals(void **state)
{
	char path[64];

	(void)state;
	put("file", "x");
	snprintf(path, sizeof(path), "%s/file", directory);
	assert_int_equal(file_open_dir(path, 0700, &err), -1);
	assert_int_equal(err.kind, ERR_SYS);
	snprintf(path, sizeof(path), "%s/file/x", directory);
	assert_int_equal(file_open_dir(path, 0700, &err), -1);
	assert_int_equal(file_open_dir("", 0700, &err), -1);
}

static void
test_open_dir_relative(void **state)
{
	int here = open(".", O_RDONLY | O_DIRECTORY), fd;

	(void)state;
	assert_int_equal(fchdir(dirfd_of_test), 0);
	fd = file_open_dir("relative", 0700, &err);
	assert_int_equal(fchdir(here), 0);
	close(here);
	assert_int_not_equal(fd, -1);
	close(fd);
	assert_int_equal(mode_of("relative"), 0700);
}

static void
interrupt(int sig)
{
	(void)sig;
}

/* A pipe takes 64 KiB at a time, and the timer interrupts every write. */
static void
write_interrupted(void *arg)
{
	const struct itimerval often = { { 0, 200 }, { 0, 200 } };
	const struct sigaction action = { .sa_handler = interrupt };
	static char block[1 << 20];

	CHILD_CHECK(sigaction(SIGALRM, &action, NULL) == 0);
	CHILD_CHECK(setitimer(ITIMER_REAL, &often, NULL) == 0);
	CHILD_CHECK(file_write_all(*(int *)arg, block, sizeof(block)) == 0);
}

static void
test_write_all_survives_interruption(void **state)
{
	static char block[4099];
	size_t total = 0;
	int fds[2], status;
	ssize_t n;
	pid_t pid;

	(void)state;
	assert_int_equal(pipe(fds), 0);
	fflush(NULL);
	pid = fork();
	assert_int_not_equal(pid, -1);
	if (pid == 0) {
		close(fds[0]);
		write_interrupted(&fds[1]);
		_exit(0);
	}
	close(fds[1]);
	while ((n = read(fds[0], block, sizeof(block))) > 0)
		total += (size_t)n;
	close(fds[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(total, 1 << 20);
	assert_int_equal(file_write_all(-1, "x", 1), -1);
}

static void
test_open_beneath(void **state)
{
	static const struct {
		const char *path;
		enum error_kind kind; /* 0: it opens */
	} cases[] = {
		{ "file", 0 },
		{ "sub/file", 0 },
		{ "sub/../file", 0 },
		{ "none", ERR_NOTFOUND },
		{ "file/x", ERR_NOTFOUND },
		{ "../../etc/passwd", ERR_NOTFOUND },
		{ "/etc/passwd", ERR_NOTFOUND },
		{ "link", ERR_NOTFOUND },
		{ "way/file", ERR_NOTFOUND },
		{ "sub", ERR_NOTFOUND },
		{ "fifo", ERR_NOTFOUND },
	};
	int tree = file_open_tree(directory, &err), fd;
	size_t i;

	(void)state;
	assert_int_not_equal(tree, -1);
	assert_int_equal(mkdirat(dirfd_of_test, "sub", 0755), 0);
	assert_int_equal(
	    file_write_at(dirfd_of_test, "file", "x", 1, 0644, &err), 0);
	fd = openat(dirfd_of_test, "sub/file", O_WRONLY | O_CREAT, 0644);
	assert_int_equal(close(fd), 0);
	assert_int_equal(symlinkat("file", dirfd_of_test, "link"), 0);
	assert_int_equal(symlinkat("sub", dirfd_of_test, "way"), 0);
	assert_int_equal(mkfifoat(dirfd_of_test, "fifo", 0644), 0);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		err.kind = 0;
		fd = file_open_beneath(tree, cases[i].path, &err);
		if ((fd != -1) != (cases[i].kind == 0) ||
		    err.kind != cases[i].kind)
			fail_msg("%s: %s", cases[i].path, err.msg);
		if (fd != -1)
			close(fd);
	}
	assert_int_equal(unlinkat(dirfd_of_test, "sub/file", 0), 0);
	assert_int_equal(unlinkat(dirfd_of_test, "sub", AT_REMOVEDIR), 0);
	close(tree);
	assert_int_equal(file_open_tree("/etc/passwd", &err), -1);
	assert_int_equal(file_open_tree("/nonexistent", &err), -1);
}

static void
test_create_replaces_nothing(void **state)
{
	(void)state;
	assert_int_equal(create_text("a", "one"), 0);
	assert_int_equal(mode_of("a"), 0600);
	assert_int_equal(create_text("a", "two"), -1);
	assert_int_equal(err.kind, ERR_DENIED);
	assert_content("a", "one");
	assert_int_equal(faccessat(dirfd_of_test, ".a.tmp", F_OK, 0), -1);
	assert_int_equal(symlinkat("nowhere", dirfd_of_test, "link"), 0);
	assert_int_equal(create_text("link", "two"), -1);
	assert_int_equal(err.kind, ERR_DENIED);
	assert_int_equal(create_text("x/y", "two"), -1);
	assert_int_equal(err.kind, ERR_SYNTAX);
}

#define WITH_DIRECTORY(test)                                                   \
	cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_DIRECTORY(test_read_appends),
		WITH_DIRECTORY(test_read_large_fits_the_buffer),
		WITH_DIRECTORY(test_read_of_unknown_size),
		WITH_DIRECTORY(test_read_refusals),
		WITH_DIRECTORY(test_write),
		WITH_DIRECTORY(test_write_ignores_what_a_crash_left),
		WITH_DIRECTORY(test_write_refuses_names),
		WITH_DIRECTORY(test_failed_write_changes_nothing),
		WITH_DIRECTORY(test_full_disk_changes_nothing),
		WITH_DIRECTORY(test_create_replaces_nothing),
		WITH_DIRECTORY(test_replace_keeps_previous),
		WITH_DIRECTORY(test_replace_refuses_an_unreadable_name),
		WITH_DIRECTORY(test_readers_see_old_or_new),
		WITH_DIRECTORY(test_open_beneath),
		WITH_DIRECTORY(test_open_dir_creates),
		WITH_DIRECTORY(test_open_dir_refusals),
		WITH_DIRECTORY(test_open_dir_relative),
		cmocka_unit_test(test_write_all_survives_interruption),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
