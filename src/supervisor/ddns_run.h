#ifndef SUPERVISOR_DDNS_RUN_H
#define SUPERVISOR_DDNS_RUN_H

/*
 * One run of gatehouse-ddns: it is told the secrets of one section and no
 * others, finds what it finds, and ends. Whoever started it hears that, unless
 * it was cancelled before.
 */

#include <stdbool.h>

#include "ipc/ddns.h"
#include "ipc/msg.h"

struct child;
struct config_ddns;
struct ddns_record;
struct ddns_run;
struct error;
struct supervisor;

#define DDNS_RUN_MS 60000
#define DDNS_RUN_TXT_MS 120000 /* more than one request, with some providers */

/* How it ended. Texts are one line, and borrowed for the call. */
struct ddns_end {
	bool done;
	bool updated;           /* done: the provider was asked, and agrees */
	const char *text;       /* done: what, for people */
	enum ddns_failure kind; /* not done: … */
	const char *problem;
	const char *detail;
	const char *advice; /* "" = none */
	int64_t retry_after;
	bool lost; /* it said nothing at all */
};

struct ddns_task {
	enum ddns_kind kind;
	const struct config_ddns *config;
	const struct ddns_record *record; /* what was published last */
	const char *name;                 /* of a TXT record … */
	const char *value;                /* … and its value */

	void (*found)(void *arg, const struct msg_DDNS_FOUND *found);
	void (*ended)(void *arg, const struct ddns_end *end); /* once */
	void *arg;
};

/* Borrows the task. NULL if it cannot be started: ended() is not called. */
struct ddns_run *ddns_run_start(
    struct supervisor *sup, const struct ddns_task *task, struct error *err);

/* Kills it; nobody hears of it any more. NULL is fine. */
void ddns_run_cancel(struct ddns_run *run);

/* Messages. */
void ddns_run_found(struct child *child, const struct msg *msg);
void ddns_run_done(struct child *child, const struct msg *msg);
void ddns_run_failed(struct child *child, const struct msg *msg);

#endif
