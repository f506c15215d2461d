/*
 * Signed requests of whatever texts a CA or an operator supplied: nonce, URLs,
 * key ids. What comes out is JSON, and says what went in.
 */

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "acme/jws.h"
#include "base/text.h"
#include "base/xalloc.h"
#include "pki/key.h"
#include "json/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { KID, NONCE, URL, PAYLOAD, PARTS };

/* Decodes a member; the caller frees. */
static char *
decode(const struct json *doc, const char *member, size_t *len)
{
	const char *text = json_str(doc, member);
	char *bytes;

	assert(text != NULL);
	bytes = xmalloc(strlen(text) + 1);
	assert(text_unbase64url(text, bytes, strlen(text) + 1, len));
	return bytes;
}

static bool
is_ascii(const char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text > 0x7f)
			return false;
	return true;
}

static void
check_member(
    const struct json *header, const char *member, const char *expected)
{
	const char *found = json_str(header, member);

	assert(found != NULL);
	assert(strlen(found) == strlen(expected) || !is_ascii(expected));
	assert(strcmp(found, expected) == 0 || !is_ascii(expected));
}

static void
check_request(const struct pki_key *key, char *const part[PARTS])
{
	struct jws jws = { .key = key,
		.kid = *part[KID] != '\0' ? part[KID] : NULL,
		.nonce = part[NONCE],
		.url = part[URL],
		.payload = part[PAYLOAD] };
	struct json *doc, *header;
	char *body, *bytes;
	size_t len;

	body = jws_sign(&jws, NULL);
	assert(body != NULL);
	doc = json_parse(body, strlen(body), NULL);
	bytes = decode(doc, "payload", &len);
	assert(len == strlen(part[PAYLOAD]));
	assert(memcmp(bytes, part[PAYLOAD], len) == 0);
	free(bytes);
	bytes = decode(doc, "protected", &len);
	header = json_parse(bytes, len, NULL);
	check_member(header, "nonce", part[NONCE]);
	check_member(header, "url", part[URL]);
	if (jws.kid != NULL)
		check_member(header, "kid", part[KID]);
	assert((jws.kid == NULL) == (json_get(header, "jwk") != NULL));
	json_free(header);
	free(bytes);
	json_free(doc);
	free(body);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct pki_key *key;
	char *part[PARTS];
	size_t i;

	if (key == NULL)
		key = pki_key_generate(PKI_P256, NULL);
	assert(key != NULL);
	for (i = 0; i < PARTS; i++) {
		size_t len = size > 0 ? strnlen((const char *)data, size) : 0;

		part[i] = xmalloc(len + 1);
		if (len > 0)
			memcpy(part[i], data, len);
		part[i][len] = '\0';
		len += len < size;
		data += len;
		size -= len;
	}
	check_request(key, part);
	json_free(
	    jws_external_account(key, part[KID], part[NONCE], part[URL], NULL));
	for (i = 0; i < PARTS; i++)
		free(part[i]);
	return 0;
}
