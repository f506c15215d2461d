#ifndef CLI_SETUP_SCREEN_H
#define CLI_SETUP_SCREEN_H

/*
 * What `gatehouse setup` shows: a line for each step, with a mark, and what to
 * do next. On a terminal a step that takes its time has a spinner, drawn by a
 * process of its own, for the step itself waits. For programs it is one JSON
 * document at the end, and nothing before.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "doctor_report.h"
#include "setup_spinner.h"

struct buf;

#define SETUP_STEPS_MAX 64u

struct setup_line {
	const char *label;
	char *text; /* what was found or done */
	char *next; /* what to do now; NULL: nothing */
	enum doctor_verdict verdict;
};

struct setup_screen {
	FILE *out;     /* NULL: nothing is shown */
	bool terminal; /* it can be drawn over */
	bool colour;
	struct setup_spinner spinner;
	const char *label; /* of the step that runs */
	struct setup_line lines[SETUP_STEPS_MAX];
	size_t nlines; /* those past the bound are only shown */
};

/* out: NULL for programs. */
void setup_screen_init(struct setup_screen *screen, FILE *out);
void setup_screen_release(struct setup_screen *screen);

/* A step begins. The label must outlive the screen. */
void setup_screen_begin(
    struct setup_screen *screen, const char *label, const char *doing);

/* What it does now. */
void setup_screen_doing(struct setup_screen *screen, const char *doing);
void setup_screen_tell(void *screen, const char *what); /* the same */

/* How it ended. Takes the texts over; next: NULL, if nothing is to be done. */
void setup_screen_end(struct setup_screen *screen, enum doctor_verdict verdict,
    char *text, char *next);

/* It has not ended: somebody is asked first. */
void setup_screen_drop(struct setup_screen *screen);

/* What to do now, beneath a question. There is somebody to be shown it. */
void setup_screen_advise(struct setup_screen *screen, const char *next);

/* A text of ours between the steps, for people only. */
void setup_screen_say(struct setup_screen *screen, const char *text);

/*
 * The line of a step, and what to do next: no longer than WRAP_COLUMNS where
 * words permit it, and with the mark in the last columns.
 */
void setup_screen_draw(
    struct buf *out, const struct setup_line *line, bool colour);

/* All of it, for programs: one line. */
void setup_screen_json(const struct setup_screen *screen, int status,
    const char *url, const char *file, FILE *out);

#endif
