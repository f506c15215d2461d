/*
 * gatehouse-monitor: watches the backends, resolves their names and answers the
 * `gatehouse` command. An unprivileged child of gatehoused that lives outside
 * the jail, because resolving needs /etc. It is configured once, over the
 * channel on descriptor 3, and ends when that closes.
 */

#include <assert.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "config/config.h"
#include "control.h"
#include "ipc/line.h"
#include "net/loop.h"
#include "page.h"
#include "probe.h"
#include "stats/journal.h"
#include "stats/metrics.h"
#include "stats/stats.h"
#include "status.h"
#include "tls/client.h"
#include "web.h"

#define PROGRAM "gatehouse-monitor"

struct monitor {
	struct loop *loop;
	struct chan *chan;
	struct loop_io io;
	struct loop_signal terminate;

	/* From START on: */
	struct config_text *text;
	struct config *config;
	struct status *status;
	struct probe *probes;    /* one for each backend … */
	enum probe_state *noted; /* … and what was written of it last */
	struct stats *stats;
	struct journal *journal;
	int control_fd; /* these two until WORKER_GO; -1: there is none */
	int status_fd;

	/* From WORKER_GO on: */
	bool serving;
	struct control *control; /* or NULL */
	struct web *web;         /* or NULL */
	char *page_policy;
	struct loop_timer sampler;
};

/* Without the supervisor there is nothing left to do. */
static bool
report(struct monitor *monitor, const struct msg *msg)
{
	struct error err;

	if (chan_send(monitor->chan, msg, &err) == 0)
		return true;
	log_warn("to the supervisor: %s", err.msg);
	loop_stop(monitor->loop);
	return false;
}

static _Noreturn void
fail(struct monitor *monitor, const char *reason)
{
	struct msg msg = { .kind = MSG_WORKER_FAILED, .fd = -1 };

	msg.u.WORKER_FAILED.reason = reason;
	report(monitor, &msg);
	fatal("%s", reason);
}

/* What is news to a person, and not to the workers alone. */
static void
note_probe(struct monitor *monitor, const struct probe *probe)
{
	enum probe_state *noted = &monitor->noted[probe->backend->id];
	char name[CONFIG_LABEL_SIZE];

	config_backend_label(probe->backend, name);
	if (probe->state == PROBE_DOWN && *noted != PROBE_DOWN)
		journal_event(monitor->journal, "backend-down", "%s: %s", name,
		    probe->error);
	else if (probe->state == PROBE_UP && *noted == PROBE_DOWN)
		journal_event(monitor->journal, "backend-up", "%s", name);
	*noted = probe->state;
}

static void
on_probe(void *arg, const struct probe *probe)
{
	struct msg msg = { .kind = MSG_BACKEND_STATE, .fd = -1 };

	note_probe(arg, probe);
	msg.u.BACKEND_STATE.backend = probe->backend->id;
	msg.u.BACKEND_STATE.up = probe->state != PROBE_DOWN;
	msg.u.BACKEND_STATE.reached = probe->reached;
	msg.u.BACKEND_STATE.addresses = (struct msg_bytes){ probe->addresses,
		(size_t)probe->naddresses * sizeof(probe->addresses[0]) };
	report(arg, &msg);
}

static void
on_status(void *arg, struct buf *out)
{
	struct monitor *monitor = arg;

	status_render(monitor->status, monitor->probes, out);
}

static bool
on_admits(void *arg, const char *address)
{
	const struct monitor *monitor = arg;
	const struct config_acl *acl = monitor->config->status->acl;

	return acl == NULL || config_acl_holds(acl, address);
}

