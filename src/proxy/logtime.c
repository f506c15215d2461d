#include "logtime.h"

#include <stdio.h>

/* A format of the operator's, which no compiler can check. */
static size_t (*const format_time)(
    char *dst, size_t size, const char *how, const struct tm *tm) = strftime;

size_t
logtime_format(char dst[LOGTIME_SIZE], const char *how, time_t second)
{
	struct tm tm;

	return localtime_r(&second, &tm) == NULL
	    ? 0
	    : format_time(dst, LOGTIME_SIZE, how, &tm);
}

/* Made once for all lines of a second. */
struct slice
logtime_clf(time_t second)
{
	static char stamp[LOGTIME_SIZE];
	static time_t of = -1;
	static size_t len;

	if (second != of)
		len = logtime_format(stamp, "[%d/%b/%Y:%H:%M:%S %z]", second);
	of = second;
	return (struct slice){ stamp, len };
}

char *
logtime_iso(char dst[LOGTIME_SIZE], int64_t ms)
{
	time_t second = (time_t)(ms / 1000);
	struct tm tm = { 0 };

	gmtime_r(&second, &tm);
	snprintf(dst, LOGTIME_SIZE, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ",
	    tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min,
	    tm.tm_sec, (int)(ms % 1000));
	return dst;
}
