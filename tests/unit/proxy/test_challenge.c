/* HTTP-01 answers: what may be a token, what is found, what is not. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/file.h"
#include "challenge.h"

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
	assert_int_equal(challenge_set(challenges, "abc-_9", "abc-_9.x"), 0);
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
	assert_int_equal(challenge_set(challenges, "t", "one"), 0);
	assert_int_equal(challenge_set(challenges, "t", "two"), 0);
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
	assert_int_equal(challenge_set(challenges, longest, "x"), -1);
	longest[128] = '\0';
	assert_int_equal(challenge_set(challenges, longest, "x"), 0);
	assert_int_equal(challenge_set(challenges, "", "x"), -1);
	assert_int_equal(challenge_set(challenges, "../etc", "x"), -1);
	assert_int_equal(challenge_set(challenges, "a b", "x"), -1);
	assert_int_equal(challenge_set(challenges, "a=", "x"), -1);
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
		assert_int_equal(challenge_set(challenges, token, "x"), 0);
	}
	assert_int_equal(challenge_set(challenges, "more", "x"), -1);
	challenge_clear(challenges, "t0");
	assert_int_equal(challenge_set(challenges, "more", "x"), 0);
	challenges_free(challenges);
}

/* --- those of other programs ---------------------------------------------- */

static char directory[] = "/tmp/test_challenge.XXXXXX";

static int
make_directory(void **state)
{
	(void)state;
	return mkdtemp(directory) != NULL && chdir(directory) == 0 &&
	        mkdir("tree", 0700) == 0
	    ? 0
	    : -1;
}

static int
remove_directory(void **state)
{
	static const char *const names[] = { "tree/token", "tree/large",
		"tree/link", "tree/fifo", "tree/empty", "secret", NULL };

	(void)state;
	for (unsigned i = 0; names[i] != NULL; i++)
		unlink(names[i]);
	rmdir("tree/sub");
	rmdir("tree");
	return rmdir(directory);
}

static void
put_file(const char *name, size_t len)
{
	FILE *file = fopen(name, "w");

	assert_non_null(file);
	while (len-- > 0)
		fputc('x', file);
	assert_int_equal(fclose(file), 0);
}

static void
check_none(int tree, const char *name, enum error_kind why)
{
	struct arena *arena = arena_new(0);
	struct error err;

	assert_null(challenge_read(tree, name, strlen(name), arena, &err));
	assert_int_equal(err.kind, why);
	arena_free(arena);
}

static void
check_read(int tree, const char *name, size_t len)
{
	struct arena *arena = arena_new(0);
	const char *answer;
	struct error err;

	answer = challenge_read(tree, name, strlen(name), arena, &err);
	assert_non_null(answer);
	assert_int_equal(strlen(answer), len);
	arena_free(arena);
}

static void
reads_the_files_of_tokens_only(void **state)
{
	static const char *const others[] = { "", ".", "..", "sub", "link",
		"fifo", "none", "../secret", "sub/", "token/", "./token",
		"token%00", "%74oken" };
	struct error err;
	char longest[130];
	int tree;

	(void)state;
	put_file("tree/token", 87);
	put_file("tree/empty", 0);
	put_file("secret", 6);
	assert_int_equal(mkdir("tree/sub", 0700), 0);
	assert_int_equal(symlink("token", "tree/link"), 0);
	assert_int_equal(mkfifo("tree/fifo", 0600), 0);
	tree = file_open_tree("tree", &err);
	assert_int_not_equal(tree, -1);
	check_read(tree, "token", 87);
	check_read(tree, "empty", 0);
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		check_none(tree, others[i], ERR_NOTFOUND);
	memset(longest, 'a', sizeof longest);
	longest[129] = '\0';
	check_none(tree, longest, ERR_NOTFOUND);
	close(tree);
}

static void
reads_no_large_files(void **state)
{
	struct error err;
	int tree = file_open_tree("tree", &err);

	(void)state;
	assert_int_not_equal(tree, -1);
	put_file("tree/large", CHALLENGE_FILE_MAX);
	check_read(tree, "large", CHALLENGE_FILE_MAX);
	put_file("tree/large", CHALLENGE_FILE_MAX + 1);
	check_none(tree, "large", ERR_LIMIT);
	close(tree);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_the_whole_token_only),
		cmocka_unit_test(setting_again_replaces_the_answer),
		cmocka_unit_test(refuses_what_is_no_token),
		cmocka_unit_test(holds_so_many_and_no_more),
		cmocka_unit_test(reads_the_files_of_tokens_only),
		cmocka_unit_test(reads_no_large_files),
	};

	return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
