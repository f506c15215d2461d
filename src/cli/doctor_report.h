#ifndef CLI_DOCTOR_REPORT_H
#define CLI_DOCTOR_REPORT_H

/* What `gatehouse doctor` has found, for people and for programs. */

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define DOCTOR_FINDINGS_MAX 256u

/* The later, the worse. */
enum doctor_verdict {
	DOCTOR_SKIPPED, /* it could not be looked at, and that is no fault */
	DOCTOR_OK,
	DOCTOR_WARN,
	DOCTOR_FAIL
};

const char *doctor_mark(enum doctor_verdict verdict); /* for people */
const char *doctor_word(enum doctor_verdict verdict); /* for programs */
const char *doctor_colour(enum doctor_verdict verdict);

struct doctor_finding {
	enum doctor_verdict verdict;
	const char *check; /* the name of the check, borrowed */
	char *subject;     /* what was looked at */
	char *evidence;    /* what was seen there */
	char *cure;        /* one sentence; NULL: none is needed */
};

/* A zeroed one is empty. */
struct doctor_report {
	struct doctor_finding findings[DOCTOR_FINDINGS_MAX];
	size_t n; /* those past the bound are only judged */
	enum doctor_verdict worst;
	const char *not_checked; /* what nobody looked at; NULL: nothing */
};

/* Takes the texts over. `check` must outlive the report. */
void doctor_add(
    struct doctor_report *report, const struct doctor_finding *finding);
void doctor_release(struct doctor_report *report);

/* 0, 1 or 2: nothing wrong, a warning, a failure. */
int doctor_exit_status(const struct doctor_report *report);

/* Lines of 80 columns at most, where words permit it. */
void doctor_print(const struct doctor_report *report, bool colour, FILE *out);

/* One object in one line. */
void doctor_print_json(const struct doctor_report *report, FILE *out);

#endif
