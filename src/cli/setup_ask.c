#include "setup_ask.h"

#include <errno.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/secret.h"
#include "base/xalloc.h"
#include "setup_break.h"

#define LINE_SIZE 4096 /* the most that a terminal gives at once */

/* Byte for byte, so that no buffer of the library keeps a secret. */
static ssize_t
read_line(char line[LINE_SIZE])
{
	size_t len = 0;

	for (;;) {
		char c;
		ssize_t n = read(STDIN_FILENO, &c, 1);

		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			return -1;
		if (c == '\n')
			return (ssize_t)len;
		if (len < LINE_SIZE)
			line[len++] = c;
	}
}

static char *
trim(const char *line, size_t len)
{
	while (len > 0 && strchr(" \t\r", line[len - 1]) != NULL)
		len--;
	while (len > 0 && strchr(" \t", line[0]) != NULL) {
		line++;
		len--;
	}
	return xstrndup(line, len);
}

char *
setup_ask(FILE *out, const char *prompt, bool hidden)
{
	struct termios before, quiet;
	char line[LINE_SIZE], *answer = NULL;
	ssize_t len;

	hidden = hidden && tcgetattr(STDIN_FILENO, &before) == 0;
	if (hidden) {
		quiet = before;
		quiet.c_lflag &= (tcflag_t)~ECHO;
		setup_break_terminal(&before);
		tcsetattr(STDIN_FILENO, TCSANOW, &quiet);
	}
	fputs(prompt, out);
	fflush(out);
	len = read_line(line);
	if (len >= 0)
		answer = trim(line, (size_t)len);
	secret_wipe(line, sizeof(line));
	if (hidden) {
		tcsetattr(STDIN_FILENO, TCSANOW, &before);
		setup_break_terminal(NULL);
	}
	if (hidden || len < 0)
		fputc('\n', out);
	return answer;
}
