#ifndef MQTT_PROBLEMS_H
#define MQTT_PROBLEMS_H

#include <stdint.h>

struct json;

/* The first name of a certificate, or of a section of dynamic DNS. */
const char *problems_subject(const struct json *object);

/* What needs attention, as an array of texts. The caller frees it. */
struct json *problems_of(const struct json *status, int64_t now);

#endif
