#ifndef CONFIG_LOGFORMAT_READER_H
#define CONFIG_LOGFORMAT_READER_H

/* The reader of the access log's formats, and those that need no LogFormat. */

#include <stdbool.h>

#include "base/arena.h"
#include "config/logformat.h"

#define LOGFORMAT_NAME_MAX 32 /* bytes of a format's name */

/* A name of letters, digits, '_', '-' and '.', not of digits alone. */
bool logformat_is_name(const char *text);

/* What is wrong with a format. */
struct logformat_fault {
	size_t at; /* the byte of the text */
	char what[96];
};

/* Makes the program of a text. NULL with *fault filled in. */
struct config_log_format *logformat_read(
    struct arena *arena, const char *text, struct logformat_fault *fault);

/* The text of a built-in format, by its name or as LogLevel 0..5; or NULL. */
struct logformat_builtin {
	const char *name;
	const char *text; /* NULL: nothing is logged */
	bool json;
};

const struct logformat_builtin *logformat_builtin(const char *name);
const struct logformat_builtin *logformat_level(unsigned level);

#endif
