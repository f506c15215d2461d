#include "ddns.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "config/config.h"
#include "ddns_ask.h"
#include "ddns_run.h"
#include "ddns_section.h"
#include "ddns_set.h"
#include "ddns_show.h"
#include "generation.h"
#include "plan.h"
#include "publish.h"
#include "renewal.h"
#include "supervisor.h"

#define LOOK_AGAIN_MS 600000 /* between looks at the wall clock, which jumps */
#define PROOF "_acme-challenge."

/* --- what is due ---------------------------------------------------------- */

static void
set_timer(struct ddns *ddns, int64_t seconds)
{
	int64_t ms =
	    seconds < LOOK_AGAIN_MS / 1000 ? seconds * 1000 : LOOK_AGAIN_MS;

	loop_timer_set(ddns->sup->loop, &ddns->timer, ms);
}

/* Starts it if it is due; else the seconds until then. */
static int64_t
start_if_due(struct ddns_section *section, int64_t now)
{
	const struct ddns_pace pace = ddns_section_pace(section);
	struct ddns_errand errand;

	if (section->run != NULL)
		return LOOK_AGAIN_MS / 1000;
	ddns_schedule_clock(&section->record.schedule, &pace, now);
	errand = ddns_section_next(section);
	if (errand.when > now)
		return errand.when - now;
	ddns_section_start(section, errand.kind);
	return LOOK_AGAIN_MS / 1000;
}

static void
start_due(struct ddns *ddns)
{
	struct supervisor *sup = ddns->sup;
	int64_t now = clock_wall(), next = LOOK_AGAIN_MS / 1000;
	struct ddns_section *section;

	loop_timer_cancel(&ddns->timer);
	if (sup->phase != PHASE_RUNNING || sup->current == NULL ||
	    TAILQ_EMPTY(&ddns->sections))
		return;
	TAILQ_FOREACH(section, &ddns->sections, entry) {
		int64_t wait = start_if_due(section, now);

		if (wait < next)
			next = wait;
	}
	set_timer(ddns, next);
}

static void
on_timer(void *arg)
{
	start_due(arg);
}

static void
on_later(void *arg)
{
	struct ddns *ddns = arg;

	publish_go_on(ddns->sup);
	renewal_update(ddns->sup);
	start_due(ddns);
}

void
ddns_go_on(struct supervisor *sup)
{
	if (sup->ddns != NULL)
		loop_later(sup->loop, &sup->ddns->later);
}

void
ddns_look(struct supervisor *sup)
{
	struct ddns_section *section;

	if (sup->ddns == NULL)
		return;
	TAILQ_FOREACH(section, &sup->ddns->sections, entry)
		ddns_section_event(section);
	ddns_go_on(sup);
}

/* --- which sections there are --------------------------------------------- */

static struct ddns *
begin(struct supervisor *sup)
{
	struct ddns *ddns = xcalloc(1, sizeof(*ddns));
	char *path = xasprintf("%s/" CONFIG_DDNS_DIR, sup->dir.path);
	struct error err;

	ddns->sup = sup;
	TAILQ_INIT(&ddns->sections);
	TAILQ_INIT(&ddns->asks);
	ddns->timer.fn = on_timer;
	ddns->later.fn = on_later;
	ddns->timer.arg = ddns->later.arg = ddns;
	ddns->dir = file_open_dir(path, 0700, &err);
	if (ddns->dir == -1)
		log_err("%s: no address is published, for what was asked of a "
		        "provider could not be kept",
		    err.msg);
	free(path);
	return ddns;
}

static bool
is_taken(const struct ddns_section_list *list, const char *name)
{
	const struct ddns_section *section;

	TAILQ_FOREACH(section, list, entry)
		if (strcmp(section->name, name) == 0)
			return true;
	return false;
}

static bool
is_kept(
    const struct ddns *ddns, const char *name, const struct config_ddns *config)
{
	struct ddns_record record;
	bool is;

	ddns_record_read(ddns->dir, name, &record);
	is = ddns_record_is_of(&record, config);
	ddns_record_release(&record);
	return is;
}

/*
 * The record of this section, or the first name that is free. The caller frees.
 */
static char *
choose_name(const struct ddns *ddns, const struct ddns_section_list *gone,
    const struct config_ddns *config)
{
	unsigned nddns = ddns->sup->current->plan->config->nddns;
	char *spare = NULL;

	for (unsigned n = 1; n <= nddns || spare == NULL; n++) {
		char *name = ddns_record_name(config, n);
		bool is_free =
		    !is_taken(&ddns->sections, name) && !is_taken(gone, name);

		if (is_free && is_kept(ddns, name, config)) {
			free(spare);
			return name;
		}
		if (is_free && spare == NULL)
			spare = name;
		else
			free(name);
	}
	return spare;
}

