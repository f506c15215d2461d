#include "swap.h"

#include <stdlib.h>

#include "base/log.h"
#include "base/xalloc.h"
#include "certstore.h"
#include "child.h"
#include "config/config.h"
#include "generation.h"
#include "job.h"
#include "monitor.h"
#include "renewal.h"
#include "slot.h"
#include "supervisor.h"
#include "worker.h"

/* Calls `fn` for every worker that is to hold this slot. */
static void
each_worker(const struct slot *slot,
    void (*fn)(struct worker *worker, unsigned index, void *arg), void *arg)
{
	struct generation *const live[] = { slot->sup->current,
		slot->sup->starting };

	for (size_t i = 0; i < sizeof(live) / sizeof(live[0]); i++) {
		int index = -1;

		if (live[i] != NULL)
			index = generation_slot(live[i], slot);
		if (index == -1)
			continue;
		for (unsigned j = 0; j < live[i]->nworkers; j++)
			if (live[i]->workers[j].child != NULL)
				fn(&live[i]->workers[j], (unsigned)index, arg);
	}
}

static void
count_unanswered(struct worker *worker, unsigned index, void *arg)
{
	const struct worker_swap *swap = &worker->swaps[index];
	unsigned *unanswered = arg;

	if (swap->sent != swap->answered)
		(*unanswered)++;
}

static bool
is_unsettled(const struct slot *slot)
{
	unsigned unanswered = 0;

	each_worker(slot, count_unanswered, &unanswered);
	return unanswered > 0;
}

void
swap_need_pair(struct slot *slot)
{
	struct error err = { 0 };

	if (slot->source != SLOT_NONE || slot->placeholder != NULL)
		return;
	if (job_start(slot, JOB_PLACEHOLDER, &err) == -1)
		log_err("no placeholder certificate for %s: %s",
		    slot_name(slot), err.msg);
}

static void
send_pair(struct worker *worker, unsigned index, void *arg)
{
	const struct buf *pem = arg;

	worker_swap(worker, index, worker->generation->slots[index]->swap, pem);
}

/*
 * Sends the pair in service to every worker; another one, if it cannot be read
 * any more.
 */
static void
distribute(struct slot *slot)
{
	struct error err = { 0 };
	struct buf pem = { 0 };

	while (slot->source != SLOT_NONE &&
	    slot_read_pair(slot, &pem, &err) == -1) {
		log_err("certificate for %s: %s", slot_name(slot), err.msg);
		slot_choose(slot, slot->source);
	}
	if (slot->source != SLOT_NONE)
		each_worker(slot, send_pair, &pem);
	else
		swap_need_pair(slot);
	buf_wipe(&pem);
	monitor_show_cert(slot);
}

void
swap_replay(struct slot *slot, struct worker *worker, unsigned index)
{
	struct buf pem = { 0 };

	if (slot->source == SLOT_NONE)
		return;
	if (slot_read_pair(slot, &pem, NULL) == 0)
		worker_swap(worker, index, slot->swap, &pem);
	else
		distribute(slot); /* it is one of them */
	buf_wipe(&pem);
}

static void
fail_fresh(struct slot *slot, const char *reason)
{
	struct renewal_failure failure = { .kind = JOB_LADDER,
		.problem = "refused",
		.detail = reason,
		.retry_after = -1 };

	slot->fresh = false;
	renewal_failed(slot, &failure);
}

void
swap_issued(struct slot *slot)
{
	slot_choose(slot, SLOT_NONE);
	slot->fresh = true;
	if (slot->source != SLOT_CURRENT)
		fail_fresh(slot, "it cannot be read back from the store");
	distribute(slot);
	swap_check(slot);
}

static void
check_generations(struct slot *slot)
{
	if (slot->sup->starting != NULL)
		generation_check(slot->sup->starting);
}

void
swap_placeholder(struct slot *slot, const struct msg_bytes *pem)
{
	if (pem != NULL && slot->source == SLOT_NONE) {
		buf_wipe(&slot->pem);
		buf_append(&slot->pem, pem->p, pem->len);
		slot->source = SLOT_PLACEHOLDER;
		slot->swap++;
		slot->facts.known = false;
		log_info("certificate for %s: a self-signed placeholder serves "
		         "until the first one is issued",
		    slot_name(slot));
		distribute(slot);
	}
	check_generations(slot);
}

static void
refuse_fresh(struct slot *slot, const char *reason)
{
	struct error err = { 0 };

	if (certstore_withdraw(&slot->sup->store, slot_name(slot), &err) == -1)
		log_err("certificate for %s: cannot withdraw the new one: %s",
		    slot_name(slot), err.msg);
	slot_choose(slot, SLOT_NONE);
	distribute(slot);
	fail_fresh(slot, reason);
}

/* A file that no worker takes is the configuration's fault. */
static void
refuse_file(struct slot *slot, struct worker *worker, const char *reason)
{
	const struct config_pos *pos = &slot->config->pos;
	char *text = xasprintf("%s:%u:%u: Cert %s: %s", pos->file, pos->line,
	    pos->column, slot->config->file, reason);

	if (worker->generation == slot->sup->starting)
		generation_fail(worker->generation, text);
	else
		log_err("%s", text);
	free(text);
}

static void
refused(struct slot *slot, struct worker *worker, const char *reason)
{
	if (slot->source == SLOT_FILE) {
		refuse_file(slot, worker, reason);
		return;
	}
	log_err("certificate for %s: the %s one is refused by a worker: %s",
	    slot_name(slot), slot_source_name(slot), reason);
	if (slot->fresh) {
		refuse_fresh(slot, reason);
		return;
	}
	if (slot->source == SLOT_PLACEHOLDER) {
		buf_wipe(&slot->pem); /* another one would fare no better */
		slot->source = SLOT_NONE;
		return;
	}
	slot_choose(slot, slot->source);
	distribute(slot);
}

static void
accepted(struct slot *slot, const struct msg_CERT_SWAPPED *swapped)
{
	bool news = !slot->facts.known;

	slot_learn(slot, swapped);
	if (news)
		monitor_show_cert(slot);
}

void
swap_check(struct slot *slot)
{
	if (!slot->facts.known || is_unsettled(slot))
		return;
	if (slot->fresh) {
		slot->fresh = false;
		buf_wipe(&slot->pem);
		renewal_succeeded(slot);
	}
	renewal_update(slot->sup);
}

void
swap_answered(struct child *child, const struct msg *msg)
{
	const struct msg_CERT_SWAPPED *swapped = &msg->u.CERT_SWAPPED;
	struct worker *worker = worker_from(child->owner);
	struct generation *generation = worker->generation;
	struct worker_swap *swap;
	struct slot *slot;

	if (generation->state == GENERATION_LEAVING ||
	    swapped->slot >= generation->nslots)
		return;
	slot = generation->slots[swapped->slot];
	swap = &worker->swaps[swapped->slot];
	if (swapped->serial_number != swap->sent)
		return; /* about a pair that is already out of date */
	swap->answered = swap->sent;
	if (swapped->error[0] == '\0')
		accepted(slot, swapped);
	else if (swap->sent == slot->swap)
		refused(slot, worker, swapped->error);
	/* A refusal may have ended the generation, and its slots with it. */
	if (generation->state == GENERATION_LEAVING)
		return;
	swap_check(slot);
	worker_check(worker);
}
