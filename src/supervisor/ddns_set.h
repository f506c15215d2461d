#ifndef SUPERVISOR_DDNS_SET_H
#define SUPERVISOR_DDNS_SET_H

/* What the modules of dynamic DNS share: sup->ddns. */

#include "base/list.h"
#include "net/loop.h"

struct ddns_ask;
struct ddns_section;
struct supervisor;

TAILQ_HEAD(ddns_section_list, ddns_section);
TAILQ_HEAD(ddns_ask_list, ddns_ask);

struct ddns {
	struct supervisor *sup;
	struct ddns_section_list sections; /* as the configuration has them */
	struct ddns_ask_list asks;
	int dir; /* of the records; -1: it cannot be had */
	struct loop_timer timer;
	struct loop_later later;
};

#endif
