#ifndef DNS_PUBLIC_H
#define DNS_PUBLIC_H

/* Which addresses the whole internet can reach. */

#include <stdbool.h>

/* family: AF_INET or AF_INET6; address: its 4 or 16 bytes. */
bool dns_is_public(int family, const unsigned char *address);

#endif
