#include "probe.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "net/listener.h"
#include "net/sock.h"
#include "tls/client.h"

#define PROBE_MAGIC 0x70726f62

static const char *const state_names[] = {
	[PROBE_UNKNOWN] = "unknown",
	[PROBE_UP] = "up",
	[PROBE_DOWN] = "down",
	[PROBE_DISABLED] = "disabled",
};

static const int families[] = {
	[FAMILY_ANY] = AF_UNSPEC,
	[FAMILY_INET] = AF_INET,
	[FAMILY_INET6] = AF_INET6,
};

const char *
probe_state_name(enum probe_state state)
{
	return state_names[state];
}

static struct probe *
probe_from(void *arg)
{
	struct probe *probe = arg;

	assert(probe->magic == PROBE_MAGIC);
	return probe;
}

static void
close_attempt(struct probe *probe)
{
	if (probe->asking)
		ask_stop(&probe->ask);
	probe->asking = false;
	if (probe->fd == -1)
		return;
	loop_io_del(&probe->io);
	close(probe->fd);
	probe->fd = -1;
}

static bool
is_busy(const struct probe *probe)
{
	return probe->asking || probe->fd != -1;
}

static void
log_change(const struct probe *probe)
{
	const struct config_backend *backend = probe->backend;

	if (probe->state == PROBE_UP)
		log_info("backend %s is up", backend->place);
	else
		log_warn(
		    "backend %s is down: %s", backend->place, probe->error);
}

static int64_t
next_ms(const struct probe *probe)
{
	if (probe->state == PROBE_UP)
		return probe->every_ms;
	return probe->reached ? PROBE_AILING_MS : PROBE_AGAIN_MS;
}

/* An attempt is over; probe->error is "" when it is up. */
static void
conclude(
    struct probe *probe, enum probe_state state, bool reached, bool reordered)
{
	bool changed = state != probe->state || reached != probe->reached;
	bool tell = changed || reordered || probe->marked;

	close_attempt(probe);
	probe->reached = reached;
	if (state != probe->state) {
		probe->state = state;
		probe->since = clock_wall();
		log_change(probe);
	}
	probe->marked = false;
	probe->ended_ms = clock_mono_ms();
	loop_timer_set(probe->loop, &probe->timer, next_ms(probe));
	if (tell)
		probe->changed(probe->arg, probe);
}

static void
conclude_up(struct probe *probe)
{
	/* Where each has its turn, their order is no matter. */
	int i = probe->backend->all_addresses ? 0 : probe->trying;
	struct addr good = probe->addresses[i];

	memmove(&probe->addresses[1], &probe->addresses[0],
	    (size_t)i * sizeof(good));
	probe->addresses[0] = good;
	probe->error[0] = '\0';
	conclude(probe, PROBE_UP, true, i > 0);
}

/* Whoever was reached says more than who was not. */
static void
note_problem(struct probe *probe, const char *why, bool reached)
{
	if (!probe->met)
		snprintf(probe->error, sizeof(probe->error), "%s", why);
	probe->met |= reached;
}

/* Returns 0, or what failed at once as an errno. */
static int
connect_to(struct probe *probe, const struct addr *addr)
{
	const char *path = probe->backend->path;
	bool connected;
	int fd = path != NULL ? sock_connect_unix(path, &connected)
	                      : sock_connect(addr, &connected);

	if (fd == -1)
		return errno;
	probe->fd = fd;
	loop_io_add(probe->loop, &probe->io, fd, LOOP_WRITE);
	loop_timer_set(probe->loop, &probe->timer, PROBE_LIMIT_MS);
	return 0;
}

/* Goes on with the address `trying`. */
static void
try_addresses(struct probe *probe)
{
	for (; probe->trying < probe->naddresses; probe->trying++) {
		int error = connect_to(probe, &probe->addresses[probe->trying]);

		if (error == 0)
			return;
		note_problem(probe, strerror(error), false);
	}
	conclude(probe, PROBE_DOWN, probe->met, false);
}

static void
try_next(struct probe *probe, const char *why, bool reached)
{
	note_problem(probe, why, reached);
	close_attempt(probe);
	probe->trying++;
	try_addresses(probe);
}

/* Begins anew with the first address. */
static void
attempt(struct probe *probe)
{
	close_attempt(probe);
	probe->trying = 0;
	probe->met = false;
	if (probe->naddresses > 0)
		try_addresses(probe);
}

/*
 * 0 or an errno. A free local port that the kernel happens to choose as our own
 * connects to itself (simultaneous open): nobody is there.
 */
static int
connect_result(const struct probe *probe)
{
	int error = 0;
	socklen_t len = sizeof(error);
	struct addr local;

	if (getsockopt(probe->fd, SOL_SOCKET, SO_ERROR, &error, &len) == -1)
		return errno;
	if (error == 0 && probe->backend->path == NULL &&
	    listener_addr(probe->fd, &local) == 0 &&
	    addr_eq(&local, &probe->addresses[probe->trying]))
		return ECONNREFUSED;
	return error;
}

static void
on_asked(void *arg, const char *why)
{
	struct probe *probe = probe_from(arg);

	probe->asking = false;
	if (why[0] == '\0')
		conclude_up(probe);
	else
		try_next(probe, why, true);
}

