#include "schedule.h"

#include <stddef.h>

#define MINUTE 60
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)

#define SHORT_LIFETIME (10 * DAY)
#define LOST_AGAIN (10 * MINUTE)
#define REST_SHARE 50 /* of its life */
#define INFO_LEAST (1 * MINUTE)
#define INFO_MOST (1 * DAY)
#define INFO_FAILED_MOST (6 * HOUR)

static const int64_t ladder[] = { 1 * MINUTE, 10 * MINUTE, 100 * MINUTE };

#define LADDER_STEPS (sizeof(ladder) / sizeof(ladder[0]))

static int64_t
clamp(int64_t value, int64_t least, int64_t most)
{
	if (value < least)
		return least;
	return value > most ? most : value;
}

static const char *const reasons[] = {
	[SCHEDULE_MISSING] = "there is none that will do",
	[SCHEDULE_WINDOW] = "in the window that the CA suggests",
	[SCHEDULE_LIFE] = "by its lifetime",
	[SCHEDULE_EMERGENCY] = "it is about to expire",
	[SCHEDULE_RETRY] = "after the last failure",
	[SCHEDULE_REST] = "the last two came one right after the other",
	[SCHEDULE_GATE] = "the CA asked to wait until then",
	[SCHEDULE_ADDRESS] = "its new address is not visible in DNS yet",
	[SCHEDULE_ROUTER] = "the router has not yet said whether it maps ports",
	[SCHEDULE_ASKED] = "somebody asked for it",
};

const char *
schedule_reason_text(enum schedule_reason reason)
{
	return reasons[reason];
}

static int64_t
later(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static int64_t
by_lifetime(const struct schedule_dates *dates)
{
	int64_t lifetime = dates->not_after - dates->not_before;

	if (lifetime < SHORT_LIFETIME)
		return dates->not_before + lifetime / 2;
	return dates->not_before + lifetime / 3 * 2;
}

int64_t
schedule_emergency(const struct schedule_dates *dates)
{
	return dates->not_after - (dates->not_after - dates->not_before) / 20;
}

/* When it would be renewed if nothing had ever failed. */
static int64_t
due(const struct schedule *schedule, const struct schedule_dates *dates,
    enum schedule_reason *reason)
{
	int64_t when, last;

	*reason = SCHEDULE_MISSING;
	if (dates == NULL)
		return 0;
	*reason = schedule->chosen != 0 ? SCHEDULE_WINDOW : SCHEDULE_LIFE;
	when = schedule->chosen != 0 ? schedule->chosen : by_lifetime(dates);
	last = schedule_emergency(dates);
	if (when <= last)
		return when;
	*reason = SCHEDULE_EMERGENCY;
	return last;
}

int64_t
schedule_next(const struct schedule *schedule,
    const struct schedule_dates *dates, enum schedule_reason *reason)
{
	enum schedule_reason why;
	int64_t when = due(schedule, dates, &why);

	if (dates != NULL && schedule->rest_until > when) {
		why = SCHEDULE_REST;
		when = schedule->rest_until;
	}
	if (schedule->retry_at > when) {
		why = SCHEDULE_RETRY;
		when = schedule->retry_at;
	}
	if (schedule->gate != 0 && schedule->gate >= when) {
		why = SCHEDULE_GATE;
		when = schedule->gate;
	}
	if (reason != NULL)
		*reason = why;
	return when;
}

int64_t
schedule_info_next(const struct schedule *schedule,
    const struct schedule_dates *dates, int64_t now)
{
	enum schedule_reason reason;

	if (dates == NULL || now >= dates->not_after ||
	    now >= due(schedule, dates, &reason))
		return 0;
	return later(schedule->info_at, 1);
}

static bool
is_window(const struct schedule_info *info)
{
	return info->start > 0 && info->end > info->start;
}

/* Its randomness has 32 bits: enough for windows of a century. */
static int64_t
choose(const struct schedule_info *info, uint32_t random)
{
	int64_t width = info->end - info->start;

	if (width <= (int64_t)UINT32_MAX)
		return info->start +
		    (int64_t)((uint64_t)random * (uint64_t)width >> 32);
	return info->start + random;
}

void
schedule_informed(struct schedule *schedule, const struct schedule_info *info,
    struct schedule_moment moment)
{
	if (info == NULL) {
		int64_t wait = MINUTE;

		for (int64_t i = schedule->info_failures++;
		     i > 0 && wait < INFO_FAILED_MOST; i--)
			wait *= 2;
		schedule->info_at = moment.now +
		    (wait < INFO_FAILED_MOST ? wait : INFO_FAILED_MOST);
		return;
	}
	schedule->info_failures = 0;
	schedule->info_at =
	    moment.now + clamp(info->retry_after, INFO_LEAST, INFO_MOST);
	if (!is_window(info) ||
	    (info->start == schedule->window_start &&
	        info->end == schedule->window_end))
		return;
	schedule->window_start = info->start;
	schedule->window_end = info->end;
	schedule->chosen = choose(info, moment.random);
}

void
schedule_started(struct schedule *schedule, int64_t now)
{
	schedule->started_at = now;
}

void
schedule_succeeded(struct schedule *schedule,
    const struct schedule_dates *dates, int64_t before, int64_t now)
{
	int64_t rest = (dates->not_after - dates->not_before) / REST_SHARE;

	*schedule = (struct schedule){ .saved_at = schedule->saved_at };
	if (before != 0 && now - before < rest)
		schedule->rest_until = now + rest;
}

void
schedule_forget_window(struct schedule *schedule)
{
	schedule->window_start = 0;
	schedule->window_end = 0;
	schedule->chosen = 0;
	schedule->info_at = 0;
	schedule->info_failures = 0;
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
	int64_t named = moment.now + clamp(retry_after, 0, SCHEDULE_WAIT_MAX);

	if (kind == JOB_LOST)
		schedule_lost(schedule, dates, moment);
	else
		climb(schedule, dates, moment);
	if (kind == JOB_DAILY)
		schedule->retry_at = moment.now + jitter(DAY, moment.random);
	if (kind == JOB_GATE)
		schedule->gate = later(schedule->retry_at, named);
	else
		schedule->retry_at = later(schedule->retry_at, named);
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
	schedule->rest_until = 0;
	schedule->lost_at = 0;
}

static void
move(int64_t *when, int64_t by)
{
	if (*when != 0)
		*when = later(*when + by, 1);
}

void
schedule_clock_went_back(struct schedule *schedule, int64_t seconds)
{
	move(&schedule->retry_at, -seconds);
	move(&schedule->rest_until, -seconds);
	move(&schedule->gate, -seconds);
	move(&schedule->lost_at, -seconds);
	move(&schedule->info_at, -seconds);
}

void
schedule_loaded(
    struct schedule *schedule, bool resumable, struct schedule_moment moment)
{
	if (schedule->retry_at - schedule->saved_at > SCHEDULE_WAIT_MAX)
		schedule->retry_at = 0;
	if (schedule->rest_until - schedule->saved_at > SCHEDULE_WAIT_MAX)
		schedule->rest_until = 0;
	moment.now = later(moment.now, schedule->saved_at);
	if (schedule->started_at == 0)
		return;
	if (resumable)
		schedule->started_at = 0;
	else
		schedule_lost(schedule, NULL, moment);
}
