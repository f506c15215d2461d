#include "mqtt.h"

#include "report_parts.h"
#include "json/json.h"

static const struct report_state states[] = {
	{ "waiting", "nothing was told yet" },
	{ "told", "Home Assistant is told" },
	{ "failing", "the last attempt failed" },
	{ NULL, NULL },
};

void
mqtt_print(const struct json *status, int64_t now, FILE *out)
{
	const struct json *mqtt = json_get(status, "mqtt");
	int64_t next = json_int(mqtt, "next_attempt", 0);

	if (json_said(mqtt, "state")[0] == '\0')
		return;
	fputs("\nMQTT\n", out);
	report_state(states, json_said(mqtt, "state"), out);
	report_row("broker", json_said(mqtt, "server"), out);
	report_date("last told", json_int(mqtt, "told_at", 0), out);
	report_date("next", next > now ? next : 0, out);
	report_row("problem", json_said(mqtt, "problem"), out);
	report_row("what to do", json_said(mqtt, "advice"), out);
}
