#ifndef SUPERVISOR_ADDRESSES_H
#define SUPERVISOR_ADDRESSES_H

/*
 * Whoever depends on the addresses of this machine hears of their changes. The
 * kernel is listened to only while somebody does.
 */

struct supervisor;

void addresses_init(struct supervisor *sup);

/* Another generation serves. */
void addresses_update(struct supervisor *sup);

void addresses_stop(struct supervisor *sup);

#endif
