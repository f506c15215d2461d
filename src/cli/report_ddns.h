#ifndef CLI_REPORT_DDNS_H
#define CLI_REPORT_DDNS_H

/* Dynamic DNS as a person reads it, from the status in JSON. */

#include <stdint.h>
#include <stdio.h>

struct json;

/* A line for each section, and what is wrong with it; nothing for none. */
void report_ddns_short(const struct json *sections, FILE *out);

/*
 * All that is known of the sections that have this name (NULL: of all).
 * Returns their number.
 */
unsigned report_ddns(
    const struct json *sections, const char *name, int64_t now, FILE *out);

#endif
