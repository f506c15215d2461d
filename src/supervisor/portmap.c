#include "portmap.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/secret.h"
#include "base/xalloc.h"
#include "bind.h"
#include "config/config.h"
#include "ddns.h"
#include "generation.h"
#include "lease.h"
#include "monitor.h"
#include "plan.h"
#include "portlist.h"
#include "portmap_state.h"

#define SETTLE_MS 2000    /* after an address event others may follow */
#define ADDRESS_MS 300000 /* between two looks at the address outside */
#define PATIENCE 30       /* seconds; an order waits so long for the answer */
#define REMOVALS_MAX 5    /* attempts to take a mapping away */

/* --- what there is to do -------------------------------------------------- */

/* What the router is to have of ours. */
static const char *
goal(const struct portmap *pm)
{
	return pm->held ? "" : pm->ports;
}

/* What was mapped and is wanted otherwise goes first. */
static bool
next_run(const struct portmap *pm, enum portmap_kind *kind)
{
	if (pm->kept.ports[0] != '\0' && strcmp(pm->kept.ports, goal(pm)) != 0)
		*kind = PORTMAP_UNMAP;
	else if (goal(pm)[0] != '\0')
		*kind = PORTMAP_MAP;
	else if (pm->asks)
		*kind = PORTMAP_ADDRESS;
	else
		return false;
	return true;
}

void
portmap_keep(struct portmap *pm, const char *ports)
{
	struct error err = { 0 };

	if (strcmp(pm->kept.ports, ports) == 0)
		return;
	mapped_set(&pm->kept, ports);
	if (mapped_write(&pm->kept, pm->sup->dir.fd, &err) == -1)
		log_warn("port mapping is not remembered over a restart: %s",
		    err.msg);
}

static void
set_timer(struct portmap *pm, int64_t ms)
{
	pm->next = clock_wall() + ms / 1000;
	loop_timer_set(pm->sup->loop, &pm->timer, ms);
}

static void
clear_timer(struct portmap *pm)
{
	pm->next = 0;
	loop_timer_cancel(&pm->timer);
}

static void answer(struct portmap *pm, bool ok);

static void
go(struct portmap *pm)
{
	enum portmap_kind kind;

	if (pm->sup->phase != PHASE_RUNNING || pm->sup->current == NULL)
		return;
	if (pm->child != NULL) {
		pm->look_again = true;
		return;
	}
	pm->look_again = false;
	clear_timer(pm);
	if (!next_run(pm, &kind)) {
		portmap_text(&pm->problem, "");
		portmap_text(&pm->advice, "");
		portmap_text(&pm->warning, "");
		portmap_text(&pm->wan, "");
		pm->failures = 0;
		portmap_show(pm->sup);
		answer(pm, true);
		return;
	}
	if (kind == PORTMAP_MAP)
		portmap_keep(pm, goal(pm));
	portmap_run(pm, kind, kind == PORTMAP_ADDRESS ? "" : pm->kept.ports);
}

static void
on_timer(void *arg)
{
	go(portmap_from(arg));
}

static int64_t
wait_ms(const struct portmap *pm, bool ok)
{
	uint32_t random;
	int64_t wait;

	secret_random(&random, sizeof(random));
	if (!ok)
		return lease_retry_ms(pm->failures, random);
	wait =
	    pm->kind == PORTMAP_MAP ? lease_renew_ms(pm->lifetime) : ADDRESS_MS;
	return pm->asks && wait > ADDRESS_MS ? ADDRESS_MS : wait;
}

/* A router that does not let go is left alone in the end. */
static bool
is_removed(struct portmap *pm, bool ok)
{
	if (!ok && pm->failures < REMOVALS_MAX)
		return false;
	if (!ok)
		log_warn("the router may still forward %s: remove that there",
		    pm->kept.ports);
	portmap_text(&pm->mapped, "");
	portmap_keep(pm, "");
	return true;
}

void
portmap_answered(struct portmap *pm, bool ok)
{
	enum portmap_kind kind;

	if (next_run(pm, &kind))
		set_timer(pm, wait_ms(pm, ok));
	portmap_show(pm->sup);
}

void
portmap_ended(struct portmap *pm, bool ok)
{
	bool more = pm->look_again;

	if (pm->kind == PORTMAP_MAP && strcmp(pm->kept.ports, goal(pm)) == 0)
		pm->settles_at = 0;
	if (pm->kind == PORTMAP_UNMAP && is_removed(pm, ok)) {
		if (!ok)
			answer(pm, false);
		more = true;
	}
	if (more) {
		go(pm);
		return;
	}
	answer(pm, ok);
}

/* --- what is told --------------------------------------------------------- */

