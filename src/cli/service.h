#ifndef CLI_SERVICE_H
#define CLI_SERVICE_H

/*
 * Starting and stopping the gateway that runs with a configuration file: as the
 * service of systemd, as a daemon where there is none, or as a child for a
 * while. `file` may be NULL for the default one.
 */

#include <stdbool.h>

#include "base/error.h"

enum service_way {
	SERVICE_SYSTEMD, /* enabled and started */
	SERVICE_DAEMON,  /* started; there is no systemd here */
	SERVICE_CHILD    /* until service_end() */
};

struct service;

enum service_way service_choose(bool no_service);

/*
 * Until its control socket answers. One that runs already is told to reload
 * (and enabled, SERVICE_SYSTEMD), and goes on after service_end(). On failure
 * nothing that was started here runs on, and the error ends with what
 * gatehoused or systemctl said.
 */
int service_start(enum service_way way, const char *file,
    struct service **service, struct error *err);

bool service_is_running(const char *file);

/* What is wrong with the file, if it was not taken over. */
int service_reload(const char *file, struct error *err);

/* A child is ended and waited for; the others go on. Frees; NULL is fine. */
void service_end(struct service *service);

/*
 * Stops and disables it, however it was started, until it has gone. None that
 * runs or is enabled is success.
 */
int service_remove(const char *file, struct error *err);

#endif
