#ifndef CLI_DOCTOR_REACH_H
#define CLI_DOCTOR_REACH_H

/* Why an authority did not reach us, as far as the doctor has seen it. */

#include <stdbool.h>

#include "doctor_report.h"

/*
 * The finding that explains best why this name is not reached at this port;
 * NULL: there is none. Borrowed from the report.
 */
const struct doctor_finding *doctor_reach_cause(
    const struct doctor_report *report, const char *name, unsigned port,
    bool ipv6);

#endif
