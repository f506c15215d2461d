#include "pki/mac.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

void
pki_digest(const void *data, size_t len, unsigned char digest[PKI_DIGEST_SIZE])
{
	EVP_Digest(data, len, digest, NULL, EVP_sha256(), NULL);
}

void
pki_sha1(const void *data, size_t len, unsigned char digest[PKI_SHA1_SIZE])
{
	EVP_Digest(data, len, digest, NULL, EVP_sha1(), NULL);
}

void
pki_mac(const unsigned char key[PKI_MAC_SIZE], const void *data, size_t len,
    unsigned char mac[PKI_MAC_SIZE])
{
	HMAC(EVP_sha256(), key, PKI_MAC_SIZE, data, len, mac, NULL);
}

bool
pki_mac_is(
    const unsigned char a[PKI_MAC_SIZE], const unsigned char b[PKI_MAC_SIZE])
{
	return CRYPTO_memcmp(a, b, PKI_MAC_SIZE) == 0;
}
