#include "supervisor.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "addresses.h"
#include "base/clock.h"
#include "base/xalloc.h"
#include "bind.h"
#include "chore.h"
#include "config/config.h"
#include "ddns.h"
#include "ddns_ask.h"
#include "dispatch.h"
#include "generation.h"
#include "job.h"
#include "mqtt.h"
#include "plan.h"
#include "portmap.h"
#include "publish.h"
#include "reload.h"
#include "renewal.h"
#include "stats/journal.h"
#include "stats/stats.h"

#define REPLY_MAX (96u * 1024) /* fits into a message */

void
supervisor_reply(struct asker asker, bool ok, const char *text)
{
	char *cut = xstrndup(text, REPLY_MAX);
	struct msg msg = { .kind = MSG_CONTROL_REPLY,
		.fd = -1,
		.u.CONTROL_REPLY = { .id = asker.id, .ok = ok, .text = cut } };

	if (asker.monitor != NULL)
		child_send(asker.monitor, &msg);
	free(cut);
}

void
supervisor_log_diag(const struct diag *diag)
{
	const char *line;

	for (unsigned n = 0; (line = diag_line(diag, n)) != NULL; n++)
		if (diag_level(diag, n) == DIAG_ERROR)
			log_err("%s", line);
		else
			log_warn("%s", line);
}

/* Who started this as a daemon may go now, and take its terminal along. */
static void
detach(struct supervisor *sup)
{
	if (sup->ready_fd == -1)
		return;
	(void)!write(sup->ready_fd, "", 1);
	close(sup->ready_fd);
	sup->ready_fd = -1;
	dup2(sup->children.null_fd, STDIN_FILENO);
	dup2(sup->children.null_fd, STDOUT_FILENO);
	if (sup->log.target == LOG_TO_SYSLOG) {
		dup2(sup->children.null_fd, STDERR_FILENO);
		log_open("gatehoused", sup->log.target, sup->log.facility);
	}
}

static void
log_listeners(const struct generation *generation)
{
	const struct config_listener *listener;
	char text[ADDR_TEXT_SIZE];

	for (listener = generation->plan->config->listeners; listener != NULL;
	     listener = listener->next)
		log_info("listening on %s (%s)",
		    addr_text(
		        &generation->bindings->list[listener->index].actual,
		        text),
		    listener->tls ? "https" : "http");
	if (generation->bindings->status.fds != NULL)
		log_info("listening on %s (status)",
		    addr_text(&generation->bindings->status.actual, text));
}

void
supervisor_started(struct supervisor *sup)
{
	const struct generation *generation = sup->current;
	char text[64];

	log_listeners(generation);
	log_info("ready: %u listeners, %u workers, generation %u",
	    generation->bindings->count, generation->nworkers,
	    generation->number);
	notify_status(
	    &sup->notify, "Serving, generation %u", generation->number);
	detach(sup);
	journal_event(sup->journal,
	    generation->number == 1 ? "start" : "reload",
	    "generation %u serves", generation->number);
	snprintf(
	    text, sizeof(text), "reloaded, generation %u", generation->number);
	reload_end(sup, true, text);
	renewal_dismiss(
	    sup, "the gateway was reloaded meanwhile; the renewal goes on");
	chore_dismiss(sup,
	    "the gateway was reloaded meanwhile; the log says how it ends");
	portmap_update(sup);
	ddns_ask_dismiss(sup,
	    "the gateway was reloaded meanwhile; `gatehouse ddns status` says "
	    "how it ended");
}

void
supervisor_start_failed(struct supervisor *sup, const char *reason)
{
	if (sup->phase == PHASE_RUNNING && sup->current == NULL) {
		log_err("cannot start: %s", reason);
		sup->status = EXIT_FAILURE;
		supervisor_stop(sup);
		return;
	}
	if (sup->current != NULL) {
		log_err("reload failed: %s; generation %u serves on", reason,
		    sup->current->number);
		journal_event(sup->journal, "reload-failed",
		    "%s; generation %u serves on", reason,
		    sup->current->number);
	}
	reload_end(sup, false, reason);
}

static void
rotate_tickets(void *arg)
{
	struct supervisor *sup = arg;
	struct msg msg = { .kind = MSG_TICKET_KEY, .fd = -1 };

	ticket_keys_rotate(&sup->tickets);
	msg.u.TICKET_KEY.key.p = ticket_keys_newest(&sup->tickets);
	msg.u.TICKET_KEY.key.len = TICKET_KEY_SIZE;
	if (sup->current != NULL)
		generation_send(sup->current, &msg);
	if (sup->starting != NULL)
		generation_send(sup->starting, &msg);
	loop_timer_set(sup->loop, &sup->ticket_timer, TICKET_ROTATE_MS);
}

void
supervisor_reopen(struct supervisor *sup, struct asker asker)
{
	struct error err = { 0 };
	struct generation *generation;
	bool done = true;

	if (sup->current != NULL)
		done = generation_reopen(sup->current, &err) == 0;
	if (sup->starting != NULL)
		done = generation_reopen(sup->starting, &err) == 0 && done;
	TAILQ_FOREACH(generation, &sup->leaving, entry)
		done = generation_reopen(generation, &err) == 0 && done;
	if (done)
		log_info("access log: opened anew");
	else
		log_err("access log: %s; the old file is written on", err.msg);
	supervisor_reply(
	    asker, done, done ? "the access log was opened anew" : err.msg);
}

