/* The code on a terminal, read back module by module. */

#include "qr.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <qrencode.h>
#include <stdlib.h>
#include <string.h>

#define QUIET 4

static const char text[] = "4tm5pftsbrckh6zz8n9p";

/* Which halves of the character at *at are dark; moves on past it. */
static unsigned
halves(const char **at)
{
	static const char *const blocks[] = { " ", "\u2580", "\u2584",
		"\u2588" };

	for (unsigned i = 0; i < 4; i++)
		if (strncmp(*at, blocks[i], strlen(blocks[i])) == 0) {
			*at += strlen(blocks[i]);
			return i;
		}
	fail_msg("unknown: %.8s", *at);
	return 0;
}

static unsigned
module(const QRcode *code, int row, int column)
{
	if (row < 0 || column < 0 || row >= code->width ||
	    column >= code->width)
		return 0;
	return code->data[row * code->width + column] & 1;
}

static void
test_is_the_code(void **state)
{
	static const char begin[] = "  \033[30;107m", end[] = "\033[0m\n";
	QRcode *code = QRcode_encodeString8bit(text, 0, QR_ECLEVEL_M);
	char *drawn = NULL;
	size_t size;
	FILE *out = open_memstream(&drawn, &size);
	const char *at;

	(void)state;
	assert_true(qr_print(text, out));
	fclose(out);
	at = drawn;
	for (int row = -QUIET; row < code->width + QUIET; row += 2) {
		assert_memory_equal(at, begin, sizeof(begin) - 1);
		at += sizeof(begin) - 1;
		for (int column = -QUIET; column < code->width + QUIET;
		     column++)
			assert_int_equal(halves(&at),
			    module(code, row, column) +
			        2 * module(code, row + 1, column));
		assert_memory_equal(at, end, sizeof(end) - 1);
		at += sizeof(end) - 1;
	}
	assert_string_equal(at, "");
	QRcode_free(code);
	free(drawn);
}

static void
test_too_long(void **state)
{
	char *drawn = NULL, much[4000];
	size_t size;
	FILE *out = open_memstream(&drawn, &size);

	(void)state;
	memset(much, 'x', sizeof(much) - 1);
	much[sizeof(much) - 1] = '\0';
	assert_false(qr_print(much, out));
	fclose(out);
	assert_int_equal(size, 0);
	free(drawn);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_is_the_code),
		cmocka_unit_test(test_too_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
