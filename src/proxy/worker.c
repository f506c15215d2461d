#include "worker.h"

#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "auth.h"
#include "backend.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "challenge.h"
#include "client.h"
#include "conn.h"
#include "count.h"
#include "exchange.h"
#include "guests.h"
#include "net/listener.h"
#include "rate.h"
#include "sendfile.h"
#include "session.h"
#include "tls/server.h"

/* Connections taken from one listener before the others get a turn. */
#define ACCEPT_BATCH 64

/* How long accepting rests when there is no descriptor left. */
#define ACCEPT_PAUSE_MS 100

/* From so many clients on, memory is given back when half of them have gone. */
#define TRIM_CLIENTS_MIN 32

/* More may be about to go. */
#define TRIM_DELAY_MS 1000

/* Descriptors that are not clients and their backends. */
#define RESERVED_FDS 64

/*
 * Whoever closes may be called by somebody who still looks at what was closed,
 * so the memory stays until all callbacks of this round have returned.
 */
static void
worker_reap(void *arg)
{
	struct worker *worker = arg;
	struct conn *conn;
	struct exchange *ex;

	while ((conn = TAILQ_FIRST(&worker->graveyard)) != NULL) {
		TAILQ_REMOVE(&worker->graveyard, conn, link);
		conn->ops->free(conn->owner);
	}
	while ((ex = TAILQ_FIRST(&worker->ended)) != NULL) {
		TAILQ_REMOVE(&worker->ended, ex, link);
		exchange_free(ex);
	}
}

/* Those that have more to do, each once; who still has comes back later. */
static void
worker_turn(void *arg)
{
	struct worker *worker = arg;
	struct conn *conn;
	unsigned n = 0;

	TAILQ_FOREACH(conn, &worker->again, link)
		n++;
	for (; n > 0 && !TAILQ_EMPTY(&worker->again); n--) {
		conn = TAILQ_FIRST(&worker->again);
		conn_turn(conn);
	}
	if (!TAILQ_EMPTY(&worker->again))
		loop_later(worker->loop, &worker->turn);
}

static void
worker_look(void *arg)
{
	struct worker *worker = arg;
	struct conn *conn;

	while ((conn = TAILQ_FIRST(&worker->doubtful)) != NULL)
		conn_look(conn);
}

static void
stop_accepting(struct worker *worker)
{
	for (unsigned i = 0; i < worker->config->nlisteners; i++)
		loop_io_del(&worker->listeners[i].io);
}

static void
say_refusals(void *arg)
{
	struct worker *worker = arg;

	worker->refusals.silent = worker->refusals.count > 0;
	if (!worker->refusals.silent)
		return;
	log_warn("%u more connections were refused: their addresses had too "
	         "many",
	    worker->refusals.count);
	worker->refusals.count = 0;
	loop_timer_set(
	    worker->loop, &worker->refusals.quiet, WORKER_REFUSALS_MS);
}

/* Reset: a refused connection is to cost nothing, not even its TIME_WAIT. */
static void
refuse(const struct worker_listener *listener, int fd, const struct addr *peer)
{
	struct worker *worker = listener->worker;
	struct linger hard = { .l_onoff = 1, .l_linger = 0 };
	char text[ADDR_TEXT_SIZE];

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
	close(fd);
	count_turned_away(listener);
	if (worker->refusals.silent) {
		worker->refusals.count++;
		return;
	}
	log_warn("connection from %s refused: its address has too many "
	         "(MaxPerAddress, MaxPending)",
	    addr_ip_text(peer, text));
	worker->refusals.silent = true;
	loop_timer_set(
	    worker->loop, &worker->refusals.quiet, WORKER_REFUSALS_MS);
}

/* Who speaks for many is not counted as one (TrustedIP). */
static bool
is_trusted(const struct worker_listener *listener, const struct addr *peer)
{
	const struct config_acl *trusted = listener->config->trusted;
	char text[ADDR_TEXT_SIZE];

	return trusted != NULL &&
	    config_acl_holds(trusted, addr_ip_text(peer, text));
}

static void
welcome(struct worker_listener *listener, int fd, const struct addr *peer)
{
	struct worker *worker = listener->worker;
	struct guest *guest = NULL;

	if (!is_trusted(listener, peer)) {
		guest = guests_enter(worker->guests, peer);
		if (guest == NULL) {
			refuse(listener, fd, peer);
			return;
		}
	}
	client_new(listener, fd, peer, guest);
}

static void
say_full(struct worker *worker)
{
	int64_t now = clock_mono_ms();

	if (worker->full_told != 0 &&
	    now - worker->full_told < WORKER_REFUSALS_MS)
		return;
	worker->full_told = now;
	log_warn(
	    "as many clients as may be, %u: new ones wait", worker->nclients);
}

