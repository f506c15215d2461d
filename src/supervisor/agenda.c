#include "agenda.h"

#include <stddef.h>

#include "authority.h"
#include "config/config.h"
#include "renewal.h"
#include "slot.h"

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

static void
consider(
    struct errand *errand, struct slot *slot, enum job_kind kind, int64_t when)
{
	if (errand->slot == NULL || when < errand->when)
		*errand = (struct errand){ slot, kind, when };
}

struct errand
agenda_first(struct slot *const *slots, unsigned nslots, int64_t now)
{
	struct errand first = { 0 };

	for (unsigned i = 0; i < nslots; i++) {
		struct slot *slot = slots[i];
		int64_t info;

		if (!may_start(slot))
			continue;
		consider(&first, slot, JOB_ISSUE, agenda_next(slot, now, NULL));
		info = schedule_info_next(
		    &slot->record.schedule, slot_dates(slot), now);
		if (info != 0 && authority_issued(slot) != NULL)
			consider(&first, slot, JOB_RENEWAL_INFO, info);
	}
	return first;
}

static int64_t
due(const struct slot *slot, int64_t now, enum schedule_reason *reason)
{
	struct schedule schedule = slot_schedule(slot, now);

	if (!slot->asked)
		return schedule_next(&schedule, slot_dates(slot), reason);
	if (reason != NULL)
		*reason = schedule.gate != 0 ? SCHEDULE_GATE : SCHEDULE_ASKED;
	return schedule.gate;
}

int64_t
agenda_next(const struct slot *slot, int64_t now, enum schedule_reason *reason)
{
	int64_t when;

	if (!slot_is_auto(slot))
		return 0;
	when = due(slot, now, reason);
	if (slot->settled_at <= now || slot->settled_at <= when)
		return when;
	if (reason != NULL)
		*reason = slot->settling;
	return slot->settled_at;
}

void
agenda_started(struct slot *slot, int64_t now)
{
	slot->asked = false;
	slot->record.attempts++;
	schedule_started(&slot->record.schedule, now);
}

void
agenda_succeeded(struct slot *slot, struct schedule_moment moment)
{
	struct record *record = &slot->record;

	schedule_succeeded(&record->schedule, &slot->facts.dates,
	    record->succeeded_at, moment.now);
	if (slot->informed)
		schedule_informed(&record->schedule, &slot->info, moment);
	slot->informed = false;
	record->succeeded_at = moment.now;
	record_set(&record->problem, NULL);
	record_set(&record->detail, NULL);
	record_set(&record->advice, NULL);
	record_set(&record->issued, record->wanted);
	record_set(&record->issuer, slot->issuer);
	record_set(&record->serial, slot->facts.serial);
	record_set(&record->revoked, NULL);
	record_set(&slot->issuer, NULL);
}

void
agenda_failed(struct slot *slot, const struct renewal_failure *failure,
    struct schedule_moment moment)
{
	struct record *record = &slot->record;

	slot->informed = false;
	record_set(&slot->issuer, NULL);
	schedule_failed(&record->schedule, failure->kind, failure->retry_after,
	    slot_dates(slot), moment);
	if (failure->kind == JOB_GATE && failure->directory != NULL)
		authority_set_gate(record, failure->directory,
		    record->schedule.gate, moment.now);
	record_set(&record->problem, failure->problem);
	record_set(&record->detail, failure->detail);
	record_set(&record->advice, failure->advice);
}

void
agenda_clock_went_back(struct slot *slot, int64_t now)
{
	int64_t back = slot->record.schedule.saved_at - now;

	if (back <= 0)
		return;
	schedule_clock_went_back(&slot->record.schedule, back);
	authority_clock_went_back(&slot->record, back);
}
