#ifndef TEST_WIRE_H
#define TEST_WIRE_H

/* Messages as their receivers have them. */

#include <stdlib.h>

#include "ipc/msg.h"

/* A text that the sender does not name is "". Borrowed until the next call. */
static inline struct msg
over_the_wire(struct msg msg)
{
	static unsigned char data[MSG_SIZE_MAX];
	long len = msg_encode(&msg, data, sizeof(data), NULL);

	if (len == -1 || msg_decode(&msg, data, (size_t)len, NULL) == -1)
		abort();
	return msg;
}

#endif
