#ifndef TESTS_CONFIG_READING_H
#define TESTS_CONFIG_READING_H

/* A configuration read from a text in memory, for the tests of this library. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/config.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct reading {
	struct config_text *text;
	struct diag *diag;
	struct config *config; /* NULL: there are errors */
};

static inline void
reading_of(struct reading *reading, struct config_text *text)
{
	assert_non_null(text);
	reading->text = text;
	reading->diag = diag_new();
	reading->config = config_parse(text, reading->diag);
}

static inline void
reading_init(struct reading *reading, const char *text)
{
	reading_of(reading, config_text_new("t", text, strlen(text)));
}

static inline void
reading_release(struct reading *reading)
{
	config_free(reading->config);
	diag_free(reading->diag);
	config_text_free(reading->text);
}

/* The messages are these lines, each ended by a newline. */
static inline void
assert_messages(const struct reading *reading, const char *expected)
{
	char all[16384];
	size_t len = 0;
	unsigned i;

	all[0] = '\0';
	for (i = 0; diag_line(reading->diag, i) != NULL; i++)
		len += (size_t)snprintf(all + len, sizeof(all) - len, "%s\n",
		    diag_line(reading->diag, i));
	assert_true(len < sizeof(all));
	assert_string_equal(all, expected);
}

/* Accepted without a message. */
static inline void
reading_init_clean(struct reading *reading, const char *text)
{
	reading_init(reading, text);
	assert_messages(reading, "");
	assert_non_null(reading->config);
}

#endif
