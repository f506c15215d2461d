#ifndef MONITOR_CONTROL_H
#define MONITOR_CONTROL_H

/*
 * The control socket: one request a connection (request.h). What the monitor
 * cannot answer itself goes to the supervisor, and its reply comes back by id.
 */

#include <stdbool.h>
#include <stdint.h>

#include "net/loop.h"
#include "request.h"

#define CONTROL_CONNECTIONS_MAX 16
#define CONTROL_TIMEOUT_MS 5000 /* to send a request, to take an answer */
#define CONTROL_REPLY_MS 120000 /* for the supervisor to answer */

struct buf;
struct control;

struct control_handler {
	/* Appends the status to out. */
	void (*status)(void *arg, struct buf *out);
	/* Passes a request on; false if that is impossible. */
	bool (*forward)(void *arg, uint32_t id, const struct request *request);
	void *arg;
};

/* Takes over the listening socket; -1: nobody can ask but by control_tell(). */
struct control *control_new(
    struct loop *loop, int fd, const struct control_handler *handler);
void control_free(struct control *control);

/* Takes over a stream and sends the status there, as if it had been asked. */
void control_tell(struct control *control, int fd);

/*
 * From now on another monitor answers at the same socket: whoever has not asked
 * yet is told to ask there. Those who wait for the supervisor still do.
 */
void control_cease(struct control *control);

/* The supervisor's answer; nobody may be waiting for it any more. */
void control_reply(
    struct control *control, uint32_t id, bool ok, const char *text);

#endif
