#include "reload.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/xalloc.h"
#include "config/config.h"
#include "generation.h"
#include "import.h"
#include "plan.h"
#include "stats/journal.h"
#include "supervisor.h"

/* All that diag says, and what else there is to say, a line each. */
static char *
join_diag(const struct diag *diag, const char *last)
{
	struct buf text = { 0 };
	const char *line;

	for (unsigned n = 0; (line = diag_line(diag, n)) != NULL; n++)
		buf_printf(&text, "%s%s", n > 0 ? "\n" : "", line);
	if (last[0] != '\0')
		buf_printf(&text, "%s%s", buf_len(&text) > 0 ? "\n" : "", last);
	return buf_detach(&text, NULL);
}

static void
end(struct supervisor *sup, bool ok, const char *text)
{
	struct asker asker = sup->reload.asker;

	sup->reload.asker = (struct asker){ 0 };
	free(sup->reload.said);
	sup->reload.said = NULL;
	supervisor_reply(asker, ok, text);
	if (sup->phase != PHASE_RUNNING)
		return;
	notify_ready(&sup->notify);
	if (sup->reload.again)
		loop_later(sup->loop, &sup->reload.later);
}

void
reload_end(struct supervisor *sup, bool ok, const char *last)
{
	const char *said = sup->reload.said == NULL ? "" : sup->reload.said;
	char *text =
	    xasprintf("%s%s%s", said, said[0] == '\0' ? "" : "\n", last);

	end(sup, ok, text);
	free(text);
}

/* The lock and the store are held for the life of the process. */
static bool
keeps_state_dir(
    const struct supervisor *sup, const struct plan *plan, struct diag *diag)
{
	const struct config *config = plan->config;

	if (strcmp(config->state_dir, sup->dir.path) == 0)
		return true;
	diag_add(diag, DIAG_ERROR, config->state_dir_pos,
	    "StateDir cannot change in a reload (it is %s); restart the "
	    "gateway",
	    sup->dir.path);
	return false;
}

static void
begin(struct supervisor *sup, struct diag *diag)
{
	struct error err = { 0 };
	struct plan *plan = plan_load(sup->file, diag, &err);
	bool begun = false;
	char *text;

	if (plan != NULL && !keeps_state_dir(sup, plan, diag)) {
		plan_free(plan);
		plan = NULL;
	}
	if (plan != NULL) {
		sup->reload.said = join_diag(diag, "");
		begun = generation_begin(sup, plan, diag) == 0;
	}
	supervisor_log_diag(diag);
	if (begun)
		return;
	if (err.msg[0] != '\0')
		log_err("%s", err.msg);
	log_err(
	    "reload refused; generation %u serves on", sup->current->number);
	journal_event(sup->journal, "reload-failed",
	    "the configuration is refused; generation %u serves on",
	    sup->current->number);
	text = join_diag(diag, err.msg);
	end(sup, false, text);
	free(text);
}

void
reload_start(struct supervisor *sup, struct asker asker)
{
	struct diag *diag;

	if (sup->phase != PHASE_RUNNING) {
		supervisor_reply(asker, false, "the gateway is stopping");
		return;
	}
	if (sup->starting != NULL || sup->replaced != NULL) {
		if (asker.monitor == NULL)
			sup->reload.again = true;
		else
			supervisor_reply(
			    asker, false, "a reload is under way already");
		return;
	}
	log_info("reloading %s", sup->file);
	notify_reloading(&sup->notify);
	sup->reload.asker = asker;
	sup->reload.again = false;
	import_waiting(sup);
	diag = diag_new();
	begin(sup, diag);
	diag_free(diag);
}

static void
on_later(void *arg)
{
	reload_start(arg, (struct asker){ 0 });
}

void
reload_init(struct supervisor *sup)
{
	sup->reload.later.fn = on_later;
	sup->reload.later.arg = sup;
}

void
reload_release(struct supervisor *sup)
{
	free(sup->reload.said);
}

void
reload_forget(struct supervisor *sup, const struct child *monitor)
{
	if (sup->reload.asker.monitor == monitor)
		sup->reload.asker.monitor = NULL;
}
