#ifndef BASE_READY_H
#define BASE_READY_H

/*
 * Waiting for a descriptor, for the few things that a job asks over sockets of
 * its own. The deadline holds whatever the other side does: one that always has
 * something to say gains no time by it.
 */

#include <stdint.h>

/*
 * Until one of the events of poll(2), at most until the moment on the monotonic
 * clock. -1 with errno, ETIMEDOUT when that has come.
 */
int ready_wait(int fd, short events, int64_t deadline_ms);

#endif
