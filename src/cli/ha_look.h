#ifndef CLI_HA_LOOK_H
#define CLI_HA_LOOK_H

/* One place, looked at: is this Home Assistant? */

#include <stdbool.h>

#include "base/error.h"
#include "ha_find.h"
#include "net/addr.h"

struct ha_place {
	const char *host; /* by which it is asked; an address or a name */
	struct addr addr;
	bool tls;
};

/* "http://192.168.1.2:8123"; the caller frees. */
char *ha_place_text(const struct ha_place *place);

/* What auth_required says, or "". The caller frees. */
char *ha_read_version(const char *frame, size_t len);

/*
 * Its certificate is not verified: nothing secret is said. ERR_NOTFOUND: nobody
 * can be reached there. Any other kind: somebody can, and is not Home
 * Assistant.
 */
int ha_look(
    const struct ha_place *place, struct ha_found *found, struct error *err);

#endif
