#ifndef SUPERVISOR_DDNS_RECORD_H
#define SUPERVISOR_DDNS_RECORD_H

/*
 * What is remembered of a DDNS section over a restart: what was published, when
 * its provider may be asked again, and what it said last. On disk it is lines
 * of "key: value" beneath `ddns` in the state directory, for people to read;
 * what is missing or damaged there counts as never written.
 *
 * It says which section it is about, and with which words: as keyed hashes
 * under a key of its own, for among the words are secrets. With other words the
 * provider's refusals count no more.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "ddns_schedule.h"

struct buf;
struct config_ddns;

struct ddns_record {
	struct ddns_schedule schedule;
	char *key;     /* of the hashes, base64url; NULL = none yet */
	char *section; /* hash of provider, hosts, login, zone and server */
	char *words;   /* hash of all that the section says to the provider */
	char *known4;  /* published last; NULL = none */
	char *known6;
	char
	    *problem; /* the provider's word of the last failure; NULL = none */
	char *detail;
	char *advice;
};

/* A zeroed record is a valid empty one. */
void ddns_record_release(struct ddns_record *record);
void ddns_record_parse(
    struct ddns_record *record, const char *text, size_t len);
void ddns_record_print(const struct ddns_record *record, struct buf *out);

/* A missing or damaged one reads as an empty one. */
void ddns_record_read(int dirfd, const char *name, struct ddns_record *record);
int ddns_record_write(int dirfd, const char *name,
    const struct ddns_record *record, struct error *err);

/* Is it about this section? */
bool ddns_record_is_of(
    const struct ddns_record *record, const struct config_ddns *config);

/*
 * Makes it a record of this section as it is now. False if it was of the same
 * words already.
 */
bool ddns_record_adopt(
    struct ddns_record *record, const struct config_ddns *config);

/* Takes note of a failure; NULL: of none. */
void ddns_record_problem(struct ddns_record *record, const char *problem,
    const char *detail, const char *advice);

/*
 * "duckdns-a.duckdns.org", and "duckdns-a.duckdns.org-2" for the n-th of the
 * same: what it is kept as. The caller frees.
 */
char *ddns_record_name(const struct config_ddns *config, unsigned n);

#endif
