#include "slot.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "authority.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/secret.h"
#include "base/xalloc.h"
#include "chore.h"
#include "config/config.h"
#include "import.h"
#include "job.h"
#include "renewal.h"
#include "supervisor.h"

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
	return slot_is_auto(slot) ? slot->config->store : slot->config->file;
}

const char *
slot_source_name(const struct slot *slot)
{
	return source_names[slot->source];
}

static char *
wanted(const struct config_cert *config, const char *directory)
{
	struct buf text = { 0 };

	buf_printf(&text, "%s %s", directory, config->key_type);
	for (unsigned i = 0; i < config->nnames; i++)
		buf_printf(&text, " %s", config->names[i]);
	return buf_detach(&text, NULL);
}

bool
slot_has_name(const struct slot *slot, const char *name)
{
	for (unsigned i = 0; i < slot->config->nnames; i++)
		if (strcasecmp(slot->config->names[i], name) == 0)
			return true;
	return false;
}

char *
slot_wanted(const struct slot *slot, const char *directory)
{
	return wanted(slot->config, directory);
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
	ours = wanted(slot->config, slot->config->acme->directory);
	theirs = wanted(config, config->acme->directory);
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
is_stored(const struct slot *slot)
{
	return slot->source == SLOT_CURRENT || slot->source == SLOT_PREVIOUS;
}

/* The CA's window may be that of a certificate which is not the one here. */
static void
check_window(struct slot *slot)
{
	if (is_stored(slot) && slot->facts.known && !slot->fresh &&
	    !same(slot->record.serial, slot->facts.serial))
		schedule_forget_window(&slot->record.schedule);
}

/* Is there an order that one of its CAs would still know? */
static bool
has_order(const struct slot *slot, int64_t now)
{
	const struct config_acme *acme = slot->config->acme;
	struct certstore_order order;
	bool has = false;

	certstore_read_order(&slot->sup->store, slot_name(slot), now, &order);
	for (; acme != NULL && !has; acme = acme->fallback) {
		char *text = slot_wanted(slot, acme->directory);

		has = strcmp(order.wanted, text) == 0;
		free(text);
	}
	certstore_order_release(&order);
	return has;
}

/*
 * What was remembered may be about other names or another CA. Then the ladder
 * is of no use; what a CA asked us to wait for still holds.
 */
void
slot_read_record(struct slot *slot)
{
	struct record *record = &slot->record;
	struct schedule_moment moment = { .now = clock_wall() };
	char *text = slot_wanted(slot, slot->config->acme->directory);

	secret_random(&moment.random, sizeof(moment.random));
	record_release(record);
	certstore_read_record(&slot->sup->store, slot_name(slot), record);
	authority_loaded(record);
	clockwatch_stored(&slot->sup->clock, record->schedule.saved_at);
	if (record->wanted != NULL && strcmp(record->wanted, text) != 0)
		schedule_clear(&record->schedule);
	record_set(&record->wanted, text);
	free(text);
	schedule_loaded(&record->schedule, has_order(slot, moment.now), moment);
	check_window(slot);
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

void
slot_choose(struct slot *slot, enum slot_source after)
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
		import_before(sup, config);
		slot_read_record(slot);
		slot_choose(slot, SLOT_NONE);
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
	renewal_forget_slot(slot);
	chore_forget_slot(slot->sup, slot);
	job_cancel(slot->job);
	job_cancel(slot->placeholder);
	buf_wipe(&slot->pem);
	forget_facts(slot);
	free(slot->issuer);
	record_release(&slot->record);
	free(slot);
}

/* Does this word of a certificate's names cover the host? "*.x" covers a.x. */
static bool
covers_one(const char *word, size_t len, const char *host)
{
	if (len > 2 && word[0] == '*' && word[1] == '.' && host[0] != '*' &&
	    strchr(host, '.') != NULL) {
		host = strchr(host, '.');
		word++;
		len--;
	}
	return strlen(host) == len && strncasecmp(word, host, len) == 0;
}

static bool
covers(const char *names, const char *host)
{
	while (*names != '\0') {
		size_t len = strcspn(names, " ");

		if (covers_one(names, len, host))
			return true;
		names += len;
		names += strspn(names, " ");
	}
	return false;
}

/* A pair that the record does not tell of must speak for itself. */
static bool
is_wanted(const struct slot *slot)
{
	const struct record *record = &slot->record;

	if (record->issued != NULL && !same(record->issued, record->wanted))
		return false;
	if (record->issued != NULL && same(record->serial, slot->facts.serial))
		return true;
	for (unsigned i = 0; i < slot->config->nnames; i++)
		if (!covers(slot->facts.names, slot->config->names[i]))
			return false;
	return true;
}

const struct schedule_dates *
slot_dates(const struct slot *slot)
{
	if (!slot->facts.known || !is_stored(slot) || !is_wanted(slot))
		return NULL;
	if (slot->record.revoked != NULL &&
	    same(slot->record.revoked, slot->facts.serial))
		return NULL;
	return &slot->facts.dates;
}

struct schedule
slot_schedule(const struct slot *slot, int64_t now)
{
	struct schedule schedule = slot->record.schedule;

	schedule.gate =
	    authority_gate(&slot->record, authority_next(slot, now)->directory);
	return schedule;
}

int
slot_save(struct slot *slot, struct error *err)
{
	struct error reason = { 0 };

	slot->record.schedule.saved_at =
	    clockwatch_note(&slot->sup->clock, clock_wall());
	if (certstore_write_record(&slot->sup->store, slot_name(slot),
	        &slot->record, &reason) == 0)
		return 0;
	log_err(
	    "cannot write the record of %s: %s", slot_name(slot), reason.msg);
	return error_set(err, reason.kind, "%s", reason.msg);
}

void
slot_learn(struct slot *slot, const struct msg_CERT_SWAPPED *swapped)
{
	forget_facts(slot);
	slot->facts = (struct slot_facts){
		.known = true,
		.dates = { swapped->not_before, swapped->not_after },
		.serial = xstrdup(swapped->serial),
		.issuer = xstrdup(swapped->issuer),
		.names = xstrdup(swapped->names),
	};
	if (!slot_is_auto(slot) || !is_stored(slot))
		return;
	clockwatch_stored(&slot->sup->clock, swapped->not_before);
	check_window(slot);
}

int
slot_read_pair(const struct slot *slot, struct buf *pem, struct error *err)
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
