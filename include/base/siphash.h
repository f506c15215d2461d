#ifndef BASE_SIPHASH_H
#define BASE_SIPHASH_H

/*
 * SipHash-2-4 (Aumasson, Bernstein 2012): a keyed hash of 64 bits, for tables
 * whose keys strangers choose. Whoever does not know the key cannot make two
 * texts meet.
 */

#include <stddef.h>
#include <stdint.h>

#define SIPHASH_KEY_SIZE 16

uint64_t siphash(
    const unsigned char key[SIPHASH_KEY_SIZE], const void *data, size_t len);

#endif
