#ifndef MQTT_MEMBER_H
#define MQTT_MEMBER_H

/* Members of the status as texts that are never NULL. */

#include <stdbool.h>
#include <string.h>

#include "json/json.h"

/* "" if it has none. */
static inline const char *
member_text(const struct json *object, const char *member)
{
	const char *value = json_str(object, member);

	return value != NULL ? value : "";
}

static inline bool
member_is(const struct json *object, const char *member, const char *value)
{
	return strcmp(member_text(object, member), value) == 0;
}

/* Of a certificate, or of a section of dynamic DNS. */
static inline const char *
member_first_name(const struct json *object)
{
	const char *name = json_text(json_at(json_get(object, "names"), 0));

	return name != NULL ? name : "?";
}

#endif
