#include "addresses.h"

#include "base/log.h"
#include "config/config.h"
#include "ddns.h"
#include "generation.h"
#include "plan.h"
#include "portmap.h"
#include "supervisor.h"

static void
on_change(void *arg)
{
	struct supervisor *sup = arg;

	log_debug("the addresses of this machine have changed");
	ddns_look(sup);
	portmap_look(sup);
}

void
addresses_init(struct supervisor *sup)
{
	addrwatch_init(&sup->addresses, sup->loop);
	sup->addresses.changed = on_change;
	sup->addresses.arg = sup;
}

void
addresses_update(struct supervisor *sup)
{
	const struct config *config = sup->current->plan->config;

	if (config->nddns > 0 || config->port_map)
		addrwatch_open(&sup->addresses);
	else
		addrwatch_close(&sup->addresses);
}

void
addresses_stop(struct supervisor *sup)
{
	addrwatch_close(&sup->addresses);
}
