#ifndef SUPERVISOR_MQTT_H
#define SUPERVISOR_MQTT_H

/*
 * Has Home Assistant told how the gateway is (MQTT), by runs of gatehouse-mqtt:
 * at the interval, and soon after something changed. What it is told the job
 * hears from the monitor, over a stream made here. Nothing waits for any of it.
 */

#include "supervisor.h"

struct msg;

/* Once; nothing is told yet. */
void mqtt_start(struct supervisor *sup);

/* A generation serves: its section counts, and soon is what is told. */
void mqtt_update(struct supervisor *sup);

/* Something of what is told may have changed. */
void mqtt_look(struct supervisor *sup);

void mqtt_stop(struct supervisor *sup);
void mqtt_release(struct supervisor *sup);

/* The row of the status, to the monitor of the generation that serves. */
void mqtt_show(struct supervisor *sup);

/* Messages. */
void mqtt_done(struct child *child, const struct msg *msg);
void mqtt_failed(struct child *child, const struct msg *msg);

#endif
