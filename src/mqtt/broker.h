#ifndef MQTT_BROKER_H
#define MQTT_BROKER_H

/*
 * The conversation with the broker (MQTT 3.1.1, through libmosquitto): all
 * documents are published, retained, and acknowledged; what the broker still
 * keeps of entities that are no more is taken away.
 */

#include <stdbool.h>
#include <stdint.h>

struct documents;
struct refusal;

#define BROKER_CONNECT_MS 10000
#define BROKER_MS 25000 /* for all of it */

struct broker {
	const char *host;
	uint16_t port;
	bool tls;
	const char *ca_file;  /* "" = the system's */
	const char *login;    /* "" = none */
	const char *password; /* "" = none */
};

/* Blocks. -1: see the refusal. */
int broker_tell(const struct broker *broker, const struct documents *documents,
    struct refusal *refusal);

#endif
