/* HTTP-01 answers: what may be a token, what is found, what is not. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "challenge.h"

static struct slice
text(const char *s)
{
	return (struct slice){ s, strlen(s) };
}

static const char *
find(const struct challenges *challenges, const char *token)
{
	return challenge_find(challenges, token, strlen(token));
}

static void
finds_the_whole_token_only(void **state)
{
	struct challenges *challenges = challenges_new();

	(void)state;
	assert_int_equal(
	    challenge_set(challenges, "abc-_9", text("abc-_9.x")), 0);
	assert_string_equal(find(challenges, "abc-_9"), "abc-_9.x");
	assert_null(find(challenges, "abc-_"));
	assert_null(find(challenges, "abc-_99"));
	assert_null(find(challenges, ""));
	challenge_clear(challenges, "abc-_9");
	assert_null(find(challenges, "abc-_9"));
	challenges_free(challenges);
}

static void
setting_again_replaces_the_answer(void **state)
{
	struct challenges *challenges = challenges_new();

	(void)state;
	assert_int_equal(challenge_set(challenges, "t", text("one")), 0);
	assert_int_equal(challenge_set(challenges, "t", text("two")), 0);
	assert_string_equal(find(challenges, "t"), "two");
	challenge_clear(challenges, "t");
	assert_null(find(challenges, "t"));
	challenges_free(challenges);
}

static void
refuses_what_is_no_token(void **state)
{
	struct challenges *challenges = challenges_new();
	char longest[130];

	(void)state;
	memset(longest, 'a', sizeof longest);
	longest[129] = '\0';
	assert_int_equal(challenge_set(challenges, longest, text("x")), -1);
	longest[128] = '\0';
	assert_int_equal(challenge_set(challenges, longest, text("x")), 0);
	assert_int_equal(challenge_set(challenges, "", text("x")), -1);
	assert_int_equal(challenge_set(challenges, "../etc", text("x")), -1);
	assert_int_equal(challenge_set(challenges, "a b", text("x")), -1);
	assert_int_equal(challenge_set(challenges, "a=", text("x")), -1);
	challenges_free(challenges);
}

static void
holds_so_many_and_no_more(void **state)
{
	struct challenges *challenges = challenges_new();
	char token[16];

	(void)state;
	for (int i = 0; i < CHALLENGES_MAX; i++) {
		snprintf(token, sizeof token, "t%d", i);
		assert_int_equal(
		    challenge_set(challenges, token, text("x")), 0);
	}
	assert_int_equal(challenge_set(challenges, "more", text("x")), -1);
	challenge_clear(challenges, "t0");
	assert_int_equal(challenge_set(challenges, "more", text("x")), 0);
	challenges_free(challenges);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_the_whole_token_only),
		cmocka_unit_test(setting_again_replaces_the_answer),
		cmocka_unit_test(refuses_what_is_no_token),
		cmocka_unit_test(holds_so_many_and_no_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