/* The internet sees another address than the router has: the caller frees. */
static char *
warning_of(const struct portmap *pm)
{
	const char *seen = ddns_public_ipv4(pm->sup);

	if (pm->warning[0] != '\0' || pm->wan[0] == '\0' || seen[0] == '\0' ||
	    strcmp(seen, pm->wan) == 0)
		return xstrdup(pm->warning);
	return xasprintf("the router says that its address is %s, but from "
	                 "outside it is %s: there is another router before "
	                 "it, at home or at the provider (CGNAT), and nobody "
	                 "gets through that one. Ask the provider for a "
	                 "public IPv4 address",
	    pm->wan, seen);
}

static const char *
state_of(const struct portmap *pm)
{
	enum portmap_kind kind;

	if (!next_run(pm, &kind))
		return pm->held ? "held" : "off";
	if (pm->failures > 0)
		return "failing";
	switch (kind) {
	case PORTMAP_MAP:
		return pm->mapped[0] != '\0' ? "mapped" : "asking";
	case PORTMAP_UNMAP:
		return "removing";
	case PORTMAP_ADDRESS:
	case PORTMAP_KIND_COUNT:
		break;
	}
	return "address";
}

void
portmap_show(struct supervisor *sup)
{
	const struct portmap *pm = sup->portmap;
	char *warning = warning_of(pm);
	struct msg msg = { .kind = MSG_SHOW_PORTMAP,
		.fd = -1,
		.u.SHOW_PORTMAP = { .state = state_of(pm),
		    .protocol = pm->protocol,
		    .wan = pm->wan,
		    .ports = pm->mapped,
		    .lifetime = pm->lifetime,
		    .since = pm->mapped[0] != '\0' ? pm->since : 0,
		    .next_attempt = pm->next,
		    .failures = pm->failures,
		    .warning = warning,
		    .problem = pm->problem,
		    .advice = pm->advice } };

	monitor_tell(sup, &msg);
	free(warning);
}

/* One line for whoever asked. The caller frees. */
static char *
summary(const struct portmap *pm)
{
	char *warning = warning_of(pm), *text;
	const char *why;

	if (pm->problem[0] != '\0')
		text = xasprintf("%s%s%s", pm->problem,
		    pm->advice[0] != '\0' ? ". " : "", pm->advice);
	else if (pm->mapped[0] != '\0')
		text = xasprintf("the router forwards %s to us, by %s%s%s%s%s",
		    pm->mapped, pm->protocol,
		    pm->wan[0] != '\0' ? "; its address outside is " : "",
		    pm->wan, warning[0] != '\0' ? ". But " : "", warning);
	else {
		why = pm->child != NULL ? "the router is being asked"
		    : pm->held
		    ? "nothing is mapped: `gatehouse portmap off` "
		      "was said"
		    : "nothing is mapped: the configuration has no PortMap "
		      "auto, or no listener that the router could reach";
		text = xstrdup(why);
	}
	free(warning);
	return text;
}

static void
answer(struct portmap *pm, bool ok)
{
	char *text;

	if (!pm->is_asked)
		return;
	pm->is_asked = false;
	text = summary(pm);
	supervisor_reply(pm->asker, ok, text);
	free(text);
}

static void
dismiss(struct portmap *pm, const char *text)
{
	if (pm->is_asked)
		supervisor_reply(pm->asker, true, text);
	pm->is_asked = false;
}

/* --- commands ------------------------------------------------------------- */

static void
command_renew(struct portmap *pm)
{
	pm->held = false;
	if (goal(pm)[0] == '\0' && pm->kept.ports[0] == '\0') {
		answer(pm, false);
		return;
	}
	go(pm);
}

static void
command_off(struct portmap *pm)
{
	pm->held = true;
	go(pm);
}

static void
command_status(struct portmap *pm)
{
	answer(pm, pm->failures == 0);
}

static const struct command {
	const char *word;
	bool waits; /* for the router; one person at a time */
	void (*run)(struct portmap *pm);
} commands[] = {
	{ "status", false, command_status },
	{ "renew", true, command_renew },
	{ "off", true, command_off },
};

void
portmap_ask(struct supervisor *sup, struct asker asker, const char *arg)
{
	size_t i = 0, n = sizeof(commands) / sizeof(commands[0]);
	struct portmap *pm = sup->portmap;

	while (i < n &&
	    strcmp(arg[0] != '\0' ? arg : "status", commands[i].word) != 0)
		i++;
	if (i == n)
		supervisor_reply(asker, false,
		    "port mapping can be shown (status), done again now "
		    "(renew) or undone (off)");
	else if (sup->phase != PHASE_RUNNING || sup->current == NULL)
		supervisor_reply(asker, false, "the gateway is stopping");
	else if (pm->is_asked)
		supervisor_reply(asker, false,
		    "the router is being asked for somebody else");
	else {
		pm->asker = asker;
		pm->is_asked = true;
		commands[i].run(pm);
	}
}

