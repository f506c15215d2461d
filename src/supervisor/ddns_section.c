#include "ddns_section.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/secret.h"
#include "base/xalloc.h"
#include "config/config.h"
#include "ddns.h"
#include "ddns_ask.h"
#include "ddns_run.h"
#include "ddns_show.h"
#include "portmap.h"
#include "record.h"
#include "stats/journal.h"
#include "supervisor.h"

/* --- the section itself --------------------------------------------------- */

/* Does not write what is there already: most looks find nothing new. */
static int
save(struct ddns_section *section, struct error *err)
{
	struct buf buf = { 0 };
	struct error reason = { 0 };
	char *text;

	ddns_record_print(&section->record, &buf);
	text = buf_detach(&buf, NULL);
	if (section->saved != NULL && strcmp(section->saved, text) == 0) {
		free(text);
		return 0;
	}
	free(section->saved);
	section->saved = NULL;
	if (ddns_record_write(
	        section->dir, section->name, &section->record, &reason) == -1) {
		log_warn("DDNS: %s", reason.msg);
		free(text);
		return error_set(err, reason.kind, "%s", reason.msg);
	}
	section->saved = text;
	return 0;
}

/*
 * With other words, what its provider said of the last ones is void, and what
 * it is about to say of them, too.
 */
static void
adopt(struct ddns_section *section)
{
	if (!ddns_record_adopt(&section->record, section->config))
		return;
	ddns_schedule_renew(&section->record.schedule);
	if (section->txt_done == NULL) {
		ddns_run_cancel(section->run);
		section->run = NULL;
	}
}

struct ddns_section *
ddns_section_new(struct supervisor *sup, const struct config_ddns *config,
    int dir, char *name)
{
	struct ddns_section *section = xcalloc(1, sizeof(*section));

	section->sup = sup;
	section->config = config;
	section->dir = dir;
	section->name = name;
	ddns_record_read(dir, name, &section->record);
	adopt(section);
	ddns_schedule_begin(&section->record.schedule, clock_wall());
	return section;
}

void
ddns_section_free(struct ddns_section *section)
{
	static const struct ddns_end gone = { .kind = DDNS_AGAIN,
		.problem = "gone",
		.detail = "it is no longer in the configuration",
		.advice = "",
		.retry_after = -1 };

	ddns_run_cancel(section->run);
	if (section->txt_done != NULL)
		section->txt_done(section->txt_arg, &gone);
	ddns_record_release(&section->record);
	ddns_seen_release(&section->seen);
	free(section->name);
	free(section->saved);
	free(section);
}

bool
ddns_section_serves(
    const struct ddns_section *section, const struct config_ddns *config)
{
	return ddns_record_is_of(&section->record, config);
}

void
ddns_section_take(
    struct ddns_section *section, const struct config_ddns *config)
{
	section->config = config;
	adopt(section);
}

struct ddns_pace
ddns_section_pace(const struct ddns_section *section)
{
	return (
	    struct ddns_pace){ .seconds = section->config->provider->seconds,
		.interval = section->config->interval };
}

char *
ddns_section_label(const struct ddns_section *section)
{
	const struct config_ddns *config = section->config;

	return xasprintf("%s for %s%s", config->provider->name,
	    config->hosts[0], config->nhosts > 1 ? " and others" : "");
}

/* A wildcard has the addresses of every name one label below its own. */
static bool
publishes(const char *host, const char *name)
{
	const char *dot = strchr(name, '.');

	return strcasecmp(host, name) == 0 ||
	    (host[0] == '*' && dot != NULL && strcasecmp(host + 1, dot) == 0);
}

bool
ddns_section_has(const struct ddns_section *section, const char *name)
{
	for (unsigned i = 0; i < section->config->nhosts; i++)
		if (publishes(section->config->hosts[i], name))
			return true;
	return false;
}

/* --- when ----------------------------------------------------------------- */

static struct schedule_moment
this_moment(void)
{
	struct schedule_moment moment = { .now = clock_wall() };

	secret_random(&moment.random, sizeof(moment.random));
	return moment;
}

void
ddns_section_event(struct ddns_section *section)
{
	section->again = section->run != NULL;
	ddns_schedule_event(&section->record.schedule);
}

