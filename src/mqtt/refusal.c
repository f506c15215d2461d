#include "refusal.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"

int
refuse(struct refusal *refusal, const char *problem, const char *advice,
    const char *fmt, ...)
{
	char detail[sizeof(refusal->detail)];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(detail, sizeof(detail), fmt, ap);
	va_end(ap);
	refusal->problem = problem;
	refusal->advice = advice;
	log_escape(
	    refusal->detail, sizeof(refusal->detail), detail, strlen(detail));
	return -1;
}
