#include "bind.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "net/listener.h"
#include "statedir.h"

struct opening {
	const struct config *config;
	const struct bindings *old;
	bool *taken; /* of old->list: matched already */
	struct bindings *made;
};

/*
 * Whether somebody else is there. Our sockets share their port with any other
 * of the same user, which would silently split the connections with a gateway
 * or a proxy that was forgotten; one that does not share finds that out.
 */
static bool
is_free(void *arg)
{
	const struct binding *binding = arg;
	const struct addr *addr = &binding->wanted;
	const int yes = 1, v6only = !binding->dual;
	bool taken = false;
	int fd;

	fd = socket(addr->u.sa.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd == -1)
		return true;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
	if (addr->u.sa.sa_family == AF_INET6)
		setsockopt(
		    fd, IPPROTO_IPV6, IPV6_V6ONLY, &v6only, sizeof(v6only));
	if (bind(fd, &addr->u.sa, addr->len) == -1)
		taken = errno == EADDRINUSE;
	close(fd);
	return !taken;
}

/* Does this set hold a socket with the port? Then the port is ours. */
static bool
holds_port(const struct bindings *bindings, uint16_t port)
{
	if (bindings == NULL)
		return false;
	for (unsigned i = 0; i < bindings->count; i++)
		if (bindings->list[i].fds[0] != -1 &&
		    addr_port(&bindings->list[i].actual) == port)
			return true;
	return bindings->status.fds != NULL && bindings->status.fds[0] != -1 &&
	    addr_port(&bindings->status.actual) == port;
}

static const struct binding *
find_old(struct opening *op, const struct config_listener *listener)
{
	if (op->old == NULL)
		return NULL;
	for (unsigned i = 0; i < op->old->count; i++) {
		const struct binding *old = &op->old->list[i];

		if (op->taken[i] || old->dual != listener->dual ||
		    !addr_eq(&old->wanted, &listener->addr))
			continue;
		op->taken[i] = true;
		return old;
	}
	return NULL;
}

/*
 * The socket of one worker. With port 0 the first one has let the kernel
 * choose, and the others follow it.
 */
static int
open_one(struct opening *op, struct binding *binding, unsigned worker,
    struct error *err)
{
	uint16_t port = addr_port(&binding->wanted);

	if (worker > 0)
		return listener_open(&binding->actual, binding->dual, err);
	if (port != 0 && !holds_port(op->old, port) &&
	    !holds_port(op->made, port)) {
		bool ours = op->old == NULL
		    ? statedir_patiently(is_free, binding)
		    : is_free(binding);

		if (!ours)
			return error_set(err, ERR_DENIED,
			    "port %u is already in use; `ss -ltnp` shows by "
			    "whom",
			    port);
	}
	return listener_open(&binding->wanted, binding->dual, err);
}

static int
duplicate(int fd, struct error *err)
{
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);

	return copy == -1 ? error_sys(err, "dup") : copy;
}

static int
open_binding(struct opening *op, const struct config_listener *listener,
    struct error *err)
{
	struct binding *binding = &op->made->list[listener->index];
	const struct binding *old = find_old(op, listener);

	binding->wanted = listener->addr;
	binding->dual = listener->dual;
	if (old != NULL)
		binding->actual = old->actual;
	for (unsigned i = 0; i < op->made->workers; i++) {
		if (old != NULL && i < op->old->workers)
			binding->fds[i] = duplicate(old->fds[i], err);
		else
			binding->fds[i] = open_one(op, binding, i, err);
		if (binding->fds[i] == -1)
			return -1;
		if (i == 0 &&
		    listener_addr(binding->fds[0], &binding->actual) == -1)
			return error_sys(err, "getsockname");
	}
	return 0;
}

/* That of the monitor: one, whatever the number of workers. */
static int
open_status(
    struct opening *op, const struct config_status *status, struct error *err)
{
	struct binding *binding = &op->made->status;
	const struct binding *old = op->old == NULL ? NULL : &op->old->status;

	binding->fds = xcalloc(1, sizeof(int));
	binding->wanted = status->addr;
	if (old != NULL && old->fds != NULL &&
	    addr_eq(&old->wanted, &binding->wanted))
		binding->fds[0] = duplicate(old->fds[0], err);
	else
		binding->fds[0] = open_one(op, binding, 0, err);
	if (binding->fds[0] == -1)
		return -1;
	if (listener_addr(binding->fds[0], &binding->actual) == -1)
		return error_sys(err, "getsockname");
	return 0;
}

static void
binding_release(struct binding *binding, unsigned nfds)
{
	if (binding->fds == NULL)
		return;
	for (unsigned i = 0; i < nfds; i++)
		if (binding->fds[i] != -1)
			close(binding->fds[i]);
	free(binding->fds);
}

static struct bindings *
bindings_new(const struct config *config)
{
	struct bindings *bindings = xcalloc(1, sizeof(*bindings));

	bindings->workers = config->workers;
	bindings->count = config->nlisteners;
	bindings->list = xcalloc(config->nlisteners, sizeof(*bindings->list));
	for (unsigned i = 0; i < bindings->count; i++) {
		struct binding *binding = &bindings->list[i];

		binding->fds = xcalloc(config->workers, sizeof(int));
		for (unsigned j = 0; j < config->workers; j++)
			binding->fds[j] = -1;
	}
	return bindings;
}

struct bindings *
bindings_open(
    const struct config *config, const struct bindings *old, struct diag *diag)
{
	struct opening op = { .config = config, .old = old };
	const struct config_listener *listener;
	struct error err = { 0 };
	bool failed = false;

	op.made = bindings_new(config);
	op.taken = xcalloc(old == NULL ? 1 : old->count + 1, sizeof(bool));
	for (listener = config->listeners; listener != NULL;
	     listener = listener->next) {
		if (open_binding(&op, listener, &err) == 0)
			continue;
		failed = true;
		diag_add(diag, DIAG_ERROR, listener->pos, "%s", err.msg);
	}
	if (config->status != NULL &&
	    open_status(&op, config->status, &err) == -1) {
		failed = true;
		diag_add(diag, DIAG_ERROR, config->status->pos, "%s", err.msg);
	}
	free(op.taken);
	if (!failed)
		return op.made;
	bindings_free(op.made);
	return NULL;
}

void
bindings_free(struct bindings *bindings)
{
	if (bindings == NULL)
		return;
	for (unsigned i = 0; i < bindings->count; i++)
		binding_release(&bindings->list[i], bindings->workers);
	binding_release(&bindings->status, 1);
	free(bindings->list);
	free(bindings);
}
