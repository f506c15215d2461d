#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <syslog.h>

#include "base/log.h"
#include "child.h"

static void
log_each_level(void *arg)
{
	(void)arg;
	log_open("prog", LOG_TO_STDERR, 0);
	errno = EDOM;
	log_err("e%d", 1);
	log_warn("w%d", 2);
	log_info("i%d", 3);
	log_debug("hidden");
	CHILD_CHECK(errno == EDOM);
	CHILD_CHECK(!log_enabled(LOG_LEVEL_DEBUG));
	log_set_level(LOG_LEVEL_DEBUG);
	log_debug("d%d", 4);
	log_set_level(LOG_LEVEL_ERR);
	log_warn("hidden");
}

static void
test_levels(void **state)
{
	static const char *const texts[] = { "error: e1", "warning: w2",
		"info: i3", "debug: d4" };
	struct child child;
	char *line, *rest;
	size_t i;

	(void)state;
	run_child(log_each_level, NULL, &child);
	assert_child_succeeded(child);
	for (line = child.output, i = 0; *line != '\0'; line = rest, i++) {
		rest = strchr(line, '\n');
		assert_non_null(rest);
		*rest++ = '\0';
		assert_true(i < 4);
		assert_memory_equal(line, "prog[", 5);
		line = strstr(line, "]: ");
		assert_non_null(line);
		assert_string_equal(line + 3, texts[i]);
	}
	assert_int_equal(i, 4);
}

static void
log_nonsense(void *arg)
{
	char word[5000];

	(void)arg;
	log_open("prog", LOG_TO_STDERR, 0);
	log_info("a\nforged[1]: line\033[2J");
	memset(word, 'x', sizeof(word) - 1);
	word[sizeof(word) - 1] = '\0';
	log_info("%s", word);
}

static void
test_a_message_is_one_line(void **state)
{
	struct child child;
	char *end;

	(void)state;
	run_child(log_nonsense, NULL, &child);
	assert_child_succeeded(child);
	end = strchr(child.output, '\n');
	assert_non_null(end);
	*end = '\0';
	assert_non_null(strstr(child.output, "a?forged[1]: line?[2J"));
	assert_memory_equal(end + strlen(end + 1) - 3, "...\n", 4);
	assert_null(strstr(end + 1, "\n\n"));
}

static void
log_to_journal(void *arg)
{
	struct stat st;
	char stream[64];

	(void)arg;
	CHILD_CHECK(fstat(STDERR_FILENO, &st) == 0);
	snprintf(stream, sizeof(stream), "%ju:%ju", (uintmax_t)st.st_dev,
	    (uintmax_t)st.st_ino);
	setenv("JOURNAL_STREAM", stream, 1);
	log_open("prog", LOG_TO_STDERR, 0);
	log_warn("x");
	setenv("JOURNAL_STREAM", "1:1", 1);
	log_open("prog", LOG_TO_STDERR, 0);
	log_warn("y");
}

static void
test_journal_gets_priorities(void **state)
{
	struct child child;

	(void)state;
	run_child(log_to_journal, NULL, &child);
	assert_child_succeeded(child);
	assert_memory_equal(child.output, "<4>prog[", 8);
	assert_non_null(strstr(child.output, "\nprog["));
}

static void
die(void *arg)
{
	(void)arg;
	fatal("cannot %s", "go on");
}

static void
test_fatal(void **state)
{
	struct child child;

	(void)state;
	run_child(die, NULL, &child);
	assert_int_equal(child.exit_status, 1);
	assert_non_null(strstr(child.output, "]: error: cannot go on\n"));
}

/* A /dev/log of our own, seen by this child alone. */
static void
log_to_syslog(void *arg)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	char line[512];
	ssize_t n;
	int fd;

	(void)arg;
	if (unshare(CLONE_NEWNS) == -1)
		_exit(77);
	CHILD_CHECK(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0);
	CHILD_CHECK(mount("none", "/dev", "tmpfs", 0, NULL) == 0);
	fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	memcpy(addr.sun_path, "/dev/log", sizeof("/dev/log"));
	CHILD_CHECK(
	    bind(fd, (const struct sockaddr *)&addr, sizeof(addr)) == 0);
	log_set_tag("tag");
	log_open("prog", LOG_TO_SYSLOG, LOG_DAEMON);
	CHILD_CHECK(mkdir("/dev/jail", 0700) == 0);
	CHILD_CHECK(chroot("/dev/jail") == 0);
	log_warn("still %s", "heard");
	log_info_lines("one\ntwo\n", 8);
	n = recv(fd, line, sizeof(line) - 1, MSG_DONTWAIT);
	CHILD_CHECK(n > 0);
	line[n] = '\0';
	CHILD_CHECK(strncmp(line, "<28>", 4) == 0);
	CHILD_CHECK(strstr(line, " tag[") != NULL);
	CHILD_CHECK(strstr(line, "]: warning: still heard") != NULL);
	n = recv(fd, line, sizeof(line) - 1, MSG_DONTWAIT);
	CHILD_CHECK(n > 3 && memcmp(line + n - 3, "one", 3) == 0);
	n = recv(fd, line, sizeof(line) - 1, MSG_DONTWAIT);
	CHILD_CHECK(n > 9 && memcmp(line + n - 9, "info: two", 9) == 0);
}

