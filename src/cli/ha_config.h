#ifndef CLI_HA_CONFIG_H
#define CLI_HA_CONFIG_H

/*
 * What Home Assistant says of its HTTP settings (`http/config`), and what we
 * want in them. No I/O. It has a stable slot and may have a pending one, which
 * it runs on trial after a restart, until somebody keeps it or five minutes are
 * over. A `proxy` is the address as which it sees the gateway.
 */

#include <stdbool.h>

#include "base/error.h"
#include "net/addr.h"

struct json;

#define HA_LEGACY_PORT 8123 /* where it listens if the default is taken */
#define HA_WHEN_SIZE 32

struct ha_config {
	const struct json *active; /* the slot that it runs with */
	bool is_legacy;      /* they are its defaults, but for HA_LEGACY_PORT */
	bool on_trial;       /* nobody has kept it yet */
	bool waiting;        /* there is one to be tried with the next start */
	const char *failure; /* why the last trial came to nothing; NULL */
	char when[HA_WHEN_SIZE]; /* the trial ends; "": it does not say */
};

/* Borrows from the answer. ERR_PROTOCOL: it makes no sense. */
int ha_config_read(
    const struct json *answer, struct ha_config *config, struct error *err);

/* Do these settings let the proxy say who its clients are? */
bool ha_config_trusts(const struct json *slot, const struct addr *proxy);

/*
 * All of the settings with the proxy added: those that are left out would
 * become defaults. The caller frees.
 */
struct json *ha_config_wanted(
    const struct ha_config *config, const struct addr *proxy);

/* "127.0.0.1/32 and ::1/128": what is added. The caller frees. */
char *ha_config_added(const struct addr *proxy);

/* The same as indented lines of a configuration.yaml. The caller frees. */
char *ha_config_yaml(const struct addr *proxy);

/* Does this version, "2026.4.2", read its settings there? */
bool ha_config_wants_yaml(const char *version);

/* Is the external URL that was found (or NULL) this one? */
bool ha_config_is_url(const char *found, const char *url);

/*
 * A network of the list that is none, or has bits behind its mask; NULL if all
 * are good. Home Assistant refuses a list with one.
 */
const char *ha_config_bad_network(const struct json *slot);

/*
 * The address that it has refused X-Forwarded-For from, according to its log
 * (`system_log/list`); false if that does not say.
 */
bool ha_config_refused(const struct json *log, struct addr *addr);

#endif