/* What the Status section names, and what certificates are obtained for. */
static bool
on_is_named(void *arg, const char *host)
{
	const struct monitor *monitor = arg;
	const struct config *config = monitor->config;

	for (unsigned i = 0; i < config->status->nnames; i++)
		if (strcmp(config->status->names[i], host) == 0)
			return true;
	for (unsigned i = 0; i < config->ncerts; i++)
		for (unsigned n = 0; n < config->certs[i]->nnames; n++)
			if (strcmp(config->certs[i]->names[n], host) == 0)
				return true;
	return false;
}

static bool
on_render(void *arg, struct slice path, struct buf *out,
    struct web_document *document)
{
	struct monitor *monitor = arg;

	if (slice_eq(path, "/")) {
		document->type = "text/html; charset=utf-8";
		/* libcrypto is 2 MiB that most monitors never touch. */
		if (monitor->page_policy == NULL)
			monitor->page_policy = page_policy();
		document->policy = monitor->page_policy;
		page_render(out);
	} else if (slice_eq(path, "/metrics")) {
		document->type = METRICS_TYPE;
		status_export(monitor->status, monitor->probes, out);
	} else if (slice_eq(path, "/status.json")) {
		document->type = "application/json";
		status_render(monitor->status, monitor->probes, out);
	} else {
		return false;
	}
	return true;
}

/* At the beginning of each minute. */
static void
on_sample(void *arg)
{
	struct monitor *monitor = arg;
	int64_t now = clock_wall();
	struct stats_figures *total = xmalloc(sizeof(*total));

	stats_sum(monitor->stats, total);
	journal_sample(monitor->journal, now, total);
	free(total);
	loop_timer_set(
	    monitor->loop, &monitor->sampler, (60 - now % 60) * 1000);
}

static bool
on_forward(void *arg, uint32_t id, const struct request *request)
{
	struct msg msg = { .kind = MSG_CONTROL, .fd = -1 };

	msg.u.CONTROL.id = id;
	msg.u.CONTROL.verb = request->verb;
	msg.u.CONTROL.arg = request->arg;
	return report(arg, &msg);
}

/* The message's descriptor holds the configuration. */
static void
read_config(struct monitor *monitor, int fd)
{
	struct diag *diag = diag_new();
	struct error err;

	monitor->text = config_text_unseal(fd, &err);
	close(fd);
	if (monitor->text == NULL)
		fail(monitor, err.msg);
	monitor->config = config_parse(monitor->text, diag);
	if (monitor->config == NULL)
		fail(monitor, diag_line(diag, 0));
	diag_free(diag);
}

/* Reads whom to trust, as a worker does before it gives up its rights. */
static void
init_probes(struct monitor *monitor)
{
	const struct config *config = monitor->config;
	struct tls_trust *system = NULL;

	monitor->probes =
	    xcalloc(config->nbackends, sizeof(monitor->probes[0]));
	for (unsigned i = 0; i < config->nbackends; i++)
		probe_init(&monitor->probes[i], config->backends[i], &system);
	tls_trust_free(system);
}

static void
on_start(struct monitor *monitor, const struct msg *msg)
{
	const struct msg_START *start = &msg->u.START;
	const struct sandbox box = line_box(msg);
	struct error err;

	if (monitor->config != NULL)
		fatal("a second START");
	line_settle(PROGRAM, msg);
	read_config(monitor, msg->fd);
	init_probes(monitor);
	if (sandbox_enter(&box, &err) == -1)
		fail(monitor, err.msg);
	monitor->status =
	    status_new(monitor->config, start->generation, start->started);
	monitor->noted =
	    xcalloc(monitor->config->nbackends, sizeof(monitor->noted[0]));
}

static void
on_control_listener(struct monitor *monitor, const struct msg *msg)
{
	if (monitor->control_fd != -1 || monitor->serving)
		fatal("a second CONTROL_LISTENER");
	monitor->control_fd = msg->fd;
}

static void
on_status_listener(struct monitor *monitor, const struct msg *msg)
{
	if (monitor->status_fd != -1 || monitor->serving ||
	    monitor->config->status == NULL)
		fatal("STATUS_LISTENER is not for us");
	monitor->status_fd = msg->fd;
}