/* Nothing new begins from here on. */
static void
wind_down(struct supervisor *sup)
{
	struct job *job, *next;

	notify_stopping(&sup->notify);
	loop_timer_cancel(&sup->renewal_timer);
	loop_timer_cancel(&sup->ticket_timer);
	watch_release(&sup->watch);
	renewal_dismiss(sup, "the gateway is stopping");
	chore_dismiss(sup, "the gateway is stopping");
	chore_cancel_all(sup);
	addresses_stop(sup);
	portmap_stop(sup);
	mqtt_stop(sup);
	ddns_stop(sup);
	TAILQ_FOREACH_SAFE(job, &sup->jobs, entry, next)
		job_cancel(job);
	if (sup->starting != NULL)
		generation_fail(sup->starting, "the gateway is stopping");
	if (sup->replaced != NULL) {
		sup->replaced = NULL;
		loop_timer_cancel(&sup->replace_timer);
		reload_end(sup, false, "the gateway is stopping");
	}
}

static void
drain_all(struct supervisor *sup, unsigned seconds)
{
	struct generation *generation;

	if (sup->current != NULL)
		generation_drain(sup->current, seconds);
	TAILQ_FOREACH(generation, &sup->leaving, entry)
		generation_drain(generation, seconds);
}

void
supervisor_drain(struct supervisor *sup)
{
	unsigned grace;

	if (sup->phase != PHASE_RUNNING)
		return;
	if (sup->current == NULL) {
		supervisor_stop(sup);
		return;
	}
	grace = sup->current->plan->config->grace;
	sup->phase = PHASE_DRAINING;
	log_info("draining: connections have %u seconds to end", grace);
	wind_down(sup);
	generation_unlisten(sup->current);
	drain_all(sup, grace);
	supervisor_sweep(sup);
}

void
supervisor_stop(struct supervisor *sup)
{
	enum phase before = sup->phase;
	struct generation *generation;

	if (before == PHASE_STOPPING)
		return;
	sup->phase = PHASE_STOPPING;
	log_info("stopping");
	if (before == PHASE_RUNNING)
		wind_down(sup);
	drain_all(sup, 0);
	if (sup->current != NULL)
		monitor_stop(&sup->current->monitor);
	TAILQ_FOREACH(generation, &sup->leaving, entry)
		monitor_stop(&generation->monitor);
	supervisor_sweep(sup);
}

void
supervisor_sweep(struct supervisor *sup)
{
	loop_later(sup->loop, &sup->sweep);
}

static bool
has_workers(const struct supervisor *sup)
{
	const struct child *child;

	TAILQ_FOREACH(child, &sup->children.list, entry)
		if (child->role == IPC_PROXY)
			return true;
	return false;
}

static void
on_sweep(void *arg)
{
	struct supervisor *sup = arg;

	generation_sweep(sup);
	if (sup->phase == PHASE_DRAINING && !has_workers(sup))
		supervisor_stop(sup);
	if (sup->phase == PHASE_STOPPING && TAILQ_EMPTY(&sup->children.list))
		loop_stop(sup->loop);
}

static void
on_empty(void *arg)
{
	supervisor_sweep(arg);
}

static void
on_term(void *arg)
{
	supervisor_stop(arg);
}

/* Once means politely, twice means now. */
static void
on_int(void *arg)
{
	struct supervisor *sup = arg;

	if (sup->phase == PHASE_RUNNING)
		supervisor_drain(sup);
	else
		supervisor_stop(sup);
}

static void
on_hup(void *arg)
{
	reload_start(arg, (struct asker){ 0 });
}

static void
on_usr1(void *arg)
{
	supervisor_reopen(arg, (struct asker){ 0 });
}

static void
watch_signals(struct supervisor *sup)
{
	signal(SIGPIPE, SIG_IGN);
	sup->on_term.fn = on_term;
	sup->on_int.fn = on_int;
	sup->on_hup.fn = on_hup;
	sup->on_usr1.fn = on_usr1;
	sup->on_term.arg = sup->on_int.arg = sup->on_hup.arg = sup;
	sup->on_usr1.arg = sup;
	loop_signal_add(sup->loop, &sup->on_term, SIGTERM);
	loop_signal_add(sup->loop, &sup->on_int, SIGINT);
	loop_signal_add(sup->loop, &sup->on_hup, SIGHUP);
	loop_signal_add(sup->loop, &sup->on_usr1, SIGUSR1);
}

