#include "report_parts.h"

#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "say.h"
#include "json/json.h"

char *
report_span(char dst[REPORT_SPAN_SIZE], int64_t seconds)
{
	static const struct {
		int64_t seconds;
		const char *name;
	} units[] = { { 86400, "day" }, { 3600, "hour" }, { 60, "minute" },
		{ 1, "second" } };
	size_t i = 0;
	int64_t n;

	while (units[i].seconds > 1 && seconds < units[i].seconds)
		i++;
	n = seconds > 0 ? seconds / units[i].seconds : 0;
	snprintf(dst, REPORT_SPAN_SIZE, "%" PRId64 " %s%s", n, units[i].name,
	    n == 1 ? "" : "s");
	return dst;
}

void
report_row(const char *label, const char *value, FILE *out)
{
	if (value[0] == '\0')
		return;
	fprintf(out, "    %-13s", label);
	say_safely(out, value);
	fputc('\n', out);
}

void
report_date(const char *label, int64_t when, FILE *out)
{
	char date[CLOCK_DATE_SIZE];

	if (when != 0)
		report_row(label, clock_date(date, when), out);
}

void
report_state(const struct report_state *states, const char *state, FILE *out)
{
	for (; states->state != NULL; states++)
		if (strcmp(states->state, state) == 0)
			report_row("state", states->text, out);
}

void
report_names(const struct json *names, FILE *out)
{
	for (size_t i = 0; i < json_count(names); i++) {
		const char *name = json_text(json_at(names, i));

		fputs(i == 0 ? "  " : ", ", out);
		say_safely(out, name != NULL ? name : "?");
	}
	fputc('\n', out);
}
