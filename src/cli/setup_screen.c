#include "setup_screen.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/xalloc.h"
#include "wrap.h"
#include "json/json.h"

void
setup_screen_init(struct setup_screen *screen, FILE *out)
{
	const char *term = getenv("TERM");

	*screen = (struct setup_screen){ .out = out, .spinner = { .fd = -1 } };
	screen->terminal = out != NULL && isatty(fileno(out)) &&
	    (term == NULL || strcmp(term, "dumb") != 0);
	screen->colour = screen->terminal && wrap_has_colour(out);
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

static void
put_next(struct buf *out, const char *next)
{
	buf_printf(out, "%*s-> ", SETUP_LABEL, "");
	wrap_put(out, next, SETUP_LABEL + 3, SETUP_LABEL, WRAP_COLUMNS);
	buf_append_str(out, "\n");
}

void
setup_screen_draw(struct buf *out, const struct setup_line *line, bool colour)
{
	const size_t end = WRAP_COLUMNS - SETUP_MARK - 2;
	size_t at;

	buf_printf(out, "%-*s", SETUP_LABEL - 1, line->label);
	buf_append_str(out, " ");
	at = wrap_put(out, line->text, SETUP_LABEL, SETUP_LABEL, end);
	buf_printf(out, "%*s%s%s%s\n", (int)(at < end ? end - at + 2 : 2), "",
	    colour ? doctor_colour(line->verdict) : "",
	    doctor_mark(line->verdict), colour ? "\033[0m" : "");
	if (line->next != NULL)
		put_next(out, line->next);
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
setup_screen_tell(void *screen, const char *what)
{
	setup_screen_doing(screen, what);
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
		json_set_str(row, "verdict", doctor_word(line->verdict));
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
