#include "renewal.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/secret.h"
#include "base/xalloc.h"
#include "config/config.h"
#include "generation.h"
#include "job.h"
#include "monitor.h"
#include "slot.h"
#include "stats/journal.h"

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
renewal_next(const struct slot *slot)
{
	if (!slot_is_auto(slot))
		return 0;
	if (slot->asked)
		return slot->record.schedule.gate;
	return schedule_next(&slot->record.schedule, slot_dates(slot));
}

/* Its dates are not known before a worker has read the pair. */
static bool
may_start(const struct slot *slot)
{
	if (!slot_is_auto(slot) || slot->fresh || slot->job != NULL)
		return false;
	if (slot->source != SLOT_CURRENT && slot->source != SLOT_PREVIOUS)
		return true;
	return slot->facts.known;
}

static bool
is_busy(const struct supervisor *sup)
{
	const struct job *job;

	TAILQ_FOREACH(job, &sup->jobs, entry)
		if (!job->self_signed && job->slot != NULL)
			return true;
	return false;
}

static struct slot *
first_due(const struct generation *generation)
{
	struct slot *first = NULL;

	for (unsigned i = 0; i < generation->nslots; i++) {
		struct slot *slot = generation->slots[i];

		if (may_start(slot) &&
		    (first == NULL || renewal_next(slot) < renewal_next(first)))
			first = slot;
	}
	return first;
}

/* Written down before it starts: a crash must not let it start for free. */
static void
start(struct slot *slot)
{
	struct error err = { 0 };
	struct renewal_failure failure = { .kind = JOB_LADDER,
		.problem = "local",
		.detail = err.msg,
		.retry_after = -1 };

	slot->asked = false;
	schedule_started(&slot->record.schedule, clock_wall());
	slot_save(slot);
	log_info("certificate for %s: asking %s", slot_name(slot),
	    slot->config->acme->directory);
	if (job_start(slot, false, &err) == -1)
		renewal_failed(slot, &failure);
	else
		monitor_show_cert(slot);
}

static void
on_timer(void *arg)
{
	renewal_update(arg);
}

void
renewal_update(struct supervisor *sup)
{
	int64_t now = clock_wall(), wait;
	struct slot *slot;

	loop_timer_cancel(&sup->renewal_timer);
	if (sup->phase != PHASE_RUNNING || sup->current == NULL || is_busy(sup))
		return;
	slot = first_due(sup->current);
	if (slot == NULL)
		return;
	wait = renewal_next(slot) - now;
	if (wait <= 0) {
		start(slot);
		return;
	}
	sup->renewal_timer.fn = on_timer;
	sup->renewal_timer.arg = sup;
	loop_timer_set(sup->loop, &sup->renewal_timer,
	    1000 * (wait < LOOK_AGAIN ? wait : LOOK_AGAIN));
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

void
renewal_succeeded(struct slot *slot)
{
	struct record *record = &slot->record;
	char expires[CLOCK_DATE_SIZE], next[CLOCK_DATE_SIZE];
	char *line;

	schedule_succeeded(&record->schedule);
	record->succeeded_at = clock_wall();
	record_set(&record->problem, NULL);
	record_set(&record->detail, NULL);
	record_set(&record->issued, record->wanted);
	slot_save(slot);
	clock_date(expires, slot->facts.dates.not_after);
	clock_date(next, renewal_next(slot));
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
}

void
renewal_failed(struct slot *slot, const struct renewal_failure *failure)
{
	struct record *record = &slot->record;
	struct schedule_moment moment = { .now = clock_wall() };
	char next[CLOCK_DATE_SIZE];
	char *line;

	secret_random(&moment.random, sizeof(moment.random));
	schedule_failed(&record->schedule, failure->kind, failure->retry_after,
	    slot_dates(slot), moment);
	record_set(&record->problem, failure->problem);
	record_set(&record->detail, failure->detail);
	slot_save(slot);
	line = xasprintf("%s: %s: %s; next attempt %s", slot_name(slot),
	    failure->problem, failure->detail,
	    clock_date(next, renewal_next(slot)));
	monitor_show_cert(slot); /* before the log, as above */
	if (failure->kind == JOB_DAILY)
		log_err("certificate for %s", line);
	else
		log_warn("certificate for %s", line);
	journal_event(slot->sup->journal, "certificate-failed", "%s", line);
	report(slot, false, line);
	free(line);
	renewal_update(slot->sup);
}

static bool
has_name(const struct slot *slot, const char *name)
{
	for (unsigned i = 0; i < slot->config->nnames; i++)
		if (strcasecmp(slot->config->names[i], name) == 0)
			return true;
	return false;
}

/* Puts one slot into a request; says so at once if the CA forbids it. */
static void
ask_slot(struct renew_request *request, struct slot *slot)
{
	struct schedule *schedule = &slot->record.schedule;
	char date[CLOCK_DATE_SIZE];
	char *line;

	if (schedule->gate > clock_wall()) {
		line = xasprintf("%s: the CA asked not to come back before %s",
		    slot_name(slot), clock_date(date, schedule->gate));
		add_line(request, false, line);
		free(line);
		return;
	}
	if (slot->job == NULL && !slot->fresh) {
		schedule_clear(schedule);
		slot->asked = true;
		slot_save(slot);
	}
	request->pending[request->npending++] = slot;
}

void
renewal_ask(struct supervisor *sup, struct asker asker, const char *name)
{
	const struct generation *generation = sup->current;
	struct renew_request *request;

	if (generation == NULL || sup->phase != PHASE_RUNNING) {
		supervisor_reply(asker, false, "the gateway is stopping");
		return;
	}
	request = xcalloc(1, sizeof(*request));
	request->asker = asker;
	request->ok = true;
	request->pending = xcalloc(generation->nslots, sizeof(struct slot *));
	TAILQ_INSERT_TAIL(&sup->renewals, request, entry);
	for (unsigned i = 0; i < generation->nslots; i++) {
		struct slot *slot = generation->slots[i];

		if (slot_is_auto(slot) &&
		    (name[0] == '\0' || has_name(slot, name)))
			ask_slot(request, slot);
	}
	if (request->npending == 0 && buf_len(&request->text) == 0)
		add_line(request, false,
		    name[0] == '\0' ? "no AutoCert in the configuration"
		                    : "no AutoCert has this name");
	if (request->npending == 0)
		request_end(sup, request);
	renewal_update(sup);
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
