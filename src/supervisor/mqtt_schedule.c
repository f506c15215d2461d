#include "mqtt_schedule.h"

void
mqtt_schedule_changed(struct mqtt_schedule *schedule, int64_t now)
{
	if (!schedule->changed)
		schedule->changed_ms = now;
	schedule->changed = true;
}

void
mqtt_schedule_started(struct mqtt_schedule *schedule, int64_t now)
{
	schedule->changed = false;
	schedule->started_ms = now;
}

/* A tenth less to a tenth more. */
static int64_t
spread(int64_t wait, uint32_t random)
{
	return wait - wait / 10 + random % (wait / 5 + 1);
}

void
mqtt_schedule_told(struct mqtt_schedule *schedule, unsigned interval,
    int64_t now, uint32_t random)
{
	schedule->failures = 0;
	schedule->next_ms = now + spread(1000 * (int64_t)interval, random);
}

void
mqtt_schedule_failed(
    struct mqtt_schedule *schedule, int64_t now, uint32_t random)
{
	int64_t wait = MQTT_RETRY_MS;

	for (unsigned i = schedule->failures; i > 0 && wait < MQTT_RETRY_MAX_MS;
	     i--)
		wait *= 2;
	if (wait > MQTT_RETRY_MAX_MS)
		wait = MQTT_RETRY_MAX_MS;
	schedule->failures++;
	schedule->next_ms = now + spread(wait, random);
}

int64_t
mqtt_schedule_next(const struct mqtt_schedule *schedule)
{
	int64_t settled = schedule->changed_ms + MQTT_SETTLE_MS;
	int64_t rested = schedule->started_ms + MQTT_REST_MS;
	int64_t soon = settled > rested ? settled : rested;

	if (!schedule->changed || schedule->failures > 0 ||
	    schedule->next_ms < soon)
		return schedule->next_ms;
	return soon;
}
