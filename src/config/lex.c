/*
 * The lexical rules of Pound's language, read kindly: a value may stand without
 * quotes, a comment directly behind it, and files may come from other systems
 * (CR LF, a byte order mark, no-break spaces of a web page).
 */

#include "lex.h"

#include <string.h>

#define BYTE_ORDER_MARK "\xef\xbb\xbf"
#define NO_BREAK_SPACE "\xc2\xa0"
#define LEFT_QUOTE "\xe2\x80\x9c"
#define RIGHT_QUOTE "\xe2\x80\x9d"
#define LOW_QUOTE "\xe2\x80\x9e"

/* The text goes on with these bytes. */
static bool
sees(const struct lexer *lexer, const char *bytes)
{
	size_t len = strlen(bytes);

	return lexer->source->len - lexer->at >= len &&
	    memcmp(lexer->source->data + lexer->at, bytes, len) == 0;
}

static bool
at_line_end(const struct lexer *lexer)
{
	return lexer->at == lexer->source->len || sees(lexer, "\n") ||
	    sees(lexer, "\r\n");
}

static unsigned char
byte(const struct lexer *lexer)
{
	return (unsigned char)lexer->source->data[lexer->at];
}

static struct config_pos
here(const struct lexer *lexer)
{
	struct config_pos pos = {
		.file = lexer->source->name,
		.line = lexer->line,
		.column = (unsigned)(lexer->at - lexer->line_start) + 1,
	};

	return pos;
}

/* Consumes the newline that at_line_end() saw. */
static void
skip_newline(struct lexer *lexer)
{
	lexer->at += sees(lexer, "\r\n") ? 2 : 1;
	lexer->line_start = lexer->at;
	lexer->line++;
}

/* A control byte is an error wherever it is: one message for a line. */
static bool
is_control(struct lexer *lexer)
{
	unsigned char c = byte(lexer);

	if (c == '\t' || (c >= 0x20 && c != 0x7f))
		return false;
	if (lexer->complained != lexer->line && lexer->diag != NULL)
		diag_add(lexer->diag, DIAG_ERROR, here(lexer),
		    "control byte 0x%02x in the text; is this a configuration?",
		    c);
	lexer->complained = lexer->line;
	return true;
}

void
lexer_init(struct lexer *lexer, const struct source *source,
    struct arena *arena, struct diag *diag)
{
	memset(lexer, 0, sizeof(*lexer));
	lexer->source = source;
	lexer->arena = arena;
	lexer->diag = diag;
	lexer->line = 1;
	if (sees(lexer, BYTE_ORDER_MARK))
		lexer->at = lexer->line_start = strlen(BYTE_ORDER_MARK);
}

static void
skip_comment(struct lexer *lexer)
{
	while (!at_line_end(lexer)) {
		is_control(lexer);
		lexer->at++;
	}
}

static void
skip_blanks(struct lexer *lexer)
{
	for (;;) {
		if (sees(lexer, " ") || sees(lexer, "\t"))
			lexer->at++;
		else if (sees(lexer, NO_BREAK_SPACE))
			lexer->at += strlen(NO_BREAK_SPACE);
		else if (sees(lexer, "\\\n") || sees(lexer, "\\\r\n")) {
			lexer->at++;
			skip_newline(lexer);
		} else if (sees(lexer, "#"))
			skip_comment(lexer);
		else
			return;
	}
}

static bool
ends_word(const struct lexer *lexer)
{
	return at_line_end(lexer) || sees(lexer, " ") || sees(lexer, "\t") ||
	    sees(lexer, "#") || sees(lexer, "\"") ||
	    sees(lexer, NO_BREAK_SPACE) || sees(lexer, "\\\n") ||
	    sees(lexer, "\\\r\n");
}

static void
read_word(struct lexer *lexer, struct token *token)
{
	token->kind = TOKEN_WORD;
	token->offset = lexer->at;
	if (sees(lexer, LEFT_QUOTE) || sees(lexer, RIGHT_QUOTE) ||
	    sees(lexer, LOW_QUOTE)) {
		token->bad = true;
		if (lexer->diag != NULL)
			diag_add(lexer->diag, DIAG_ERROR, token->pos,
			    "a typographic quotation mark; a string stands "
			    "between plain ones: \"…\"");
	}
	while (!ends_word(lexer)) {
		token->bad |= is_control(lexer);
		lexer->at++;
	}
	token->len = lexer->at - token->offset;
	token->text = arena_strndup(
	    lexer->arena, lexer->source->data + token->offset, token->len);
}

/* Backslashes escape quotes and each other; before anything else they stay. */
static char *
unescape(struct arena *arena, const char *text, size_t len)
{
	char *copy = arena_alloc(arena, len + 1), *out = copy;
	size_t i;

	for (i = 0; i < len; i++) {
		if (text[i] == '\\' && i + 1 < len &&
		    (text[i + 1] == '"' || text[i + 1] == '\\'))
			i++;
		*out++ = text[i];
	}
	return copy;
}

static void
read_string(struct lexer *lexer, struct token *token)
{
	token->kind = TOKEN_STRING;
	lexer->at++;
	token->offset = lexer->at;
	while (!at_line_end(lexer) && !sees(lexer, "\"")) {
		token->bad |= is_control(lexer);
		lexer->at += sees(lexer, "\\\"") || sees(lexer, "\\\\") ? 2 : 1;
	}
	token->len = lexer->at - token->offset;
	token->text = unescape(
	    lexer->arena, lexer->source->data + token->offset, token->len);
	if (sees(lexer, "\"")) {
		lexer->at++;
		return;
	}
	token->bad = true;
	if (lexer->diag != NULL)
		diag_add(lexer->diag, DIAG_ERROR, token->pos,
		    "this string has no closing '\"' on its line");
}

struct token
lexer_next(struct lexer *lexer)
{
	struct token token = { 0 };

	skip_blanks(lexer);
	token.pos = here(lexer);
	if (lexer->at == lexer->source->len)
		token.kind = TOKEN_EOF;
	else if (at_line_end(lexer)) {
		token.kind = TOKEN_EOL;
		skip_newline(lexer);
	} else if (sees(lexer, "\""))
		read_string(lexer, &token);
	else
		read_word(lexer, &token);
	return token;
}
