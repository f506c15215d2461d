#ifndef RECORDS_H
#define RECORDS_H

/*
 * Records at providers that let them be read. A family says how each request
 * is made; what is to be asked, and in which order, is the same for all: the
 * address records of a name become the one that is ours, a proof is put beside
 * others and taken away from among them. Nothing of another type or name is
 * touched, and what is so already costs no more than reading it.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "api.h"

#define RECORDS_MAX 100
#define ZONE_NAME_SIZE 254

struct records {
	struct {
		char id[API_ID_SIZE]; /* "" where they have none */
		char *value;          /* as the provider writes it */
		char *comment;        /* NULL = none */
	} items[RECORDS_MAX];
	size_t n;
};

void records_add(struct records *records, const char *id, const char *value,
    const char *comment);
void records_release(struct records *records);

struct zone;

struct zone_verbs {
	const struct api_rules *rules;
	const char *not_found; /* advice: the zone is not there */
	bool quotes;           /* are written around a TXT value */
	char *(*credential)(const struct ddns_job *job); /* NULL = none */

	/* 0; -1. Fills in name and id; NULL: Zone says the name. */
	int (*find)(struct zone *zone, struct refusal *refusal);

	int (*read)(struct zone *zone, const char *type,
	    struct records *records, struct refusal *refusal);

	/* All values at once; n == 0: none is left … */
	int (*write)(struct zone *zone, const char *type,
	    const struct records *records, struct refusal *refusal);

	/* … or one by one. */
	int (*add)(struct zone *zone, const char *type, const char *value,
	    struct refusal *refusal);
	int (*change)(struct zone *zone, const char *type, const char *id,
	    const char *value, struct refusal *refusal);
	int (*remove)(
	    struct zone *zone, const char *id, struct refusal *refusal);
};

struct zone {
	struct api api;
	const struct zone_verbs *verbs;
	const struct ddns_job *job;
	const char *host; /* whose records these are */
	char name[ZONE_NAME_SIZE];
	char id[API_ID_SIZE];          /* "" where it has none */
	char relative[ZONE_NAME_SIZE]; /* the host within it, "@" = itself */
	int64_t ttl;                   /* the least one; 0 = not said */
	bool exists; /* the record that was read last has a value */
};

/* The members of struct family. */
int zone_update(const struct zone_verbs *verbs, struct fetch *fetch,
    const struct ddns_job *job, const struct update *update,
    struct refusal *refusal);
int zone_set_txt(const struct zone_verbs *verbs, struct fetch *fetch,
    const struct ddns_job *job, const struct record *record,
    struct refusal *refusal);
int zone_clear_txt(const struct zone_verbs *verbs, struct fetch *fetch,
    const struct ddns_job *job, const struct record *record,
    struct refusal *refusal);

/*
 * Tries Zone, or the names that the host lies in, the longest first. try: 1 =
 * that is the zone, 0 = it is not, -1 = refused.
 */
int zone_walk(struct zone *zone,
    int (*try)(struct zone *zone, const char *name, struct refusal *refusal),
    struct refusal *refusal);

/* The host within a zone, "@" = the zone itself. False: it is not in it. */
bool zone_relative(const char *host, const char *zone, char *relative);

/* Whether two values are the same, but for how they are written. */
bool record_same(const char *type, const char *a, const char *b);

/* Where a document has which part of a record. */
struct record_members {
	const char *list; /* NULL: the document is the list */
	const char *id;   /* NULL: they have none */
	const char *name;
	const char *type;
	const char *value;
	bool relative; /* names, "" or "@" = the zone itself */
};

/*
 * Picks the records of this name and type out of a document. -1: there is no
 * list, an id is none, or there are too many.
 */
int records_read(struct records *records, const struct json *doc,
    const struct record_members *members, const struct zone *zone,
    const char *type, struct refusal *refusal);

/* The same from an array of texts, or of objects with a value and a comment. */
int records_read_values(struct records *records, const struct json *list,
    const struct zone *zone, struct refusal *refusal);

/* The members of struct family, for those who are nothing but their verbs. */
#define ZONE_UPDATE(verbs)                                                     \
	static int update(struct fetch *fetch, const struct ddns_job *job,     \
	    const struct update *wanted, struct refusal *refusal)              \
	{                                                                      \
		return zone_update(verbs, fetch, job, wanted, refusal);        \
	}
#define ZONE_TXT(verbs)                                                        \
	static int set_txt(struct fetch *fetch, const struct ddns_job *job,    \
	    const struct record *record, struct refusal *refusal)              \
	{                                                                      \
		return zone_set_txt(verbs, fetch, job, record, refusal);       \
	}                                                                      \
	static int clear_txt(struct fetch *fetch, const struct ddns_job *job,  \
	    const struct record *record, struct refusal *refusal)              \
	{                                                                      \
		return zone_clear_txt(verbs, fetch, job, record, refusal);     \
	}

#endif
