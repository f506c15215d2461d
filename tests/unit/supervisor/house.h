#ifndef TEST_HOUSE_H
#define TEST_HOUSE_H

/*
 * A whole gateway for a test: the real supervisor as a process of its own, with
 * stand-ins for the other programs. The test waits for lines of their log.
 */

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../base/directory.h"
#include "config/config.h"
#include "plan.h"
#include "standin.h"
#include "supervisor.h"

#define HOUSE_PATIENCE_MS 20000

struct house {
	char dir[64];
	pid_t pid; /* of the supervisor; 0 = not running */
	int log_fd;
	char log[65536];
	size_t len;
	size_t at; /* everything before it was waited for */
};

#define HOUSE_CONFIG                                                           \
	"StateDir \"%s/state\"\n"                                              \
	"Workers 2\n"                                                          \
	"Grace 9\n"                                                            \
	"ACME\n"                                                               \
	"  Directory \"https://ca.test/dir\"\n"                                \
	"End\n"                                                                \
	"ListenHTTP\n"                                                         \
	"  Address 127.0.0.1\n"                                                \
	"  Port 0\n"                                                           \
	"End\n"                                                                \
	"ListenHTTPS\n"                                                        \
	"  Address 127.0.0.1\n"                                                \
	"  Port 0\n"                                                           \
	"  %s\n"                                                               \
	"End\n"                                                                \
	"Service\n"                                                            \
	"  BackEnd\n"                                                          \
	"    Address 127.0.0.1\n"                                              \
	"    Port 1\n"                                                         \
	"  End\n"                                                              \
	"End\n"

/* Tells the stand-ins something; NULL takes it back. */
static inline void
house_tell(struct house *house, const char *name, const char *text)
{
	int dirfd = open(house->dir, O_RDONLY | O_DIRECTORY);

	assert_int_not_equal(dirfd, -1);
	if (text == NULL)
		unlinkat(dirfd, name, 0);
	else
		assert_int_equal(
		    file_write_at(dirfd, name, text, strlen(text), 0600, NULL),
		    0);
	close(dirfd);
}

static inline void
house_configure(struct house *house, const char *cert)
{
	char text[2048];

	snprintf(text, sizeof(text), HOUSE_CONFIG, house->dir, cert);
	house_tell(house, "conf", text);
}

static inline int
house_set_up(void **state)
{
	static const char *const programs[] = { "gatehouse-proxy",
		"gatehouse-monitor", "gatehouse-acme", "gatehouse-ddns",
		"gatehouse-portmap", "gatehouse-mqtt" };
	struct house *house = calloc(1, sizeof(*house));
	char self[256], path[128];
	ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);

	assert_non_null(house);
	assert_true(len > 0);
	self[len] = '\0';
	snprintf(house->dir, sizeof(house->dir), "/tmp/house.XXXXXX");
	assert_non_null(mkdtemp(house->dir));
	for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", house->dir, programs[i]);
		assert_int_equal(symlink(self, path), 0);
	}
	snprintf(path, sizeof(path), "%s/control", house->dir);
	assert_int_equal(mkfifo(path, 0600), 0);
	setenv("HOUSE", house->dir, 1);
	house->log_fd = -1;
	house_configure(house, "AutoCert \"gw.test\"");
	*state = house;
	return 0;
}

static inline int
house_tear_down(void **state)
{
	struct house *house = *state;

	if (house->pid != 0) {
		kill(house->pid, SIGKILL);
		waitpid(house->pid, NULL, 0);
	}
	if (house->log_fd != -1)
		close(house->log_fd);
	remove_tree(house->dir);
	free(house);
	return 0;
}

static inline void
house_start(struct house *house)
{
	char conf[128];
	int fds[2];

	snprintf(conf, sizeof(conf), "%s/conf", house->dir);
	if (house->log_fd != -1)
		close(house->log_fd);
	house->len = house->at = 0;
	house->log[0] = '\0';
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	fflush(NULL);
	house->pid = fork();
	assert_int_not_equal(house->pid, -1);
	if (house->pid == 0) {
		dup2(fds[1], STDERR_FILENO);
		execl("/proc/self/exe", "gatehoused", conf, NULL);
		_exit(127);
	}
	close(fds[1]);
	house->log_fd = fds[0];
}

