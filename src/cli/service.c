/* The gateway's life: see service.h. */

#include "service.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/ready.h"
#include "base/xalloc.h"
#include "client.h"
#include "config/config.h"
#include "program.h"
#include "systemd.h"
#include "json/json.h"

#define START_MS 60000
#define STOP_MS 20000     /* as the unit's TimeoutStopSec */
#define STATUS_SECONDS 10 /* it answers at once, or hangs */
#define NOTICE_MAX 256

struct service {
	struct program program; /* a child, or none */
};

static const char *
name_of(const char *file)
{
	return file != NULL ? file : CONFIG_DEFAULT_FILE;
}

enum service_way
service_choose(bool no_service)
{
	if (no_service)
		return SERVICE_CHILD;
	return systemd_is_here() ? SERVICE_SYSTEMD : SERVICE_DAEMON;
}

/* --- one that runs -------------------------------------------------------- */

static int
ask(const char *file, const char *request, unsigned seconds,
    struct client_answer *answer, struct error *err)
{
	char *path = client_socket(file, err);
	int rc = -1;

	if (path != NULL)
		rc = seconds > 0
		    ? client_ask_within(path, request, seconds, answer, err)
		    : client_ask(path, request, answer, err);
	free(path);
	return rc;
}

/* The number of its process, 0 if it is not told. */
static int
ask_pid(const char *file, pid_t *pid, struct error *err)
{
	struct client_answer answer;
	struct json *status;

	if (ask(file, "status", STATUS_SECONDS, &answer, err) == -1)
		return -1;
	status = json_parse(answer.text, strlen(answer.text), NULL);
	*pid = (pid_t)json_int(status, "pid", 0);
	json_free(status);
	free(answer.text);
	return 0;
}

bool
service_is_running(const char *file)
{
	struct error err;
	pid_t pid;

	return ask_pid(file, &pid, &err) == 0;
}

int
service_reload(const char *file, struct error *err)
{
	struct client_answer answer;
	int rc = 0;

	if (ask(file, "reload", 0, &answer, err) == -1)
		return -1;
	if (!answer.ok)
		rc = error_set(err, ERR_DENIED,
		    "the gateway goes on with its old configuration: %.*s",
		    (int)strcspn(answer.text, "\n"), answer.text);
	free(answer.text);
	return rc;
}

/* Its process, to be waited for; -1: there is none. */
static int
find_process(const char *file, int *pidfd, struct error *err)
{
	struct error why = { 0 };
	pid_t pid;

	*pidfd = -1;
	if (access(name_of(file), F_OK) == -1 && errno == ENOENT)
		return 0;
	if (ask_pid(file, &pid, &why) == 0)
		*pidfd = pidfd_open(pid, 0);
	else if (why.kind != ERR_NOTFOUND)
		return error_set(err, why.kind, "%s", why.msg);
	return 0;
}

static bool
has_ended(int pidfd)
{
	struct pollfd p = { .fd = pidfd, .events = POLLIN };

	return poll(&p, 1, 0) == 1;
}

/* Until it has gone. One that goes already may have no answer to that. */
static int
stop(const char *file, int pidfd, struct error *err)
{
	struct client_answer answer;
	struct error why;

	if (pidfd == -1 || has_ended(pidfd))
		return 0;
	if (ask(file, "stop", STATUS_SECONDS, &answer, &why) == 0)
		free(answer.text);
	if (ready_wait(pidfd, POLLIN, clock_mono_ms() + STOP_MS) == 0)
		return 0;
	return error_set(err, ERR_TIMEOUT,
	    "it was told to stop, and does not end within %d s",
	    STOP_MS / 1000);
}

/* --- starting ------------------------------------------------------------- */

static bool
is_default(const char *file)
{
	char one[PATH_MAX], other[PATH_MAX];

	if (file == NULL || strcmp(file, CONFIG_DEFAULT_FILE) == 0)
		return true;
	return realpath(file, one) != NULL &&
	    realpath(CONFIG_DEFAULT_FILE, other) != NULL &&
	    strcmp(one, other) == 0;
}

/* Where the child says that it is ready, as systemd has it: "@name". */
static int
open_notices(char name[NOTICE_MAX], struct error *err)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	socklen_t len = sizeof(sa_family_t); /* the kernel chooses a name */
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd == -1)
		return error_sys(err, "socket");
	if (bind(fd, (struct sockaddr *)&sun, len) == 0) {
		len = sizeof(sun);
		if (getsockname(fd, (struct sockaddr *)&sun, &len) == 0) {
			len -= offsetof(struct sockaddr_un, sun_path) + 1;
			snprintf(name, NOTICE_MAX, "@%.*s", (int)len,
			    sun.sun_path + 1);
			return fd;
		}
	}
	error_sys(err, "a socket to hear gatehoused");
	close(fd);
	return -1;
}

