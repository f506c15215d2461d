#ifndef PKI_MAC_H
#define PKI_MAC_H

/*
 * SHA-256, and HMAC (RFC 2104) with it: names that who lacks the key cannot
 * guess. And SHA-1, for protocols that only want to see it was computed.
 */

#include <stdbool.h>
#include <stddef.h>

#define PKI_MAC_SIZE 32
#define PKI_DIGEST_SIZE 32

void pki_digest(
    const void *data, size_t len, unsigned char digest[PKI_DIGEST_SIZE]);

#define PKI_SHA1_SIZE 20
void pki_sha1(
    const void *data, size_t len, unsigned char digest[PKI_SHA1_SIZE]);

void pki_mac(const unsigned char key[PKI_MAC_SIZE], const void *data,
    size_t len, unsigned char mac[PKI_MAC_SIZE]);

/* Whether two are the same, in constant time. */
bool pki_mac_is(
    const unsigned char a[PKI_MAC_SIZE], const unsigned char b[PKI_MAC_SIZE]);

#endif
