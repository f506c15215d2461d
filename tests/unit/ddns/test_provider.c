/* Who speaks with whom, and what no refusal says. */

#include "provider.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "job.h"

static void
test_families(void **state)
{
	(void)state;
	assert_ptr_equal(provider_family("duckdns"), &family_duckdns);
	assert_ptr_equal(provider_family("noip"), &family_dyndns2);
	assert_ptr_equal(provider_family("custom"), &family_custom);
	assert_null(provider_family("google"));
}

static void
test_refuse(void **state)
{
	struct refusal refusal;

	(void)state;
	assert_int_equal(refuse(&refusal, DDNS_STOP, "a\nb", "cure", "%s\x7f",
	                     "said \"this\""),
	    -1);
	assert_int_equal(refusal.kind, DDNS_STOP);
	assert_string_equal(refusal.problem, "a\\x0ab");
	assert_string_equal(refusal.detail, "said \\x22this\\x22\\x7f");
	assert_string_equal(refusal.advice, "cure");
	assert_int_equal(refusal.retry_after, -1);
}

static void
check_blanked(const char *said, const char *token, const char *wanted)
{
	char word[64], nothing[1] = "";
	struct ddns_job job = { .token = word, .password = nothing };
	struct refusal refusal;

	memcpy(word, token, strlen(token) + 1);
	refuse(&refusal, DDNS_AGAIN, "answer", "", "%s", said);
	provider_blank(&job, &refusal);
	assert_string_equal(refusal.detail, wanted);
}

static void
test_blank(void **state)
{
	(void)state;
	check_blanked("token s3cr3t, s3cr3t", "s3cr3t", "token ******, ******");
	check_blanked("no s3cr", "s3cr3t", "no ****");
	check_blanked("?t=a%2Fb", "a/b", "?t=*****");
	check_blanked("is a\"b", "a\"b", "is ******");
	check_blanked("nothing", "", "nothing");
	check_blanked("abc", "s3cr3t", "abc");
}

static void
test_cut(void **state)
{
	char said[1024];
	struct refusal refusal;
	char word[] = "s3cr3ts3cr3t", nothing[1] = "";
	struct ddns_job job = { .token = word, .password = nothing };

	(void)state;
	for (size_t i = 480; i < 520; i++) {
		memset(said, 'x', i);
		memcpy(said + i, word, sizeof(word));
		refuse(&refusal, DDNS_AGAIN, "answer", "", "%s", said);
		provider_blank(&job, &refusal);
		assert_null(strstr(refusal.detail, "s3cr"));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_families),
		cmocka_unit_test(test_refuse),
		cmocka_unit_test(test_blank),
		cmocka_unit_test(test_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