struct ddns_errand
ddns_section_next(const struct ddns_section *section)
{
	const struct ddns_pace pace = ddns_section_pace(section);

	if ((section->asked & 1u << DDNS_FORCE) != 0)
		return (struct ddns_errand){ DDNS_FORCE, 0 };
	if ((section->asked & 1u << DDNS_LOOK) != 0)
		return (struct ddns_errand){ DDNS_LOOK, 0 };
	return ddns_schedule_next(&section->record.schedule, &pace);
}

/* --- what a job finds ----------------------------------------------------- */

/* The log and the journal hear what is new. */
static void
tell_change(const struct ddns_section *section)
{
	char *label = ddns_section_label(section);
	char *now = ddns_seen_text(&section->seen);

	log_info("DDNS %s: the address is %s", label, now);
	journal_event(section->sup->journal, "address", "%s: %s", label, now);
	free(label);
	free(now);
}

static void
on_found(void *arg, const struct msg_DDNS_FOUND *found)
{
	struct ddns_section *section = arg;
	struct ddns_schedule *schedule = &section->record.schedule;
	bool was_hidden = schedule->looked && schedule->hidden;
	bool changed = !ddns_same_text(found->ipv4, section->seen.ipv4) ||
	    !ddns_same_text(found->ipv6, section->seen.ipv6);
	int64_t now = clock_wall();

	ddns_seen_note(&section->seen, found);
	if (changed) {
		tell_change(section);
		portmap_show(section->sup); /* is the router's the same? */
	}
	section->same =
	    ddns_seen_is_published(&section->seen, &section->record);
	ddns_schedule_found(schedule, section->same, found->visible, now);
	if (found->visible == 1 && !section->same) {
		/* Somebody has done it already: nobody needs to be asked. */
		ddns_seen_remember(&section->seen, &section->record);
		schedule->published_at = now;
	}
	if (was_hidden && found->visible == 1)
		log_info("DDNS %s: its servers say the new address",
		    section->config->hosts[0]);
}

/* --- how it ends ---------------------------------------------------------- */

/* What is said to whoever asked, and how it went. The caller frees. */
struct outcome {
	bool ok;
	char *line;
};

static void
published(struct ddns_section *section, struct outcome *outcome)
{
	char *label = ddns_section_label(section);
	char *now = ddns_seen_text(&section->seen);

	ddns_schedule_published(&section->record.schedule,
	    !section->same && section->seen.visible != 1, clock_wall());
	ddns_seen_remember(&section->seen, &section->record);
	ddns_record_problem(&section->record, NULL, NULL, NULL);
	log_info("DDNS %s: %s is published", label, now);
	journal_event(
	    section->sup->journal, "address-published", "%s: %s", label, now);
	outcome->line = xasprintf("%s: published %s", label, now);
	free(label);
	free(now);
}

/* A look went well, or there was nothing to publish. */
static void
looked(struct ddns_section *section, const struct ddns_end *end,
    struct outcome *outcome)
{
	struct ddns_schedule *schedule = &section->record.schedule;
	char *label = ddns_section_label(section);
	char *now = ddns_seen_text(&section->seen);

	if (!schedule->wanted && schedule->stopped_at == 0) {
		schedule->failures = 0;
		schedule->not_before = 0;
		ddns_record_problem(&section->record, NULL, NULL, NULL);
	}
	if (section->kind == DDNS_LOOK)
		outcome->line = xasprintf("%s: %s", label, now);
	else
		outcome->line = xasprintf("%s: %s; %s", label, now, end->text);
	free(label);
	free(now);
}

static void
done(struct ddns_section *section, const struct ddns_end *end,
    struct outcome *outcome)
{
	struct ddns_schedule *schedule = &section->record.schedule;

	if (section->kind == DDNS_LOOK) {
		looked(section, end, outcome);
		return;
	}
	if (end->updated) {
		published(section, outcome);
		return;
	}
	schedule->requested_at = section->requested_before;
	looked(section, end, outcome);
}

/* Once for each problem: it may stay the same for days. */
static void
tell_failure(
    struct ddns_section *section, const struct ddns_end *end, const char *line)
{
	const struct ddns_record *record = &section->record;

	if (ddns_same_text(record->problem, end->problem) &&
	    ddns_same_text(record->detail, end->detail) && !end->lost)
		return;
	if (end->kind == DDNS_STOP)
		log_err("DDNS %s", line);
	else
		log_warn("DDNS %s", line);
	journal_event(section->sup->journal, "address-refused", "%s", line);
}

