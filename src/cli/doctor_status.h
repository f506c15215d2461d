#ifndef CLI_DOCTOR_STATUS_H
#define CLI_DOCTOR_STATUS_H

/* Verdicts over what the status of a gateway says. */

#include <stdint.h>

#include "doctor_report.h"

struct json;

/* cert: an element of its certificates; now: seconds since the epoch. */
enum doctor_verdict doctor_judge_cert(const struct json *cert, int64_t now);

/*
 * What to do so that browsers accept it. NULL: it is not one of a staging
 * authority, which they do not know. The caller frees.
 */
char *doctor_staging_cure(const struct json *cert);

#endif
