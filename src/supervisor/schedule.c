#include "schedule.h"

#include <stddef.h>

#define MINUTE 60
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)

#define SHORT_LIFETIME (10 * DAY)
#define RETRY_AFTER_MAX (8 * DAY) /* longer than any rate limit lasts */
#define LOST_AGAIN (10 * MINUTE)

static const int64_t ladder[] = { 1 * MINUTE, 10 * MINUTE, 100 * MINUTE };

#define LADDER_STEPS (sizeof(ladder) / sizeof(ladder[0]))

static int64_t
clamp(int64_t value, int64_t least, int64_t most)
{
	if (value < least)
		return least;
	return value > most ? most : value;
}

static int64_t
later(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

int64_t
schedule_renewal(const struct schedule_dates *dates)
{
	int64_t lifetime = dates->not_after - dates->not_before;

	if (lifetime < SHORT_LIFETIME)
		return dates->not_before + lifetime / 2;
	return dates->not_before + lifetime / 3 * 2;
}

int64_t
schedule_next(
    const struct schedule *schedule, const struct schedule_dates *dates)
{
	int64_t due = dates == NULL ? 0 : schedule_renewal(dates);

	return later(due, later(schedule->retry_at, schedule->gate));
}

void
schedule_started(struct schedule *schedule, int64_t now)
{
	schedule->started_at = now;
}

void
schedule_succeeded(struct schedule *schedule)
{
	*schedule = (struct schedule){ .saved_at = schedule->saved_at };
}

/* Up to a fifth more or less, so that many gateways do not come at once. */
static int64_t
jitter(int64_t wait, uint32_t random)
{
	return wait * (8000 + random % 4001) / 10000;
}

static int64_t
ladder_step(int64_t failures, const struct schedule_dates *dates, int64_t now)
{
	int64_t remaining = 0;

	if (failures <= (int64_t)LADDER_STEPS)
		return ladder[failures - 1];
	if (dates != NULL && dates->not_after > now)
		remaining = dates->not_after - now;
	return clamp(remaining / 8, HOUR, DAY);
}

static void
climb(struct schedule *schedule, const struct schedule_dates *dates,
    struct schedule_moment moment)
{
	int64_t wait;

	schedule->started_at = 0;
	schedule->failures++;
	wait = ladder_step(schedule->failures, dates, moment.now);
	schedule->retry_at = moment.now + jitter(wait, moment.random);
}

void
schedule_failed(struct schedule *schedule, enum job_failure kind,
    int64_t retry_after, const struct schedule_dates *dates,
    struct schedule_moment moment)
{
	int64_t named = moment.now + clamp(retry_after, 0, RETRY_AFTER_MAX);

	if (kind == JOB_LOST)
		schedule_lost(schedule, dates, moment);
	else
		climb(schedule, dates, moment);
	if (kind == JOB_DAILY)
		schedule->retry_at = moment.now + jitter(DAY, moment.random);
	schedule->retry_at = later(schedule->retry_at, named);
	if (kind == JOB_GATE)
		schedule->gate = schedule->retry_at;
}

void
schedule_lost(struct schedule *schedule, const struct schedule_dates *dates,
    struct schedule_moment moment)
{
	int64_t before = schedule->lost_at;

	schedule->lost_at = moment.now;
	if (before != 0 && moment.now - before < LOST_AGAIN) {
		climb(schedule, dates, moment);
		return;
	}
	schedule->started_at = 0;
	schedule->retry_at = moment.now + 1;
}

void
schedule_clear(struct schedule *schedule)
{
	schedule->failures = 0;
	schedule->retry_at = 0;
	schedule->lost_at = 0;
}

static void
move(int64_t *when, int64_t by)
{
	if (*when != 0)
		*when = later(*when + by, 1);
}

void
schedule_loaded(
    struct schedule *schedule, bool resumable, struct schedule_moment moment)
{
	int64_t back = moment.now - schedule->saved_at;

	if (back < 0) {
		move(&schedule->retry_at, back);
		move(&schedule->gate, back);
		move(&schedule->lost_at, back);
	}
	if (schedule->started_at == 0)
		return;
	if (resumable)
		schedule->started_at = 0;
	else
		schedule_lost(schedule, NULL, moment);
}
