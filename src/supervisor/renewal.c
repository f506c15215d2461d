#include "renewal.h"

#include <stdlib.h>
#include <string.h>

#include "agenda.h"
#include "authority.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/secret.h"
#include "base/xalloc.h"
#include "chore.h"
#include "config/config.h"
#include "ddns.h"
#include "generation.h"
#include "job.h"
#include "monitor.h"
#include "portmap.h"
#include "slot.h"
#include "stats/journal.h"
#include "tell.h"

#define LOOK_AGAIN 600 /* seconds between looks at the wall clock */

/* Somebody who asked for renewals, and what is still to end. */
struct renew_request {
	TAILQ_ENTRY(renew_request) entry;
	struct asker asker;
	const struct slot **pending;
	unsigned npending;
	bool ok;
	struct buf text; /* a line for each that has ended */
};

int64_t
renewal_next(const struct slot *slot, enum schedule_reason *reason)
{
	return agenda_next(slot, clock_wall(), reason);
}

static bool
is_obtaining(const struct slot *slot)
{
	return slot->job != NULL && slot->job->kind == JOB_ISSUE;
}

static bool
is_busy(const struct supervisor *sup)
{
	const struct job *job;

	TAILQ_FOREACH(job, &sup->jobs, entry)
		if (job_is_busy(job))
			return true;
	return false;
}

static bool
has_auto(const struct generation *generation)
{
	for (unsigned i = 0; i < generation->nslots; i++)
		if (slot_is_auto(generation->slots[i]))
			return true;
	return false;
}

static void
clock_went_back(const struct generation *generation, int64_t now)
{
	for (unsigned i = 0; i < generation->nslots; i++) {
		struct slot *slot = generation->slots[i];

		if (!slot_is_auto(slot))
			continue;
		agenda_clock_went_back(slot, now);
		slot_save(slot, NULL);
	}
}

/* False while the clock is not one to decide by; that is looked at again. */
static bool
clock_is_good(struct supervisor *sup, int64_t now)
{
	bool was_good = sup->clock_is_good;
	char date[CLOCK_DATE_SIZE];

	clock_date(date, now);
	sup->clock_is_good = true;
	switch (clockwatch_look(&sup->clock, now, clock_mono_ms())) {
	case CLOCK_GOOD:
		if (!was_good)
			log_info("the clock says %s now: renewals go on", date);
		return true;
	case CLOCK_EARLY:
	case CLOCK_DOUBTFUL:
		sup->clock_is_good = false;
		if (was_good)
			log_warn("the clock says %s, which cannot be right: "
			         "what is there is served, renewals wait",
			    date);
		return false;
	case CLOCK_BACK:
		break;
	}
	log_warn(
	    "the clock was ahead and went back to %s: renewals go on", date);
	clock_went_back(sup->current, now);
	return true;
}

/* Costs the CA nothing that it counts: no record before it starts. */
static void
start_asking(struct slot *slot)
{
	struct error err = { 0 };

	if (job_start(slot, JOB_RENEWAL_INFO, &err) == -1)
		renewal_not_informed(slot, err.msg);
}

/*
 * Written down before it starts: a crash must not let it start for free. Where
 * nothing can be written, nothing is asked.
 */
static void
start(struct slot *slot)
{
	struct error err = { 0 };
	const char *directory = authority_next(slot, clock_wall())->directory;
	struct renewal_failure failure = { .kind = JOB_LADDER,
		.problem = "local",
		.detail = err.msg,
		.retry_after = -1,
		.directory = directory };

	agenda_started(slot, clock_wall());
	if (slot_save(slot, &err) == -1) {
		failure.problem = "store";
		renewal_failed(slot, &failure);
		return;
	}
	log_info("certificate for %s: asking %s", slot_name(slot), directory);
	if (job_start(slot, JOB_ISSUE, &err) == -1)
		renewal_failed(slot, &failure);
	else
		monitor_show_cert(slot);
}

/* Must the CA come to a port of ours? */
static bool
needs_port(const struct slot *slot, int64_t now)
{
	const struct config_acme *acme = authority_next(slot, now);

	return acme->nchallenges != 1 ||
	    acme->challenges[0] != CHALLENGE_DNS_01;
}

/* For the address to be visible, and for the router to have answered. */
static void
settle(struct slot *slot, int64_t now)
{
	const struct config_cert *cert = slot->config;
	int64_t router = 0;

	slot->settled_at =
	    ddns_settled(slot->sup, cert->names, cert->nnames, now);
	slot->settling = SCHEDULE_ADDRESS;
	if (needs_port(slot, now))
		router = portmap_settled(slot->sup, now);
	if (router > slot->settled_at) {
		slot->settled_at = router;
		slot->settling = SCHEDULE_ROUTER;
	}
}

