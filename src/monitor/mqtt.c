/* What the supervisor says of MQTT, as the status shows it. */

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "jsonout.h"
#include "status.h"

void
status_mqtt_release(struct mqtt_row *row)
{
#define FREE(name) free(row->name);
#define KEEP(name)
	MQTT_ROW(FREE, KEEP)
#undef FREE
#undef KEEP
	*row = (struct mqtt_row){ 0 };
}

void
status_mqtt(struct status *status, const struct msg_SHOW_MQTT *said)
{
	struct mqtt_row *row = &status->mqtt;

	status_mqtt_release(row);
#define COPY_STR(name) row->name = xstrdup(said->name);
#define COPY_INT(name) row->name = said->name;
	MQTT_ROW(COPY_STR, COPY_INT)
#undef COPY_STR
#undef COPY_INT
}

void
status_mqtt_render(const struct status *status, struct jsonout *json)
{
	const struct mqtt_row *row = &status->mqtt;

	if (row->state == NULL || strcmp(row->state, "off") == 0)
		return;
	jsonout_object(json, "mqtt");
#define SHOW_STR(name) jsonout_str(json, #name, row->name);
#define SHOW_INT(name) jsonout_int(json, #name, row->name);
	MQTT_ROW(SHOW_STR, SHOW_INT)
#undef SHOW_STR
#undef SHOW_INT
	jsonout_object_end(json);
}
