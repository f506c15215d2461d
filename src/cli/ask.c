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

/* They wait from here on: none is to meet a terminal that shows nothing. */
static void
hold_signals(sigset_t *before)
{
	sigset_t held;

	sigemptyset(&held);
	for (size_t i = 0; i < NENDING; i++)
		sigaddset(&held, ending[i]);
	sigprocmask(SIG_BLOCK, &held, before);
}

/*
 * A line from the terminal; NULL, and `caught`, if one of the signals comes
 * first, which are held and have been as in `before`.
 */
static char *
wait_line(const sigset_t *before)
{
	struct sigaction action = { .sa_handler = on_signal }, old[NENDING];
	struct pollfd terminal = { .fd = STDIN_FILENO, .events = POLLIN };
	char *answer = NULL;

	caught = 0;
	for (size_t i = 0; i < NENDING; i++)
		sigaction(ending[i], &action, &old[i]);
	if (ppoll(&terminal, 1, NULL, before) == 1)
		answer = read_line();
	for (size_t i = 0; i < NENDING; i++)
		sigaction(ending[i], &old[i], NULL);
	return answer;
}

char *
ask_hidden(const char *question)
{
	struct termios shown, hidden;
	sigset_t before;
	char *answer;

	do {
		if (tcgetattr(STDIN_FILENO, &shown) == -1)
			return NULL;
		hold_signals(&before);
		hidden = shown;
		hidden.c_lflag &= ~(tcflag_t)(ECHO | ECHOE | ECHOK | ECHONL);
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
		fputs(question, stderr);
		answer = wait_line(&before);
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
		fputc('\n', stderr);
		sigprocmask(SIG_SETMASK, &before, NULL);
		if (caught != 0)
			raise(caught);
	} while (caught == SIGTSTP); /* and we were told to go on */
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
	buf_append(&content, "\n", 1);
	line = (const char *)buf_data(&content);
	end = memchr(line, '\n', buf_len(&content));
	secret = trim(line, (size_t)(end - line));
	buf_wipe(&content);
	if (secret[0] != '\0')
		return secret;
	secret_free(secret);
	error_set(err, ERR_SYNTAX, "%s has nothing in its first line", path);
	return NULL;
}
