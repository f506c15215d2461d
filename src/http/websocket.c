#include "http/websocket.h"

#include <stdint.h>

#define FIN 0x80
#define RESERVED 0x70
#define OPCODE 0x0f
#define MASKED 0x80
#define LENGTH 0x7f
#define LENGTH_16 126 /* the length follows in 2 bytes … */
#define LENGTH_64 127 /* … or in 8 */
#define HEAD_MAX 10   /* without a mask */

struct frame {
	bool fin;
	unsigned opcode;
	size_t head; /* bytes before the content */
	uint64_t size;
};

void
websocket_release(struct websocket *ws)
{
	buf_wipe(&ws->message);
	ws->open = false;
}

static bool
is_control(unsigned opcode)
{
	return opcode >= WEBSOCKET_OP_CLOSE;
}

/* Says what the first two bytes already forbid. */
static bool
is_allowed(const struct websocket *ws, const unsigned char *p)
{
	unsigned opcode = p[0] & OPCODE;

	if ((p[0] & RESERVED) != 0 || (p[1] & MASKED) != 0)
		return false;
	switch (opcode) {
	case WEBSOCKET_OP_MORE:
		return ws->open;
	case WEBSOCKET_OP_TEXT:
		return !ws->open;
	case WEBSOCKET_OP_CLOSE:
	case WEBSOCKET_OP_PING:
	case WEBSOCKET_OP_PONG:
		return (p[0] & FIN) != 0 && p[1] <= WEBSOCKET_CONTROL_MAX;
	}
	return false;
}

/* The content's length, in as few bytes as it needs (section 5.2). */
static bool
read_length(struct frame *frame, const unsigned char *p)
{
	unsigned more = frame->head - 2;

	if (more == 0) {
		frame->size = p[1];
		return true;
	}
	frame->size = 0;
	for (unsigned i = 0; i < more; i++)
		frame->size = frame->size << 8 | p[2 + i];
	return more == 2 ? frame->size >= LENGTH_16
	                 : frame->size > UINT16_MAX && frame->size <= INT64_MAX;
}

static enum websocket_result
read_head(const struct websocket *ws, struct frame *frame,
    const unsigned char *p, size_t len)
{
	unsigned length;

	if (len < 2)
		return WEBSOCKET_MORE;
	if (!is_allowed(ws, p))
		return WEBSOCKET_BAD;
	length = p[1] & LENGTH;
	frame->fin = (p[0] & FIN) != 0;
	frame->opcode = p[0] & OPCODE;
	frame->head = length == LENGTH_16 ? 4
	    : length == LENGTH_64         ? HEAD_MAX
	                                  : 2;
	if (len < frame->head)
		return WEBSOCKET_MORE;
	if (!read_length(frame, p))
		return WEBSOCKET_BAD;
	if (!is_control(frame->opcode) &&
	    frame->size > ws->max - buf_len(&ws->message))
		return WEBSOCKET_TOO_LARGE;
	return len - frame->head < frame->size ? WEBSOCKET_MORE
	                                       : WEBSOCKET_TEXT;
}

static enum websocket_result
take(struct websocket *ws, const struct frame *frame,
    const unsigned char *content)
{
	switch (frame->opcode) {
	case WEBSOCKET_OP_CLOSE:
		return frame->size == 1 ? WEBSOCKET_BAD : WEBSOCKET_CLOSE;
	case WEBSOCKET_OP_PING:
		return WEBSOCKET_PING;
	case WEBSOCKET_OP_PONG:
		return WEBSOCKET_MORE;
	}
	if (buf_append(&ws->message, content, frame->size) == -1)
		return WEBSOCKET_TOO_LARGE;
	ws->open = !frame->fin;
	return frame->fin ? WEBSOCKET_TEXT : WEBSOCKET_MORE;
}

enum websocket_result
websocket_next(struct websocket *ws, const unsigned char *data, size_t len,
    size_t *pos, const unsigned char **content, size_t *size)
{
	struct frame frame;
	enum websocket_result r;

	if (!ws->open)
		buf_clear(&ws->message);
	do {
		if (len == *pos)
			return WEBSOCKET_MORE;
		r = read_head(ws, &frame, data + *pos, len - *pos);
		if (r != WEBSOCKET_TEXT)
			return r;
		*content = data + *pos + frame.head;
		*size = frame.size;
		*pos += frame.head + frame.size;
		r = take(ws, &frame, *content);
	} while (r == WEBSOCKET_MORE);
	return r;
}

int
websocket_put(struct buf *out, enum websocket_opcode opcode,
    const void *content, size_t size,
    const unsigned char mask[WEBSOCKET_MASK_SIZE])
{
	const unsigned char *from = content;
	unsigned more = size < LENGTH_16 ? 0 : size <= UINT16_MAX ? 2 : 8;
	unsigned char *p =
	    buf_reserve(out, 2 + more + WEBSOCKET_MASK_SIZE + size);

	if (p == NULL)
		return -1;
	*p++ = (unsigned char)(FIN | opcode);
	*p++ = (unsigned char)(MASKED |
	    (more == 0          ? size
	            : more == 2 ? LENGTH_16
	                        : LENGTH_64));
	for (unsigned i = more; i > 0; i--)
		*p++ = (unsigned char)((uint64_t)size >> 8 * (i - 1));
	for (unsigned i = 0; i < WEBSOCKET_MASK_SIZE; i++)
		*p++ = mask[i];
	for (size_t i = 0; i < size; i++)
		*p++ = from[i] ^ mask[i % WEBSOCKET_MASK_SIZE];
	buf_commit(out, 2 + more + WEBSOCKET_MASK_SIZE + size);
	return 0;
}
