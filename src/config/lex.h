#ifndef CONFIG_LEX_H
#define CONFIG_LEX_H

/*
 * Words and strings of one file. A line ends at a newline that no backslash
 * joins to the next; '#' starts a comment, also behind a value.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "config/diag.h"
#include "source.h"

enum token_kind { TOKEN_WORD, TOKEN_STRING, TOKEN_EOL, TOKEN_EOF };

struct token {
	enum token_kind kind;
	struct config_pos pos;
	char *text;    /* in the arena; a string's without quotes, unescaped */
	size_t offset; /* of the text in the file, escapes included … */
	size_t len;    /* … and its length there */
	bool bad;      /* a message about it has been given */
};

struct lexer {
	const struct source *source;
	struct arena *arena;
	struct diag *diag; /* NULL: says nothing */
	size_t at;
	size_t line_start;
	unsigned line;
	unsigned complained; /* the last line with a message about bytes */
};

void lexer_init(struct lexer *lexer, const struct source *source,
    struct arena *arena, struct diag *diag);

struct token lexer_next(struct lexer *lexer);

#endif
