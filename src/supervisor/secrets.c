#include "secrets.h"

#include <string.h>

#include "base/secret.h"

void
ticket_keys_init(struct ticket_keys *keys)
{
	keys->count = 0;
	ticket_keys_rotate(keys);
}

void
ticket_keys_release(struct ticket_keys *keys)
{
	secret_wipe(keys, sizeof(*keys));
}

void
ticket_keys_rotate(struct ticket_keys *keys)
{
	if (keys->count == TICKET_KEYS_MAX) {
		memmove(keys->key[0], keys->key[1],
		    sizeof(keys->key) - sizeof(keys->key[0]));
		keys->count--;
	}
	secret_random(keys->key[keys->count], TICKET_KEY_SIZE);
	keys->count++;
}

const unsigned char *
ticket_keys_newest(const struct ticket_keys *keys)
{
	return keys->key[keys->count - 1];
}