/* Which orders have to wait for what is on its way. */
static void
note_waits(struct supervisor *sup, int64_t now)
{
	for (unsigned i = 0; i < sup->current->nslots; i++) {
		struct slot *slot = sup->current->slots[i];
		int64_t before = slot->settled_at;

		if (!slot_is_auto(slot))
			continue;
		settle(slot, now);
		if (slot->settled_at != before)
			monitor_show_cert(slot);
	}
}

static void
on_timer(void *arg)
{
	renewal_update(arg);
}

static void
look_again(struct supervisor *sup, int64_t seconds)
{
	sup->renewal_timer.fn = on_timer;
	sup->renewal_timer.arg = sup;
	loop_timer_set(sup->loop, &sup->renewal_timer,
	    1000 * (seconds < LOOK_AGAIN ? seconds : LOOK_AGAIN));
}

void
renewal_update(struct supervisor *sup)
{
	int64_t now = clock_wall();
	struct errand next;

	loop_timer_cancel(&sup->renewal_timer);
	if (sup->phase != PHASE_RUNNING || sup->current == NULL || is_busy(sup))
		return;
	if (chore_start(sup) || !has_auto(sup->current))
		return;
	if (!clock_is_good(sup, now)) {
		look_again(sup, CLOCKWATCH_AGAIN);
		return;
	}
	tell_expiring(sup, now);
	note_waits(sup, now);
	next = agenda_first(sup->current->slots, sup->current->nslots, now);
	if (next.slot == NULL)
		return;
	if (next.when > now)
		look_again(sup, next.when - now);
	else if (next.kind == JOB_ISSUE)
		start(next.slot);
	else
		start_asking(next.slot);
}

static struct renew_request *
request_new(struct supervisor *sup, struct asker asker, unsigned nslots)
{
	struct renew_request *request = xcalloc(1, sizeof(*request));

	request->asker = asker;
	request->ok = true;
	request->pending = xcalloc(nslots, sizeof(struct slot *));
	TAILQ_INSERT_TAIL(&sup->renewals, request, entry);
	return request;
}

static void
request_end(struct supervisor *sup, struct renew_request *request)
{
	buf_append(&request->text, "", 1);
	supervisor_reply(request->asker, request->ok,
	    (const char *)buf_data(&request->text));
	TAILQ_REMOVE(&sup->renewals, request, entry);
	buf_release(&request->text);
	free(request->pending);
	free(request);
}

static void
add_line(struct renew_request *request, bool ok, const char *line)
{
	request->ok = request->ok && ok;
	buf_printf(&request->text, "%s%s",
	    buf_len(&request->text) > 0 ? "\n" : "", line);
}

/* Tells everyone who waits for this slot. */
static void
report(const struct slot *slot, bool ok, const char *line)
{
	struct supervisor *sup = slot->sup;
	struct renew_request *request, *next;

	TAILQ_FOREACH_SAFE(request, &sup->renewals, entry, next) {
		for (unsigned i = 0; i < request->npending; i++) {
			if (request->pending[i] != slot)
				continue;
			request->pending[i] =
			    request->pending[--request->npending];
			add_line(request, ok, line);
			break;
		}
		if (request->npending == 0)
			request_end(sup, request);
	}
}

/* A job may end while the clock is wrong; its waits must not. */
static struct schedule_moment
this_moment(const struct slot *slot)
{
	struct schedule_moment moment = {
		.now = clockwatch_note(&slot->sup->clock, clock_wall())
	};

	secret_random(&moment.random, sizeof(moment.random));
	return moment;
}

void
renewal_informed(
    struct slot *slot, const struct schedule_info *info, const char *page)
{
	int64_t before = slot->record.schedule.chosen;
	char next[CLOCK_DATE_SIZE];

	schedule_informed(&slot->record.schedule, info, this_moment(slot));
	slot_save(slot, NULL);
	if (slot->record.schedule.chosen != before)
		log_info("certificate for %s: the CA suggests to renew it "
		         "about %s%s%s",
		    slot_name(slot),
		    clock_date(next, slot->record.schedule.chosen),
		    page[0] != '\0' ? "; why: " : "", page);
	monitor_show_cert(slot);
	renewal_update(slot->sup);
}

void
renewal_not_informed(struct slot *slot, const char *why)
{
	log_info("certificate for %s: the CA does not say when to renew it: %s",
	    slot_name(slot), why);
	schedule_informed(&slot->record.schedule, NULL, this_moment(slot));
	slot_save(slot, NULL);
	renewal_update(slot->sup);
}

