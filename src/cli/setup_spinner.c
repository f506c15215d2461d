#include "setup_spinner.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "setup_break.h"
#include "wrap.h"

#define PERIOD_MS 120
#define DOING_SIZE 256

/* Nothing of it moves the cursor. */
static void
tame(char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			*text = ' ';
}

size_t
setup_spinner_row(
    char *dst, size_t size, const char *label, const char *doing, unsigned turn)
{
	static const char turns[] = "|/-\\";
	int room = WRAP_COLUMNS - SETUP_LABEL - SETUP_MARK;
	int n = snprintf(dst, size, "\r\033[K%-*s %.*s %c", SETUP_LABEL - 1,
	    label, room, doing, turns[turn % (sizeof(turns) - 1)]);

	return n < 0 ? 0 : (size_t)n < size ? (size_t)n : size - 1;
}

static void
draw(int in, int tty, const char *label)
{
	char doing[DOING_SIZE] = "", row[WRAP_COLUMNS * 4];
	struct pollfd pfd = { .fd = in, .events = POLLIN };

	for (unsigned turn = 0;; turn++) {
		if (poll(&pfd, 1, PERIOD_MS) > 0) {
			ssize_t n = recv(in, doing, sizeof(doing) - 1, 0);

			if (n <= 0)
				return;
			doing[n] = '\0';
			tame(doing);
		}
		if (file_write_all(tty, row,
		        setup_spinner_row(
		            row, sizeof(row), label, doing, turn)) == -1)
			return;
	}
}

/* Signals of the terminal are its parent's; all were held until now. */
static void
run(int in, int tty, const char *label, const sigset_t *before)
{
	signal(SIGINT, SIG_IGN);
	signal(SIGQUIT, SIG_IGN);
	signal(SIGTERM, SIG_DFL);
	signal(SIGHUP, SIG_DFL);
	sigprocmask(SIG_SETMASK, before, NULL);
	draw(in, tty, label);
	_exit(EXIT_SUCCESS);
}

/* No signal comes before it is known whom to end. */
static void
start_child(struct setup_spinner *spinner, const int pair[2], int tty,
    const char *label)
{
	sigset_t all, before;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &before);
	spinner->pid = fork();
	if (spinner->pid == 0) {
		close(pair[0]);
		run(pair[1], tty, label, &before);
	}
	if (spinner->pid != -1)
		setup_break_drawer(spinner->pid);
	sigprocmask(SIG_SETMASK, &before, NULL);
}

void
setup_spinner_start(struct setup_spinner *spinner, int tty, const char *label)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == -1)
		return;
	start_child(spinner, pair, tty, label);
	close(pair[1]);
	if (spinner->pid == -1)
		close(pair[0]);
	else
		spinner->fd = pair[0];
}

void
setup_spinner_show(const struct setup_spinner *spinner, const char *doing)
{
	size_t len = strlen(doing);

	if (spinner->fd == -1 || len == 0)
		return;
	send(spinner->fd, doing, len < DOING_SIZE ? len : DOING_SIZE - 1,
	    MSG_NOSIGNAL | MSG_DONTWAIT);
}

void
setup_spinner_stop(struct setup_spinner *spinner)
{
	if (spinner->fd == -1)
		return;
	close(spinner->fd);
	spinner->fd = -1;
	while (waitpid(spinner->pid, NULL, 0) == -1 && errno == EINTR)
		continue;
	setup_break_drawer(0);
}
