#ifndef CLI_REPORT_H
#define CLI_REPORT_H

/* The status of a gateway, for people: one screen. */

#include <stdint.h>
#include <stdio.h>

struct json;

/* status: what the monitor renders. now: seconds since the epoch. */
void report_print(const struct json *status, int64_t now, FILE *out);

#endif