/* Whoever comes now waits in the kernel until somebody has gone. */
static bool
is_full(struct worker_listener *listener)
{
	struct worker *worker = listener->worker;

	if (worker->nclients >= worker->max_clients) {
		stop_accepting(worker);
		worker->paused = true;
		say_full(worker);
		return true;
	}
	if (listener->max_clients > 0 &&
	    listener->nclients >= listener->max_clients) {
		loop_io_del(&listener->io);
		listener->paused = true;
		say_full(worker);
		return true;
	}
	return false;
}

static void
listener_ready(void *arg, enum loop_events what)
{
	struct worker_listener *listener = arg;
	struct worker *worker = listener->worker;
	struct addr peer;
	int fd = -1;

	(void)what;
	for (int i = 0; i < ACCEPT_BATCH; i++) {
		if (is_full(listener))
			break;
		fd = listener_accept(listener->fd, &peer);
		if (fd == -1)
			break;
		welcome(listener, fd, &peer);
	}
	if (fd == -1 && (errno == EMFILE || errno == ENFILE)) {
		log_warn("out of file descriptors with %u clients: new ones "
		         "wait",
		    worker->nclients);
		stop_accepting(worker);
		loop_timer_set(
		    worker->loop, &worker->accept_again, ACCEPT_PAUSE_MS);
	}
}

static void
accept_from(struct worker_listener *listener)
{
	listener->paused = false;
	loop_io_add(
	    listener->worker->loop, &listener->io, listener->fd, LOOP_READ);
}

static void
start_accepting(void *arg)
{
	struct worker *worker = arg;

	stop_accepting(worker);
	worker->paused = false;
	if (worker->draining)
		return;
	for (unsigned i = 0; i < worker->config->nlisteners; i++)
		accept_from(&worker->listeners[i]);
}

void
worker_start(struct worker *worker)
{
	start_accepting(worker);
}

/* What waits in a socket that no successor has would be reset with it. */
static void
listener_close(struct worker_listener *listener)
{
	listener_ready(listener, LOOP_READ);
	close(listener->fd);
	listener->fd = -1;
}

static void
drain_is_over(void *arg)
{
	struct worker *worker = arg;

	loop_stop(worker->loop);
}

/* What is freed between blocks in use, malloc keeps unless it is told to. */
static void
give_memory_back(void *arg)
{
	struct worker *worker = arg;

	malloc_trim(0);
	worker->most_clients = worker->nclients;
}

static void
note_client_gone(struct worker *worker)
{
	if (worker->nclients >= worker->most_clients)
		worker->most_clients = worker->nclients + 1;
	if (worker->most_clients >= TRIM_CLIENTS_MIN &&
	    worker->nclients == worker->most_clients / 2)
		loop_timer_set(worker->loop, &worker->trim, TRIM_DELAY_MS);
}

void
worker_client_gone(struct worker_listener *listener)
{
	struct worker *worker = listener->worker;

	worker->nclients--;
	listener->nclients--;
	note_client_gone(worker);
	if (worker->draining) {
		if (worker->nclients == 0)
			loop_stop(worker->loop);
	} else if (worker->paused) {
		start_accepting(worker);
	} else if (listener->paused) {
		accept_from(listener);
	}
}

void
worker_drain(struct worker *worker, unsigned seconds)
{
	struct client *client, *next;

	worker->draining = true;
	stop_accepting(worker);
	loop_timer_cancel(&worker->accept_again);
	for (unsigned i = 0; i < worker->config->nlisteners; i++)
		listener_close(&worker->listeners[i]);
	backends_drop_idle(worker->backends);
	TAILQ_FOREACH_SAFE(client, &worker->clients, link, next)
		client_drain(client);
	if (seconds == 0 || worker->nclients == 0)
		loop_stop(worker->loop);
	else
		loop_timer_set(
		    worker->loop, &worker->drain_end, (int64_t)seconds * 1000);
}

static unsigned
max_clients(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == -1 ||
	    limit.rlim_cur < 4 * RESERVED_FDS)
		return RESERVED_FDS;
	if (limit.rlim_cur > 1u << 20)
		limit.rlim_cur = 1u << 20;
	return (unsigned)(limit.rlim_cur - RESERVED_FDS) / 2;
}

void
worker_init(struct worker *worker)
{
	*worker = (struct worker){ .loop = loop_new(),
		.turn = { .fn = worker_turn, .arg = worker },
		.reap = { .fn = worker_reap, .arg = worker },
		.look = { .fn = worker_look, .arg = worker },
		.trim = { .fn = give_memory_back, .arg = worker },
		.accept_again = { .fn = start_accepting, .arg = worker },
		.refusals = { .quiet = { .fn = say_refusals, .arg = worker } },
		.drain_end = { .fn = drain_is_over, .arg = worker },
		.challenges = challenges_new(),
		.tickets = tls_tickets_new(),
		.scratch = xmalloc(WORKER_SCRATCH_SIZE),
		.max_clients = max_clients() };
	worker->stats = &worker->uncounted;
	timeouts_init(&worker->timeouts, worker->loop);
	worker->rates = rates_new();
	logfile_init(&worker->logfile, worker->loop);
	TAILQ_INIT(&worker->clients);
	TAILQ_INIT(&worker->again);
	TAILQ_INIT(&worker->doubtful);
	TAILQ_INIT(&worker->graveyard);
	TAILQ_INIT(&worker->ended);
}

