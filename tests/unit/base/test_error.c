#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "base/error.h"

static void
test_set(void **state)
{
	struct error err;

	(void)state;
	assert_int_equal(error_set(&err, ERR_LIMIT, "%d is too many", 7), -1);
	assert_int_equal(err.kind, ERR_LIMIT);
	assert_string_equal(err.msg, "7 is too many");
}

static void
test_sys_tells_errno_and_keeps_it(void **state)
{
	struct error err;

	(void)state;
	errno = ENOENT;
	assert_int_equal(error_sys(&err, "open %s", "x"), -1);
	assert_int_equal(err.kind, ERR_SYS);
	assert_string_equal(err.msg, "open x: No such file or directory");
	assert_int_equal(errno, ENOENT);
}

static void
test_wrap_keeps_kind(void **state)
{
	struct error err;

	(void)state;
	error_set(&err, ERR_SYNTAX, "unknown word");
	assert_int_equal(error_wrap(&err, "%s:%d", "file", 12), -1);
	assert_int_equal(err.kind, ERR_SYNTAX);
	assert_string_equal(err.msg, "file:12: unknown word");
}

static void
test_message_may_quote_itself(void **state)
{
	struct error err;

	(void)state;
	error_set(&err, ERR_DENIED, "no");
	error_set(&err, ERR_TIMEOUT, "at last: %s", err.msg);
	assert_string_equal(err.msg, "at last: no");
}

static void
test_long_messages_are_cut(void **state)
{
	char word[ERROR_MSG_SIZE * 2];
	struct error err;

	(void)state;
	memset(word, 'x', sizeof(word) - 1);
	word[sizeof(word) - 1] = '\0';
	error_set(&err, ERR_SYNTAX, "%s", word);
	assert_int_equal(strlen(err.msg), ERROR_MSG_SIZE - 1);
	error_wrap(&err, "where");
	assert_int_equal(strlen(err.msg), ERROR_MSG_SIZE - 1);
	assert_memory_equal(err.msg, "where: xxx", 10);
	errno = EIO;
	error_sys(&err, "%s", word);
	assert_int_equal(strlen(err.msg), ERROR_MSG_SIZE - 1);
}

static void
test_message_is_one_line(void **state)
{
	struct error err;

	(void)state;
	error_set(&err, ERR_PROTOCOL, "bad \"%s\"", "a\nb\033[1m\x7f");
	assert_string_equal(err.msg, "bad \"a?b?[1m?\"");
}

static void
test_null_is_no_interest(void **state)
{
	(void)state;
	assert_int_equal(error_set(NULL, ERR_SYS, "x"), -1);
	assert_int_equal(error_sys(NULL, "x"), -1);
	assert_int_equal(error_wrap(NULL, "x"), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_set),
		cmocka_unit_test(test_sys_tells_errno_and_keeps_it),
		cmocka_unit_test(test_wrap_keeps_kind),
		cmocka_unit_test(test_message_may_quote_itself),
		cmocka_unit_test(test_long_messages_are_cut),
		cmocka_unit_test(test_message_is_one_line),
		cmocka_unit_test(test_null_is_no_interest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
