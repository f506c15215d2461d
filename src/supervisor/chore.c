#include "chore.h"

#include <stdlib.h>
#include <string.h>

#include "authority.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "brief.h"
#include "config/config.h"
#include "generation.h"
#include "job.h"
#include "monitor.h"
#include "plan.h"
#include "renewal.h"
#include "slot.h"

enum account_action { ACCOUNT_SHOW, ACCOUNT_UPDATE, ACCOUNT_ROLL, ACCOUNT_END };

static const char *const account_actions[] = {
	[ACCOUNT_SHOW] = "show",
	[ACCOUNT_UPDATE] = "update",
	[ACCOUNT_ROLL] = "roll",
	[ACCOUNT_END] = "deactivate",
};

#define NACTIONS (sizeof(account_actions) / sizeof(account_actions[0]))

/* RFC 5280 section 5.3.1: what a subscriber may say. */
static const struct reason {
	const char *word;
	const char *code;
} reasons[] = {
	{ "unspecified", "0" },
	{ "keyCompromise", "1" },
	{ "affiliationChanged", "3" },
	{ "superseded", "4" },
	{ "cessationOfOperation", "5" },
};

#define NREASONS (sizeof(reasons) / sizeof(reasons[0]))

struct chore {
	TAILQ_ENTRY(chore) entry;
	struct supervisor *sup;
	struct asker asker; /* .monitor NULL: nobody waits any more */
	enum job_kind kind;
	char *name;                 /* of a certificate or section; "" */
	const char *code;           /* JOB_REVOKE: the reason */
	enum account_action action; /* JOB_ACCOUNT */
	unsigned generation;        /* whose slots `next` counts */
	unsigned next;              /* slot to look at */
	struct job *job;            /* NULL: none is under way */
	struct slot *slot;          /* that it is about; NULL: none */
	char *serial;               /* JOB_REVOKE: of the certificate */
	char *directory;            /* that is asked */
	bool ok;
	struct buf text; /* a line for each thing that was done */
};

static void
chore_free(struct chore *chore)
{
	TAILQ_REMOVE(&chore->sup->chores, chore, entry);
	buf_release(&chore->text);
	free(chore->name);
	free(chore->serial);
	free(chore->directory);
	free(chore);
}

/* Takes the line. */
static void
say(struct chore *chore, bool ok, char *line)
{
	if (ok)
		log_info("%s", line);
	else
		log_warn("%s", line);
	chore->ok = chore->ok && ok;
	buf_printf(
	    &chore->text, "%s%s", buf_len(&chore->text) > 0 ? "\n" : "", line);
	free(line);
}

static void
answer(struct chore *chore)
{
	buf_append(&chore->text, "", 1);
	supervisor_reply(
	    chore->asker, chore->ok, (const char *)buf_data(&chore->text));
	chore->asker.monitor = NULL;
}

static void
add(struct supervisor *sup, const struct chore *what, const char *name)
{
	struct chore *chore = xcalloc(1, sizeof(*chore));

	*chore = *what;
	chore->sup = sup;
	chore->name = xstrdup(name);
	chore->generation = sup->current->number;
	chore->ok = true;
	TAILQ_INSERT_TAIL(&sup->chores, chore, entry);
	renewal_update(sup);
}

static bool
may_ask(const struct supervisor *sup, struct asker asker)
{
	if (sup->current != NULL && sup->phase == PHASE_RUNNING)
		return true;
	supervisor_reply(asker, false, "the gateway is stopping");
	return false;
}

/* The rest of an argument, after its first word of this length. */
static const char *
rest(const char *arg, size_t word)
{
	return arg + word + strspn(arg + word, " ");
}

static bool
is_word(const char *arg, size_t len, const char *word)
{
	return strlen(word) == len && strncmp(arg, word, len) == 0;
}

void
chore_dry_run(struct supervisor *sup, struct asker asker, const char *arg)
{
	const struct chore what = { .asker = asker, .kind = JOB_DRY_RUN };

	if (may_ask(sup, asker))
		add(sup, &what, arg);
}

void
chore_revoke(struct supervisor *sup, struct asker asker, const char *arg)
{
	struct chore what = { .asker = asker, .kind = JOB_REVOKE };
	size_t len = strcspn(arg, " ");

	for (size_t i = 0; i < NREASONS; i++)
		if (is_word(arg, len, reasons[i].word))
			what.code = reasons[i].code;
	if (what.code == NULL)
		supervisor_reply(asker, false,
		    "the reason is one of unspecified, keyCompromise, "
		    "affiliationChanged, superseded, cessationOfOperation");
	else if (*rest(arg, len) == '\0')
		supervisor_reply(asker, false, "which certificate?");
	else if (may_ask(sup, asker))
		add(sup, &what, rest(arg, len));
}

void
chore_account(struct supervisor *sup, struct asker asker, const char *arg)
{
	struct chore what = { .asker = asker, .kind = JOB_ACCOUNT };
	size_t len = strcspn(arg, " "), i = 0;

	while (i < NACTIONS && !is_word(arg, len, account_actions[i]))
		i++;
	what.action = (enum account_action)i;
	if (i == NACTIONS)
		supervisor_reply(asker, false,
		    "an account can be shown (show), told your new address "
		    "(update), given another key (roll) or closed "
		    "(deactivate)");
	else if (may_ask(sup, asker))
		add(sup, &what, rest(arg, len));
}