static void
count_failure(struct ddns_section *section, const struct ddns_end *end)
{
	struct ddns_schedule *schedule = &section->record.schedule;
	const struct ddns_pace pace = ddns_section_pace(section);

	if (section->kind == DDNS_LOOK)
		return;
	if (end->kind == DDNS_NOWHERE)
		ddns_schedule_nowhere(
		    schedule, &pace, section->requested_before, this_moment());
	else
		ddns_schedule_failed(
		    schedule, end->kind, end->retry_after, this_moment());
}

static void
failed(struct ddns_section *section, const struct ddns_end *end,
    struct outcome *outcome)
{
	char *label = ddns_section_label(section);

	outcome->ok = false;
	outcome->line = xasprintf("%s: %s: %s%s%s", label, end->problem,
	    end->detail, end->advice[0] != '\0' ? ". " : "", end->advice);
	tell_failure(section, end, outcome->line);
	count_failure(section, end);
	/* A look that fails does not hide why the provider refuses. */
	if (section->kind != DDNS_LOOK ||
	    section->record.schedule.stopped_at == 0)
		ddns_record_problem(
		    &section->record, end->problem, end->detail, end->advice);
	free(label);
}

static void
on_ended(void *arg, const struct ddns_end *end)
{
	struct ddns_section *section = arg;
	struct ddns_schedule *schedule = &section->record.schedule;
	const struct ddns_pace pace = ddns_section_pace(section);
	struct outcome outcome = { .ok = true };

	section->run = NULL;
	if (end->done)
		done(section, end, &outcome);
	else
		failed(section, end, &outcome);
	ddns_schedule_looked(schedule, &pace, this_moment());
	if (section->again)
		ddns_schedule_event(schedule);
	section->again = false;
	save(section, NULL);
	ddns_show(section); /* who is answered may ask the monitor */
	ddns_ask_report(section, section->kind, outcome.ok, outcome.line);
	free(outcome.line);
	ddns_go_on(section->sup);
}

/* --- how it begins -------------------------------------------------------- */

static void
not_started(
    struct ddns_section *section, const char *problem, const struct error *err)
{
	on_ended(section,
	    &(struct ddns_end){ .kind = DDNS_AGAIN,
	        .problem = problem,
	        .detail = err->msg,
	        .advice = "",
	        .retry_after = -1 });
}

void
ddns_section_start(struct ddns_section *section, enum ddns_kind kind)
{
	struct ddns_schedule *schedule = &section->record.schedule;
	struct error err = { 0 };

	section->kind = kind;
	section->asked &= ~(1u << kind);
	section->same =
	    ddns_seen_is_published(&section->seen, &section->record);
	section->requested_before = schedule->requested_at;
	if (kind != DDNS_LOOK) {
		ddns_schedule_started(schedule, clock_wall());
		if (save(section, &err) == -1) {
			not_started(section, "store", &err);
			return;
		}
	}
	section->run = ddns_run_start(section->sup,
	    &(struct ddns_task){ .kind = kind,
	        .config = section->config,
	        .record = &section->record,
	        .found = on_found,
	        .ended = on_ended,
	        .arg = section },
	    &err);
	if (section->run == NULL)
		not_started(section, "local", &err);
}

static void
on_txt_ended(void *arg, const struct ddns_end *end)
{
	struct ddns_section *section = arg;
	void (*done_with)(void *arg, const struct ddns_end *end) =
	    section->txt_done;

	section->run = NULL;
	section->txt_done = NULL;
	done_with(section->txt_arg, end);
	ddns_go_on(section->sup);
}

int
ddns_section_txt(struct ddns_section *section, const struct ddns_proof *txt,
    struct error *err)
{
	if (section->run != NULL)
		return 1;
	section->kind = txt->clear ? DDNS_TXT_CLEAR : DDNS_TXT_SET;
	section->run = ddns_run_start(section->sup,
	    &(struct ddns_task){ .kind = section->kind,
	        .config = section->config,
	        .record = &section->record,
	        .name = txt->name,
	        .value = txt->value,
	        .ended = on_txt_ended,
	        .arg = section },
	    err);
	if (section->run == NULL)
		return -1;
	section->txt_done = txt->done;
	section->txt_arg = txt->arg;
	return 0;
}
