#ifndef MQTT_ENTITY_H
#define MQTT_ENTITY_H

/*
 * What Home Assistant shows of the gateway: an entity for each thing of the
 * status that a person at home may want to see, or to be told of.
 */

#include <stdint.h>

struct json;

#define ENTITIES_MAX 256 /* what comes after them is left out */

/* In Home Assistant's words. */
#define ENTITY_ON "ON"
#define ENTITY_OFF "OFF"
#define ENTITY_UNKNOWN "None"

struct entity {
	const char *component;    /* "sensor", "binary_sensor" */
	const char *device_class; /* NULL: none */
	char *id;                 /* a-z, 0-9 and '_', unlike the others' */
	char *name;
	char *value;
	struct json *attributes;
};

struct entities {
	struct entity list[ENTITIES_MAX];
	unsigned n;
};

void entities_init(struct entities *entities, const struct json *status);
void entities_release(struct entities *entities);

/* Lower case; what is no letter and no digit becomes '_'. The caller frees. */
char *entity_identifier(const char *prefix, const char *text);

#endif