void
renewal_succeeded(struct slot *slot)
{
	char expires[CLOCK_DATE_SIZE], next[CLOCK_DATE_SIZE];
	char *line;

	agenda_succeeded(slot, this_moment(slot));
	slot_save(slot, NULL);
	clock_date(expires, slot->facts.dates.not_after);
	clock_date(next, renewal_next(slot, NULL));
	/* Before the log: who has read it may ask the monitor. */
	monitor_show_cert(slot);
	log_info("certificate for %s is in service: serial %s, expires %s, "
	         "next renewal %s",
	    slot_name(slot), slot->facts.serial, expires, next);
	line = xasprintf("%s: serial %s, expires %s", slot_name(slot),
	    slot->facts.serial, expires);
	journal_event(slot->sup->journal, "certificate", "%s", line);
	report(slot, true, line);
	free(line);
	tell(slot, TELL_ISSUED);
}

void
renewal_failed(struct slot *slot, const struct renewal_failure *failure)
{
	const struct record *record = &slot->record;
	int64_t before = record->schedule.failures;
	char next[CLOCK_DATE_SIZE];
	char *line;

	agenda_failed(slot, failure, this_moment(slot));
	slot_save(slot, NULL);
	line = xasprintf("%s: %s: %s%s%s; next attempt %s", slot_name(slot),
	    failure->problem, failure->detail,
	    record->advice != NULL ? ". " : "",
	    record->advice != NULL ? record->advice : "",
	    clock_date(next, renewal_next(slot, NULL)));
	monitor_show_cert(slot); /* before the log, as above */
	if (failure->kind == JOB_DAILY)
		log_err("certificate for %s", line);
	else
		log_warn("certificate for %s", line);
	journal_event(slot->sup->journal, "certificate-failed", "%s", line);
	report(slot, false, line);
	free(line);
	if (before < TELL_FAILURES &&
	    record->schedule.failures == TELL_FAILURES)
		tell(slot, TELL_FAILING);
	renewal_update(slot->sup);
}

/* Puts one slot into a request; says so at once if the CA forbids it. */
static void
ask_slot(struct renew_request *request, struct slot *slot)
{
	struct schedule schedule = slot_schedule(slot, clock_wall());
	char date[CLOCK_DATE_SIZE];
	char *line;

	if (schedule.gate > clock_wall()) {
		line = xasprintf("%s: the CA asked not to come back before %s",
		    slot_name(slot), clock_date(date, schedule.gate));
		add_line(request, false, line);
		free(line);
		return;
	}
	if (!is_obtaining(slot) && !slot->fresh) {
		schedule_clear(&slot->record.schedule);
		slot->asked = true;
		slot_save(slot, NULL);
	}
	request->pending[request->npending++] = slot;
}

char *
renewal_nobody(const char *name)
{
	if (name[0] == '\0')
		return xstrdup("no AutoCert in the configuration");
	return xasprintf("no AutoCert has the name '%.100s'; `gatehouse "
	                 "status` shows those that there are",
	    name);
}

void
renewal_ask(struct supervisor *sup, struct asker asker, const char *name)
{
	const struct generation *generation = sup->current;
	struct renew_request *request;
	char *line;

	if (generation == NULL || sup->phase != PHASE_RUNNING) {
		supervisor_reply(asker, false, "the gateway is stopping");
		return;
	}
	if (!clockwatch_trusts(&sup->clock, clock_wall())) {
		supervisor_reply(
		    asker, false, "the clock of this machine cannot be right");
		return;
	}
	request = request_new(sup, asker, generation->nslots);
	for (unsigned i = 0; i < generation->nslots; i++) {
		struct slot *slot = generation->slots[i];

		if (slot_is_auto(slot) &&
		    (name[0] == '\0' || slot_has_name(slot, name)))
			ask_slot(request, slot);
	}
	if (request->npending == 0 && buf_len(&request->text) == 0) {
		line = renewal_nobody(name);
		add_line(request, false, line);
		free(line);
	}
	if (request->npending == 0)
		request_end(sup, request);
	renewal_update(sup);
}

void
renewal_await(struct slot *slot, struct asker asker, bool ok, const char *line)
{
	struct renew_request *request;

	if (asker.monitor == NULL)
		return;
	request = request_new(slot->sup, asker, 1);
	if (line != NULL)
		add_line(request, ok, line);
	request->pending[request->npending++] = slot;
}

void
renewal_dismiss(struct supervisor *sup, const char *text)
{
	struct renew_request *request;

	while ((request = TAILQ_FIRST(&sup->renewals)) != NULL) {
		add_line(request, true, text);
		request_end(sup, request);
	}
}

void
renewal_forget(struct supervisor *sup, const struct child *monitor)
{
	struct renew_request *request, *next;

	TAILQ_FOREACH_SAFE(request, &sup->renewals, entry, next)
		if (request->asker.monitor == monitor) {
			request->asker.monitor = NULL;
			request_end(sup, request);
		}
}

void
renewal_forget_slot(const struct slot *slot)
{
	report(slot, false, "it is no longer in the configuration");
}
