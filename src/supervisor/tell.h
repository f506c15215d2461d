#ifndef SUPERVISOR_TELL_H
#define SUPERVISOR_TELL_H

/*
 * What becomes of certificates, told to the person's own Hook and Webhook.
 * Nothing waits for either, and nothing is said twice.
 */

#include <stdint.h>

struct slot;
struct supervisor;

enum tell_event {
	TELL_ISSUED,
	TELL_FAILING, /* the third failure in a row */
	TELL_EXPIRING /* a twentieth of its life is left */
};

#define TELL_FAILURES 3

void tell(const struct slot *slot, enum tell_event event);

/*
 * Which certificates are about to expire? Each is told of once, also over a
 * restart. The time is one to decide by.
 */
void tell_expiring(struct supervisor *sup, int64_t now);

#endif
