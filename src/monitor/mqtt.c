/* What the supervisor says of MQTT, as the status shows it. */

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "jsonout.h"
#include "status.h"

void
status_mqtt_release(struct mqtt_row *row)
{
	MQTT_ROW(ROW_FREE_STR, ROW_FREE_INT)
	*row = (struct mqtt_row){ 0 };
}

void
status_mqtt(struct status *status, const struct msg_SHOW_MQTT *said)
{
	struct mqtt_row *row = &status->mqtt;

	status_mqtt_release(row);
	MQTT_ROW(ROW_COPY_STR, ROW_COPY_INT)
}

void
status_mqtt_render(const struct status *status, struct jsonout *json)
{
	const struct mqtt_row *row = &status->mqtt;

	if (row->state == NULL || strcmp(row->state, "off") == 0)
		return;
	jsonout_object(json, "mqtt");
	MQTT_ROW(ROW_SHOW_STR, ROW_SHOW_INT)
	jsonout_object_end(json);
}
