/*
 * Credentials: what is accepted is the one encoding of what it decodes to.
 */

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "http/basic.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t
encode(const char *in, size_t len, char *out)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	                              "abcdefghijklmnopqrstuvwxyz0123456789+/";
	char *start = out;

	for (size_t i = 0; i < len; i += 3) {
		uint32_t bits = 0;

		for (size_t j = 0; j < 3; j++)
			bits = bits << 8 |
			    (i + j < len ? (unsigned char)in[i + j] : 0);
		for (size_t j = 0; j < 4; j++)
			*out++ = i + j > len
			    ? '='
			    : letters[bits >> (18 - 6 * j) & 63];
	}
	return (size_t)(out - start);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice value = { (const char *)data, size };
	char again[HTTP_BASIC_MAX * 2];
	struct http_basic basic;
	size_t len;

	if (!http_basic_read(value, &basic))
		return 0;
	assert(basic.user.p == basic.text);
	assert(basic.password.p == basic.text + basic.user.len + 1);
	assert(strlen(basic.user.p) == basic.user.len);
	assert(strlen(basic.password.p) == basic.password.len);
	basic.text[basic.user.len] = ':';
	len =
	    encode(basic.text, basic.user.len + 1 + basic.password.len, again);
	assert(len < size && memcmp(data + size - len, again, len) == 0);
	return 0;
}
