/* The jobs of a chore, one after the other. */

#include <stdlib.h>
#include <string.h>

#include "authority.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "brief.h"
#include "chore_state.h"
#include "config/config.h"
#include "generation.h"
#include "job.h"
#include "plan.h"
#include "slot.h"

/* Starts a job; false if it cannot be, which is said. */
static bool
start(struct chore *chore, const struct job_task *task)
{
	const char *name =
	    task->slot != NULL ? slot_name(task->slot) : task->directory;
	struct error err = { 0 };

	free(chore->directory);
	chore->directory = xstrdup(task->directory);
	chore->job = job_start_task(chore->sup, task, chore, &err);
	if (chore->job == NULL)
		chore_say(chore, false, xasprintf("%s: %s", name, err.msg));
	return chore->job != NULL;
}

/* A rehearsal on the stage itself keeps to what the CA asked for. */
static bool
is_gated(struct chore *chore, const struct slot *slot, const char *directory)
{
	int64_t gate = authority_gate(&slot->record, directory);
	char date[CLOCK_DATE_SIZE];

	if (gate <= clock_wall())
		return false;
	chore_say(chore, false,
	    xasprintf("%s: the CA asked not to come back before %s",
	        slot_name(slot), clock_date(date, gate)));
	return true;
}

static bool
rehearse(struct chore *chore, struct slot *slot)
{
	const struct config_acme *acme = slot->config->acme;
	const struct job_task task = { .kind = JOB_DRY_RUN,
		.slot = slot,
		.acme = acme,
		.directory = config_acme_staging(acme->directory) };

	if (is_gated(chore, slot, task.directory))
		return false;
	chore->slot = slot;
	log_info("certificate for %s: a dry run with %s", slot_name(slot),
	    task.directory);
	return start(chore, &task);
}

static bool
reach(struct chore *chore, struct slot *slot)
{
	const struct config_acme *acme = slot->config->acme;
	const struct job_task task = { .kind = JOB_REACH,
		.slot = slot,
		.acme = acme,
		.directory = config_acme_staging(acme->directory),
		.arg = chore->arg,
		.name = chore->name };

	if (config_acme_is_production(task.directory)) {
		chore_say(chore, false,
		    xasprintf("%s has no directory to rehearse with that we "
		              "know, and failures at this one count",
		        task.directory));
		return false;
	}
	if (is_gated(chore, slot, task.directory))
		return false;
	chore->slot = slot;
	log_info("%s by %s: a look from %s", chore->name, chore->arg,
	    task.directory);
	return start(chore, &task);
}

static bool
revoke(struct chore *chore, struct slot *slot)
{
	const struct config_acme *acme = authority_issued(slot);
	struct job_task task = { .kind = JOB_REVOKE,
		.slot = slot,
		.acme = acme != NULL ? acme : slot->config->acme,
		.arg = chore->arg };

	if (!slot->facts.known ||
	    (slot->source != SLOT_CURRENT && slot->source != SLOT_PREVIOUS)) {
		chore_say(chore, false,
		    xasprintf("%s: there is no certificate of an authority "
		              "in service",
		        slot_name(slot)));
		return false;
	}
	task.directory = task.acme->directory;
	chore->slot = slot;
	free(chore->serial);
	chore->serial = xstrdup(slot->facts.serial);
	log_info("certificate for %s: revoking serial %s", slot_name(slot),
	    chore->serial);
	return start(chore, &task);
}

static const struct config_acme *
find_section(const struct config *config, const char *name)
{
	const struct config_acme *acme = config->acmes;

	if (name[0] == '\0' || strcmp(name, "default") == 0)
		return acme;
	while (acme != NULL &&
	    (acme->name == NULL || strcmp(acme->name, name) != 0))
		acme = acme->next;
	return acme;
}

static bool
tend_account(struct chore *chore)
{
	struct supervisor *sup = chore->sup;
	const struct config_acme *acme =
	    find_section(sup->current->plan->config, chore->name);
	struct job_task task = { .kind = JOB_ACCOUNT, .acme = acme };

	if (acme == NULL) {
		chore_say(chore, false,
		    xasprintf("there is no ACME section '%s'", chore->name));
		return false;
	}
	task.directory = acme->directory;
	task.arg = chore->arg;
	return start(chore, &task);
}

/* The next slot that the chore is about; NULL: that was the last one. */
static struct slot *
next_slot(struct chore *chore)
{
	const struct generation *generation = chore->sup->current;

	while (chore->next < generation->nslots) {
		struct slot *slot = generation->slots[chore->next++];

		if (slot_is_auto(slot) &&
		    (chore->name[0] == '\0' ||
		        slot_has_name(slot, chore->name)))
			return slot;
	}
	return NULL;
}

bool
chore_step(struct chore *chore)
{
	struct slot *slot;

	if (chore->kind == JOB_ACCOUNT)
		return chore->next++ == 0 && tend_account(chore);
	if (chore->generation != chore->sup->current->number)
		return false;
	if (chore->kind == JOB_REACH) {
		/* A second kind of key makes it no other house. */
		slot = buf_len(&chore->text) == 0 ? next_slot(chore) : NULL;
		return slot != NULL && reach(chore, slot);
	}
	while ((slot = next_slot(chore)) != NULL)
		if (chore->kind == JOB_REVOKE ? revoke(chore, slot)
		                              : rehearse(chore, slot))
			return true;
	return false;
}
