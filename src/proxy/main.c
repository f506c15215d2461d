/*
 * gatehouse-proxy: the process that meets the internet. The supervisor starts
 * it and tells it all it is ever to know over one channel; it gives up its
 * privileges before it accepts the first connection. When the channel closes,
 * the supervisor is gone and so is the worker.
 */

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "backend.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "challenge.h"
#include "count.h"
#include "ipc/job.h"
#include "ipc/line.h"
#include "pki/cert.h"
#include "session.h"
#include "tls/server.h"
#include "worker.h"

#define PROGRAM "gatehouse-proxy"

static void
tell(struct worker *worker, struct msg *msg)
{
	struct error err;

	msg->fd = -1;
	if (chan_send(worker->chan, msg, &err) == -1) {
		log_err("supervisor: %s", err.msg);
		loop_stop(worker->loop);
	}
}

/* The configuration cannot be served: the supervisor says so and carries on. */
static void
refuse_start(struct worker *worker, const char *reason)
{
	struct msg msg = { .kind = MSG_WORKER_FAILED,
		.u.WORKER_FAILED.reason = reason };

	tell(worker, &msg);
	loop_stop(worker->loop);
	worker->failed = true;
}

static int
read_config(struct worker *worker, int fd, struct error *err)
{
	struct diag *diag;

	worker->text = config_text_unseal(fd, err);
	close(fd);
	if (worker->text == NULL)
		return -1;
	diag = diag_new();
	worker->config = config_parse(worker->text, diag);
	if (worker->config == NULL)
		error_set(err, ERR_SYNTAX, "%s", diag_line(diag, 0));
	diag_free(diag);
	return worker->config != NULL ? 0 : -1;
}

static void
on_start(struct worker *worker, const struct msg *msg)
{
	const struct msg_START *start = &msg->u.START;
	const struct sandbox box = line_box(msg);
	struct error err;

	tzset(); /* what it reads is not in the jail */
	line_settle(PROGRAM, msg);
	worker->index = start->worker;
	worker->generation = start->generation;
	worker->jail = box.root;
	if (read_config(worker, msg->fd, &err) == -1 ||
	    worker_configure(worker, &err) == -1 ||
	    sandbox_enter(&box, &err) == -1)
		refuse_start(worker, err.msg);
	worker->jail = NULL;
}

/* What cannot be counted can be served. */
static void
on_stats(struct worker *worker, const struct msg *msg)
{
	struct error err;
	struct stats *shared;

	if (msg->u.STATS.slot >= STATS_SLOTS || worker->shared != NULL)
		fatal("the slot %u is not ours", msg->u.STATS.slot);
	shared = stats_open(msg->fd, (int)msg->u.STATS.slot, &err);
	close(msg->fd);
	if (shared != NULL)
		count_in(worker, shared);
	else
		log_err("no figures: %s", err.msg);
}

static void
on_listener(struct worker *worker, const struct msg *msg)
{
	unsigned index = msg->u.LISTENER.listener;

	if (index >= worker->config->nlisteners ||
	    worker->listeners[index].fd != -1)
		fatal("listener %u is not ours", index);
	worker->listeners[index].fd = msg->fd;
}

static void
on_log_file(struct worker *worker, const struct msg *msg)
{
	logfile_set(&worker->logfile, msg->fd);
}

static void
on_sessions(struct worker *worker, const struct msg *msg)
{
	struct error err;

	if (worker->sessions != NULL)
		fatal("a second table of sessions");
	worker->sessions = sessions_new(worker->config, msg->fd, &err);
	close(msg->fd);
	if (worker->sessions == NULL)
		log_err("%s", err.msg);
}

static void
on_go(struct worker *worker, const struct msg *msg)
{
	struct msg ready = { .kind = MSG_WORKER_READY };

	(void)msg;
	for (unsigned i = 0; i < worker->config->nlisteners; i++)
		if (worker->listeners[i].fd == -1)
			fatal("listener %u has no socket", i);
	worker_start(worker);
	tell(worker, &ready);
}

static void
on_drain(struct worker *worker, const struct msg *msg)
{
	struct msg draining = { .kind = MSG_WORKER_DRAINING, .fd = -1 };

	worker_drain(worker, msg->u.WORKER_DRAIN.seconds);
	tell(worker, &draining);
}

static void
on_ticket_key(struct worker *worker, const struct msg *msg)
{
	if (msg->u.TICKET_KEY.key.len != TLS_TICKET_KEY_SIZE)
		fatal("a ticket key has %zu bytes", msg->u.TICKET_KEY.key.len);
	tls_tickets_push(worker->tickets, msg->u.TICKET_KEY.key.p);
}

static char *
join_names(const struct pki_cert_info *info)
{
	struct buf names = { 0 };

	for (size_t i = 0; i < info->nnames; i++)
		buf_printf(&names, "%s%s", i > 0 ? " " : "", info->names[i]);
	return buf_detach(&names, NULL);
}

