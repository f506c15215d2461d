#include "wrap.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"

/* Columns that a text takes: bytes, but for those that go on a character. */
static size_t
width(const char *text, size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++)
		n += ((unsigned char)text[i] & 0xc0) != 0x80;
	return n;
}

/* A word from elsewhere, its control bytes taken out. */
static void
put_safely(struct buf *out, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];

		if (c < ' ' || c == 0x7f)
			c = '?';
		buf_append(out, &c, 1);
	}
}

size_t
wrap_put(
    struct buf *out, const char *text, size_t at, size_t indent, size_t end)
{
	while (*text != '\0') {
		size_t len = strcspn(text + 1, " \n") + 1;
		bool is_over = at + width(text, len) > end && at > indent;

		if (*text == '\n' || (*text == ' ' && is_over)) {
			buf_printf(out, "\n%*s", (int)indent, "");
			at = indent;
			text++;
			len--;
		}
		put_safely(out, text, len);
		at += width(text, len);
		text += len;
	}
	return at;
}

bool
wrap_has_colour(FILE *out)
{
	const char *no = getenv("NO_COLOR");

	return isatty(fileno(out)) && (no == NULL || no[0] == '\0');
}