/* What cannot be opened now was made wrong: there is no second chance. */
static void
on_stats(struct monitor *monitor, const struct msg *msg)
{
	struct error err;

	if (monitor->stats != NULL)
		fatal("a second STATS");
	monitor->stats = stats_open(msg->fd, STATS_READ, &err);
	close(msg->fd);
	if (monitor->stats == NULL)
		fail(monitor, err.msg);
}

static void
on_journal(struct monitor *monitor, const struct msg *msg)
{
	struct error err;

	if (monitor->journal != NULL)
		fatal("a second JOURNAL");
	monitor->journal = journal_open(msg->fd, &err);
	close(msg->fd);
	if (monitor->journal == NULL)
		fail(monitor, err.msg);
}

static void
on_go(struct monitor *monitor, const struct msg *msg)
{
	const struct control_handler handler = { on_status, on_forward,
		monitor };
	const struct web_handler web = { on_admits, on_is_named, on_render,
		monitor };
	const struct config *config = monitor->config;
	struct msg ready = { .kind = MSG_WORKER_READY, .fd = -1 };

	(void)msg;
	if (monitor->stats == NULL || monitor->journal == NULL)
		fatal("WORKER_GO before STATS and JOURNAL");
	monitor->status->stats = monitor->stats;
	monitor->status->journal = monitor->journal;
	on_sample(monitor);
	for (unsigned i = 0; i < config->nbackends; i++) {
		struct probe *probe = &monitor->probes[i];

		probe->changed = on_probe;
		probe->arg = monitor;
		probe_start(probe, monitor->loop, config->alive);
	}
	monitor->serving = true;
	monitor->control =
	    control_new(monitor->loop, monitor->control_fd, &handler);
	monitor->control_fd = -1;
	if (monitor->status_fd != -1)
		monitor->web = web_new(monitor->loop, monitor->status_fd, &web);
	monitor->status_fd = -1;
	report(monitor, &ready);
}

static void
on_mark(struct monitor *monitor, const struct msg *msg)
{
	uint32_t id = msg->u.BACKEND_MARK.backend;

	if (monitor->serving && id < monitor->config->nbackends)
		probe_mark(&monitor->probes[id]);
}

static void
on_show_worker(struct monitor *monitor, const struct msg *msg)
{
	status_worker(monitor->status, &msg->u.SHOW_WORKER);
}

static void
on_show_listener(struct monitor *monitor, const struct msg *msg)
{
	status_listener(monitor->status, &msg->u.SHOW_LISTENER);
}

static void
on_show_cert(struct monitor *monitor, const struct msg *msg)
{
	status_cert(monitor->status, &msg->u.SHOW_CERT);
}

static void
on_show_portmap(struct monitor *monitor, const struct msg *msg)
{
	status_portmap(monitor->status, &msg->u.SHOW_PORTMAP);
}

static void
on_show_ddns(struct monitor *monitor, const struct msg *msg)
{
	status_ddns(monitor->status, &msg->u.SHOW_DDNS);
}

static void
on_show_mqtt(struct monitor *monitor, const struct msg *msg)
{
	status_mqtt(monitor->status, &msg->u.SHOW_MQTT);
}

static void
on_status_wanted(struct monitor *monitor, const struct msg *msg)
{
	if (!monitor->serving)
		fatal("STATUS_WANTED before WORKER_GO");
	control_tell(monitor->control, msg->fd);
}

static void
on_reply(struct monitor *monitor, const struct msg *msg)
{
	const struct msg_CONTROL_REPLY *reply = &msg->u.CONTROL_REPLY;

	if (!monitor->serving)
		fatal("CONTROL_REPLY before WORKER_GO");
	control_reply(monitor->control, reply->id, reply->ok != 0, reply->text);
}

