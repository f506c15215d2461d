#include "program.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/ready.h"
#include "base/xalloc.h"

#define SAID_MAX (64u * 1024)
#define WORDS_MAX 300u /* of what it said, in an error */
#define PIECE 4096
#define ARGS_MAX 8 /* of a program of the system */

char *
program_find(const char *relative)
{
	char self[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char *slash;

	if (len == -1)
		return xstrdup(file_name(relative));
	self[len] = '\0';
	slash = strrchr(self, '/');
	return xasprintf("%.*s/%s", (int)(slash - self), self, relative);
}

/* --- what it says --------------------------------------------------------- */

/* "gatehoused[123]: error: text" is "error: text". */
static const char *
without_prefix(const char *line)
{
	const char *end = line + strcspn(line, "[ \n");

	if (*end != '[')
		return line;
	end += 1 + strspn(end + 1, "0123456789");
	return strncmp(end, "]: ", 3) == 0 ? end + 3 : line;
}

/* The end of it from the beginning of a line, printable but for newlines. */
static const char *
tail(const struct buf *said, char text[WORDS_MAX + 1])
{
	size_t all = buf_len(said), len = all < WORDS_MAX ? all : WORDS_MAX;
	const char *line;

	if (len > 0)
		memcpy(text, buf_data(said) + all - len, len);
	text[len] = '\0';
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)text[i] < ' ' && text[i] != '\n')
			text[i] = '?';
	line = all > len ? strchr(text, '\n') : NULL;
	return line != NULL ? line + 1 : text;
}

char *
program_last_words(const struct buf *said)
{
	char text[WORDS_MAX + 1];
	struct buf words = { 0 };

	for (const char *at = tail(said, text); *at != '\0';) {
		const char *line = without_prefix(at);
		size_t len = strcspn(line, "\n");

		buf_append(&words, line, len);
		at = line + len + (line[len] == '\n');
		if (*at != '\0')
			buf_append_str(&words, "; ");
	}
	return buf_detach(&words, NULL);
}

/* Until there is nothing to read now. */
static void
hear(struct program *program)
{
	char piece[PIECE];
	ssize_t n = -1;

	while (!program->overflowed &&
	    (n = read(program->pipe, piece, sizeof(piece))) > 0) {
		size_t len = buf_len(&program->said) + (size_t)n;

		if (len > SAID_MAX && !program->whole)
			buf_consume(&program->said, len - SAID_MAX);
		if (buf_append(&program->said, piece, (size_t)n) == -1)
			program->overflowed = true;
	}
	if (n == 0) {
		close(program->pipe);
		program->pipe = -1;
	}
}

static int
complain(const struct program *program, int status, struct error *err)
{
	char *words =
	    program->whole ? xstrdup("") : program_last_words(&program->said);

	if (words[0] != '\0')
		error_set(err, ERR_DENIED, "%s: %s", program->name, words);
	else if (WIFSIGNALED(status))
		error_set(err, ERR_DENIED, "%s was ended by signal %d",
		    program->name, WTERMSIG(status));
	else
		error_set(err, ERR_DENIED, "%s failed with status %d",
		    program->name, WEXITSTATUS(status));
	free(words);
	return -1;
}

/* --- its life ------------------------------------------------------------- */

static _Noreturn void
become(const struct program_how *how, pid_t parent, int output)
{
	char *const *argv = (char *const *)(uintptr_t)how->argv;
	int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (how->leaves_with_us) {
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		if (getppid() != parent)
			_exit(EXIT_FAILURE);
	}
	if (how->notify != NULL)
		setenv("NOTIFY_SOCKET", how->notify, 1);
	else
		unsetenv("NOTIFY_SOCKET");
	dup2(nothing, STDIN_FILENO);
	dup2(output, STDOUT_FILENO);
	dup2(how->whole != 0 ? nothing : output, STDERR_FILENO);
	execvp(argv[0], argv);
	dprintf(STDERR_FILENO, "it cannot be run: %s\n", strerror(errno));
	_exit(127);
}

int
program_start(
    struct program *program, const struct program_how *how, struct error *err)
{
	pid_t parent = getpid();
	int fds[2];

