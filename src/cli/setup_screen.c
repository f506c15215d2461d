#include "setup_screen.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/xalloc.h"
#include "json/json.h"

#define LABEL 17 /* columns */
#define MARK 4   /* at the end of a row, after two blanks */

static const struct {
	const char *word;
	const char *mark;
	const char *colour;
} verdicts[] = {
	[DOCTOR_SKIPPED] = { "skipped", "skip", "\033[2m" },
	[DOCTOR_OK] = { "ok", "ok", "\033[32m" },
	[DOCTOR_WARN] = { "warn", "warn", "\033[33m" },
	[DOCTOR_FAIL] = { "fail", "FAIL", "\033[31m" },
};

void
setup_screen_init(struct setup_screen *screen, FILE *out)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	*screen = (struct setup_screen){ .out = out, .spinner = { .fd = -1 } };
	screen->terminal = out != NULL && isatty(fileno(out)) &&
	    (term == NULL || strcmp(term, "dumb") != 0);
	screen->colour = screen->terminal && (no == NULL || no[0] == '\0');
}

void
setup_screen_release(struct setup_screen *screen)
{
	setup_spinner_stop(&screen->spinner);
	for (size_t i = 0; i < screen->nlines; i++) {
		free(screen->lines[i].text);
		free(screen->lines[i].next);
	}
	screen->nlines = 0;
}

/* Columns that a text takes: bytes, but for those that go on a character. */
static size_t
width(const char *text, size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++)
		n += ((unsigned char)text[i] & 0xc0) != 0x80;
	return n;
}

/* A word from elsewhere, its control bytes taken out. */
static void
put_safely(struct buf *out, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];

		if (c < ' ' || c == 0x7f)
			c = '?';
		buf_append(out, &c, 1);
	}
}

/*
 * A text from column `at` on, broken between words before column `end`; its own
 * line ends stay, and the blanks after them. Returns the column it ends in.
 */
static size_t
put_wrapped(
    struct buf *out, const char *text, size_t at, size_t indent, size_t end)
{
	while (*text != '\0') {
		size_t len = strcspn(text + 1, " \n") + 1;
		bool is_over = at + width(text, len) > end && at > indent;

		if (*text == '\n' || (*text == ' ' && is_over)) {
			buf_printf(out, "\n%*s", (int)indent, "");
			at = indent;
			text++;
			len--;
		}
		put_safely(out, text, len);
		at += width(text, len);
		text += len;
	}
	return at;
}

static void
put_next(struct buf *out, const char *next)
{
	buf_printf(out, "%*s-> ", LABEL, "");
	put_wrapped(out, next, LABEL + 3, LABEL, SETUP_COLUMNS);
	buf_append_str(out, "\n");
}

void
setup_screen_draw(struct buf *out, const struct setup_line *line, bool colour)
{
	const size_t end = SETUP_COLUMNS - MARK - 2;
	size_t at;

	buf_printf(out, "%-*s", LABEL - 1, line->label);
	buf_append_str(out, " ");
	at = put_wrapped(out, line->text, LABEL, LABEL, end);
	buf_printf(out, "%*s%s%s%s\n", (int)(at < end ? end - at + 2 : 2), "",
	    colour ? verdicts[line->verdict].colour : "",
	    verdicts[line->verdict].mark, colour ? "\033[0m" : "");
	if (line->next != NULL)
		put_next(out, line->next);
}

size_t
setup_screen_row(
    char *dst, size_t size, const char *label, const char *doing, unsigned turn)
{
	static const char turns[] = "|/-\\";
	int room = SETUP_COLUMNS - LABEL - MARK;
	int n = snprintf(dst, size, "\r\033[K%-*s %.*s %c", LABEL - 1, label,
	    room, doing, turns[turn % (sizeof(turns) - 1)]);

	return n < 0 ? 0 : (size_t)n < size ? (size_t)n : size - 1;
}

void
setup_screen_begin(
    struct setup_screen *screen, const char *label, const char *doing)
{
	screen->label = label;
	if (!screen->terminal)
		return;
	fflush(screen->out);
	setup_spinner_start(&screen->spinner, fileno(screen->out), label);
	setup_screen_doing(screen, doing);
}

void
setup_screen_doing(struct setup_screen *screen, const char *doing)
{
	setup_spinner_show(&screen->spinner, doing);
}

void
setup_screen_drop(struct setup_screen *screen)
{
	setup_spinner_stop(&screen->spinner);
	if (!screen->terminal)
		return;
	fputs("\r\033[K", screen->out);
	fflush(screen->out);
}

void
setup_screen_end(struct setup_screen *screen, enum doctor_verdict verdict,
    char *text, char *next)
{
	struct setup_line line = { screen->label, text, next, verdict };
	struct buf drawn = { 0 };

	setup_screen_drop(screen);
	if (screen->out != NULL) {
		setup_screen_draw(&drawn, &line, screen->colour);
		fwrite(buf_data(&drawn), 1, buf_len(&drawn), screen->out);
		fflush(screen->out);
	}
	buf_release(&drawn);
	if (screen->nlines < SETUP_STEPS_MAX) {
		screen->lines[screen->nlines++] = line;
		return;
	}
	free(text);
	free(next);
}

void
setup_screen_advise(struct setup_screen *screen, const char *next)
{
	struct buf drawn = { 0 };

	put_next(&drawn, next);
	fwrite(buf_data(&drawn), 1, buf_len(&drawn), screen->out);
	buf_release(&drawn);
}

void
setup_screen_say(struct setup_screen *screen, const char *text)
{
	if (screen->out == NULL)
		return;
	fputs(text, screen->out);
	fflush(screen->out);
}

void
setup_screen_json(const struct setup_screen *screen, int status,
    const char *url, const char *file, FILE *out)
{
	struct json *doc = json_new_object(), *steps = json_new_array();
	char *text;

	json_set_int(doc, "exit", status);
	json_set_str(doc, "url", url != NULL ? url : "");
	json_set_str(doc, "file", file);
	for (size_t i = 0; i < screen->nlines; i++) {
		const struct setup_line *line = &screen->lines[i];
		struct json *row = json_new_object();

		json_set_str(row, "step", line->label);
		json_set_str(row, "verdict", verdicts[line->verdict].word);
		json_set_str(row, "text", line->text);
		json_set_str(row, "next", line->next != NULL ? line->next : "");
		json_append(steps, row);
	}
	json_set(doc, "steps", steps);
	text = json_dump(doc);
	fprintf(out, "%s\n", text);
	free(text);
	json_free(doc);
}