static void
on_cert_swap(struct worker *worker, const struct msg *msg)
{
	const struct msg_CERT_SWAP *swap = &msg->u.CERT_SWAP;
	const struct pki_cert_info *info = NULL;
	struct msg reply = { .kind = MSG_CERT_SWAPPED };
	char *names = NULL;
	struct error err;

	reply.u.CERT_SWAPPED.slot = swap->slot;
	reply.u.CERT_SWAPPED.serial_number = swap->serial_number;
	if (swap->slot >= worker->config->ncerts)
		fatal("certificate slot %u is not ours", swap->slot);
	if (tls_certs_set(worker->certs, swap->slot, swap->pem.p, swap->pem.len,
	        &info, &err) == -1) {
		reply.u.CERT_SWAPPED.error = err.msg;
	} else {
		names = join_names(info);
		reply.u.CERT_SWAPPED.not_before = info->not_before;
		reply.u.CERT_SWAPPED.not_after = info->not_after;
		reply.u.CERT_SWAPPED.serial = info->serial;
		reply.u.CERT_SWAPPED.issuer = info->issuer;
		reply.u.CERT_SWAPPED.names = names;
	}
	tell(worker, &reply);
	free(names);
}

static void
on_backend_state(struct worker *worker, const struct msg *msg)
{
	const struct msg_BACKEND_STATE *state = &msg->u.BACKEND_STATE;

	backends_set_state(worker->backends, state);
}

static int
set_challenge(struct worker *worker, const struct msg_CHALLENGE_SET *set,
    struct error *err)
{
	switch ((enum job_challenge)set->kind) {
	case JOB_HTTP_01:
		if (challenge_set(worker->challenges, set->name,
		        (struct slice){ set->answer.p, set->answer.len }) == 0)
			return 0;
		return error_set(err, ERR_LIMIT, "bad token or too many");
	case JOB_TLS_ALPN_01:
		return tls_certs_prove(worker->certs, set->name, set->answer.p,
		    set->answer.len, err);
	case JOB_DNS_01:
	case JOB_CHALLENGE_COUNT:
		break;
	}
	return error_set(err, ERR_SYNTAX, "not for a worker");
}

static void
on_challenge_set(struct worker *worker, const struct msg *msg)
{
	const struct msg_CHALLENGE_SET *set = &msg->u.CHALLENGE_SET;
	struct msg done = { .kind = MSG_CHALLENGE_DONE,
		.u.CHALLENGE_DONE = { .kind = set->kind, .name = set->name } };
	struct error err;

	if (set_challenge(worker, set, &err) == -1)
		log_err("challenge answer refused: %s", err.msg);
	tell(worker, &done);
}

static void
on_challenge_clear(struct worker *worker, const struct msg *msg)
{
	const struct msg_CHALLENGE_CLEAR *clear = &msg->u.CHALLENGE_CLEAR;

	if (clear->kind == JOB_TLS_ALPN_01)
		tls_certs_unprove(worker->certs, clear->name);
	else
		challenge_clear(worker->challenges, clear->name);
}

static void (*const handlers[MSG_COUNT])(
    struct worker *worker, const struct msg *msg) = {
	[MSG_START] = on_start,
	[MSG_STATS] = on_stats,
	[MSG_LISTENER] = on_listener,
	[MSG_LOG_FILE] = on_log_file,
	[MSG_SESSIONS] = on_sessions,
	[MSG_WORKER_GO] = on_go,
	[MSG_WORKER_DRAIN] = on_drain,
	[MSG_TICKET_KEY] = on_ticket_key,
	[MSG_CERT_SWAP] = on_cert_swap,
	[MSG_BACKEND_STATE] = on_backend_state,
	[MSG_CHALLENGE_SET] = on_challenge_set,
	[MSG_CHALLENGE_CLEAR] = on_challenge_clear,
};

/* False when the channel has ended or the worker is to end. */
static bool
handle_one(struct worker *worker)
{
	struct error err;
	struct msg msg;

	if (worker->failed)
		return false;
	switch (chan_recv(worker->chan, &msg, &err)) {
	case CHAN_EMPTY:
		return false;
	case CHAN_CLOSED:
		loop_stop(worker->loop);
		return false;
	case CHAN_BROKEN:
		fatal("supervisor: %s", err.msg);
	case CHAN_MESSAGE:
		break;
	}
	handlers[msg.kind](worker, &msg);
	return true;
}

static void
chan_ready(void *arg, enum loop_events what)
{
	struct worker *worker = arg;

	(void)what;
	chan_flush(worker->chan);
	while (handle_one(worker))
		continue;
}

int
main(void)
{
	static struct worker worker;
	struct chan *chan = line_begin(IPC_PROXY, PROGRAM, false);

	signal(SIGXFSZ, SIG_IGN); /* a full file is an error of its write */
	worker_init(&worker);
	worker.chan = chan;
	worker.chan_io.fn = chan_ready;
	worker.chan_io.arg = &worker;
	loop_io_add(worker.loop, &worker.chan_io, chan_fd(worker.chan),
	    LOOP_READ | LOOP_WRITE | LOOP_EDGE);
	loop_run(worker.loop);
	loop_io_del(&worker.chan_io);
	chan_free(worker.chan);
	worker_release(&worker);
	return 0;
}
