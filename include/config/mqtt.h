#ifndef CONFIG_MQTT_H
#define CONFIG_MQTT_H

/* The MQTT section: the broker through which Home Assistant is told. */

#include <stdbool.h>
#include <stdint.h>

#include "config/diag.h"

#define CONFIG_MQTT_HOST_SIZE 256 /* with NUL */
#define CONFIG_MQTT_SECRET_MAX 1024

struct config_mqtt {
	struct config_pos pos;
	const char *server; /* as it was written */
	char host[CONFIG_MQTT_HOST_SIZE];
	uint16_t port;
	bool tls;
	const char *login;    /* NULL: none */
	const char *password; /* the same; blanked in a sealed text */
	const char *ca_file;  /* NULL: the system's */
	struct config_pos ca_pos;
	const char *prefix; /* of the topics of discovery */
	const char *id;     /* NULL: the name of the machine */
	unsigned interval;  /* seconds between two looks */
};

#endif