/* cmocka would cut the log off. */
#define house_fail(house, ...)                                                 \
	do {                                                                   \
		fputs((house)->log, stderr);                                   \
		fail_msg(__VA_ARGS__);                                         \
	} while (0)

/* More of the log; false at its end, when every process is gone. */
static inline bool
house_read(struct house *house)
{
	struct pollfd fd = { .fd = house->log_fd, .events = POLLIN };
	ssize_t n;

	if (poll(&fd, 1, HOUSE_PATIENCE_MS) != 1)
		house_fail(house, "nothing happens any more");
	if (house->len >= sizeof(house->log) - 1)
		house_fail(house, "the log is too long");
	n = read(house->log_fd, house->log + house->len,
	    sizeof(house->log) - 1 - house->len);
	if (n <= 0)
		return false;
	house->len += (size_t)n;
	house->log[house->len] = '\0';
	return true;
}

/* Waits until the log says this, after what was waited for before. */
static inline const char *
house_wait(struct house *house, const char *text)
{
	const char *found;

	while ((found = strstr(house->log + house->at, text)) == NULL)
		if (!house_read(house))
			fail_msg(
			    "never said: %s. The log:\n%s", text, house->log);
	house->at = (size_t)(found - house->log) + strlen(text);
	return found;
}

/* Waits for both, whichever comes first. */
static inline void
house_wait_both(struct house *house, const char *one, const char *other)
{
	size_t begin = house->at, end;

	house_wait(house, one);
	end = house->at;
	house->at = begin;
	house_wait(house, other);
	if (house->at < end)
		house->at = end;
}

/* The supervisor and all its children have gone; its exit status. */
static inline int
house_end(struct house *house)
{
	int status;

	while (house_read(house))
		continue;
	assert_int_equal(waitpid(house->pid, &status, 0), house->pid);
	house->pid = 0;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static inline void
house_stop(struct house *house)
{
	int status;

	kill(house->pid, SIGTERM);
	status = house_end(house);
	if (status != 0)
		house_fail(house, "exit status %d", status);
}

/* Has the log said this, ever? */
static inline bool
house_said(const struct house *house, const char *text)
{
	return strstr(house->log, text) != NULL;
}

static inline void
house_command(struct house *house, const char *command)
{
	char path[128], line[256];
	int fd, len;

	snprintf(path, sizeof(path), "%s/control", house->dir);
	len = snprintf(line, sizeof(line), "%s\n", command);
	fd = open(path, O_WRONLY);
	assert_int_not_equal(fd, -1);
	assert_int_equal(write(fd, line, (size_t)len), len);
	close(fd);
}

/* The process that logged the line: "program[pid]: ...". */
static inline pid_t
house_pid_of(const struct house *house, const char *line)
{
	uint64_t pid;

	while (line > house->log && line[-1] != '\n')
		line--;
	line = strchr(line, '[') + 1;
	assert_true(text_u64(line, strcspn(line, "]"), INT32_MAX, &pid));
	return (pid_t)pid;
}

/* main() of a test: the supervisor's, a stand-in's or cmocka's. */
static inline void
house_main(int argc, char **argv)
{
	const char *slash = strrchr(argv[0], '/');
	const char *name = slash == NULL ? argv[0] : slash + 1;
	struct supervisor_options options = { .ready_fd = -1,
		.log = { .level = LOG_LEVEL_INFO } };
	struct diag *diag;
	struct plan *plan;
	struct error err;

	standin_main(name);
	if (strcmp(name, "gatehoused") != 0 || argc != 2)
		return;
	log_open("gatehoused", LOG_TO_STDERR, 0);
	options.file = argv[1];
	options.programs = getenv("HOUSE");
	diag = diag_new();
	plan = plan_load(argv[1], diag, &err);
	supervisor_log_diag(diag);
	diag_free(diag);
	exit(plan == NULL ? 2 : supervisor_run(&options, plan));
}

#define HOUSE_TEST(name)                                                       \
	cmocka_unit_test_setup_teardown(name, house_set_up, house_tear_down)

#endif
