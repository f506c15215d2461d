/*
 * The decoder of messages between processes: any bytes are refused or give a
 * message that encodes to exactly the same bytes.
 */

#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "ipc/msg.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static unsigned char again[MSG_SIZE_MAX];
	struct msg msg;

	if (size > MSG_SIZE_MAX || msg_decode(&msg, data, size, NULL) == -1)
		return 0;
	assert(msg.fd == -1);
	assert(msg_encode(&msg, again, sizeof(again), NULL) == (long)size);
	assert(memcmp(again, data, size) == 0);
	return 0;
}
