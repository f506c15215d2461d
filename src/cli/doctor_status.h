#ifndef CLI_DOCTOR_STATUS_H
#define CLI_DOCTOR_STATUS_H

/* Verdicts over what the status of a gateway says. */

#include <stdint.h>

#include "doctor_report.h"

struct json;

/* cert: an element of its certificates; now: seconds since the epoch. */
enum doctor_verdict doctor_judge_cert(const struct json *cert, int64_t now);

#endif
