#ifndef CLI_HA_SETTLE_H
#define CLI_HA_SETTLE_H

/* The middle of ha_trust(): new settings, a restart, and a second look. */

#include <stdbool.h>

struct ha_trip;

/* With a login: has Home Assistant trust us. False: the result is set. */
bool ha_settle_trust(struct ha_trip *trip);

#endif