/* What a read from the other end gets at once was one write. */
static void
log_gathered(void *arg)
{
	static char many[64 * 1024];
	char got[8192];
	int fds[2];
	ssize_t n;
	size_t i, count = 0;

	(void)arg;
	CHILD_CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fds) == 0);
	CHILD_CHECK(dup2(fds[0], STDERR_FILENO) == STDERR_FILENO);
	log_open("prog", LOG_TO_STDERR, 0);
	log_info_lines("one\ntwo\n", 8);
	n = recv(fds[1], got, sizeof(got) - 1, MSG_DONTWAIT);
	CHILD_CHECK(n > 0);
	got[n] = '\0';
	CHILD_CHECK(strncmp(got, "prog[", 5) == 0);
	CHILD_CHECK(strstr(got, "]: info: one\nprog[") != NULL);
	CHILD_CHECK(strcmp(got + n - 12, ": info: two\n") == 0);
	for (i = 0; i < sizeof(many); i++)
		many[i] = i % 64 == 63 ? '\n' : 'x';
	memset(many, 'y', 8000);
	log_info_lines(many, sizeof(many));
	while ((n = recv(fds[1], got, sizeof(got), MSG_DONTWAIT)) > 0) {
		CHILD_CHECK(n <= 4096 && got[n - 1] == '\n');
		CHILD_CHECK(memcmp(got, "prog[", 5) == 0);
		for (i = 0; i < (size_t)n; i++)
			count += got[i] == '\n';
	}
	CHILD_CHECK(count == sizeof(many) / 64 - 125);
}

static void
test_gathered_lines(void **state)
{
	struct child child;

	(void)state;
	run_child(log_gathered, NULL, &child);
	assert_child_succeeded(child);
}

static void
test_syslog_outlives_chroot(void **state)
{
	struct child child;

	(void)state;
	run_child(log_to_syslog, NULL, &child);
	if (child.exit_status == 77)
		skip();
	assert_child_succeeded(child);
}

static void
test_escape(void **state)
{
	static const struct {
		const char *src;
		size_t len, dstsize;
		const char *escaped;
	} rows[] = {
		{ "plain text~", 11, 32, "plain text~" },
		{ "", 0, 4, "" },
		{ "a\r\nb", 4, 32, "a\\x0d\\x0ab" },
		{ "\0\x1f\x7f\xff", 4, 32, "\\x00\\x1f\\x7f\\xff" },
		{ "\"\\", 2, 32, "\\x22\\x5c" },
		{ "abc", 3, 4, "abc" },
		{ "abcd", 4, 4, "..." },
		{ "abcdefgh", 8, 8, "abcd..." },
		{ "abcdefg", 7, 8, "abcdefg" },
		{ "abc\n", 4, 8, "abc\\x0a" },
		{ "abcd\n", 5, 8, "abcd..." },
		{ "a\nb\n", 4, 8, "a..." },
		{ "\n\n", 2, 8, "\\x0a..." },
	};
	char dst[32];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		memset(dst, '#', sizeof(dst));
		assert_ptr_equal(
		    log_escape(dst, rows[i].dstsize, rows[i].src, rows[i].len),
		    dst);
		assert_string_equal(dst, rows[i].escaped);
		if (rows[i].dstsize < sizeof(dst))
			assert_int_equal(dst[rows[i].dstsize], '#');
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_levels),
		cmocka_unit_test(test_a_message_is_one_line),
		cmocka_unit_test(test_journal_gets_priorities),
		cmocka_unit_test(test_fatal),
		cmocka_unit_test(test_syslog_outlives_chroot),
		cmocka_unit_test(test_gathered_lines),
		cmocka_unit_test(test_escape),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
