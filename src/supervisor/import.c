#include "import.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/xalloc.h"
#include "config/config.h"
#include "drop.h"
#include "generation.h"
#include "ipc/job.h"
#include "job.h"
#include "record.h"
#include "renewal.h"
#include "slot.h"
#include "swap.h"

/* The drop directory; -1 if there is none, or none to be trusted. */
static int
open_drop(const struct supervisor *sup, struct error *err)
{
	int fd = drop_open(sup->dir.fd, err);

	if (fd == -1 && err->kind != ERR_NOTFOUND)
		log_warn("nothing is imported: %s", err->msg);
	return fd;
}

/* An account that works must not be lost by an oversight. */
static int
store_account(
    struct supervisor *sup, const struct drop_account *drop, struct error *err)
{
	struct certstore_account old = { 0 };
	bool other;

	if (certstore_read_account(&sup->store, drop->directory, &old, err) ==
	    -1)
		return -1;
	other = old.key[0] != '\0' && strcmp(old.key, drop->account.key) != 0;
	certstore_account_release(&old);
	if (other && !drop->force)
		return error_set(err, ERR_DENIED,
		    "there is an account with %s already: say --force to give "
		    "it up",
		    drop->directory);
	return certstore_write_account(
	    &sup->store, drop->directory, &drop->account, err);
}

/* 1 if one was taken over, 0 if there is none, -1 if it cannot be. */
static int
take_account(
    struct supervisor *sup, int dirfd, const char *name, struct error *err)
{
	struct drop_account drop = { 0 };
	struct error reason = { 0 };
	int rc = drop_read_account(dirfd, name, &drop, &reason);

	if (rc == -1 && reason.kind == ERR_NOTFOUND)
		return 0;
	if (rc == 0)
		rc = store_account(sup, &drop, &reason);
	if (rc == 0 || reason.kind == ERR_DENIED)
		drop_remove_account(dirfd, name);
	if (rc == 0)
		log_info("the account with %s was imported", drop.directory);
	else
		log_warn("certificate for %s: its account is not imported: %s",
		    name, reason.msg);
	drop_account_release(&drop);
	return rc == 0 ? 1 : error_set(err, reason.kind, "%s", reason.msg);
}

/* Again after a crash, it must not become its own predecessor. */
static int
store_pair(struct supervisor *sup, const char *name,
    const struct drop_pair *pair, struct error *err)
{
	size_t len = buf_len(&pair->pem);
	struct buf old = { 0 };
	bool same;

	same = certstore_read(
	           &sup->store, name, CERTSTORE_CURRENT, &old, NULL) == 0 &&
	    buf_len(&old) == len &&
	    memcmp(buf_data(&old), buf_data(&pair->pem), len) == 0;
	buf_wipe(&old);
	if (same)
		return 0;
	return certstore_replace(
	    &sup->store, name, buf_data(&pair->pem), len, err);
}

/*
 * Nothing that was remembered is about this one, but the waits that a CA set.
 * What it was issued for, its own names say.
 */
static void
start_record(struct record *record, const struct drop_pair *pair)
{
	record->schedule = (struct schedule){ 0 };
	record->succeeded_at = 0;
	record_set(&record->problem, NULL);
	record_set(&record->detail, NULL);
	record_set(&record->advice, NULL);
	record_set(&record->issued, NULL);
	record_set(&record->told, NULL);
	record_set(&record->revoked, NULL);
	record_set(&record->issuer, pair->issuer);
	record_set(&record->serial, pair->serial);
}

static int
write_record(struct supervisor *sup, const char *name,
    const struct drop_pair *pair, struct error *err)
{
	struct record record;
	int64_t saved_at;
	int rc;

	certstore_read_record(&sup->store, name, &record);
	saved_at = record.schedule.saved_at;
	start_record(&record, pair);
	record.schedule.saved_at = saved_at;
	rc = certstore_write_record(&sup->store, name, &record, err);
	record_release(&record);
	return rc;
}

