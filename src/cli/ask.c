#include "ask.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/secret.h"
#include "base/xalloc.h"
#include "say.h"

#define LINE_SIZE 4096 /* what a terminal takes (N_TTY) */
#define BLANKS " \t\r\n"

static volatile sig_atomic_t caught;

bool
ask_is_possible(void)
{
	return isatty(STDIN_FILENO) && isatty(STDERR_FILENO);
}

/* The line without blanks around it. The caller frees. */
static char *
trim(const char *line, size_t len)
{
	size_t before = 0;

	while (before < len && strchr(BLANKS, line[before]) != NULL)
		before++;
	while (len > before && strchr(BLANKS, line[len - 1]) != NULL)
		len--;
	return xstrndup(line + before, len - before);
}

/* Past stdio, whose buffer would keep a secret. */
static char *
read_line(void)
{
	char line[LINE_SIZE];
	size_t len = 0;
	char *answer = NULL;
	ssize_t n = 1;

	while (len < sizeof(line)) {
		n = read(STDIN_FILENO, line + len, 1);
		if (n != 1 || line[len] == '\n' || line[len] == '\0')
			break;
		len++;
	}
	if (n == 1 || (n == 0 && len > 0))
		answer = trim(line, len);
	secret_wipe(line, sizeof(line));
	return answer;
}

char *
ask_line(const char *question)
{
	fputs(question, stderr);
	return read_line();
}

static void
on_signal(int sig)
{
	caught = sig;
}

static const int ending[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP };
#define NENDING (sizeof(ending) / sizeof(ending[0]))

/*
 * Asks first when nothing is shown any more: the change throws away what was
 * typed before. NULL, and `caught`, if a signal comes in place of a line.
 */
static char *
ask_dark(const char *question, const struct termios *shown,
    const sigset_t *unblocked)
{
	struct pollfd terminal = { .fd = STDIN_FILENO, .events = POLLIN };
	struct termios hidden = *shown;
	char *answer = NULL;

	hidden.c_lflag &= ~(tcflag_t)(ECHO | ECHOE | ECHOK | ECHONL);
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
	fputs(question, stderr);
	if (ppoll(&terminal, 1, NULL, unblocked) == 1)
		answer = read_line();
	tcsetattr(STDIN_FILENO, TCSAFLUSH, shown);
	fputc('\n', stderr);
	return answer;
}

static char *
ask_guarded(const char *question, const struct termios *shown)
{
	struct sigaction action = { .sa_handler = on_signal }, old[NENDING];
	sigset_t blocked, before;
	char *answer;

	caught = 0;
	sigemptyset(&blocked);
	for (size_t i = 0; i < NENDING; i++)
		sigaddset(&blocked, ending[i]);
	sigprocmask(SIG_BLOCK, &blocked, &before);
	for (size_t i = 0; i < NENDING; i++)
		sigaction(ending[i], &action, &old[i]);
	answer = ask_dark(question, shown, &before);
	for (size_t i = 0; i < NENDING; i++)
		sigaction(ending[i], &old[i], NULL);
	sigprocmask(SIG_SETMASK, &before, NULL);
	if (caught != 0)
		raise(caught == SIGTSTP ? SIGSTOP : caught);
	return answer;
}

char *
ask_hidden(const char *question)
{
	struct termios shown;
	char *answer;

	if (tcgetattr(STDIN_FILENO, &shown) == -1)
		return NULL;
	do
		answer = ask_guarded(question, &shown);
	while (caught == SIGTSTP); /* we were stopped, and told to go on */
	return answer;
}

char *
ask_file(const char *path, struct error *err)
{
	struct buf content = { 0 };
	struct stat st;
	const char *line, *end;
	char *secret;

	if (file_read(path, LINE_SIZE, &content, err) == -1)
		return NULL;
	if (stat(path, &st) == 0 && (st.st_mode & (S_IRWXG | S_IRWXO)) != 0)
		say("warning: %s can be read by others; say `chmod 600 %s`",
		    path, path);
	line = buf_len(&content) > 0 ? (const char *)buf_data(&content) : "";
	end = memchr(line, '\n', buf_len(&content));
	secret =
	    trim(line, end != NULL ? (size_t)(end - line) : buf_len(&content));
	buf_wipe(&content);
	if (secret[0] != '\0')
		return secret;
	secret_free(secret);
	error_set(err, ERR_SYNTAX, "%s has nothing in its first line", path);
	return NULL;
}
