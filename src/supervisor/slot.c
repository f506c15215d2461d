#include "slot.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/secret.h"
#include "base/xalloc.h"
#include "child.h"
#include "config/config.h"
#include "generation.h"
#include "job.h"
#include "monitor.h"
#include "renewal.h"
#include "supervisor.h"
#include "worker.h"

static const char *const source_names[] = {
	[SLOT_NONE] = "none",
	[SLOT_FILE] = "file",
	[SLOT_CURRENT] = "acme",
	[SLOT_PREVIOUS] = "previous",
	[SLOT_PLACEHOLDER] = "self-signed",
};

bool
slot_is_auto(const struct slot *slot)
{
	return slot->config->kind == CERT_AUTO;
}

const char *
slot_name(const struct slot *slot)
{
	return slot_is_auto(slot) ? slot->config->names[0] : slot->config->file;
}

const char *
slot_source_name(const struct slot *slot)
{
	return source_names[slot->source];
}

static char *
wanted(const struct config_cert *config)
{
	struct buf text = { 0 };

	buf_printf(
	    &text, "%s %s", config->acme->directory, config->acme->key_type);
	for (unsigned i = 0; i < config->nnames; i++)
		buf_printf(&text, " %s", config->names[i]);
	return buf_detach(&text, NULL);
}

char *
slot_wanted(const struct slot *slot)
{
	return wanted(slot->config);
}

