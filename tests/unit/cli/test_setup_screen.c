/* What `gatehouse setup` shows. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/xalloc.h"
#include "setup_screen.h"
#include "wrap.h"
#include "json/json.h"

static char *
draw(const char *label, char *text, char *next, enum doctor_verdict verdict,
    bool colour)
{
	const struct setup_line line = { label, text, next, verdict };
	struct buf out = { 0 };

	setup_screen_draw(&out, &line, colour);
	return buf_detach(&out, NULL);
}

static void
assert_fits(const char *drawn)
{
	while (*drawn != '\0') {
		size_t len = strcspn(drawn, "\n");

		if (len > WRAP_COLUMNS)
			fail_msg("%zu columns: %.*s", len, (int)len, drawn);
		drawn += len + 1;
	}
}

static void
test_a_short_line(void **state)
{
	char text[] = "they are free here";
	char *drawn = draw("Ports", text, NULL, DOCTOR_OK, false);
	char *wanted = xasprintf("%-17s%-59s%s\n", "Ports", text, "ok");

	(void)state;
	assert_string_equal(drawn, wanted);
	free(wanted);
	free(drawn);
	drawn = draw("Ports", text, NULL, DOCTOR_FAIL, true);
	assert_non_null(strstr(drawn, "  \033[31mFAIL\033[0m\n"));
	free(drawn);
}

static void
test_long_texts_are_broken(void **state)
{
	char text[] = "one two three four five six seven eight nine ten eleven "
	              "twelve thirteen fourteen fifteen sixteen seventeen "
	              "eighteen nineteen twenty";
	char next[] = "Do this:\n  a line as it is\n  and another; and then so "
	              "much more that it has to be broken somewhere";
	char *drawn = draw("Home Assistant", text, next, DOCTOR_WARN, false);

	(void)state;
	assert_fits(drawn);
	assert_non_null(strstr(drawn,
	    "  warn\n                 -> Do this:\n"
	    "                   a line as it is\n"));
	free(drawn);
}

/* Every length: the mark never leaves its columns. */
static void
test_every_length_fits(void **state)
{
	char text[200] = "";

	(void)state;
	for (size_t len = 1; len < sizeof(text) - 1; len++) {
		char *drawn;

		text[len - 1] = len % 7 == 0 ? ' ' : 'x';
		text[len] = '\0';
		drawn = draw("DNS", text, text, DOCTOR_FAIL, false);
		assert_fits(drawn);
		free(drawn);
	}
}

static void
test_bytes_from_elsewhere_are_tamed(void **state)
{
	char text[] = "a\033[2Jb\r\x7f";
	char *drawn = draw("DNS", text, NULL, DOCTOR_OK, false);

	(void)state;
	assert_non_null(strstr(drawn, "a?[2Jb??"));
	free(drawn);
}

/* The terminal would go on in the next row, and could not draw over it. */
static void
test_the_spinner_stays_in_its_row(void **state)
{
	char doing[300], row[400];

	(void)state;
	memset(doing, 'x', sizeof(doing) - 1);
	doing[sizeof(doing) - 1] = '\0';
	for (unsigned turn = 0; turn < 5; turn++) {
		size_t len = setup_spinner_row(
		    row, sizeof(row), "Home Assistant", doing, turn);

		assert_memory_equal(row, "\r\033[K", 4);
		assert_true(len - 4 < WRAP_COLUMNS);
	}
}

static void
test_nothing_is_shown_to_programs(void **state)
{
	struct setup_screen screen;
	struct error err;
	struct json *doc;
	const struct json *row;
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	(void)state;
	setup_screen_init(&screen, NULL);
	setup_screen_begin(&screen, "DNS", "looking");
	setup_screen_doing(&screen, "still looking");
	setup_screen_end(
	    &screen, DOCTOR_FAIL, xstrdup("no \"name\""), xstrdup("Make one."));
	setup_screen_json(&screen, 3, NULL, "/a/b.conf", out);
	fclose(out);
	doc = json_parse(text, len, &err);
	assert_int_equal(json_int(doc, "exit", -1), 3);
	assert_string_equal(json_str(doc, "file"), "/a/b.conf");
	row = json_at(json_get(doc, "steps"), 0);
	assert_string_equal(json_str(row, "step"), "DNS");
	assert_string_equal(json_str(row, "verdict"), "fail");
	assert_string_equal(json_str(row, "text"), "no \"name\"");
	assert_string_equal(json_str(row, "next"), "Make one.");
	json_free(doc);
	free(text);
	setup_screen_release(&screen);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_short_line),
		cmocka_unit_test(test_long_texts_are_broken),
		cmocka_unit_test(test_every_length_fits),
		cmocka_unit_test(test_bytes_from_elsewhere_are_tamed),
		cmocka_unit_test(test_the_spinner_stays_in_its_row),
		cmocka_unit_test(test_nothing_is_shown_to_programs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
