#ifndef SUPERVISOR_MQTT_SCHEDULE_H
#define SUPERVISOR_MQTT_SCHEDULE_H

/*
 * When Home Assistant is told again: soon after a change, though others may
 * follow it and the broker is to have its rest; at the interval when nothing
 * changes; and after a failure ever later, whatever changes. Pure: times are
 * milliseconds of the monotonic clock, randomness comes from the caller.
 */

#include <stdbool.h>
#include <stdint.h>

#define MQTT_SETTLE_MS 2000 /* from a change, for those that come with it */
#define MQTT_REST_MS 10000  /* between two jobs */
#define MQTT_RETRY_MS 10000 /* after the first failure; then twice as long … */
#define MQTT_RETRY_MAX_MS (15 * 60 * 1000) /* … up to this */

struct mqtt_schedule {
	bool changed;       /* since the last job began … */
	int64_t changed_ms; /* … for the first time then */
	int64_t started_ms; /* of that job */
	int64_t next_ms;    /* when nothing changes; 0 = now */
	unsigned failures;  /* in a row */
};

void mqtt_schedule_changed(struct mqtt_schedule *schedule, int64_t now);
void mqtt_schedule_started(struct mqtt_schedule *schedule, int64_t now);

/* interval: in seconds. `random` spreads it by a tenth. */
void mqtt_schedule_told(struct mqtt_schedule *schedule, unsigned interval,
    int64_t now, uint32_t random);
void mqtt_schedule_failed(
    struct mqtt_schedule *schedule, int64_t now, uint32_t random);

/* When the next job is due; it may lie in the past. */
int64_t mqtt_schedule_next(const struct mqtt_schedule *schedule);

#endif