/* --- one job after the other --------------------------------------------- */

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
		say(chore, false, xasprintf("%s: %s", name, err.msg));
	return chore->job != NULL;
}

/* A rehearsal on the stage itself keeps to what the CA asked for. */
static bool
rehearse(struct chore *chore, struct slot *slot)
{
	const struct config_acme *acme = slot->config->acme;
	const struct job_task task = { .kind = JOB_DRY_RUN,
		.slot = slot,
		.acme = acme,
		.directory = config_acme_staging(acme->directory) };
	int64_t gate = authority_gate(&slot->record, task.directory);
	char date[CLOCK_DATE_SIZE];

	if (gate > clock_wall()) {
		say(chore, false,
		    xasprintf("%s: the CA asked not to come back before %s",
		        slot_name(slot), clock_date(date, gate)));
		return false;
	}
	chore->slot = slot;
	log_info("certificate for %s: a dry run with %s", slot_name(slot),
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
		.arg = chore->code };

	if (!slot->facts.known ||
	    (slot->source != SLOT_CURRENT && slot->source != SLOT_PREVIOUS)) {
		say(chore, false,
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
		say(chore, false,
		    xasprintf("there is no ACME section '%s'", chore->name));
		return false;
	}
	task.directory = acme->directory;
	task.arg = account_actions[chore->action];
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

/* The next step of one chore; false when there is none. */
static bool
step(struct chore *chore)
{
	struct slot *slot;

	if (chore->kind == JOB_ACCOUNT)
		return chore->next++ == 0 && tend_account(chore);
	if (chore->generation != chore->sup->current->number)
		return false;
	while ((slot = next_slot(chore)) != NULL)
		if (chore->kind == JOB_REVOKE ? revoke(chore, slot)
		                              : rehearse(chore, slot))
			return true;
	return false;
}

static void
end(struct chore *chore)
{
	if (buf_len(&chore->text) == 0)
		say(chore, false, renewal_nobody(chore->name));
	answer(chore);
	chore_free(chore);
}

bool
chore_start(struct supervisor *sup)
{
	struct chore *chore;

	while ((chore = TAILQ_FIRST(&sup->chores)) != NULL) {
		if (step(chore))
			return true;
		end(chore);
	}
	return false;
}

/* --- how a job ended ----------------------------------------------------- */

/* Its job is over: whatever comes next. */
static void
go_on(struct chore *chore)
{
	chore->job = NULL;
	chore->slot = NULL;
	renewal_update(chore->sup);
}

/* What was revoked serves on, until its successor is there. */
static void
revoked(struct chore *chore)
{
	struct slot *slot = chore->slot;

	record_set(&slot->record.revoked, chore->serial);
	schedule_clear(&slot->record.schedule);
	slot_save(slot, NULL);
	monitor_show_cert(slot);
	say(chore, true,
	    xasprintf("%s: serial %s is revoked; a new certificate is being "
	              "obtained",
	        slot_name(slot), chore->serial));
}

void
chore_done(struct chore *chore, const char *text)
{
	if (chore->kind == JOB_ACCOUNT)
		say(chore, true, xstrdup(text));
	else if (chore->kind == JOB_REVOKE)
		revoked(chore);
	else
		say(chore, true,
		    xasprintf("%s: the dry run with %s succeeded: %s",
		        slot_name(chore->slot), chore->directory, text));
	go_on(chore);
}

void
chore_failed(struct chore *chore, const struct renewal_failure *failure)
{
	const char *advice = failure->advice != NULL ? failure->advice : "";

	say(chore, false,
	    xasprintf("%s: %s: %s%s%s",
	        chore->slot != NULL ? slot_name(chore->slot) : chore->directory,
	        failure->problem, failure->detail,
	        advice[0] != '\0' ? ". " : "", advice));
	go_on(chore);
}

/* --- who no longer waits, and what is no longer there --------------------- */

void
chore_dismiss(struct supervisor *sup, const char *text)
{
	struct chore *chore;

	TAILQ_FOREACH(chore, &sup->chores, entry) {
		supervisor_reply(chore->asker, true, text);
		chore->asker.monitor = NULL;
	}
}

void
chore_cancel_all(struct supervisor *sup)
{
	struct chore *chore, *next;

	TAILQ_FOREACH_SAFE(chore, &sup->chores, entry, next) {
		job_cancel(chore->job);
		chore_free(chore);
	}
}

void
chore_forget(struct supervisor *sup, const struct child *monitor)
{
	struct chore *chore;

	TAILQ_FOREACH(chore, &sup->chores, entry)
		if (chore->asker.monitor == monitor)
			chore->asker.monitor = NULL;
}

void
chore_forget_slot(struct supervisor *sup, const struct slot *slot)
{
	struct chore *chore;

	TAILQ_FOREACH(chore, &sup->chores, entry) {
		if (chore->slot != slot)
			continue;
		job_cancel(chore->job);
		chore->job = NULL;
		chore->slot = NULL;
		say(chore, false,
		    xasprintf("%s: it is no longer in the configuration",
		        slot_name(slot)));
	}
}
