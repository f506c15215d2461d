#ifndef SCAN_H
#define SCAN_H

/* h1_scan() driven by reads of different sizes, for the tests of heads. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "http/h1.h"

struct head {
	enum h1_result result;
	size_t head_len;
	unsigned fields;
};

/* The verdict on a message of which the first `cut` bytes came alone. */
static inline struct head
scan_cut(const char *data, size_t len, bool response, size_t cut)
{
	struct h1_scan scan = { .response = response };
	enum h1_result result;

	result = h1_scan(&scan, data, cut);
	if (result == H1_MORE)
		result = h1_scan(&scan, data, len);
	return (struct head){ result, scan.head_len, scan.fields };
}

static inline struct head
scan_bytewise(const char *data, size_t len, bool response)
{
	struct h1_scan scan = { .response = response };
	enum h1_result result = H1_MORE;
	size_t i;

	for (i = 1; i <= len && result == H1_MORE; i++)
		result = h1_scan(&scan, data, i);
	return (struct head){ result, scan.head_len, scan.fields };
}

static inline void
assert_same(struct head a, struct head b, const char *data)
{
	if (a.result != b.result || a.head_len != b.head_len ||
	    a.fields != b.fields)
		fail_msg("cuts matter for '%s'", data);
}

#endif