	if (pipe2(fds, O_CLOEXEC) == -1)
		return error_sys(err, "pipe");
	*program = (struct program){ .name = file_name(how->argv[0]),
		.pipe = fds[0],
		.whole = how->whole != 0,
		.said.cap = how->whole != 0 ? how->whole : SAID_MAX };
	fcntl(fds[0], F_SETFL, O_NONBLOCK);
	fflush(NULL);
	program->pid = fork();
	if (program->pid == 0)
		become(how, parent, fds[1]);
	close(fds[1]);
	if (program->pid != -1) {
		program->pidfd = pidfd_open(program->pid, 0);
		if (program->pidfd != -1)
			return 0;
		kill(program->pid, SIGKILL);
		waitpid(program->pid, NULL, 0);
	}
	error_sys(err, "%s cannot be started", how->argv[0]);
	close(fds[0]);
	*program = (struct program){ 0 };
	return -1;
}

static int
reap(struct program *program)
{
	int status = 0;

	waitpid(program->pid, &status, 0);
	program->pid = 0;
	return status;
}

int
program_wait(struct program *program, int watched, int64_t deadline_ms,
    struct error *err)
{
	struct pollfd fds[] = { { .fd = program->pidfd, .events = POLLIN },
		{ .fd = watched, .events = POLLIN },
		{ .fd = program->pipe, .events = POLLIN } };
	int64_t left;
	int status;

	while ((left = deadline_ms - clock_mono_ms()) > 0) {
		if (poll(fds, 3, (int)left) == -1) {
			if (errno != EINTR)
				return error_sys(err, "poll");
			continue;
		}
		if (program->pipe != -1 &&
		    (fds[2].revents != 0 || fds[0].revents != 0))
			hear(program);
		if (program->overflowed)
			return error_set(err, ERR_LIMIT, "%s prints too much",
			    program->name);
		fds[2].fd = program->pipe;
		if (fds[0].revents != 0) {
			status = reap(program);
			return status == 0 ? 0 : complain(program, status, err);
		}
		if (watched != -1 && fds[1].revents != 0)
			return 1;
	}
	return error_set(err, ERR_TIMEOUT, "%s takes too long", program->name);
}

void
program_end(struct program *program, int patience_ms)
{
	if (program->pid == 0)
		return;
	kill(program->pid, SIGTERM);
	if (ready_wait(program->pidfd, POLLIN, clock_mono_ms() + patience_ms) ==
	    -1)
		kill(program->pid, SIGKILL);
	reap(program);
}

void
program_release(struct program *program)
{
	if (program->name == NULL)
		return;
	if (program->pipe != -1)
		close(program->pipe);
	close(program->pidfd);
	buf_release(&program->said);
	*program = (struct program){ 0 };
}

static int
run_to_end(const struct program_how *how, int limit_ms, struct buf *said,
    struct error *err)
{
	struct program program;
	int rc;

	if (program_start(&program, how, err) == -1)
		return -1;
	rc = program_wait(&program, -1, clock_mono_ms() + limit_ms, err);
	program_end(&program, 0);
	if (rc == 0 && said != NULL)
		buf_append(
		    said, buf_data(&program.said), buf_len(&program.said));
	program_release(&program);
	return rc;
}

int
program_run(
    const char *const *argv, int limit_ms, struct buf *said, struct error *err)
{
	const struct program_how how = { .argv = argv };

	return run_to_end(&how, limit_ms, said, err);
}

/* --- of the system -------------------------------------------------------- */

/* The PATH of somebody who became root by `su` may lack some. */
static char *
find_of_system(const char *name)
{
	static const char *const directories[] = { "/usr/sbin", "/sbin",
		"/usr/bin", "/bin", "/usr/local/sbin" };

	for (size_t i = 0; i < sizeof(directories) / sizeof(directories[0]);
	     i++) {
		char *path = xasprintf("%s/%s", directories[i], name);

		if (access(path, X_OK) == 0)
			return path;
		free(path);
	}
	return NULL;
}

int
program_read(
    const char *const *argv, int limit_ms, struct buf *out, struct error *err)
{
	char *path = find_of_system(argv[0]);
	const char *args[ARGS_MAX + 1] = { path };
	const struct program_how how = { .argv = args, .whole = out->cap };
	int rc;

	if (path == NULL)
		return error_set(
		    err, ERR_NOTFOUND, "%s is not installed", argv[0]);
	for (size_t i = 1; argv[i] != NULL && i < ARGS_MAX; i++)
		args[i] = argv[i];
	rc = run_to_end(&how, limit_ms, out, err);
	free(path);
	return rc;
}
