#ifndef SUPERVISOR_ADDRWATCH_H
#define SUPERVISOR_ADDRWATCH_H

/*
 * Tells when the addresses of this machine have changed. The kernel's messages
 * (rtnetlink(7)) are thrown away unread: they only say that it is worth looking
 * at the list of addresses, which libc reads. A router that announces itself
 * every few seconds makes messages and changes nothing.
 */

#include <stdint.h>

#include "base/siphash.h"
#include "net/loop.h"

#define ADDRWATCH_DELAY_MS 200  /* what changes together is looked at once */
#define ADDRWATCH_REST_MS 500   /* from one call to the next, at least */
#define ADDRWATCH_AFTER_MS 5000 /* a new IPv6 address is tried out first */

struct addrwatch {
	struct loop *loop;
	int fd; /* -1: not open */
	struct loop_io io;
	struct loop_timer timer;
	bool pending;       /* the timer runs */
	int64_t told_ms;    /* when changed() was called last; 0 = never */
	int64_t changed_ms; /* when the list was another one last */
	uint64_t sum;       /* of the list */
	unsigned char key[SIPHASH_KEY_SIZE];
	void (*changed)(void *arg);
	void *arg;
};

void addrwatch_init(struct addrwatch *watch, struct loop *loop);

/* Fine when it is open. Logs if it cannot be: then nothing is ever told. */
void addrwatch_open(struct addrwatch *watch);
void addrwatch_close(struct addrwatch *watch);

#endif
