#include "clockwatch.h"

#include "base/version.h"

void
clockwatch_stored(struct clockwatch *watch, int64_t wall)
{
	if (wall > watch->latest)
		watch->latest = wall;
}

enum clockwatch_verdict
clockwatch_look(
    struct clockwatch *watch, int64_t wall, int64_t mono_ms, int64_t *back)
{
	if (wall < GATEHOUSE_MADE)
		return CLOCK_EARLY;
	if (wall >= watch->latest - CLOCKWATCH_BACK) {
		watch->since_ms = 0;
		clockwatch_stored(watch, wall);
		return CLOCK_GOOD;
	}
	if (watch->since_ms == 0)
		watch->since_ms = mono_ms;
	if (mono_ms - watch->since_ms < CLOCKWATCH_DOUBT_MS)
		return CLOCK_DOUBTFUL;
	*back = watch->latest - wall;
	watch->latest = wall;
	watch->since_ms = 0;
	return CLOCK_BACK;
}
