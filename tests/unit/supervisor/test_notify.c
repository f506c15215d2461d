/* What systemd hears of us. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"
#include "notify.h"

/* A service manager that listens somewhere, and says so in the environment. */
static int
listen_as(const char *what)
{
	char name[64];
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	assert_int_not_equal(fd, -1);
	snprintf(
	    name, sizeof(name), "@gatehouse-test-%s-%ld", what, (long)getpid());
	setenv("NOTIFY_SOCKET", name, 1);
	memcpy(sun.sun_path + 1, name + 1, strlen(name) - 1);
	assert_int_equal(
	    bind(fd, (struct sockaddr *)&sun,
	        (socklen_t)(offsetof(struct sockaddr_un, sun_path) +
	            strlen(name))),
	    0);
	return fd;
}

static void
assert_heard(int fd, const char *expected)
{
	char text[256];
	ssize_t n = recv(fd, text, sizeof(text) - 1, 0);

	assert_true(n >= 0);
	text[n] = '\0';
	assert_string_equal(text, expected);
}

static void
test_words(void **state)
{
	struct notify notify;
	char text[256];
	int fd = listen_as("words");
	const char *number;
	uint64_t usec;
	ssize_t n;

	(void)state;
	notify_init(&notify);
	assert_null(getenv("NOTIFY_SOCKET")); /* not for our children */
	notify_ready(&notify);
	assert_heard(fd, "READY=1");
	notify_stopping(&notify);
	assert_heard(fd, "STOPPING=1");
	notify_status(&notify, "generation %d", 3);
	assert_heard(fd, "STATUS=generation 3");
	notify_reloading(&notify);
	n = recv(fd, text, sizeof(text) - 1, 0);
	assert_true(n > 0);
	text[n] = '\0';
	assert_memory_equal(text, "RELOADING=1\nMONOTONIC_USEC=", 27);
	number = strrchr(text, '=') + 1;
	assert_true(text_u64(number, strlen(number), INT64_MAX, &usec));
	assert_true(llabs((long long)usec / 1000 - clock_mono_ms()) < 10000);
	notify_release(&notify);
	close(fd);
}

static void
test_nobody_listens(void **state)
{
	struct notify notify;

	(void)state;
	unsetenv("NOTIFY_SOCKET");
	notify_init(&notify);
	assert_int_equal(notify.fd, -1);
	notify_ready(&notify);
	notify_release(&notify);

	setenv("NOTIFY_SOCKET", "relative/path", 1);
	notify_init(&notify);
	assert_int_equal(notify.fd, -1);
	notify_release(&notify);
}

struct watch {
	struct loop *loop;
	struct loop_io io;
	int fd;
	unsigned beats;
};

static void
on_beat(void *arg, enum loop_events what)
{
	struct watch *watch = arg;

	(void)what;
	assert_heard(watch->fd, "WATCHDOG=1");
	if (++watch->beats == 3)
		loop_stop(watch->loop);
}

static void
test_watchdog(void **state)
{
	struct watch watch = { .loop = loop_new(),
		.fd = listen_as("watchdog") };
	struct notify notify;

	(void)state;
	setenv("WATCHDOG_USEC", "20000", 1);
	notify_init(&notify);
	assert_int_equal(notify.watchdog_ms, 10);
	watch.io.fn = on_beat;
	watch.io.arg = &watch;
	loop_io_add(watch.loop, &watch.io, watch.fd, LOOP_READ);
	notify_watch(&notify, watch.loop);
	loop_run(watch.loop);
	notify_release(&notify);
	loop_io_del(&watch.io);
	loop_free(watch.loop);
	close(watch.fd);
}

/* The watchdog of some other process of the service. */
static void
test_foreign_watchdog(void **state)
{
	struct notify notify;

	(void)state;
	setenv("NOTIFY_SOCKET", "@gatehouse-test-nobody", 1);
	setenv("WATCHDOG_USEC", "20000", 1);
	setenv("WATCHDOG_PID", "1", 1);
	notify_init(&notify);
	assert_int_equal(notify.watchdog_ms, 0);
	notify_release(&notify);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_nobody_listens),
		cmocka_unit_test(test_watchdog),
		cmocka_unit_test(test_foreign_watchdog),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