static struct ddns_section *
take_from(struct ddns_section_list *old, const struct config_ddns *config)
{
	struct ddns_section *section;

	TAILQ_FOREACH(section, old, entry)
		if (ddns_section_serves(section, config)) {
			TAILQ_REMOVE(old, section, entry);
			ddns_section_take(section, config);
			return section;
		}
	return NULL;
}

static void
drop_all(struct ddns *ddns, struct ddns_section_list *list)
{
	struct ddns_section *section;

	while ((section = TAILQ_FIRST(list)) != NULL) {
		ddns_ask_forget_section(ddns, section);
		TAILQ_REMOVE(list, section, entry);
		ddns_section_free(section);
	}
}

static void
serve(struct ddns *ddns, const struct config_ddns *config)
{
	struct ddns_section_list old = TAILQ_HEAD_INITIALIZER(old);
	struct ddns_section *section;

	TAILQ_CONCAT(&old, &ddns->sections, entry);
	for (; config != NULL; config = config->next) {
		section = take_from(&old, config);
		if (section == NULL)
			section = ddns_section_new(ddns->sup, config, ddns->dir,
			    choose_name(ddns, &old, config));
		TAILQ_INSERT_TAIL(&ddns->sections, section, entry);
	}
	drop_all(ddns, &old);
}

void
ddns_update(struct supervisor *sup)
{
	const struct config_ddns *config = sup->current->plan->config->ddns;

	if (sup->ddns == NULL && config == NULL)
		return;
	if (sup->ddns == NULL)
		sup->ddns = begin(sup);
	serve(sup->ddns, config);
	ddns_go_on(sup);
}

void
ddns_stop(struct supervisor *sup)
{
	struct ddns_section *section;

	if (sup->ddns == NULL)
		return;
	loop_timer_cancel(&sup->ddns->timer);
	ddns_ask_dismiss(sup, "the gateway is stopping");
	TAILQ_FOREACH(section, &sup->ddns->sections, entry) {
		ddns_run_cancel(section->run);
		section->run = NULL;
		section->txt_done = NULL;
	}
}

void
ddns_release(struct supervisor *sup)
{
	struct ddns *ddns = sup->ddns;

	if (ddns == NULL)
		return;
	ddns_stop(sup);
	drop_all(ddns, &ddns->sections);
	if (ddns->dir != -1)
		close(ddns->dir);
	free(ddns);
	sup->ddns = NULL;
}

/* --- what others ask ------------------------------------------------------ */

/* What the router says of itself is no proof of how the world sees us. */
const char *
ddns_public_ipv4(const struct supervisor *sup)
{
	const struct ddns_section *section;

	if (sup->ddns == NULL)
		return "";
	TAILQ_FOREACH(section, &sup->ddns->sections, entry) {
		const struct ddns_seen *seen = &section->seen;

		if (seen->ipv4 != NULL && seen->source4 != NULL &&
		    strcmp(seen->source4, "router") != 0)
			return seen->ipv4;
	}
	return "";
}

int64_t
ddns_settled(const struct supervisor *sup, const char *const *names,
    unsigned nnames, int64_t now)
{
	const struct ddns_section *section;
	int64_t until = 0;

	if (sup->ddns == NULL)
		return 0;
	TAILQ_FOREACH(section, &sup->ddns->sections, entry) {
		int64_t settled =
		    ddns_schedule_settled(&section->record.schedule, now);

		for (unsigned i = 0; i < nnames && settled > until; i++)
			if (ddns_section_has(section, names[i]))
				until = settled;
	}
	return until;
}

const char *
ddns_prover(const struct supervisor *sup, const char *record)
{
	const struct config_ddns *config;
	const struct ddns_section *section;

	if (sup->ddns == NULL || strncmp(record, PROOF, sizeof(PROOF) - 1) != 0)
		return NULL;
	config = config_ddns_for_proof(
	    sup->current->plan->config, record + sizeof(PROOF) - 1);
	TAILQ_FOREACH(section, &sup->ddns->sections, entry)
		if (section->config == config)
			return section->name;
	return NULL;
}

int
ddns_publish(
    struct supervisor *sup, const struct ddns_proof *txt, struct error *err)
{
	struct ddns_section *section;

	if (sup->ddns != NULL)
		TAILQ_FOREACH(section, &sup->ddns->sections, entry)
			if (strcmp(section->name, txt->section) == 0)
				return ddns_section_txt(section, txt, err);
	return error_set(err, ERR_NOTFOUND,
	    "its DDNS section is no longer in the configuration");
}

void
ddns_show_all(struct supervisor *sup)
{
	struct ddns_section *section;

	if (sup->ddns != NULL)
		TAILQ_FOREACH(section, &sup->ddns->sections, entry)
			ddns_show(section);
}
