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

/* The values as an array of texts. */
struct json *records_texts(const struct records *records);

struct zone;

/* Where a document has which part of a record. NULL: they have none. */
struct record_members {
	const char *within; /* the member that has the list, or NULL */
	const char *list;   /* NULL: that, or the document, is the list */
	const char *id;
	const char *name;
	const char *type;  /* NULL: all are of the name and type asked for */
	const char *value; /* NULL: of a text, itself */
	bool relative;     /* names, "" or "@" = the zone itself */
};

/* What an interface has of its own: requests, and where answers say what. */
struct zone_verbs {
	const struct api_rules *rules;
	const char *not_found; /* advice: the zone is not there */
	bool quotes;           /* are written around a TXT value */
	char *(*header)(const struct ddns_job *job); /* NULL = none */

	/*
	 * How a zone is found; without any of them Zone says it. Either the
	 * names that the host lies in are tried, and found() is the object with
	 * the id, NULL = there is no such zone; or find() fills in name and id:
	 * 0, -1.
	 */
	struct api_request (*look_up)(
	    const struct zone *zone, const char *name);
	const struct json *(*found)(const struct json *doc);
	int (*find)(struct zone *zone, struct refusal *refusal);

	struct api_request (*read)(const struct zone *zone, const char *type);
	const struct record_members *members;

	/* All values at once; n == 0: none is left … */
	struct api_request (*write)(const struct zone *zone, const char *type,
	    const struct records *records);
	/* … what is to be waited for after that (NULL: nothing); 0, -1 … */
	int (*await)(
	    struct zone *zone, struct json **doc, struct refusal *refusal);

	/* … or one by one. */
	struct api_request (*add)(
	    const struct zone *zone, const char *type, const char *value);
	struct api_request (*change)(const struct zone *zone, const char *type,
	    const char *id, const char *value);
	struct api_request (*remove)(const struct zone *zone, const char *id);
};

struct zone {
	struct api api;
	const struct zone_verbs *verbs;
	const char *host; /* whose records these are */
	char name[ZONE_NAME_SIZE];
	char id[API_ID_SIZE];          /* "" where it has none */
	char relative[ZONE_NAME_SIZE]; /* the host within it, "@" = itself */
	int64_t ttl;                   /* the least one; 0 = not said */
	bool exists; /* the record that was read last has a value */
};

/* As the members of struct family. */
int zone_update(const struct zone_verbs *verbs, struct fetch *fetch,
    const struct ddns_job *job, const struct update *update,
    struct refusal *refusal);
int zone_txt(const struct zone_verbs *verbs, struct fetch *fetch,
    const struct ddns_job *job, const struct record *record, bool set,
    struct refusal *refusal);

/* The host within a zone, "@" = the zone itself. False: it is not in it. */
bool zone_relative(const char *host, const char *zone, char *relative);

/* What zone->relative is for those who write "" for the zone itself. */
const char *zone_subname(const struct zone *zone);

/* Whether two values are the same, but for how they are written. */
bool record_same(const char *type, const char *a, const char *b);

#endif
