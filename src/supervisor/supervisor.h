#ifndef SUPERVISOR_SUPERVISOR_H
#define SUPERVISOR_SUPERVISOR_H

/*
 * gatehoused: the one process that keeps its privilege. It reads the
 * configuration, opens sockets, keeps the certificate store and starts the
 * others; it parses no byte that came from a network. This is the state that
 * its modules share; each of them owns the part that its header describes.
 */

#include <stdbool.h>
#include <stdint.h>

#include "addrwatch.h"
#include "base/error.h"
#include "base/list.h"
#include "base/log.h"
#include "certstore.h"
#include "child.h"
#include "clockwatch.h"
#include "net/loop.h"
#include "notify.h"
#include "secrets.h"
#include "statedir.h"
#include "watch.h"

struct ddns;
struct diag;
struct generation;
struct journal;
struct mqtt;
struct plan;
struct portmap;
struct stats;

TAILQ_HEAD(generation_list, generation);
TAILQ_HEAD(challenge_list, challenge);
TAILQ_HEAD(job_list, job);
TAILQ_HEAD(publish_list, publish_task);
TAILQ_HEAD(renew_list, renew_request);
TAILQ_HEAD(chore_list, chore);

enum phase {
	PHASE_RUNNING,
	PHASE_DRAINING, /* no new connection; what is open may finish */
	PHASE_STOPPING
};

struct log_settings {
	enum log_target target;
	int facility;
	enum log_level level;
	const char *tag; /* what syslog calls us; "" = the program */
};

/* MSG_TERMS of a first message. Who is jailed has .root = plan->root, too. */
#define SUPERVISOR_TERMS(sup, plan)                                            \
	.uid = plan_wire_id((plan)->uid), .gid = plan_wire_id((plan)->gid),    \
	.log_target = (sup)->log.target,                                       \
	.log_facility = (uint32_t)(sup)->log.facility,                         \
	.log_level = (sup)->log.level, .log_tag = (sup)->log.tag

/* Who asked for something through the monitor. */
struct asker {
	struct child *monitor; /* NULL: a signal, nobody waits */
	uint32_t id;
};

struct reload {
	struct asker asker; /* waits for `starting` */
	char *said;         /* warnings of the configuration, a line each */
	bool again;         /* SIGHUP came meanwhile */
	struct loop_later later;
};

struct supervisor {
	struct loop *loop;
	const char *file; /* the configuration */
	char *pid_file;   /* that we wrote; NULL: none */
	int ready_fd;     /* who started a daemon waits here; -1 = nobody */
	struct log_settings log;
	int64_t started_at; /* seconds since the epoch */

	struct children children;
	struct statedir dir;
	int control_fd;  /* listens for the `gatehouse` command */
	int sessions_fd; /* their table, once a configuration has some */
	struct certstore store;
	struct notify notify;
	struct stats *stats;     /* what the workers count */
	struct journal *journal; /* what happened lately */
	struct ticket_keys tickets;
	struct loop_timer ticket_timer;

	struct generation *current;  /* serves */
	struct generation *starting; /* not yet */
	struct generation *replaced; /* was told to drain, may not have yet */
	struct loop_timer replace_timer;
	struct generation_list leaving; /* drain or failed; newest first */
	struct loop_later sweep;        /* frees what nobody needs any more */
	unsigned generations;           /* numbers given out */

	struct challenge_list challenges;
	struct publish_list records; /* being published or taken away */
	struct job_list jobs;
	struct renew_list renewals; /* that somebody waits for */
	struct chore_list chores;   /* the first one may have a job */
	struct ddns *ddns;          /* NULL: no section was ever served */
	struct loop_timer renewal_timer;
	struct clockwatch clock;
	bool clock_is_good;      /* or nothing was said yet */
	struct portmap *portmap; /* see portmap.h */
	struct mqtt *mqtt;       /* see mqtt.h */

	struct reload reload;
	struct watch watch; /* asks for one */
	struct addrwatch addresses;

	enum phase phase;
	struct loop_signal on_term;
	struct loop_signal on_int;
	struct loop_signal on_hup;
	struct loop_signal on_usr1;
	int status; /* to exit with */
};

struct supervisor_options {
	const char *file;
	const char *pid_file; /* NULL: the configuration's */
	const char *programs; /* NULL: beside our own */
	int ready_fd;
	struct log_settings log;
};

/* Takes the plan. Serves until it is told to stop; returns the exit status. */
int supervisor_run(const struct supervisor_options *options, struct plan *plan);

/* What signals and the `gatehouse` command ask for. */
void supervisor_drain(struct supervisor *sup);
void supervisor_stop(struct supervisor *sup);

/* The access log was renamed: every worker goes on in a new file. */
void supervisor_reopen(struct supervisor *sup, struct asker asker);

/* Answers a command of a person. */
void supervisor_reply(struct asker asker, bool ok, const char *text);

/* A child is gone, or a generation: looks what may be freed or ended now. */
void supervisor_sweep(struct supervisor *sup);

/* How a generation's start ended. */
void supervisor_started(struct supervisor *sup);
void supervisor_start_failed(struct supervisor *sup, const char *reason);

/* Logs each line of the reader of a configuration. */
void supervisor_log_diag(const struct diag *diag);

#endif
