#ifndef CLI_HA_TRIP_H
#define CLI_HA_TRIP_H

/*
 * What the parts of ha_trust() share: one way through all the steps. Functions
 * that return bool say whether to go on; if not, the result is set.
 */

#include <stdbool.h>

#include "base/error.h"
#include "ha_config.h"
#include "ha_socket.h"
#include "ha_trust.h"

#define HA_HOW_TO_TOKEN                                                        \
	"make one in Home Assistant, as an administrator: your name at the "   \
	"bottom left, Security, Long-lived access tokens, Create token"

struct ha_trip {
	const struct ha_trust_wish *wish;
	struct ha_trust_result *result;
	struct ha_place place;
	struct addr proxy;        /* what is to be trusted */
	bool trusts;              /* as last seen, without credentials */
	struct ha_socket *socket; /* logged in; NULL: not connected */
	struct json *answer;      /* of http/config … */
	struct ha_config config;  /* … and what it says */
};

void ha_tell(const struct ha_trip *trip, const char *what);

/* Both end the trip and return false. The text is taken over. */
bool ha_end(struct ha_trip *trip, enum ha_trust_end how, char *text);
bool ha_fail(struct ha_trip *trip, const char *what, const struct error *err,
    const char *cure);

/* Adds to what was done; takes the line over. */
void ha_add_line(struct ha_trip *trip, char *line);

/* Is Home Assistant there? *local is as which it sees us. */
int ha_meet(struct ha_trip *trip, struct addr *local, struct error *err);

/* Sets trip->trusts. It refuses a proxy before it looks who asks (E3). */
int ha_see_trust(struct ha_trip *trip, struct error *err);

/* Connects and logs in, anew if need be. Errors of ha_socket_login(). */
int ha_enter(struct ha_trip *trip, struct error *err);
void ha_leave(struct ha_trip *trip);

#endif
