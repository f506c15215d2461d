#ifndef SUPERVISOR_SLOT_H
#define SUPERVISOR_SLOT_H

/*
 * A certificate slot: which pair serves, what the workers said about it, and
 * what is remembered about getting the next one. Generations that ask for the
 * same certificate share the slot, so that a renewal reaches both while one
 * takes over from the other.
 *
 * For an AutoCert the pair is the newest one in the store that the workers
 * accept, and a self-signed placeholder as long as there is none. Pairs of the
 * store are read when they are sent, and not kept. A certificate file is kept,
 * for a worker that is restarted must serve what its siblings serve, whatever
 * has become of the file.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "ipc/msg.h"
#include "record.h"
#include "schedule.h"

struct config_cert;
struct diag;
struct job;
struct supervisor;

enum slot_source {
	SLOT_NONE,
	SLOT_FILE,       /* the person's own */
	SLOT_CURRENT,    /* of the store */
	SLOT_PREVIOUS,   /* of the store, because the newest is no good */
	SLOT_PLACEHOLDER /* self-signed, in memory only */
};

/* What a worker read in the pair that it put into service. */
struct slot_facts {
	bool known;
	struct schedule_dates dates;
	char *serial;
	char *issuer;
	char *names;
};

struct slot {
	unsigned refs;
	struct supervisor *sup;
	const struct config_cert
	    *config; /* of a generation that is not leaving */
	enum slot_source source;
	uint32_t swap;  /* number of the pair in service, counts up */
	struct buf pem; /* SLOT_FILE, SLOT_PLACEHOLDER: a secret */
	struct slot_facts facts;
	struct record record;
	struct job *job;         /* for a certificate; NULL = none */
	struct job *placeholder; /* for a placeholder; NULL = none */
	bool fresh;   /* issued just now, not yet confirmed by every worker */
	bool asked;   /* a person wants the next attempt now */
	char *issuer; /* the directory of the CA that issued the fresh one */
	int64_t settled_at; /* an order waits until then; 0 = for nothing … */
	enum schedule_reason settling; /* … or for the address, or the router */

	/* What the CA said of the next renewal, while a job was under way. */
	bool informed;
	struct schedule_info info;
};

/*
 * A slot with one reference. NULL, with the error in diag, if a certificate
 * file cannot be read.
 */
struct slot *slot_new(struct supervisor *sup, const struct config_cert *config,
    struct diag *diag);
void slot_ref(struct slot *slot);
void slot_unref(struct slot *slot);

/* Do the two ask for the same certificate, to be got in the same way? */
bool slot_serves(const struct slot *slot, const struct config_cert *config);

const char *slot_name(const struct slot *slot); /* for people, and the store */
const char *slot_source_name(const struct slot *slot);
bool slot_is_auto(const struct slot *slot);

/* Is it asked for this name, whatever its case? */
bool slot_has_name(const struct slot *slot, const char *name);

/*
 * Directory, kind of key and names: what a certificate is asked for with.
 * Another `directory` is that of a fallback. The caller frees.
 */
char *slot_wanted(const struct slot *slot, const char *directory);

/*
 * The certificate in service, if it is one to keep; NULL if not. Whatever the
 * record says: what counts are its own names and dates.
 */
const struct schedule_dates *slot_dates(const struct slot *slot);

/*
 * Puts the best pair that there is into service, after one that is no good:
 * the store's current one (after SLOT_NONE), its previous one, the placeholder,
 * SLOT_NONE.
 */
void slot_choose(struct slot *slot, enum slot_source after);

/* The pair in service. -1: it cannot be read any more. */
int slot_read_pair(const struct slot *slot, struct buf *pem, struct error *err);

/* What a worker read in it. */
void slot_learn(struct slot *slot, const struct msg_CERT_SWAPPED *swapped);

/*
 * Its schedule, with what the CA of the next attempt asked us to wait for.
 */
struct schedule slot_schedule(const struct slot *slot, int64_t now);

/* Writes the record down. Logs why it cannot, and sets err unless NULL. */
int slot_save(struct slot *slot, struct error *err);

/* Reads it again: another slot of the same name has gone, and has kept it. */
void slot_read_record(struct slot *slot);

#endif
