#include "mqtt.h"

#include <string.h>

#include "base/clock.h"
#include "report_parts.h"
#include "json/json.h"

static const char *
state_text(const char *state)
{
	static const struct {
		const char *state;
		const char *text;
	} states[] = {
		{ "waiting", "nothing was told yet" },
		{ "told", "Home Assistant is told" },
		{ "failing", "the last attempt failed" },
	};

	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++)
		if (strcmp(state, states[i].state) == 0)
			return states[i].text;
	return "";
}

static void
print_date(const char *label, int64_t when, FILE *out)
{
	char date[CLOCK_DATE_SIZE];

	if (when != 0)
		report_row(label, clock_date(date, when), out);
}

void
mqtt_print(const struct json *status, int64_t now, FILE *out)
{
	const struct json *mqtt = json_get(status, "mqtt");
	int64_t next = json_int(mqtt, "next_attempt", 0);

	if (json_said(mqtt, "state")[0] == '\0')
		return;
	fputs("\nMQTT\n", out);
	report_row("state", state_text(json_said(mqtt, "state")), out);
	report_row("broker", json_said(mqtt, "server"), out);
	print_date("last told", json_int(mqtt, "told_at", 0), out);
	print_date("next", next > now ? next : 0, out);
	report_row("problem", json_said(mqtt, "problem"), out);
	report_row("what to do", json_said(mqtt, "advice"), out);
}
