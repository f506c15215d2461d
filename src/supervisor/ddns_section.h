#ifndef SUPERVISOR_DDNS_SECTION_H
#define SUPERVISOR_DDNS_SECTION_H

/*
 * A DDNS section that is served: what is remembered of it, what was found last,
 * and the job that is under way for it, one at a time. It lives as long as
 * configurations ask for the same thing, and longer than each of them.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "ddns_record.h"
#include "ddns_seen.h"
#include "ipc/ddns.h"

struct config_ddns;
struct ddns_end;
struct ddns_run;
struct supervisor;

/* A TXT record that is to be published, or taken away. */
struct ddns_proof {
	const char *section; /* its name */
	bool clear;
	const char *name;
	const char *value;
	void (*done)(void *arg, const struct ddns_end *end); /* once */
	void *arg;
};

struct ddns_section {
	TAILQ_ENTRY(ddns_section) entry;
	struct supervisor *sup;
	const struct config_ddns *config; /* of the generation that serves */
	int dir;                          /* of the records; borrowed */
	char *name;                       /* of its record */
	char *saved;                      /* what is on disk; NULL = unknown */
	struct ddns_record record;
	struct ddns_seen seen;

	struct ddns_run *run; /* NULL: none is under way */
	enum ddns_kind kind;  /* of that */
	bool same;            /* it found what was published before */
	bool again;           /* addresses changed meanwhile */
	int64_t requested_before;
	void (*txt_done)(void *arg, const struct ddns_end *end);
	void *txt_arg;

	unsigned asked; /* by persons: bits 1 << DDNS_LOOK, 1 << DDNS_FORCE */
};

/* Takes the name. Reads what is remembered under it. */
struct ddns_section *ddns_section_new(struct supervisor *sup,
    const struct config_ddns *config, int dir, char *name);
void ddns_section_free(struct ddns_section *section);

/* The same section in a new configuration, maybe with another token. */
void ddns_section_take(
    struct ddns_section *section, const struct config_ddns *config);
bool ddns_section_serves(
    const struct ddns_section *section, const struct config_ddns *config);

struct ddns_pace ddns_section_pace(const struct ddns_section *section);

/* What it is to do next, and when. No job is under way. */
struct ddns_errand ddns_section_next(const struct ddns_section *section);

/*
 * Starts a job. What may ask the provider is written down before; what cannot
 * be is not done.
 */
void ddns_section_start(struct ddns_section *section, enum ddns_kind kind);

/* 0; 1: later, a job is under way; -1: it cannot be. */
int ddns_section_txt(struct ddns_section *section, const struct ddns_proof *txt,
    struct error *err);

/* Addresses may have changed. */
void ddns_section_event(struct ddns_section *section);

/* Is it for this name of a certificate, perhaps a wildcard? */
bool ddns_section_has(const struct ddns_section *section, const char *name);

/* "duckdns for a.duckdns.org", for people. The caller frees. */
char *ddns_section_label(const struct ddns_section *section);

#endif
