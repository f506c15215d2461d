#include "watch.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/xalloc.h"
#include "client.h"
#include "command.h"
#include "report.h"
#include "say.h"
#include "json/json.h"

#define PERIOD_MS 2000

/* xterm's sequences: the other screen, no cursor, no line goes on below. */
static const char enter[] = "\033[?1049h\033[?25l\033[?7l";
static const char leave[] = "\033[?7h\033[?25h\033[?1049l";

#define HOME "\033[H"
#define END_OF_LINE "\033[K"
#define REST_OF_SCREEN "\033[J"

/* --- the picture --------------------------------------------------------- */

/* The bytes of a line that make so many characters of UTF-8, at most `len`. */
static size_t
clip(const char *line, size_t len, unsigned columns)
{
	size_t i = 0;

	while (i < len) {
		if (((unsigned char)line[i] & 0xc0) != 0x80 && columns-- == 0)
			break;
		i++;
	}
	return i;
}

static unsigned
count_lines(const char *text)
{
	unsigned n = 0;

	for (; *text != '\0'; n++) {
		text += strcspn(text, "\n");
		text += *text == '\n';
	}
	return n;
}

void
watch_draw(struct buf *out, const char *text, const char *footer, unsigned rows,
    unsigned columns)
{
	unsigned lines = count_lines(text);
	unsigned shown = lines < rows ? lines : rows > 0 ? rows - 1 : 0;
	char *last = shown < lines
	    ? xasprintf("%u of %u lines fit; %s", shown, lines, footer)
	    : xstrdup(footer);

	buf_append_str(out, HOME);
	for (unsigned i = 0; i < shown; i++) {
		size_t len = strcspn(text, "\n");

		buf_append(out, text, clip(text, len, columns));
		buf_append_str(out, END_OF_LINE "\r\n");
		text += len + (text[len] == '\n');
	}
	buf_append_str(out, REST_OF_SCREEN);
	buf_printf(out, "\033[%uH", rows);
	buf_append(out, last, clip(last, strlen(last), columns));
	free(last);
}

/* What is to be seen now. The caller frees. */
static char *
report_now(const char *path)
{
	struct client_answer answer = { false, NULL };
	struct json *status = NULL;
	struct error err;
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	if (out == NULL)
		return xstrdup("");
	if (client_ask(path, "status", &answer, &err) == 0) {
		if (answer.ok)
			status =
			    json_parse(answer.text, strlen(answer.text), &err);
		else
			error_set(&err, ERR_PROTOCOL, "%s", answer.text);
	}
	if (status != NULL) {
		report_print(status, clock_wall(), out);
	} else {
		fputs("The gateway does not answer: ", out);
		say_safely(out, err.msg);
		fputs("\nIt is asked again every 2 seconds.\n", out);
	}
	fclose(out);
	json_free(status);
	free(answer.text);
	return text;
}

/* --- the terminal -------------------------------------------------------- */

static bool
put(const void *data, size_t len)
{
	const char *from = data;

	while (len > 0) {
		ssize_t n = write(STDOUT_FILENO, from, len);

		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return false;
		from += n;
		len -= (size_t)n;
	}
	return true;
}

/* In handlers of signals: dies of it, or stops, with the terminal in order. */
static void
on_end(int sig)
{
	put(leave, sizeof(leave) - 1);
	signal(sig, SIG_DFL);
	raise(sig);
}

static void
on_stop(int sig)
{
	int saved = errno;

	(void)sig;
	put(leave, sizeof(leave) - 1);
	raise(SIGSTOP);
	put(enter, sizeof(enter) - 1);
	errno = saved;
}

/* Ends the pause, and the picture is drawn in the new size. */
static void
on_resize(int sig)
{
	(void)sig;
}

static void
take_signals(void)
{
	static const struct {
		int sig;
		void (*handler)(int sig);
	} signals[] = { { SIGINT, on_end }, { SIGTERM, on_end },
		{ SIGHUP, on_end }, { SIGQUIT, on_end }, { SIGTSTP, on_stop },
		{ SIGWINCH, on_resize } };

	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		struct sigaction action = { .sa_handler = signals[i].handler };

		sigfillset(&action.sa_mask);
		sigaction(signals[i].sig, &action, NULL);
	}
}

static bool
show(const char *text)
{
	struct winsize size = { .ws_row = 0 };
	struct buf out = { 0 };
	char date[CLOCK_DATE_SIZE], footer[80];
	bool good;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == -1 || size.ws_row == 0 ||
	    size.ws_col == 0)
		size = (struct winsize){ .ws_row = 24, .ws_col = 80 };
	snprintf(footer, sizeof(footer), "%s, every 2 seconds; Ctrl-C ends",
	    clock_date(date, clock_wall()));
	watch_draw(&out, text, footer, size.ws_row, size.ws_col);
	good = put(buf_data(&out), buf_len(&out));
	buf_release(&out);
	return good;
}

int
watch(const char *file)
{
	struct client_answer answer;
	char *path;
	bool good;
	int rc;

	if (!isatty(STDOUT_FILENO)) {
		say("status: --watch needs a terminal, and this is none; "
		    "programs ask with --json");
		return EXIT_USAGE;
	}
	/* Who has nothing to watch is told so on the screen that stays. */
	rc = client_ask_gateway(file, "status", &answer);
	if (rc != EXIT_GOOD)
		return rc;
	free(answer.text);
	path = client_find_socket(file);
	if (path == NULL)
		return EXIT_BAD;
	take_signals();
	good = put(enter, sizeof(enter) - 1);
	while (good) {
		char *text = report_now(path);

		good = show(text);
		free(text);
		poll(NULL, 0, PERIOD_MS);
	}
	free(path);
	return EXIT_BAD;
}
