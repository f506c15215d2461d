#ifndef SUPERVISOR_SECRETS_H
#define SUPERVISOR_SECRETS_H

/*
 * The keys that seal TLS session tickets (RFC 5077): made here, because every
 * worker must know the same ones, and known to memory only. The newest seals;
 * those before it still open what they sealed.
 */

#include <stddef.h>

#define TICKET_KEY_SIZE 80
#define TICKET_KEYS_MAX 3
#define TICKET_ROTATE_MS (12 * 3600 * 1000)

struct ticket_keys {
	unsigned char key[TICKET_KEYS_MAX][TICKET_KEY_SIZE]; /* oldest first */
	size_t count;
};

void ticket_keys_init(struct ticket_keys *keys); /* with one key */
void ticket_keys_release(struct ticket_keys *keys);

/* Adds a new one; the oldest goes when there is no room. */
void ticket_keys_rotate(struct ticket_keys *keys);

/* The one that seals now. */
const unsigned char *ticket_keys_newest(const struct ticket_keys *keys);

#endif
