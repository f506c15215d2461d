#ifndef MQTT_PROBLEMS_H
#define MQTT_PROBLEMS_H

#include <stdint.h>

struct json;

/* What needs attention, as an array of texts. The caller frees it. */
struct json *problems_of(const struct json *status, int64_t now);

#endif
