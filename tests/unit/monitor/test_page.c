/* The page and what its policy allows. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/text.h"
#include "page.h"
#include "pki/mac.h"

static void
test_the_page_is_whole(void **state)
{
	static const char begin[] = "<!DOCTYPE html>\n", end[] = "</html>\n";
	struct buf out = { 0 };

	(void)state;
	page_render(&out);
	assert_memory_equal(buf_data(&out), begin, sizeof(begin) - 1);
	assert_memory_equal(buf_data(&out) + buf_len(&out) - sizeof(end) + 1,
	    end, sizeof(end) - 1);
	assert_true(buf_len(&out) <= 24u * 1024);
	buf_release(&out);
}

/* Each source of a hash is the hash of an element's text. */
static void
assert_allows(const char *policy, const char *page, const char *name)
{
	char *source = NULL, *from, *to;
	unsigned char digest[PKI_DIGEST_SIZE], said[PKI_DIGEST_SIZE];
	char tag[32];
	size_t len;

	snprintf(tag, sizeof(tag), "%s-src 'sha256-", name);
	source = strstr(policy, tag);
	assert_non_null(source);
	source += strlen(tag);
	assert_memory_equal(source + 43, "='", 2);
	snprintf(tag, sizeof(tag), "<%s>", name);
	from = strstr(page, tag);
	assert_non_null(from);
	from += strlen(tag);
	assert_null(strstr(from, tag));
	snprintf(tag, sizeof(tag), "</%s>", name);
	to = strstr(from, tag);
	assert_non_null(to);
	pki_digest(from, (size_t)(to - from), digest);
	source = strndup(source, 43);
	assert_null(strpbrk(source, "-_"));
	for (char *p = source; *p != '\0'; p++)
		*p = *p == '+' ? '-' : *p == '/' ? '_' : *p;
	assert_true(text_unbase64url(source, said, sizeof(said), &len));
	assert_memory_equal(said, digest, sizeof(digest));
	free(source);
}

static void
test_the_policy_allows_what_is_in_it(void **state)
{
	struct buf out = { 0 };
	char *policy = page_policy();
	char *page;

	(void)state;
	page_render(&out);
	page = buf_detach(&out, NULL);
	assert_allows(policy, page, "style");
	assert_allows(policy, page, "script");
	assert_non_null(strstr(policy, "default-src 'none'; "));
	assert_null(strstr(policy, "unsafe"));
	assert_null(strpbrk(policy, "\r\n"));
	free(page);
	free(policy);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_page_is_whole),
		cmocka_unit_test(test_the_policy_allows_what_is_in_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
