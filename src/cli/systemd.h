#ifndef CLI_SYSTEMD_H
#define CLI_SYSTEMD_H

/* Our unit, through systemctl(1). Each call may take as long as a start. */

#include <stdbool.h>

#include "base/error.h"

/* Whether systemd runs this machine. */
bool systemd_is_here(void);

/* The program that our unit starts; NULL: there is no such unit. Freed by the
 * caller. */
char *systemd_find_unit(void);

/* ERR_NOTFOUND: no unit is installed that starts this gatehoused. */
int systemd_check_unit(const char *daemon, struct error *err);

/* The error has what the journal knows; one that failed is stopped. */
int systemd_start(struct error *err);

/* From now on at each boot. */
int systemd_enable(struct error *err);

/* Stopped, and at no boot any more. */
int systemd_disable(struct error *err);

#endif
