#include "chore.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "chore_state.h"
#include "generation.h"
#include "job.h"
#include "monitor.h"
#include "renewal.h"
#include "slot.h"
#include "ways.h"

static const char *const account_actions[] = { "show", "update", "roll",
	"deactivate" };

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

void
chore_say(struct chore *chore, bool ok, char *line)
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
chore_reach(struct supervisor *sup, struct asker asker, const char *arg)
{
	static const enum job_challenge ways[] = { JOB_HTTP_01,
		JOB_TLS_ALPN_01 };
	struct chore what = { .asker = asker, .kind = JOB_REACH };
	size_t len = strcspn(arg, " ");
	char *name;

	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
		if (strcmp(rest(arg, len), ways_word(ways[i])) == 0)
			what.arg = ways_word(ways[i]);
	if (what.arg == NULL || len == 0 || arg[0] == '*')
		supervisor_reply(asker, false,
		    "a name is looked at that is no wildcard, by http-01 "
		    "(port 80) or tls-alpn-01 (port 443)");
	else if (may_ask(sup, asker)) {
		name = xstrndup(arg, len);
		add(sup, &what, name);
		free(name);
	}
}

void
chore_revoke(struct supervisor *sup, struct asker asker, const char *arg)
{
	struct chore what = { .asker = asker, .kind = JOB_REVOKE };
	size_t len = strcspn(arg, " ");

	for (size_t i = 0; i < NREASONS; i++)
		if (is_word(arg, len, reasons[i].word))
			what.arg = reasons[i].code;
	if (what.arg == NULL)
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
	size_t len = strcspn(arg, " ");

	for (size_t i = 0; i < NACTIONS; i++)
		if (is_word(arg, len, account_actions[i]))
			what.arg = account_actions[i];
	if (what.arg == NULL)
		supervisor_reply(asker, false,
		    "an account can be shown (show), told your new address "
		    "(update), given another key (roll) or closed "
		    "(deactivate)");
	else if (may_ask(sup, asker))
		add(sup, &what, rest(arg, len));
}

/* --- one after the other -------------------------------------------------- */

static void
end(struct chore *chore)
{
	if (buf_len(&chore->text) == 0)
		chore_say(chore, false, renewal_nobody(chore->name));
	answer(chore);
	chore_free(chore);
}

bool
chore_start(struct supervisor *sup)
{
	struct chore *chore;

	while ((chore = TAILQ_FIRST(&sup->chores)) != NULL) {
		if (chore_step(chore))
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
	chore_say(chore, true,
	    xasprintf("%s: serial %s is revoked; a new certificate is being "
	              "obtained",
	        slot_name(slot), chore->serial));
}

void
chore_done(struct chore *chore, const char *text)
{
	if (chore->kind == JOB_ACCOUNT)
		chore_say(chore, true, xstrdup(text));
	else if (chore->kind == JOB_REACH)
		chore_say(chore, true,
		    xasprintf("%s is reached at %s", chore->name, text));
	else if (chore->kind == JOB_REVOKE)
		revoked(chore);
	else
		chore_say(chore, true,
		    xasprintf("%s: the dry run with %s succeeded: %s",
		        slot_name(chore->slot), chore->directory, text));
	go_on(chore);
}

/* The CA, or before it we ourselves, looked and met somebody else or nobody. */
static bool
is_unreached(const struct chore *chore, const struct renewal_failure *failure)
{
	return chore->kind == JOB_REACH &&
	    (ways_is_refusal(failure->problem) ||
	        strcmp(failure->problem, "selfcheck") == 0);
}

void
chore_failed(struct chore *chore, const struct renewal_failure *failure)
{
	const char *advice = failure->advice != NULL ? failure->advice : "";

	if (is_unreached(chore, failure)) {
		chore_say(chore, false,
		    xasprintf(CHORE_NOT_REACHED "%s", failure->detail));
		buf_printf(&chore->text, "\n%s", advice);
		go_on(chore);
		return;
	}
	chore_say(chore, false,
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
		chore_say(chore, false,
		    xasprintf("%s: it is no longer in the configuration",
		        slot_name(slot)));
	}
}