static bool
same(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static bool
same_acme(const struct config_acme *a, const struct config_acme *b)
{
	return same(a->ca_file, b->ca_file) && same(a->email, b->email) &&
	    same(a->eab_kid, b->eab_kid) && same(a->eab_key, b->eab_key);
}

/* A file may have changed since it was read: a new generation reads it. */
bool
slot_serves(const struct slot *slot, const struct config_cert *config)
{
	char *ours, *theirs;
	bool equal;

	if (!slot_is_auto(slot) || config->kind != CERT_AUTO)
		return false;
	ours = wanted(slot->config);
	theirs = wanted(config);
	equal = strcmp(ours, theirs) == 0 &&
	    same_acme(slot->config->acme, config->acme);
	free(ours);
	free(theirs);
	return equal;
}

static int
read_file(struct slot *slot, struct diag *diag)
{
	const struct config_cert *config = slot->config;
	struct error err = { 0 };

	if (file_read(config->file, CERTSTORE_PAIR_MAX, &slot->pem, &err) ==
	    -1) {
		diag_add(diag, DIAG_ERROR, config->pos, "Cert %s", err.msg);
		return -1;
	}
	slot->source = SLOT_FILE;
	slot->swap = 1;
	return 0;
}

static bool
same_directory(const char *a, const char *b)
{
	size_t len = strcspn(b, " ");

	return strncmp(a, b, len) == 0 && (a[len] == ' ' || a[len] == '\0');
}

/*
 * What was remembered may be about other names or another CA. Then a pending
 * order is of no use, and neither is the ladder; the CA's gate is, unless it is
 * another CA.
 */
static void
read_record(struct slot *slot)
{
	const struct certstore *store = &slot->sup->store;
	struct record *record = &slot->record;
	struct schedule_moment moment = { .now = clock_wall() };
	struct certstore_order order;
	char *text = slot_wanted(slot);

	secret_random(&moment.random, sizeof(moment.random));
	certstore_read_record(store, slot_name(slot), record);
	if (record->wanted != NULL && strcmp(record->wanted, text) != 0) {
		certstore_clear_order(store, slot_name(slot), NULL);
		schedule_clear(&record->schedule);
		if (!same_directory(record->wanted, text))
			record->schedule.gate = 0;
	}
	record_set(&record->wanted, text);
	free(text);
	certstore_read_order(store, slot_name(slot), moment.now, &order);
	schedule_loaded(&record->schedule, order.url[0] != '\0', moment);
	certstore_order_release(&order);
}

/* Is this pair there, and no visible wreck? */
static bool
is_there(const struct slot *slot, enum certstore_pair which)
{
	struct error err = { 0 };
	struct buf pem = { 0 };
	bool ok;

	ok = certstore_read(
	         &slot->sup->store, slot_name(slot), which, &pem, &err) == 0;
	if (!ok && err.kind != ERR_NOTFOUND)
		log_warn("certificate for %s: %s", slot_name(slot), err.msg);
	buf_wipe(&pem);
	return ok;
}

/* The next best pair after `source`. */
static void
choose(struct slot *slot, enum slot_source after)
{
	slot->facts.known = false;
	slot->swap++;
	if (after == SLOT_NONE && is_there(slot, CERTSTORE_CURRENT))
		slot->source = SLOT_CURRENT;
	else if ((after == SLOT_NONE || after == SLOT_CURRENT) &&
	    is_there(slot, CERTSTORE_PREVIOUS))
		slot->source = SLOT_PREVIOUS;
	else if (after != SLOT_PLACEHOLDER && buf_len(&slot->pem) > 0)
		slot->source = SLOT_PLACEHOLDER;
	else
		slot->source = SLOT_NONE;
}

struct slot *
slot_new(
    struct supervisor *sup, const struct config_cert *config, struct diag *diag)
{
	struct slot *slot = xcalloc(1, sizeof(*slot));

	slot->refs = 1;
	slot->sup = sup;
	slot->config = config;
	if (slot_is_auto(slot)) {
		read_record(slot);
		choose(slot, SLOT_NONE);
	} else if (read_file(slot, diag) == -1) {
		slot_unref(slot);
		return NULL;
	}
	return slot;
}

void
slot_ref(struct slot *slot)
{
	slot->refs++;
}

static void
forget_facts(struct slot *slot)
{
	free(slot->facts.serial);
	free(slot->facts.issuer);
	free(slot->facts.names);
	slot->facts = (struct slot_facts){ 0 };
}

void
slot_unref(struct slot *slot)
{
	if (--slot->refs > 0)
		return;
	renewal_forget_slot(slot->sup, slot);
	job_cancel(slot->job);
	job_cancel(slot->placeholder);
	buf_wipe(&slot->pem);
	forget_facts(slot);
	record_release(&slot->record);
	free(slot);
}

const struct schedule_dates *
slot_dates(const struct slot *slot)
{
	const struct record *record = &slot->record;

	if (!slot->facts.known ||
	    (slot->source != SLOT_CURRENT && slot->source != SLOT_PREVIOUS))
		return NULL;
	if (record->issued != NULL &&
	    strcmp(record->issued, record->wanted) != 0)
		return NULL;
	return &slot->facts.dates;
}

void
slot_save(struct slot *slot)
{
	struct error err = { 0 };

	slot->record.schedule.saved_at = clock_wall();
	if (certstore_write_record(
	        &slot->sup->store, slot_name(slot), &slot->record, &err) == -1)
		log_err("cannot write the record of %s: %s", slot_name(slot),
		    err.msg);
}

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

bool
slot_unsettled(const struct slot *slot)
{
	unsigned unanswered = 0;

	each_worker(slot, count_unanswered, &unanswered);
	return unanswered > 0;
}

void
slot_need_pair(struct slot *slot)
{
	struct error err = { 0 };

	if (slot->source != SLOT_NONE || slot->placeholder != NULL)
		return;
	if (job_start(slot, true, &err) == -1)
		log_err("no placeholder certificate for %s: %s",
		    slot_name(slot), err.msg);
}

/* The pair in service. -1: it cannot be read any more. */
static int
read_pair(const struct slot *slot, struct buf *pem, struct error *err)
{
	switch (slot->source) {
	case SLOT_NONE:
		return error_set(err, ERR_NOTFOUND, "there is none");
	case SLOT_FILE:
	case SLOT_PLACEHOLDER:
		return buf_append(
		    pem, buf_data(&slot->pem), buf_len(&slot->pem));
	case SLOT_CURRENT:
		return certstore_read(&slot->sup->store, slot_name(slot),
		    CERTSTORE_CURRENT, pem, err);
	case SLOT_PREVIOUS:
		return certstore_read(&slot->sup->store, slot_name(slot),
		    CERTSTORE_PREVIOUS, pem, err);
	}
	return -1;
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

	while (slot->source != SLOT_NONE && read_pair(slot, &pem, &err) == -1) {
		log_err("certificate for %s: %s", slot_name(slot), err.msg);
		choose(slot, slot->source);
	}
	if (slot->source != SLOT_NONE)
		each_worker(slot, send_pair, &pem);
	else
		slot_need_pair(slot);
	buf_wipe(&pem);
	monitor_show_cert(slot->sup, slot);
}

void
slot_replay(struct slot *slot, struct worker *worker, unsigned index)
{
	struct buf pem = { 0 };

	if (slot->source == SLOT_NONE)
		return;
	if (read_pair(slot, &pem, NULL) == 0)
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
slot_take_issued(struct slot *slot)
{
	choose(slot, SLOT_NONE);
	slot->fresh = true;
	if (slot->source != SLOT_CURRENT)
		fail_fresh(slot, "it cannot be read back from the store");
	distribute(slot);
	slot_check(slot);
}

static void
check_generations(struct slot *slot)
{
	if (slot->sup->starting != NULL)
		generation_check(slot->sup->starting);
}

void
slot_take_placeholder(struct slot *slot, const struct msg_bytes *pem)
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
	choose(slot, SLOT_NONE);
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
	choose(slot, slot->source);
	distribute(slot);
}

static void
accepted(struct slot *slot, const struct msg_CERT_SWAPPED *swapped)
{
	bool news = !slot->facts.known;

	forget_facts(slot);
	slot->facts = (struct slot_facts){
		.known = true,
		.dates = { swapped->not_before, swapped->not_after },
		.serial = xstrdup(swapped->serial),
		.issuer = xstrdup(swapped->issuer),
		.names = xstrdup(swapped->names),
	};
	if (news)
		monitor_show_cert(slot->sup, slot);
}

static void
log_in_service(const struct slot *slot)
{
	char expires[CLOCK_DATE_SIZE], next[CLOCK_DATE_SIZE];

	log_info("certificate for %s is in service: serial %s, expires %s, "
	         "next renewal %s",
	    slot_name(slot), slot->facts.serial,
	    clock_date(expires, slot->facts.dates.not_after),
	    clock_date(next, renewal_next(slot)));
}

void
slot_check(struct slot *slot)
{
	if (!slot->facts.known || slot_unsettled(slot))
		return;
	if (slot->fresh) {
		slot->fresh = false;
		buf_wipe(&slot->pem);
		renewal_succeeded(slot);
		log_in_service(slot);
	}
	renewal_update(slot->sup);
}

void
slot_swapped(struct child *child, const struct msg *msg)
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
	slot_check(slot);
	worker_check(worker);
}
