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

/* A line of names, with a comma between two. */
void report_names(const struct json *names, FILE *out);

#endif
