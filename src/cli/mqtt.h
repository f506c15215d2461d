#ifndef CLI_MQTT_H
#define CLI_MQTT_H

/* In the status, for people: what Home Assistant is told through a broker. */

#include <stdint.h>
#include <stdio.h>

struct json;

/* Its part of the screen: nothing if it is off. */
void mqtt_print(const struct json *status, int64_t now, FILE *out);

#endif
