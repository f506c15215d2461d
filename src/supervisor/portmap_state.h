#ifndef SUPERVISOR_PORTMAP_STATE_H
#define SUPERVISOR_PORTMAP_STATE_H

/* The one object of port mapping, for portmap.c and portmap_run.c alone. */

#include "mapped.h"
#include "net/loop.h"
#include "supervisor.h"

#define PORTMAP_MAGIC 0x706f7274u

struct portmap {
	unsigned magic;
	struct supervisor *sup;

	/* What is wanted. */
	char *ports;        /* to be mapped; "" = none */
	bool asks;          /* dynamic DNS wants to know the address outside */
	bool held;          /* a person said "off" */
	int64_t settles_at; /* orders wait so long for what is wanted; wall */
	bool look_again;    /* once what is under way has ended */
	struct asker asker; /* waits for the end */
	bool is_asked;
	struct loop_timer timer;
	int64_t next; /* when it is due, seconds since the epoch; 0 = never */

	/* What is under way. */
	struct child *child; /* NULL: nothing */
	enum portmap_kind kind;
	bool answered;
	struct loop_timer deadline;

	/* What came of it. */
	struct mapped kept; /* that the router may have of us */
	char *mapped;       /* the ports; "" = none … */
	int64_t until_ms;   /* … monotonic; until then they are … */
	uint32_t lifetime;  /* … by this lease; 0 = for ever */
	char *protocol;     /* these texts are never NULL; "" = none */
	char *wan;
	char *warning; /* of the job: why nobody would reach the router */
	char *problem; /* of the last failure, with its detail */
	char *advice;
	unsigned failures; /* in a row */
	int64_t since;     /* of the mapping, seconds since the epoch */
};

struct portmap *portmap_from(void *arg);

/* Replaces a text by a copy on one line, cut if it is too long. */
void portmap_text(char **text, const char *said);

/*
 * Starts a run; nothing is under way. What it says is told by the second
 * function, before it is logged, and by the third that it has exited.
 */
void portmap_run(struct portmap *pm, enum portmap_kind kind, const char *ports);
void portmap_answered(struct portmap *pm, bool ok);
void portmap_ended(struct portmap *pm, bool ok);

/* What the router may have of us: before it hears, or after it forgot. */
void portmap_keep(struct portmap *pm, const char *ports);

/* Ends it, unheard. */
void portmap_cancel(struct portmap *pm);

#endif