/*
 * What a worker allows of a figure that is for all of them: its share, and a
 * quarter more, since the kernel does not spread connections evenly.
 */
static unsigned
share_of(const struct worker *worker, unsigned figure)
{
	unsigned n = worker->config->workers;

	if (n == 1 || figure == 0)
		return figure;
	return (figure + n - 1) / n + (figure + 4 * n - 1) / (4 * n);
}

static int
listener_init(struct worker *worker, const struct config_listener *config,
    struct error *err)
{
	struct worker_listener *listener = &worker->listeners[config->index];
	struct tls_settings settings = { .min_version = config->tls_min_version,
		.ciphers = config->ciphers,
		.ciphersuites = config->ciphersuites,
		.prefer_server_order = config->prefer_server_order,
		.require_name = config->require_sni,
		.nslots = config->ncerts };
	unsigned *slots;

	_Static_assert((int)TLS_ASK_ONLY == CLIENT_CERT_UNVERIFIED,
	    "the levels of ClientCert are those of libtls");
	*listener = (struct worker_listener){ .worker = worker,
		.config = config,
		.max_clients = share_of(worker, config->max_connections),
		.fd = -1,
		.io = { .fn = listener_ready, .arg = listener } };
	if (!config->tls)
		return 0;
	if (clientcert_read(&listener->client_files, config, err) == -1)
		return -1;
	settings.clients = (struct tls_clients){
		.ask = (enum tls_ask)config->client_cert,
		.depth = config->client_depth,
		.trust = listener->client_files.trust,
		.names = listener->client_files.names,
		.crls = listener->client_files.crls,
	};
	slots = xcalloc(config->ncerts, sizeof *slots);
	for (unsigned i = 0; i < config->ncerts; i++)
		slots[i] = config->certs[i]->slot;
	settings.slots = slots;
	listener->tls =
	    tls_server_new(&settings, worker->certs, worker->tickets, err);
	free(slots);
	if (listener->tls == NULL)
		return error_wrap(err, "%s:%u:%u", config->pos.file,
		    config->pos.line, config->pos.column);
	return 0;
}

int
worker_configure(struct worker *worker, struct error *err)
{
	const struct config *config = worker->config;
	struct guests_limits limits = {
		.connections = share_of(worker, config->max_per_address),
		.pending = share_of(worker, config->max_pending),
	};

	worker->guests = guests_new(&limits, worker->max_clients);
	worker->certs = tls_certs_new(config->ncerts);
	worker->auth = auth_new(config, err);
	if (worker->auth == NULL)
		return -1;
	worker->backends = backends_new(worker, err);
	if (worker->backends == NULL)
		return -1;
	worker->client_cas = clientcert_cas_new(config, err);
	if (worker->client_cas == NULL)
		return -1;
	worker->trees = sendfile_trees_new(config, err);
	if (worker->trees == NULL)
		return -1;
	worker->listeners =
	    xcalloc(config->nlisteners, sizeof *worker->listeners);
	for (const struct config_listener *listener = config->listeners;
	     listener != NULL; listener = listener->next)
		if (listener_init(worker, listener, err) == -1)
			return -1;
	return 0;
}

static void
release_configured(struct worker *worker)
{
	backends_drop_idle(worker->backends);
	worker_reap(worker);
	for (unsigned i = 0; i < worker->config->nlisteners; i++) {
		struct worker_listener *listener = &worker->listeners[i];

		loop_io_del(&listener->io);
		if (listener->fd != -1)
			close(listener->fd);
		tls_server_free(listener->tls);
		clientcert_release(&listener->client_files);
	}
	free(worker->listeners);
	backends_free(worker->backends);
	sessions_free(worker->sessions);
	tls_certs_free(worker->certs);
}

void
worker_release(struct worker *worker)
{
	struct client *client, *next;

	worker->draining = true;
	TAILQ_FOREACH_SAFE(client, &worker->clients, link, next)
		client_abort(client);
	if (worker->listeners != NULL)
		release_configured(worker);
	logfile_release(&worker->logfile);
	count_release(worker);
	timeouts_release(&worker->timeouts);
	loop_timer_cancel(&worker->accept_again);
	loop_timer_cancel(&worker->drain_end);
	say_refusals(worker);
	loop_timer_cancel(&worker->refusals.quiet);
	guests_free(worker->guests);
	loop_timer_cancel(&worker->trim);
	sendfile_trees_free(worker->trees);
	clientcert_cas_free(worker->client_cas);
	config_free(worker->config);
	config_text_free(worker->text);
	challenges_free(worker->challenges);
	rates_free(worker->rates);
	auth_free(worker->auth);
	tls_tickets_free(worker->tickets);
	buf_wipe(&worker->cipher);
	buf_wipe(&worker->head);
	free(worker->scratch);
	loop_free(worker->loop);
}
