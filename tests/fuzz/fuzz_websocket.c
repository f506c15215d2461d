/*
 * Frames of a WebSocket server, or of whoever says to be it. The first byte
 * says how they are cut into reads: the verdict must be that of one read. No
 * message is longer than it may be.
 */

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "http/websocket.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MAX 300

struct seen {
	unsigned texts, pings;
	size_t bytes;
	enum websocket_result end;
};

static struct seen
read_all(const uint8_t *data, size_t size, size_t step)
{
	struct websocket ws = { .max = MAX };
	struct seen seen = { .end = WEBSOCKET_MORE };
	const unsigned char *content = NULL;
	size_t pos = 0, len = 0, n = 0;

	while (seen.end < WEBSOCKET_CLOSE) {
		seen.end = websocket_next(&ws, data, len, &pos, &content, &n);
		assert(pos <= len && buf_len(&ws.message) <= MAX);
		if (seen.end == WEBSOCKET_TEXT) {
			assert(!ws.open);
			seen.texts++;
			seen.bytes += buf_len(&ws.message);
		} else if (seen.end == WEBSOCKET_PING) {
			assert(n <= WEBSOCKET_CONTROL_MAX);
			assert(content >= data && content + n <= data + pos);
			seen.pings++;
		} else if (seen.end == WEBSOCKET_MORE) {
			if (len == size)
				break;
			len = step < size - len ? len + step : size;
		}
	}
	websocket_release(&ws);
	return seen;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct seen whole, cut;

	if (size == 0)
		return 0;
	whole = read_all(data + 1, size - 1, size);
	cut = read_all(data + 1, size - 1, data[0] % 16 + 1);
	assert(whole.texts == cut.texts);
	assert(whole.pings == cut.pings && whole.bytes == cut.bytes);
	assert(whole.end == cut.end);
	return 0;
}