void
portmap_forget(struct supervisor *sup, const struct child *monitor)
{
	if (sup->portmap->asker.monitor == monitor)
		sup->portmap->is_asked = false;
}

/* --- what is wanted ------------------------------------------------------- */

static void
add_port(struct portmap *pm, struct buf *ports, bool tls)
{
	const struct generation *generation = pm->sup->current;
	uint16_t outside = tls ? PORTLIST_HTTPS : PORTLIST_HTTP;
	struct portlist_choice choice = portlist_choose(
	    generation->plan->config, generation->bindings->list, tls);
	char name[CONFIG_LABEL_SIZE];

	if (choice.port != 0)
		buf_printf(ports, "%s%u:%u", buf_len(ports) > 0 ? " " : "",
		    outside, choice.port);
	else if (choice.shut != NULL)
		log_warn("port %u is not mapped: the router cannot reach %s; "
		         "let it listen on an address of this machine in the "
		         "local network",
		    outside, config_listener_label(choice.shut, name));
}

/*
 * Does dynamic DNS want to know of each change? If it may choose, it asks the
 * router where that is asked anyway.
 */
static bool
asks_router(const struct config *config)
{
	const struct config_ddns *ddns;

	for (ddns = config->ddns; ddns != NULL; ddns = ddns->next)
		if (ddns->ipv4 == DDNS_SOURCE_ROUTER ||
		    (ddns->ipv4 == DDNS_SOURCE_AUTO && config->port_map))
			return true;
	return false;
}

void
portmap_update(struct supervisor *sup)
{
	const struct config *config = sup->current->plan->config;
	struct portmap *pm = sup->portmap;
	struct buf ports = { 0 };
	char *wanted;

	dismiss(pm,
	    "the gateway was reloaded meanwhile; `gatehouse portmap` "
	    "says how it ended");
	if (config->port_map && sup->current->bindings != NULL) {
		add_port(pm, &ports, false);
		add_port(pm, &ports, true);
	}
	wanted = buf_detach(&ports, NULL);
	if (strcmp(wanted, pm->ports) != 0)
		pm->settles_at = clock_wall() + PATIENCE;
	free(pm->ports);
	pm->ports = wanted;
	pm->asks = asks_router(config);
	pm->held = false;
	go(pm);
}

void
portmap_look(struct supervisor *sup)
{
	struct portmap *pm = sup->portmap;
	enum portmap_kind kind;

	if (sup->phase != PHASE_RUNNING || !next_run(pm, &kind))
		return;
	if (pm->child != NULL)
		pm->look_again = true;
	else if (pm->next == 0 || pm->next > clock_wall() + SETTLE_MS / 1000)
		set_timer(pm, SETTLE_MS);
}

int64_t
portmap_settled(const struct supervisor *sup, int64_t now)
{
	const struct portmap *pm = sup->portmap;

	if (pm == NULL || goal(pm)[0] == '\0' || pm->settles_at <= now ||
	    pm->settles_at > now + PATIENCE)
		return 0;
	return pm->settles_at;
}

const char *
portmap_wan(const struct supervisor *sup)
{
	return sup->portmap != NULL ? sup->portmap->wan : "";
}

void
portmap_start(struct supervisor *sup)
{
	struct portmap *pm = xcalloc(1, sizeof(*pm));
	char **texts[] = { &pm->ports, &pm->mapped, &pm->protocol, &pm->wan,
		&pm->warning, &pm->problem, &pm->advice };

	pm->magic = PORTMAP_MAGIC;
	pm->sup = sup;
	pm->timer.fn = on_timer;
	pm->timer.arg = pm;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		portmap_text(texts[i], "");
	mapped_read(&pm->kept, sup->dir.fd);
	sup->portmap = pm;
}

void
portmap_stop(struct supervisor *sup)
{
	struct portmap *pm = sup->portmap;

	clear_timer(pm);
	dismiss(pm, "the gateway is stopping");
	portmap_cancel(pm);
}

void
portmap_release(struct supervisor *sup)
{
	struct portmap *pm = sup->portmap;

	if (pm == NULL)
		return;
	loop_timer_cancel(&pm->timer);
	loop_timer_cancel(&pm->deadline);
	mapped_release(&pm->kept);
	free(pm->ports);
	free(pm->mapped);
	free(pm->protocol);
	free(pm->wan);
	free(pm->warning);
	free(pm->problem);
	free(pm->advice);
	pm->magic = 0;
	free(pm);
	sup->portmap = NULL;
}
