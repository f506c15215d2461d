/*
 * Values of the access log: printable, bounded, in JSON closed by the only bare
 * quotation mark, and without what a query parameter "token" holds.
 */

#include <assert.h>
#include <string.h>

#include "base/buf.h"
#include "src/proxy/redact.h"

static void
check(const struct buf *out, bool json)
{
	const unsigned char *s = buf_data(out);
	size_t len = buf_len(out), quotes = 0, i;

	assert(len <= VALUE_MAX + 5);
	for (i = 0; i < len; i++) {
		assert(s[i] >= 0x20 && s[i] != 0x7f);
		assert(json || s[i] < 0x7f);
		if (json && s[i] == '\\')
			i++; /* with what it escapes */
		else if (s[i] == '"')
			quotes++;
	}
	assert(quotes == (json ? 2 : 0));
	assert(!json || (s[0] == '"' && s[len - 1] == '"' && i == len));
}

static void
put(struct slice input, bool json, bool query)
{
	struct buf out = { 0 };
	struct value value;

	value_begin(&value, &out, json);
	if (query)
		value_put_query(&value, input);
	else
		value_put_field(&value, (struct slice){ "Referer", 7 }, input);
	value_end(&value);
	check(&out, json);
	buf_release(&out);
}

/* A secret that no escape can make up, in a parameter behind anything. */
static void
put_secret(struct slice input)
{
	static const char secret[] = "&token=TOP-SECRET-TOKEN";
	struct buf in = { 0 }, out = { 0 };
	struct value value;

	buf_append(&in, "?", 1);
	buf_append(&in, input.p, input.len < 500 ? input.len : 500);
	if (memmem(buf_data(&in), buf_len(&in), secret + 7, 16) == NULL) {
		buf_append(&in, secret, sizeof(secret) - 1);
		value_begin(&value, &out, false);
		value_put_query(&value,
		    (struct slice){
		        (const char *)buf_data(&in), buf_len(&in) });
		value_end(&value);
		assert(memmem(buf_data(&out), buf_len(&out), secret + 7, 16) ==
		    NULL);
	}
	buf_release(&in);
	buf_release(&out);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

int
LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	struct slice input = { (const char *)data, size };

	for (unsigned i = 0; i < 4; i++)
		put(input, i & 1, i & 2);
	put_secret(input);
	return 0;
}
