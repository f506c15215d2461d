/*
 * Making of JSON Web Signatures: protected header and payload in base64url, a
 * signature over both. The job never verifies one.
 */

#include "jws.h"

#include <stdlib.h>
#include <string.h>

#include "base/secret.h"
#include "base/text.h"
#include "base/xalloc.h"
#include "pki/key.h"
#include "json/json.h"

#define MAC_KEY_MAX 1024 /* bytes; CAs hand out 32 to 64 */

struct json *
jws_public_key(const struct pki_key *key, struct error *err)
{
	struct json *doc;
	char *jwk;

	jwk = pki_key_jwk(key, err);
	if (jwk == NULL)
		return NULL;
	doc = json_parse(jwk, strlen(jwk), err);
	free(jwk);
	return doc;
}

static char *
encode(const char *text)
{
	return text_base64url(text, strlen(text));
}

/* The protected header, encoded; takes `header` over. */
static char *
encode_header(struct json *header)
{
	char *text = json_dump(header);
	char *encoded = encode(text);

	free(text);
	json_free(header);
	return encoded;
}

static struct json *
flattened(
    const char *header, const char *payload, const void *signature, size_t len)
{
	struct json *doc = json_new_object();
	char *encoded = text_base64url(signature, len);

	json_set_str(doc, "protected", header);
	json_set_str(doc, "payload", payload);
	json_set_str(doc, "signature", encoded);
	free(encoded);
	return doc;
}

static struct json *
request_header(const struct jws *jws, struct error *err)
{
	struct json *header = json_new_object(), *jwk;

	json_set_str(header, "alg", pki_key_jws_alg(jws->key));
	if (jws->kid != NULL) {
		json_set_str(header, "kid", jws->kid);
	} else {
		jwk = jws_public_key(jws->key, err);
		if (jwk == NULL) {
			json_free(header);
			return NULL;
		}
		json_set(header, "jwk", jwk);
	}
	if (jws->nonce != NULL)
		json_set_str(header, "nonce", jws->nonce);
	json_set_str(header, "url", jws->url);
	return header;
}

char *
jws_sign(const struct jws *jws, struct error *err)
{
	char *header, *payload, *input, *body = NULL;
	unsigned char *signature;
	struct json *doc;
	size_t len;

	doc = request_header(jws, err);
	if (doc == NULL)
		return NULL;
	header = encode_header(doc);
	payload = encode(jws->payload);
	input = xasprintf("%s.%s", header, payload);
	if (pki_key_jws_sign(
	        jws->key, input, strlen(input), &signature, &len, err) == 0) {
		doc = flattened(header, payload, signature, len);
		body = json_dump(doc);
		json_free(doc);
		free(signature);
	}
	free(input);
	free(payload);
	free(header);
	return body;
}

struct json *
jws_external_account(const struct pki_key *key, const char *kid,
    const char *mac_key, const char *url, struct error *err)
{
	unsigned char mac[PKI_SHA256_SIZE], secret[MAC_KEY_MAX];
	struct json *doc = NULL, *headers;
	char *header, *jwk, *payload, *input;
	size_t len;

	jwk = pki_key_jwk(key, err);
	if (jwk == NULL)
		return NULL;
	headers = json_new_object();
	json_set_str(headers, "alg", "HS256");
	json_set_str(headers, "kid", kid);
	json_set_str(headers, "url", url);
	header = encode_header(headers);
	payload = encode(jwk);
	input = xasprintf("%s.%s", header, payload);
	if (!text_unbase64url(mac_key, secret, sizeof(secret), &len))
		error_set(err, ERR_SYNTAX,
		    "the external account's key is not base64url");
	else if (pki_hmac_sha256(secret, len, input, strlen(input), mac) == -1)
		error_set(err, ERR_CRYPTO, "HMAC-SHA256 failed");
	else
		doc = flattened(header, payload, mac, sizeof(mac));
	secret_wipe(secret, sizeof(secret));
	free(input);
	free(payload);
	free(header);
	free(jwk);
	return doc;
}

char *
jws_thumbprint(const struct pki_key *key, struct error *err)
{
	unsigned char digest[PKI_SHA256_SIZE];
	char *jwk, *thumbprint = NULL;

	jwk = pki_key_jwk(key, err);
	if (jwk == NULL)
		return NULL;
	if (pki_sha256(jwk, strlen(jwk), digest, err) == 0)
		thumbprint = text_base64url(digest, sizeof(digest));
	free(jwk);
	return thumbprint;
}