static void
on_cease(struct monitor *monitor, const struct msg *msg)
{
	(void)msg;
	if (!monitor->serving)
		fatal("CONTROL_CEASE before WORKER_GO");
	control_cease(monitor->control);
}

/* All that msg.def lets the supervisor send to a monitor. */
static void (*const handlers[MSG_COUNT])(
    struct monitor *monitor, const struct msg *msg) = {
	[MSG_START] = on_start,
	[MSG_CONTROL_LISTENER] = on_control_listener,
	[MSG_STATUS_LISTENER] = on_status_listener,
	[MSG_STATS] = on_stats,
	[MSG_JOURNAL] = on_journal,
	[MSG_WORKER_GO] = on_go,
	[MSG_BACKEND_MARK] = on_mark,
	[MSG_SHOW_WORKER] = on_show_worker,
	[MSG_SHOW_LISTENER] = on_show_listener,
	[MSG_SHOW_CERT] = on_show_cert,
	[MSG_SHOW_PORTMAP] = on_show_portmap,
	[MSG_SHOW_DDNS] = on_show_ddns,
	[MSG_SHOW_MQTT] = on_show_mqtt,
	[MSG_STATUS_WANTED] = on_status_wanted,
	[MSG_CONTROL_REPLY] = on_reply,
	[MSG_CONTROL_CEASE] = on_cease,
};

static void
on_channel(void *arg, enum loop_events what)
{
	struct monitor *monitor = arg;
	struct error err;
	struct msg msg;

	(void)what;
	chan_flush(monitor->chan);
	for (;;) {
		switch (chan_recv(monitor->chan, &msg, &err)) {
		case CHAN_MESSAGE:
			if (msg.kind != MSG_START && monitor->config == NULL)
				fatal("%s before START", msg_name(msg.kind));
			assert(handlers[msg.kind] != NULL);
			handlers[msg.kind](monitor, &msg);
			break;
		case CHAN_EMPTY:
			return;
		case CHAN_CLOSED:
			loop_stop(monitor->loop);
			return;
		case CHAN_BROKEN:
			fatal("from the supervisor: %s", err.msg);
		}
	}
}

static void
on_terminate(void *arg)
{
	struct monitor *monitor = arg;

	loop_stop(monitor->loop);
}

static void
release(struct monitor *monitor)
{
	loop_timer_cancel(&monitor->sampler);
	control_free(monitor->control);
	web_free(monitor->web);
	free(monitor->page_policy);
	if (monitor->control_fd != -1)
		close(monitor->control_fd);
	if (monitor->status_fd != -1)
		close(monitor->status_fd);
	if (monitor->config != NULL) {
		for (unsigned i = 0; i < monitor->config->nbackends; i++)
			probe_stop(&monitor->probes[i]);
		free(monitor->probes);
		free(monitor->noted);
		status_free(monitor->status);
		stats_free(monitor->stats);
		journal_free(monitor->journal);
		config_free(monitor->config);
		config_text_free(monitor->text);
	}
	loop_signal_del(&monitor->terminate);
	loop_io_del(&monitor->io);
	chan_free(monitor->chan);
	loop_free(monitor->loop);
}

int
main(void)
{
	struct monitor monitor = { .control_fd = -1, .status_fd = -1 };

	monitor.loop = loop_new();
	monitor.chan = line_begin(IPC_MONITOR, PROGRAM, false);
	monitor.io.fn = on_channel;
	monitor.terminate.fn = on_terminate;
	monitor.sampler.fn = on_sample;
	monitor.io.arg = monitor.terminate.arg = monitor.sampler.arg = &monitor;
	loop_io_add(monitor.loop, &monitor.io, CHAN_CHILD_FD,
	    LOOP_READ | LOOP_WRITE | LOOP_EDGE);
	loop_signal_add(monitor.loop, &monitor.terminate, SIGTERM);
	loop_run(monitor.loop);
	release(&monitor);
	return 0;
}
