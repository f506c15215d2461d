#include "control.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/list.h"
#include "base/xalloc.h"
#include "net/listener.h"

#define CLIENT_MAGIC 0x636c6e74

enum client_state { CLIENT_ASKING, CLIENT_WAITING, CLIENT_ANSWERED };

struct client {
	unsigned magic;
	TAILQ_ENTRY(client) entry;
	struct control *control;
	enum client_state state;
	uint32_t id; /* of the forwarded request */
	int fd;
	struct loop_io io;
	struct loop_timer timer;
	char line[REQUEST_LINE_MAX];
	size_t len;
	struct buf answer;
};

struct control {
	struct loop *loop;
	int fd;
	struct loop_io io;
	struct control_handler handler;
	TAILQ_HEAD(, client) clients;
	unsigned nclients;
	uint32_t last_id;
};

static struct client *
client_from(void *arg)
{
	struct client *client = arg;

	assert(client->magic == CLIENT_MAGIC);
	return client;
}

static void
client_free(struct client *client)
{
	struct control *control = client->control;

	TAILQ_REMOVE(&control->clients, client, entry);
	control->nclients--;
	loop_io_del(&client->io);
	loop_timer_cancel(&client->timer);
	close(client->fd);
	buf_release(&client->answer);
	client->magic = 0;
	free(client);
}

/*
 * Watches for what the client's state waits for, with its time limit. While the
 * supervisor thinks, nothing: a client may have closed its side of the line.
 */
static void
client_enter(struct client *client, enum client_state state)
{
	static const struct {
		enum loop_events events;
		int64_t limit_ms;
	} states[] = {
		[CLIENT_ASKING] = { LOOP_READ, CONTROL_TIMEOUT_MS },
		[CLIENT_WAITING] = { 0, CONTROL_REPLY_MS },
		[CLIENT_ANSWERED] = { LOOP_WRITE, CONTROL_TIMEOUT_MS },
	};
	struct loop *loop = client->control->loop;

	client->state = state;
	loop_io_del(&client->io);
	if (states[state].events != 0)
		loop_io_add(
		    loop, &client->io, client->fd, states[state].events);
	loop_timer_set(loop, &client->timer, states[state].limit_ms);
}

/* Sends what it can; frees the client when that is all, or it has gone. */
static void
client_send(struct client *client)
{
	ssize_t n;

	n = send(client->fd, buf_data(&client->answer),
	    buf_len(&client->answer), MSG_NOSIGNAL | MSG_DONTWAIT);
	if (n > 0)
		buf_consume(&client->answer, (size_t)n);
	if (buf_len(&client->answer) == 0 || (n == -1 && errno != EAGAIN))
		client_free(client);
	else if (client->state != CLIENT_ANSWERED)
		client_enter(client, CLIENT_ANSWERED);
}

/* The client may be gone after this. */
static void
client_answer(struct client *client, bool ok, const char *text)
{
	size_t len = strlen(text);

	buf_append_str(&client->answer, ok ? "ok " : "error ");
	buf_append(&client->answer, text, len);
	if (len == 0 || text[len - 1] != '\n')
		buf_append_str(&client->answer, "\n");
	client_send(client);
}

static void
answer_status(struct client *client)
{
	const struct control_handler *handler = &client->control->handler;

	buf_append_str(&client->answer, "ok ");
	handler->status(handler->arg, &client->answer);
	buf_append_str(&client->answer, "\n");
	client_send(client);
}

static void
client_ask(struct client *client, size_t len)
{
	struct control *control = client->control;
	struct request request;
	struct error err;

	if (request_parse(&request, client->line, len, &err) == -1) {
		client_answer(client, false, err.msg);
		return;
	}
	if (request.local) {
		answer_status(client);
		return;
	}
	client->id = ++control->last_id;
	client_enter(client, CLIENT_WAITING);
	if (!control->handler.forward(
	        control->handler.arg, client->id, &request))
		client_answer(client, false, "the supervisor is gone");
}

static void
client_read(struct client *client)
{
	const char *end;
	ssize_t n;

	n = recv(client->fd, client->line + client->len,
	    sizeof(client->line) - client->len, MSG_DONTWAIT);
	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		client_free(client);
		return;
	}
	client->len += (size_t)n;
	end = memchr(client->line, '\n', client->len);
	if (end != NULL)
		client_ask(client, (size_t)(end - client->line));
	else if (client->len == sizeof(client->line))
		client_answer(client, false, "the request is too long");
}

static void
on_client(void *arg, enum loop_events what)
{
	struct client *client = client_from(arg);

	(void)what;
	if (client->state == CLIENT_ASKING)
		client_read(client);
	else
		client_send(client);
}

static void
on_time_out(void *arg)
{
	struct client *client = client_from(arg);

	switch (client->state) {
	case CLIENT_ASKING:
		client_answer(client, false, "no request within 5 seconds");
		break;
	case CLIENT_WAITING:
		client_answer(
		    client, false, "the supervisor has not answered in time");
		break;
	case CLIENT_ANSWERED:
		client_free(client);
		break;
	}
}

static struct client *
client_new(struct control *control, int fd)
{
	struct client *client = xcalloc(1, sizeof(*client));

	client->magic = CLIENT_MAGIC;
	client->control = control;
	client->fd = fd;
	client->io.fn = on_client;
	client->timer.fn = on_time_out;
	client->io.arg = client->timer.arg = client;
	TAILQ_INSERT_TAIL(&control->clients, client, entry);
	control->nclients++;
	return client;
}

static void
on_connection(void *arg, enum loop_events what)
{
	struct control *control = arg;
	struct client *client;
	struct addr peer;
	int fd;

	(void)what;
	fd = listener_accept(control->fd, &peer);
	if (fd == -1)
		return;
	client = client_new(control, fd);
	if (control->nclients > CONTROL_CONNECTIONS_MAX)
		client_answer(client, false, "too many connections");
	else
		client_enter(client, CLIENT_ASKING);
}

struct control *
control_new(struct loop *loop, int fd, const struct control_handler *handler)
{
	struct control *control = xcalloc(1, sizeof(*control));

	control->loop = loop;
	control->fd = fd;
	control->handler = *handler;
	control->io.fn = on_connection;
	control->io.arg = control;
	TAILQ_INIT(&control->clients);
	if (fd != -1)
		loop_io_add(loop, &control->io, fd, LOOP_READ);
	return control;
}

void
control_tell(struct control *control, int fd)
{
	answer_status(client_new(control, fd));
}

void
control_free(struct control *control)
{
	if (control == NULL)
		return;
	while (!TAILQ_EMPTY(&control->clients))
		client_free(TAILQ_FIRST(&control->clients));
	loop_io_del(&control->io);
	if (control->fd != -1)
		close(control->fd);
	free(control);
}

void
control_cease(struct control *control)
{
	struct client *client, *next;

	loop_io_del(&control->io);
	TAILQ_FOREACH_SAFE(client, &control->clients, entry, next)
		if (client->state == CLIENT_ASKING) {
			buf_append_str(&client->answer, "again\n");
			client_send(client);
		}
}

void
control_reply(struct control *control, uint32_t id, bool ok, const char *text)
{
	struct client *client;

	TAILQ_FOREACH(client, &control->clients, entry)
		if (client->state == CLIENT_WAITING && client->id == id) {
			client_answer(client, ok, text);
			return;
		}
}
