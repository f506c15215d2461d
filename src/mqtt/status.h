#ifndef MQTT_STATUS_H
#define MQTT_STATUS_H

/* What is to be told: the status, as the monitor sends it over a stream. */

struct json;
struct refusal;

#define STATUS_MAX (4u * 1024 * 1024) /* bytes */
#define STATUS_MS 5000

/* Until the other end closes. NULL: see the refusal. */
struct json *status_read(int fd, struct refusal *refusal);

#endif
