#ifndef HTTP_WEBSOCKET_H
#define HTTP_WEBSOCKET_H

/*
 * The client's side of WebSocket frames (RFC 6455 section 5), without I/O and
 * clock: text messages, nothing agreed upon besides. Strict: what a server must
 * not send is an error. The same bytes get the same verdict however they are
 * cut into reads.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

#define WEBSOCKET_CONTROL_MAX 125 /* bytes in a ping, pong or close */
#define WEBSOCKET_MASK_SIZE 4

enum websocket_opcode {
	WEBSOCKET_OP_MORE = 0,
	WEBSOCKET_OP_TEXT = 1,
	WEBSOCKET_OP_CLOSE = 8,
	WEBSOCKET_OP_PING = 9,
	WEBSOCKET_OP_PONG = 10
};

enum websocket_result {
	WEBSOCKET_MORE,     /* all frames so far were taken, no message */
	WEBSOCKET_TEXT,     /* a message is complete */
	WEBSOCKET_PING,     /* wants a pong with the same content */
	WEBSOCKET_CLOSE,    /* the server ends it; nothing follows */
	WEBSOCKET_BAD,      /* breaks the protocol */
	WEBSOCKET_TOO_LARGE /* more than `max` bytes in a message */
};

/* A zeroed one, with `max` set, is ready. */
struct websocket {
	size_t max;         /* bytes of a message, at most BUF_CAP_DEFAULT */
	bool open;          /* fragments are missing */
	struct buf message; /* so far */
};

void websocket_release(struct websocket *ws); /* zeroed, and freed */

/*
 * Takes frames at data[*pos .. len), advances *pos past them, up to one that
 * the caller has to know of. WEBSOCKET_TEXT: ws->message is it, until the next
 * call. WEBSOCKET_PING: *content, of *size bytes, points into `data`. After an
 * error there is no more to be had.
 */
enum websocket_result websocket_next(struct websocket *ws,
    const unsigned char *data, size_t len, size_t *pos,
    const unsigned char **content, size_t *size);

/* Appends a frame of its own, masked. -1 at the cap of `out`. */
int websocket_put(struct buf *out, enum websocket_opcode opcode,
    const void *content, size_t size,
    const unsigned char mask[WEBSOCKET_MASK_SIZE]);

#endif
