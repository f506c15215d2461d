/* Words, strings, comments and where they stand. */

#include "reading.h"

#include "lex.h"

/*
 * The tokens of a text, as "line:column word", "…"string"", "| " for an end of
 * line and "!" behind one that is bad.
 */
static void
assert_tokens(
    const char *text, size_t len, const char *expected, const char *messages)
{
	struct reading reading = { .diag = diag_new() };
	struct arena *arena = arena_new(0);
	struct source source = { .len = len };
	char found[1024];
	struct lexer lexer;
	struct token token;
	size_t at = 0;

	/* An allocation of its exact size, for AddressSanitizer. */
	source.data = malloc(len + 1);
	memcpy(source.data, text, len);
	source.data = realloc(source.data, len > 0 ? len : 1);
	source.name = (char[]){ "t" };
	lexer_init(&lexer, &source, arena, reading.diag);
	found[0] = '\0';
	for (token = lexer_next(&lexer); token.kind != TOKEN_EOF;
	     token = lexer_next(&lexer)) {
		const char *quote = token.kind == TOKEN_STRING ? "'" : "";

		if (token.kind == TOKEN_EOL)
			at += (size_t)snprintf(
			    found + at, sizeof(found) - at, "|");
		else
			at += (size_t)snprintf(found + at, sizeof(found) - at,
			    "%u:%u=%s%s%s%s ", token.pos.line, token.pos.column,
			    quote, token.text, quote, token.bad ? "!" : "");
	}
	assert_string_equal(found, expected);
	assert_messages(&reading, messages);
	assert_int_equal(lexer_next(&lexer).kind, TOKEN_EOF);
	free(source.data);
	arena_free(arena);
	diag_free(reading.diag);
}

static void
test_tokens(void **state)
{
	static const struct {
		const char *text, *tokens;
	} cases[] = {
		{ "", "" },
		{ "\n \t\n", "||" },
		{ "Port 80", "1:1=Port 1:6=80 " },
		{ "Port\t80 # it\n", "1:1=Port 1:6=80 |" },
		{ "Port 7080#c\n", "1:1=Port 1:6=7080 |" },
		{ "# \"c\\\nEnd", "|2:1=End " },
		{ "User \"a # b\" c", "1:1=User 1:6='a # b' 1:14=c " },
		{ "User\"a\"b", "1:1=User 1:5='a' 1:8=b " },
		{ "\"\"", "1:1='' " },
		{ "\"a\\\"b\\\\c\\.d\\\\\"", "1:1='a\"b\\c\\.d\\' " },
		{ "a \\\n b\nc", "1:1=a 2:2=b |3:1=c " },
		{ "a\\\r\nb\r\nc\r\n", "1:1=a 2:1=b |3:1=c |" },
		{ "a\\b \\", "1:1=a\\b 1:5=\\ " },
		{ "\xef\xbb\xbf"
		  "a b",
		    "1:1=a 1:3=b " },
		{ "\xc2\xa0Port\xc2\xa0"
		  "80",
		    "1:3=Port 1:9=80 " },
		{ "User \"\xc3\xa9\"", "1:1=User 1:6='\xc3\xa9' " },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++)
		assert_tokens(
		    cases[i].text, strlen(cases[i].text), cases[i].tokens, "");
}

static void
test_errors(void **state)
{
	(void)state;
	assert_tokens("a \"b\nc", 6, "1:1=a 1:3='b'! |2:1=c ",
	    "t:1:3: this string has no closing '\"' on its line\n");
	assert_tokens("a \"b\\\n\"", 7, "1:1=a 1:3='b\\'! |2:1=''! ",
	    "t:1:3: this string has no closing '\"' on its line\n"
	    "t:2:1: this string has no closing '\"' on its line\n");
	assert_tokens("a\0b\x01\nc\x7f", 7, "1:1=a! |2:1=c\x7f! ",
	    "t:1:2: control byte 0x00 in the text; is this a "
	    "configuration?\n"
	    "t:2:2: control byte 0x7f in the text; is this a "
	    "configuration?\n");
	assert_tokens("a # \x1b[2J\n", 9, "1:1=a |",
	    "t:1:5: control byte 0x1b in the text; is this a "
	    "configuration?\n");
	assert_tokens("a\rb", 3, "1:1=a\rb! ",
	    "t:1:2: control byte 0x0d in the text; is this a "
	    "configuration?\n");
	assert_tokens("\xe2\x80\x9cx\xe2\x80\x9d", 7,
	    "1:1=\xe2\x80\x9cx\xe2\x80\x9d! ",
	    "t:1:1: a typographic quotation mark; a string stands between "
	    "plain ones: \"…\"\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tokens),
		cmocka_unit_test(test_errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
