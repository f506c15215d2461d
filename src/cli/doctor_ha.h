#ifndef CLI_DOCTOR_HA_H
#define CLI_DOCTOR_HA_H

/* Verdicts over what Home Assistant answers. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "doctor_report.h"

/* Is this body of /manifest.json that of Home Assistant? */
bool doctor_is_ha(const char *body, size_t len);

/* Seconds by which a Date is ahead of `now`; false if it is none. */
bool doctor_date_ahead(const char *date, int64_t now, int64_t *ahead);

enum doctor_verdict doctor_judge_clock(int64_t ahead);

/* How it answers what comes through us, while it answers us well directly. */
enum doctor_way {
	DOCTOR_WAY_GOOD,
	DOCTOR_WAY_DISTRUSTED, /* the 400 for a proxy that it does not know */
	DOCTOR_WAY_BLOCKED     /* something of ours stands in between */
};
enum doctor_way doctor_judge_way(bool is_ha, unsigned status);

#endif
