#include "qr.h"

#include <qrencode.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define QUIET 4 /* light modules around it; ISO/IEC 18004 wants four */

/* Said in colours: a scanner may need dark on light, whatever the theme. */
#define BLACK_ON_WHITE "\033[30;107m"
#define NORMAL "\033[0m"

static bool
is_set(const char *name)
{
	const char *value = getenv(name);

	return value != NULL && value[0] != '\0';
}

/* The first that is set decides, as for setlocale(3). */
static bool
is_utf8(void)
{
	static const char *const names[] = { "LC_ALL", "LC_CTYPE", "LANG" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (is_set(names[i]))
			return strcasestr(getenv(names[i]), "utf-8") != NULL ||
			    strcasestr(getenv(names[i]), "utf8") != NULL;
	return false;
}

bool
qr_is_possible(FILE *out)
{
	return isatty(fileno(out)) && !is_set("NO_COLOR") && is_set("TERM") &&
	    strcmp(getenv("TERM"), "dumb") != 0 && is_utf8();
}

static bool
is_dark(const QRcode *code, int row, int column)
{
	return row >= 0 && row < code->width && column >= 0 &&
	    column < code->width &&
	    (code->data[row * code->width + column] & 1) != 0;
}

static void
print_row(const QRcode *code, int row, FILE *out)
{
	/* By what is dark: nothing, above, below, both. */
	static const char *const blocks[] = { " ", "\u2580", "\u2584",
		"\u2588" };

	fputs("  " BLACK_ON_WHITE, out);
	for (int column = -QUIET; column < code->width + QUIET; column++)
		fputs(blocks[is_dark(code, row, column) +
		          2 * is_dark(code, row + 1, column)],
		    out);
	fputs(NORMAL "\n", out);
}

bool
qr_print(const char *text, FILE *out)
{
	QRcode *code = QRcode_encodeString8bit(text, 0, QR_ECLEVEL_M);

	if (code == NULL)
		return false;
	for (int row = -QUIET; row < code->width + QUIET; row += 2)
		print_row(code, row, out);
	QRcode_free(code);
	return true;
}
