#ifndef CLI_REPORT_PARTS_H
#define CLI_REPORT_PARTS_H

/* What the screens of `gatehouse status` and `gatehouse ddns` are made of. */

#include <stdint.h>
#include <stdio.h>

struct json;

#define REPORT_SPAN_SIZE 40

/* "3 days", "5 hours", "1 minute": the largest unit that fits. Returns dst. */
char *report_span(char dst[REPORT_SPAN_SIZE], int64_t seconds);

/* A labelled value; nothing if it is empty. */
void report_row(const char *label, const char *value, FILE *out);

/* The same of a moment, in seconds since the epoch; 0 = none. */
void report_date(const char *label, int64_t when, FILE *out);

/* A state of the status, in words. The last one of a list has none. */
struct report_state {
	const char *state;
	const char *text;
};

/* The same of a state; nothing if the list does not have it. */
void report_state(
    const struct report_state *states, const char *state, FILE *out);

/* A line of names, with a comma between two. */
void report_names(const struct json *names, FILE *out);

#endif
