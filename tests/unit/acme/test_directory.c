/* Directories: what must be there, what may be. */

#include "directory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "problem.h"
#include "json/json.h"

#define LEAST "\"newNonce\":\"n\",\"newAccount\":\"a\",\"newOrder\":\"o\""

static int
parse(struct directory *directory, const char *text)
{
	struct json *doc = json_parse(text, strlen(text), NULL);
	struct problem problem;
	int ret;

	assert_non_null(doc);
	ret = directory_parse(directory, doc, &problem);
	json_free(doc);
	return ret;
}

static void
test_least(void **state)
{
	struct directory directory;

	(void)state;
	assert_int_equal(parse(&directory, "{" LEAST "}"), 0);
	assert_string_equal(directory.new_nonce, "n");
	assert_string_equal(directory.new_account, "a");
	assert_string_equal(directory.new_order, "o");
	assert_string_equal(directory.key_change, "");
	assert_string_equal(directory.revoke_cert, "");
	assert_string_equal(directory.renewal_info, "");
	assert_string_equal(directory.terms, "");
	assert_string_equal(directory.profiles, "");
	assert_false(directory_offers(&directory, "classic"));
	assert_false(directory_offers(&directory, ""));
	directory_release(&directory);
}

static void
test_most(void **state)
{
	struct directory directory;

	(void)state;
	assert_int_equal(
	    parse(&directory,
	        "{" LEAST ",\"keyChange\":\"k\",\"revokeCert\":\"r\","
	        "\"renewalInfo\":\"i\",\"meta\":{\"termsOfService\":\"t\","
	        "\"profiles\":{\"classic\":\"u\",\"two words\":\"u\","
	        "\"\":\"u\",\"tls\\n\":\"u\",\"tlsserver\":\"u\"}}}"),
	    0);
	assert_string_equal(directory.key_change, "k");
	assert_string_equal(directory.revoke_cert, "r");
	assert_string_equal(directory.renewal_info, "i");
	assert_string_equal(directory.terms, "t");
	assert_true(directory_offers(&directory, "classic"));
	assert_true(directory_offers(&directory, "tlsserver"));
	assert_false(directory_offers(&directory, "tls"));
	assert_false(directory_offers(&directory, "class"));
	assert_false(directory_offers(&directory, "two"));
	assert_false(directory_offers(&directory, ""));
	directory_release(&directory);
}

static void
test_no_directory(void **state)
{
	static const char *const texts[] = { "{}", "[]",
		"{\"newNonce\":\"n\",\"newAccount\":\"a\"}",
		"{\"newNonce\":\"n\",\"newAccount\":\"a\",\"newOrder\":7}" };
	struct directory directory = { .new_nonce = NULL };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_int_equal(parse(&directory, texts[i]), -1);
	assert_null(directory.new_nonce);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_least),
		cmocka_unit_test(test_most),
		cmocka_unit_test(test_no_directory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
