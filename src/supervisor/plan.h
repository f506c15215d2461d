#ifndef SUPERVISOR_PLAN_H
#define SUPERVISOR_PLAN_H

/*
 * A configuration that was found good, with what this machine adds to it: the
 * users and the jail it names, and the sealed text that children get.
 */

#include <stdint.h>
#include <sys/types.h>

#include "config/config.h"

#define PLAN_STAY ((uid_t)-1) /* as who we are */

struct plan {
	struct config_text *text;
	struct config *config;
	int sealed;       /* memfd */
	uid_t uid;        /* of every child, or PLAN_STAY */
	gid_t gid;        /* the same */
	const char *root; /* "" = no jail */
};

/*
 * Reads and checks. What can be said of a place in the file goes to `diag`,
 * anything else to `err`, whose message is empty if diag says it all. NULL if
 * there was an error.
 */
struct plan *plan_load(const char *file, struct diag *diag, struct error *err);
void plan_free(struct plan *plan);

/* A user or group id as messages carry it: -1 = stay. */
int64_t plan_wire_id(uint32_t id);

#endif
