/* Two clocks: one for waiting, one for dates. Never the other way round. */

#include "base/clock.h"

#include <string.h>

int64_t
clock_mono_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t
clock_wall(void)
{
	return (int64_t)time(NULL);
}

char *
clock_date(char dst[CLOCK_DATE_SIZE], int64_t wall)
{
	time_t t = (time_t)wall;
	struct tm tm;

	if (gmtime_r(&t, &tm) == NULL ||
	    strftime(dst, CLOCK_DATE_SIZE, "%Y-%m-%d %H:%M:%SZ", &tm) == 0)
		memcpy(dst, "(no date)", sizeof("(no date)"));
	return dst;
}
