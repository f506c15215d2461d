/*
 * Session tickets: the keys come from the supervisor, the same to every
 * worker, and are renewed within a day. The newest one encrypts; the two
 * before it still decrypt. Without a key there are no tickets at all, so no
 * ticket is ever sealed with a key that is not one.
 */

#include "tls_internal.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>

#include "base/secret.h"
#include "base/xalloc.h"

#define KEYS 3
#define NAME_SIZE 16
#define HMAC_SIZE 32
#define AES_SIZE 32

struct ticket_key {
	unsigned char name[NAME_SIZE];
	unsigned char hmac[HMAC_SIZE];
	unsigned char aes[AES_SIZE];
};

_Static_assert(sizeof(struct ticket_key) == TLS_TICKET_KEY_SIZE,
    "a pushed key is copied as a whole");

struct tls_tickets {
	struct ticket_key keys[KEYS]; /* the newest first */
	unsigned count;
	EVP_CIPHER *cipher; /* AES-256-CBC; a fetch per ticket would cost */
};

struct tls_tickets *
tls_tickets_new(void)
{
	return xcalloc(1, sizeof(struct tls_tickets));
}

void
tls_tickets_free(struct tls_tickets *tickets)
{
	if (tickets == NULL)
		return;
	EVP_CIPHER_free(tickets->cipher);
	secret_wipe(tickets, sizeof(*tickets));
	free(tickets);
}

void
tls_tickets_push(
    struct tls_tickets *tickets, const unsigned char key[TLS_TICKET_KEY_SIZE])
{
	memmove(tickets->keys + 1, tickets->keys,
	    (KEYS - 1) * sizeof(tickets->keys[0]));
	memcpy(tickets->keys, key, TLS_TICKET_KEY_SIZE);
	if (tickets->count < KEYS)
		tickets->count++;
}

bool
tls_tickets_ready(const struct tls_tickets *tickets)
{
	return tickets->count > 0;
}

static bool
start_mac(struct ticket_key *key, EVP_MAC_CTX *mac)
{
	char digest[] = "SHA256";
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_octet_string(
		    OSSL_MAC_PARAM_KEY, key->hmac, sizeof(key->hmac)),
		OSSL_PARAM_construct_utf8_string(
		    OSSL_MAC_PARAM_DIGEST, digest, 0),
		OSSL_PARAM_construct_end(),
	};

	return EVP_MAC_CTX_set_params(mac, params) == 1;
}

static int
seal(struct tls_tickets *tickets, unsigned char *name, unsigned char *iv,
    EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac)
{
	struct ticket_key *key = tickets->keys;

	if (tickets->count == 0)
		return 0;
	if (RAND_bytes(iv, EVP_CIPHER_get_iv_length(tickets->cipher)) != 1 ||
	    EVP_EncryptInit_ex2(cipher, tickets->cipher, key->aes, iv, NULL) !=
	        1 ||
	    !start_mac(key, mac))
		return -1;
	memcpy(name, key->name, NAME_SIZE);
	return 1;
}

static int
unseal(struct tls_tickets *tickets, SSL *ssl, const unsigned char *name,
    const unsigned char *iv, EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac)
{
	unsigned i = 0;

	while (i < tickets->count &&
	    memcmp(tickets->keys[i].name, name, NAME_SIZE) != 0)
		i++;
	if (i == tickets->count)
		return 0;
	if (EVP_DecryptInit_ex2(
	        cipher, tickets->cipher, tickets->keys[i].aes, iv, NULL) != 1 ||
	    !start_mac(&tickets->keys[i], mac))
		return -1;
	/* 2 sends a new ticket. Clients use one of TLS 1.3 only once (RFC 8446
	 * appendix C.4), so without it every other handshake would be full. */
	return i > 0 || SSL_version(ssl) == TLS1_3_VERSION ? 2 : 1;
}

static int
on_ticket(SSL *ssl, unsigned char *name, unsigned char *iv,
    EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac, int sealing)
{
	struct tls_tickets *tickets =
	    SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));

	return sealing ? seal(tickets, name, iv, cipher, mac)
	               : unseal(tickets, ssl, name, iv, cipher, mac);
}

int
tls_tickets_attach(struct tls_tickets *tickets, SSL_CTX *ctx)
{
	if (tickets->cipher == NULL)
		tickets->cipher = EVP_CIPHER_fetch(NULL, "AES-256-CBC", NULL);
	if (tickets->cipher == NULL || !SSL_CTX_set_app_data(ctx, tickets) ||
	    !SSL_CTX_set_tlsext_ticket_key_evp_cb(ctx, on_ticket))
		return -1;
	return 0;
}
