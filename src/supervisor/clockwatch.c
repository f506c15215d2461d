#include "clockwatch.h"

#include <stdlib.h>

#include "base/version.h"

void
clockwatch_stored(struct clockwatch *watch, int64_t wall)
{
	if (wall > watch->latest && wall > watch->refuted)
		watch->latest = wall;
}

bool
clockwatch_trusts(const struct clockwatch *watch, int64_t wall)
{
	return wall >= GATEHOUSE_MADE &&
	    wall >= watch->latest - CLOCKWATCH_BACK;
}

/* Has it gone on since the doubt began as clocks do? */
static bool
stands(const struct clockwatch *watch, int64_t wall, int64_t mono_ms)
{
	int64_t passed = (mono_ms - watch->since_ms) / 1000;

	return watch->since_ms != 0 &&
	    llabs(wall - watch->since_wall - passed) < CLOCKWATCH_STEP;
}

enum clockwatch_verdict
clockwatch_look(struct clockwatch *watch, int64_t wall, int64_t mono_ms)
{
	if (clockwatch_trusts(watch, wall)) {
		watch->since_ms = 0;
		if (wall > watch->latest)
			watch->latest = wall;
		return CLOCK_GOOD;
	}
	if (wall < GATEHOUSE_MADE) {
		watch->since_ms = 0;
		return CLOCK_EARLY;
	}
	if (!stands(watch, wall, mono_ms)) {
		watch->since_ms = mono_ms;
		watch->since_wall = wall;
	}
	if (mono_ms - watch->since_ms < CLOCKWATCH_DOUBT_MS)
		return CLOCK_DOUBTFUL;
	watch->refuted = watch->latest;
	watch->latest = wall;
	watch->since_ms = 0;
	return CLOCK_BACK;
}

int64_t
clockwatch_note(const struct clockwatch *watch, int64_t wall)
{
	if (clockwatch_trusts(watch, wall))
		return wall;
	return watch->latest > GATEHOUSE_MADE ? watch->latest : GATEHOUSE_MADE;
}