static void
init(struct supervisor *sup, const struct supervisor_options *options)
{
	*sup = (struct supervisor){ .file = options->file,
		.ready_fd = options->ready_fd,
		.log = options->log,
		.started_at = clock_wall(),
		.dir = { -1, -1, NULL, false },
		.control_fd = -1,
		.sessions_fd = -1,
		.store = { -1, -1 },
		.children = { .null_fd = -1 },
		.sweep = { .fn = on_sweep, .arg = sup },
		.ticket_timer = { .fn = rotate_tickets, .arg = sup },
		.status = EXIT_SUCCESS };
	TAILQ_INIT(&sup->leaving);
	TAILQ_INIT(&sup->challenges);
	TAILQ_INIT(&sup->records);
	TAILQ_INIT(&sup->jobs);
	TAILQ_INIT(&sup->renewals);
	TAILQ_INIT(&sup->chores);
	sup->clock_is_good = true;
	TAILQ_INIT(&sup->children.list);
	reload_init(sup);
	sup->loop = loop_new();
	watch_init(&sup->watch, sup->loop);
	sup->watch.changed = on_hup;
	sup->watch.arg = sup;
	notify_init(&sup->notify);
	ticket_keys_init(&sup->tickets);
	watch_signals(sup);
}

/* Where no socket can be made, nobody can ask us anything; we serve. */
static int
listen_for_commands(struct supervisor *sup, struct error *err)
{
	struct error reason = { 0 };

	if (sup->dir.read_only)
		log_err("%s is read-only: the certificates there are served, "
		        "but nothing can be kept, so renewals wait",
		    sup->dir.path);
	sup->control_fd = statedir_listen(&sup->dir, &reason);
	if (sup->control_fd != -1)
		return 0;
	if (reason.kind != ERR_SYS)
		return error_set(err, reason.kind, "%s", reason.msg);
	log_err("%s; `gatehouse status` and the other commands reach nobody",
	    reason.msg);
	return 0;
}

/* What must be ours before anything starts. */
static int
take_possession(struct supervisor *sup,
    const struct supervisor_options *options, const struct config *config,
    struct error *err)
{
	const char *pid_file =
	    options->pid_file != NULL ? options->pid_file : config->pid_file;

	if (statedir_open(&sup->dir, config->state_dir, err) == -1 ||
	    certstore_open(&sup->store, sup->dir.path, err) == -1)
		return -1;
	sup->stats = stats_new(err);
	sup->journal = sup->stats == NULL ? NULL : journal_new(err);
	if (sup->journal == NULL)
		return -1;
	if (listen_for_commands(sup, err) == -1 ||
	    children_init(&sup->children, sup->loop, options->programs, err) ==
	        -1)
		return -1;
	addresses_init(sup);
	portmap_start(sup);
	mqtt_start(sup);
	sup->children.quiet = sup->log.target == LOG_TO_SYSLOG;
	sup->children.on_message = dispatch;
	sup->children.on_empty = on_empty;
	sup->children.arg = sup;
	if (pid_file == NULL)
		return 0;
	if (pid_file_write(pid_file, err) == -1)
		return -1;
	sup->pid_file = xstrdup(pid_file);
	return 0;
}

static void
release(struct supervisor *sup)
{
	ddns_release(sup);
	generation_free(sup->current);
	generation_sweep(sup);
	publish_release(sup);
	portmap_release(sup);
	mqtt_release(sup);
	if (sup->children.dir != NULL)
		children_release(&sup->children);
	if (sup->pid_file != NULL)
		unlink(sup->pid_file);
	free(sup->pid_file);
	reload_release(sup);
	if (sup->control_fd != -1) {
		close(sup->control_fd);
		statedir_unlisten(&sup->dir);
	}
	journal_free(sup->journal);
	stats_free(sup->stats);
	if (sup->sessions_fd != -1)
		close(sup->sessions_fd);
	certstore_close(&sup->store);
	statedir_close(&sup->dir);
	ticket_keys_release(&sup->tickets);
	notify_release(&sup->notify);
	watch_release(&sup->watch);
	loop_timer_cancel(&sup->ticket_timer);
	loop_timer_cancel(&sup->renewal_timer);
	loop_signal_del(&sup->on_term);
	loop_signal_del(&sup->on_int);
	loop_signal_del(&sup->on_hup);
	loop_signal_del(&sup->on_usr1);
	loop_free(sup->loop);
}

/* Starts the first generation. False if that cannot even be begun. */
static bool
begin(struct supervisor *sup, struct plan *plan)
{
	struct diag *diag = diag_new();
	bool begun;

	if (plan->uid == PLAN_STAY && geteuid() == 0)
		log_warn("no User in %s: everything runs as root", sup->file);
	notify_watch(&sup->notify, sup->loop);
	loop_timer_set(sup->loop, &sup->ticket_timer, TICKET_ROTATE_MS);
	begun = generation_begin(sup, plan, diag) == 0;
	supervisor_log_diag(diag);
	diag_free(diag);
	return begun;
}

int
supervisor_run(const struct supervisor_options *options, struct plan *plan)
{
	struct supervisor sup;
	struct error err = { 0 };

	init(&sup, options);
	if (take_possession(&sup, options, plan->config, &err) == -1) {
		log_err("%s", err.msg);
		plan_free(plan);
		sup.status = EXIT_FAILURE;
	} else if (begin(&sup, plan)) {
		loop_run(sup.loop);
		log_info("stopped");
	} else {
		sup.status = EXIT_FAILURE;
	}
	release(&sup);
	return sup.status;
}
