#ifndef SUPERVISOR_RECORD_H
#define SUPERVISOR_RECORD_H

/*
 * What is remembered of one certificate over a restart: its schedule, and what
 * the last failure said. On disk it is lines of "key: value", for people to
 * read; whatever is missing or damaged there counts as never written.
 */

#include <stddef.h>
#include <stdint.h>

#include "schedule.h"

struct buf;

struct record {
	struct schedule schedule;
	int64_t succeeded_at; /* the last issuance, 0 = none */
	int64_t attempts;     /* ever */
	char *problem; /* of the last failure: the ACME type; NULL = none */
	char *detail;  /* and what it means, in one line; NULL = none */
	char *advice;  /* and what a person can do; NULL = nothing */
	char *wanted;  /* what `schedule` is about: directory and names */
	char *issued;  /* the same, of the certificate in the store */
	char *issuer;  /* the directory of the CA that issued it */
	char *serial;  /* which one all this is about */
	char *told;    /* serial of one whose end was told; NULL = none */
	char *revoked; /* serial of one that is to be replaced; NULL = none */
	char *gates;   /* of CAs, see authority.h: "until URL", with spaces */
	char *failed_way; /* the last that a CA did not accept; see ways.h */
};

/* A zeroed record is a valid empty one. */
void record_release(struct record *record);

/* Replaces a text of the record by a copy, control characters blanked. */
void record_set(char **text, const char *value);

#define RECORD_SAID_MAX 4096

/*
 * What a process says for people: a copy on one line, of so many bytes at most,
 * for whoever took that process over must not fill our log or a message. NULL
 * gives "". The caller frees.
 */
char *record_said(const char *said);

void record_parse(struct record *record, const char *text, size_t len);
void record_print(const struct record *record, struct buf *out);

/*
 * The lines of a record of any kind, and where their values are in it: int64_t
 * for a number, char * for a text, NULL if there is none.
 */
struct record_field {
	const char *key;
	enum { RECORD_NUMBER, RECORD_TEXT } type;
	size_t offset;
};

struct record_table {
	const struct record_field *fields;
	size_t count;
};

void record_fields_release(const struct record_table *table, void *record);
void record_fields_parse(const struct record_table *table, void *record,
    const char *text, size_t len);
void record_fields_print(
    const struct record_table *table, const void *record, struct buf *out);

/*
 * Takes the next "key: value" line off the text. The value is copied into a
 * string that the caller frees; NULL when no such line comes next.
 */
char *record_line(const char **text, size_t *len, const char *key);

#endif
