#ifndef SUPERVISOR_PORTMAP_H
#define SUPERVISOR_PORTMAP_H

/*
 * Has the router let clients through to us (PortMap), by runs of
 * gatehouse-portmap: maps, renews, takes away what is not wanted any more, and
 * knows the router's address outside. Only an order waits for it, once.
 */

#include "supervisor.h"

struct msg;

/* Once, when the state directory is ours; nothing is asked yet. */
void portmap_start(struct supervisor *sup);

/* A generation serves: its configuration and listeners count from now on. */
void portmap_update(struct supervisor *sup);

/* Our addresses may have changed: the router is asked soon. */
void portmap_look(struct supervisor *sup);

/* What was mapped stays: we may be about to start again. */
void portmap_stop(struct supervisor *sup);
void portmap_release(struct supervisor *sup);

/* The router's IPv4 address outside, as it says; "" = unknown. */
const char *portmap_wan(const struct supervisor *sup);

/*
 * Until when an order that needs our ports waits for the router to have
 * answered once, whatever it says; 0 = it need not.
 */
int64_t portmap_settled(const struct supervisor *sup, int64_t now);

/* The command: "status", "renew" or "off"; the last two wait for the router. */
void portmap_ask(struct supervisor *sup, struct asker asker, const char *arg);

/* The monitor died, and who asked through it has gone with it. */
void portmap_forget(struct supervisor *sup, const struct child *monitor);

/* The row of the status, to the monitor of the generation that serves. */
void portmap_show(struct supervisor *sup);

/* Messages. */
void portmap_done(struct child *child, const struct msg *msg);
void portmap_failed(struct child *child, const struct msg *msg);

#endif