void
import_before(struct supervisor *sup, const struct config_cert *config)
{
	const char *name = config->store;
	struct drop_pair pair = { 0 };
	struct error err = { 0 };
	int dirfd = open_drop(sup, &err);

	if (dirfd == -1)
		return;
	take_account(sup, dirfd, name, NULL);
	if (drop_read_pair(dirfd, name, &pair, &err) == 0 &&
	    store_pair(sup, name, &pair, &err) == 0 &&
	    write_record(sup, name, &pair, &err) == 0) {
		drop_remove_pair(dirfd, name);
		log_info("certificate for %s: imported, serial %s", name,
		    pair.serial);
	} else if (err.kind != ERR_NOTFOUND)
		log_warn("certificate for %s: not imported: %s", name, err.msg);
	drop_pair_release(&pair);
	close(dirfd);
}

/*
 * From here on it is as one that was just issued. What a job may be asking now
 * is about the one before it.
 */
static void
put_into_service(struct slot *slot, const struct drop_pair *pair)
{
	job_cancel(slot->job);
	start_record(&slot->record, pair);
	slot->asked = false;
	slot->informed = false;
	record_set(&slot->issuer, pair->issuer);
	swap_issued(slot);
}

/* Nobody asks if asker.monitor is NULL. */
static void
take(struct slot *slot, int dirfd, struct asker asker)
{
	const char *name = slot_name(slot);
	struct drop_pair pair = { 0 };
	struct error err = { 0 };
	char *line = NULL;
	int account = take_account(slot->sup, dirfd, name, &err);

	if (account == -1)
		line = xasprintf("the account is not imported: %s", err.msg);
	else if (account == 1)
		line = xstrdup("the account is imported");
	if (drop_read_pair(dirfd, name, &pair, &err) == 0 &&
	    store_pair(slot->sup, name, &pair, &err) == 0) {
		drop_remove_pair(dirfd, name);
		log_info("certificate for %s: imported, serial %s", name,
		    pair.serial);
		renewal_await(slot, asker, account != -1, line);
		put_into_service(slot, &pair);
	} else {
		if (err.kind != ERR_NOTFOUND)
			log_warn("certificate for %s: not imported: %s", name,
			    err.msg);
		supervisor_reply(asker, false, err.msg);
	}
	drop_pair_release(&pair);
	free(line);
}

/*
 * What a job brings next would push this one out at once, and its account may
 * be in use. To ask about a renewal needs no account.
 */
static bool
is_busy(const struct slot *slot)
{
	const struct job *job;

	TAILQ_FOREACH(job, &slot->sup->jobs, entry)
		if (job_is_busy(job) && job->kind != JOB_RENEWAL_INFO)
			return true;
	return slot->fresh;
}

void
import_waiting(struct supervisor *sup)
{
	struct error err = { 0 };
	int dirfd = open_drop(sup, &err);

	for (unsigned i = 0; dirfd != -1 && i < sup->current->nslots; i++) {
		struct slot *slot = sup->current->slots[i];
		struct drop_pair pair = { 0 };

		if (!slot_is_auto(slot) || is_busy(slot) ||
		    drop_read_pair(dirfd, slot_name(slot), &pair, &err) == -1)
			continue;
		drop_pair_release(&pair);
		take(slot, dirfd, (struct asker){ 0 });
	}
	if (dirfd != -1)
		close(dirfd);
}

static struct slot *
find_slot(const struct generation *generation, const char *name)
{
	for (unsigned i = 0; i < generation->nslots; i++)
		if (slot_is_auto(generation->slots[i]) &&
		    strcmp(slot_name(generation->slots[i]), name) == 0)
			return generation->slots[i];
	return NULL;
}

void
import_ask(struct supervisor *sup, struct asker asker, const char *name)
{
	struct error err = { 0 };
	struct slot *slot;
	int dirfd;

	if (sup->current == NULL || sup->phase != PHASE_RUNNING) {
		supervisor_reply(asker, false,
		    "the gateway is stopping; it takes it over when it starts");
		return;
	}
	slot = find_slot(sup->current, name);
	if (slot == NULL) {
		supervisor_reply(asker, false,
		    "the gateway does not know this AutoCert yet; it takes the "
		    "certificate over with the next `gatehouse reload`");
		return;
	}
	dirfd = open_drop(sup, &err);
	if (dirfd == -1) {
		supervisor_reply(asker, false, err.msg);
		return;
	}
	if (is_busy(slot)) {
		drop_remove_pair(dirfd, name);
		drop_remove_account(dirfd, name);
		supervisor_reply(asker, false,
		    "not imported: the authority is being asked for a "
		    "certificate right now; try again when that has ended");
	} else
		take(slot, dirfd, asker);
	close(dirfd);
}