static bool
says_ready(int fd)
{
	char notice[NOTICE_MAX];
	ssize_t n = recv(fd, notice, sizeof(notice) - 1, 0);

	notice[n > 0 ? n : 0] = '\0';
	return strstr(notice, "READY=1") != NULL;
}

/* A daemon's first process ends when it serves; a child says so. */
static int
wait_until_ready(struct program *program, int notices, struct error *err)
{
	int64_t deadline = clock_mono_ms() + START_MS;
	int rc;

	do
		rc = program_wait(program, notices, deadline, err);
	while (rc == 1 && !says_ready(notices));
	if (rc == 0 && notices != -1)
		return error_set(
		    err, ERR_DENIED, "%s ended at once", program->name);
	return rc == -1 ? -1 : 0;
}

static int
start_daemon(struct program *program, const char *daemon, const char *file,
    struct error *err)
{
	const char *const argv[] = { daemon, "--daemon", "-f", file, NULL };
	const struct program_how how = { .argv = argv };
	struct error ignored;
	int pidfd, rc;

	if (program_start(program, &how, err) == -1)
		return -1;
	rc = wait_until_ready(program, -1, err);
	if (rc == -1 && err->kind == ERR_TIMEOUT &&
	    find_process(file, &pidfd, &ignored) == 0 && pidfd != -1) {
		stop(file, pidfd, &ignored);
		close(pidfd);
	}
	program_end(program, 0);
	program_release(program);
	return rc;
}

static int
start_child(struct program *program, const char *daemon, const char *file,
    struct error *err)
{
	const char *const argv[] = { daemon, "-f", file, NULL };
	char name[NOTICE_MAX];
	const struct program_how how = {
		.argv = argv, .notify = name, .leaves_with_us = true
	};
	int notices = open_notices(name, err);
	int rc = -1;

	if (notices == -1)
		return -1;
	if (program_start(program, &how, err) == 0) {
		rc = wait_until_ready(program, notices, err);
		if (rc == -1) {
			program_end(program, STOP_MS);
			program_release(program);
		}
	}
	close(notices);
	return rc;
}

static int
start_unit(const char *daemon, const char *file, bool runs, struct error *err)
{
	if (!is_default(file))
		return error_set(err, ERR_DENIED,
		    "the service of systemd reads " CONFIG_DEFAULT_FILE
		    " and not %s: leave out --file, or say --no-service",
		    file);
	if (systemd_check_unit(daemon, err) == -1 ||
	    (runs ? service_reload(file, err) : systemd_start(err)) == -1)
		return -1;
	return systemd_enable(err);
}

static int
start(enum service_way way, struct service *service, const char *file,
    struct error *err)
{
	char *daemon = program_find("../sbin/gatehoused");
	bool runs = service_is_running(file);
	int rc = -1;

	switch (way) {
	case SERVICE_SYSTEMD:
		rc = start_unit(daemon, file, runs, err);
		break;
	case SERVICE_DAEMON:
		rc = runs ? service_reload(file, err)
		          : start_daemon(
		                &service->program, daemon, name_of(file), err);
		break;
	case SERVICE_CHILD:
		rc = runs ? service_reload(file, err)
		          : start_child(
		                &service->program, daemon, name_of(file), err);
		break;
	}
	free(daemon);
	return rc;
}

int
service_start(enum service_way way, const char *file, struct service **service,
    struct error *err)
{
	struct service *made = xcalloc(1, sizeof(*made));
	struct error why;
	pid_t pid;
	int rc;

	rc = start(way, made, file, &why);
	if (rc == 0 && ask_pid(file, &pid, &why) == -1)
		rc = error_wrap(&why, "the gateway was started");
	if (rc == -1) {
		service_end(made);
		return error_set(err, why.kind, "%s", why.msg);
	}
	*service = made;
	return 0;
}

/* --- ending --------------------------------------------------------------- */

void
service_end(struct service *service)
{
	if (service == NULL)
		return;
	program_end(&service->program, STOP_MS);
	program_release(&service->program);
	free(service);
}

int
service_remove(const char *file, struct error *err)
{
	char *unit = NULL;
	int pidfd, rc;

	rc = find_process(file, &pidfd, err);
	if (rc == 0 && systemd_is_here() && is_default(file))
		unit = systemd_find_unit();
	if (unit != NULL)
		rc = systemd_disable(err);
	if (rc == 0)
		rc = stop(file, pidfd, err);
	if (pidfd != -1)
		close(pidfd);
	free(unit);
	return rc;
}