/* Somebody is there: what does he answer? */
static void
ask(struct probe *probe)
{
	int fd = probe->fd;

	loop_io_del(&probe->io);
	probe->fd = -1;
	probe->asking = true;
	probe->ask.fn = on_asked;
	probe->ask.arg = probe;
	loop_timer_set(probe->loop, &probe->timer, PROBE_LIMIT_MS);
	ask_start(&probe->ask, probe->backend, probe->loop, fd, probe->tls);
}

static void
on_connected(void *arg, enum loop_events what)
{
	struct probe *probe = probe_from(arg);
	int error = connect_result(probe);

	(void)what;
	if (error != 0)
		try_next(probe, strerror(error), false);
	else if (probe->backend->probe == NULL)
		conclude_up(probe);
	else if (probe->backend->tls && probe->tls == NULL)
		try_next(probe, probe->broken.msg, true);
	else
		ask(probe);
}

static void
on_timer(void *arg)
{
	struct probe *probe = probe_from(arg);

	char why[64];

	if (probe->asking) {
		snprintf(why, sizeof(why), "no %s within %d s",
		    ask_waits_for(&probe->ask), PROBE_LIMIT_MS / 1000);
		try_next(probe, why, true);
	} else if (probe->fd != -1)
		try_next(probe, strerror(ETIMEDOUT), false);
	else
		attempt(probe);
}

static bool
is_known(const struct probe *probe, const struct addr *addr)
{
	for (int i = 0; i < probe->naddresses; i++)
		if (addr_eq(&probe->addresses[i], addr))
			return true;
	return false;
}

/* The same addresses in another order are no news: DNS shuffles them. */
static bool
is_news(const struct probe *probe, const struct addr *list, int n)
{
	if (n != probe->naddresses)
		return true;
	for (int i = 0; i < n; i++)
		if (!is_known(probe, &list[i]))
			return true;
	return false;
}

static void
on_not_resolved(struct probe *probe, const char *why)
{
	const struct config_backend *backend = probe->backend;

	if (probe->naddresses > 0) {
		if (!probe->stale)
			log_warn("backend %s: its name cannot be resolved now "
			         "(%s); the addresses stay in use",
			    backend->host, why);
		probe->stale = true;
		return;
	}
	snprintf(probe->error, sizeof(probe->error),
	    "its name cannot be resolved: %s", why);
	conclude(probe, PROBE_DOWN, false, false);
}

static void
on_resolved(void *arg, const struct addr *list, int n, const char *why)
{
	struct probe *probe = probe_from(arg);
	char text[ADDR_TEXT_SIZE];

	if (n == 0) {
		on_not_resolved(probe, why);
		return;
	}
	probe->stale = false;
	if (!is_news(probe, list, n))
		return;
	memcpy(probe->addresses, list, (size_t)n * sizeof(list[0]));
	probe->naddresses = n;
	log_info("backend %s is at %s%s", probe->backend->host,
	    addr_text(&list[0], text), n > 1 ? " and other addresses" : "");
	probe->changed(probe->arg, probe);
	attempt(probe);
}

void
probe_init(struct probe *probe, const struct config_backend *backend,
    struct tls_trust **system)
{
	const struct tls_target target = { .name =
		                               config_backend_identity(backend),
		.ca_file = backend->ca_file,
		.insecure = backend->insecure,
		.min_version = backend->min_version,
		.ciphers = backend->ciphers };

	probe->magic = PROBE_MAGIC;
	probe->backend = backend;
	probe->fd = -1;
	/* A connection alone needs no TLS. */
	if (backend->tls && backend->probe != NULL)
		probe->tls = tls_client_open(&target, system, &probe->broken);
}

void
probe_start(struct probe *probe, struct loop *loop, unsigned alive)
{
	const struct config_backend *backend = probe->backend;

	if (!backend->used) {
		probe->state = PROBE_DISABLED;
		return;
	}
	probe->loop = loop;
	probe->every_ms = (int64_t)alive * 1000;
	probe->since = clock_wall();
	probe->io.fn = on_connected;
	probe->timer.fn = on_timer;
	probe->io.arg = probe->timer.arg = probe;
	if (backend->numeric) {
		probe->addresses[0] = backend->addr;
		probe->naddresses = 1;
		loop_timer_set(loop, &probe->timer, 0);
		return;
	}
	probe->resolver.host = backend->host;
	probe->resolver.port = backend->port;
	probe->resolver.family = families[backend->family];
	probe->resolver.every_ms = (int64_t)backend->lookup_every * 1000;
	probe->resolver.retry_ms = (int64_t)backend->lookup_retry * 1000;
	probe->resolver.fn = on_resolved;
	probe->resolver.arg = probe;
	resolver_start(&probe->resolver, loop);
}

void
probe_stop(struct probe *probe)
{
	if (probe->magic != PROBE_MAGIC)
		return;
	close_attempt(probe);
	loop_timer_cancel(&probe->timer);
	if (!probe->backend->numeric)
		resolver_stop(&probe->resolver);
	tls_client_free(probe->tls);
	probe->tls = NULL;
}

void
probe_mark(struct probe *probe)
{
	int64_t wait = probe->ended_ms + PROBE_GAP_MS - clock_mono_ms();

	if (probe->state == PROBE_DISABLED)
		return;
	probe->marked = true;
	if (!is_busy(probe))
		loop_timer_set(probe->loop, &probe->timer, wait > 0 ? wait : 0);
}
