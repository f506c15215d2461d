#include "ddns_schedule.h"

#define MINUTE 60
#define HOUR (60 * MINUTE)

static int64_t
later(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static int64_t
sooner(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* `percent` more or less. */
static int64_t
jitter(int64_t wait, uint32_t percent, uint32_t random)
{
	uint32_t width = 2 * percent * 100 + 1;

	return wait * (10000 - percent * 100 + random % width) / 10000;
}

int64_t
ddns_schedule_free(
    const struct ddns_schedule *schedule, const struct ddns_pace *pace)
{
	return schedule->requested_at == 0
	    ? 0
	    : schedule->requested_at + pace->seconds;
}

struct ddns_errand
ddns_schedule_next(
    const struct ddns_schedule *schedule, const struct ddns_pace *pace)
{
	struct ddns_errand errand = { DDNS_LOOK, schedule->look_at };
	int64_t may =
	    later(ddns_schedule_free(schedule, pace), schedule->not_before);

	if (!schedule->wanted || schedule->stopped_at != 0)
		return errand;
	/* The first of the two; an update looks, too. */
	if (may <= schedule->look_at || may == 0)
		errand = (struct ddns_errand){ DDNS_UPDATE, may };
	return errand;
}

void
ddns_schedule_begin(struct ddns_schedule *schedule, int64_t now)
{
	schedule->born_at = now;
	schedule->look_at = now;
	schedule->looked = false;
	schedule->wanted = true;
	schedule->hidden = false;
	schedule->differs = false;
}

void
ddns_schedule_renew(struct ddns_schedule *schedule)
{
	/* Somebody has corrected a mistake, and waits. */
	if (schedule->stopped_at != 0)
		schedule->requested_at = 0;
	schedule->failures = 0;
	schedule->not_before = 0;
	schedule->stopped_at = 0;
	schedule->look_at = 0;
	schedule->wanted = true;
}

/*
 * What is published and not seen yet is not published again because of some
 * other address: such an event only looks.
 */
void
ddns_schedule_event(struct ddns_schedule *schedule)
{
	schedule->look_at = 0;
	if (!schedule->hidden)
		schedule->wanted = true;
}

void
ddns_schedule_clock(
    struct ddns_schedule *schedule, const struct ddns_pace *pace, int64_t now)
{
	schedule->requested_at = sooner(schedule->requested_at, now);
	schedule->changed_at = sooner(schedule->changed_at, now);
	schedule->born_at = sooner(schedule->born_at, now);
	schedule->not_before =
	    sooner(schedule->not_before, now + DDNS_WAIT_MAX);
	schedule->look_at = sooner(schedule->look_at, now + 2 * pace->interval);
}

void
ddns_schedule_started(struct ddns_schedule *schedule, int64_t now)
{
	schedule->requested_at = now;
}

/* What is published and does not show is published again, ever less often. */
static int64_t
repeat_after(int64_t repeats)
{
	int64_t wait = HOUR;

	for (int64_t i = 0; i < repeats && wait < DDNS_WAIT_MAX; i++)
		wait *= 2;
	return sooner(wait, DDNS_WAIT_MAX);
}

void
ddns_schedule_found(
    struct ddns_schedule *schedule, bool same, uint32_t visible, int64_t now)
{
	int64_t age = now - schedule->published_at;
	bool is_news = !same && !schedule->differs;

	/* Who cannot be asked has not said that a new address is there. */
	if (visible != 2 || now - schedule->changed_at >= DDNS_SETTLE)
		schedule->hidden = visible == 0;
	if (visible == 1)
		schedule->repeats = 0;
	schedule->differs = !same;
	if (is_news && schedule->hidden)
		schedule->changed_at = now;
	if (!same)
		schedule->wanted = visible != 1;
	else if (visible == 1 || schedule->failures == 0)
		schedule->wanted = age >= DDNS_REFRESH ||
		    (schedule->hidden &&
		        age >= repeat_after(schedule->repeats));
}

/* Many servers have it within seconds. */
static int64_t
settle_look(const struct ddns_schedule *schedule, int64_t now)
{
	int64_t age = now - schedule->changed_at;

	return sooner(later(age, DDNS_SETTLE_FIRST), DDNS_SETTLE_LOOK);
}

void
ddns_schedule_looked(struct ddns_schedule *schedule,
    const struct ddns_pace *pace, struct schedule_moment moment)
{
	int64_t wait = jitter(pace->interval, 10, moment.random);

	schedule->looked = true;
	if (ddns_schedule_settled(schedule, moment.now) != 0)
		wait = sooner(wait, settle_look(schedule, moment.now));
	schedule->look_at = moment.now + wait;
}

void
ddns_schedule_published(
    struct ddns_schedule *schedule, bool changed, int64_t now)
{
	schedule->published_at = now;
	schedule->failures = 0;
	schedule->not_before = 0;
	schedule->stopped_at = 0;
	schedule->wanted = false;
	schedule->differs = false;
	schedule->repeats =
	    changed || !schedule->hidden ? 0 : schedule->repeats + 1;
	if (changed) {
		schedule->changed_at = now;
		schedule->hidden = true;
	}
}

static int64_t
back_off(const struct ddns_schedule *schedule, uint32_t random)
{
	int64_t wait = MINUTE;

	for (int64_t i = 1; i < schedule->failures && wait < HOUR; i++)
		wait *= 2;
	return jitter(sooner(wait, HOUR), 20, random);
}

void
ddns_schedule_failed(struct ddns_schedule *schedule, enum ddns_failure kind,
    int64_t retry_after, struct schedule_moment moment)
{
	int64_t named = sooner(retry_after, DDNS_WAIT_MAX);

	schedule->failures++;
	schedule->wanted = true;
	if (named > 0)
		named += named * (int64_t)(moment.random % 1001) / 10000;
	schedule->not_before =
	    moment.now + later(back_off(schedule, moment.random), named);
	if (kind == DDNS_STOP)
		schedule->stopped_at = moment.now;
}

void
ddns_schedule_nowhere(struct ddns_schedule *schedule,
    const struct ddns_pace *pace, int64_t requested_at,
    struct schedule_moment moment)
{
	schedule->failures++;
	schedule->wanted = true;
	schedule->requested_at = requested_at;
	schedule->not_before = moment.now +
	    sooner(back_off(schedule, moment.random), pace->interval);
}

int64_t
ddns_schedule_settled(const struct ddns_schedule *schedule, int64_t now)
{
	int64_t until = 0;

	if (!schedule->looked)
		until = schedule->born_at + DDNS_BORN;
	else if (schedule->hidden && schedule->changed_at != 0)
		until = schedule->changed_at + DDNS_SETTLE;
	return until > now ? until : 0;
}
