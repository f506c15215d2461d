#ifndef CONFIG_SOURCE_H
#define CONFIG_SOURCE_H

/*
 * One file of a configuration's text, for the stages of reading; the library's
 * own side of config/text.h.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "config/text.h"

struct source {
	char *name; /* as messages show it */
	char *path; /* absolute; "" for a text from memory */
	char *data;
	size_t len;
	struct secret_range *secrets;
	unsigned nsecrets;
	bool exposed; /* others than its owner may read the file */
};

/* The file that everything starts with. */
struct source *text_main(struct config_text *text);

/* The file that an Include in `from` names. Read once, however often named. */
struct source *text_include(struct config_text *text, const struct source *from,
    const char *path, struct error *err);

/*
 * The credential of this name (systemd.exec(5)), if there is one: a file of
 * $CREDENTIALS_DIRECTORY. NULL, and no error, if not, or if the name has a
 * slash. In a sealed text it is found although the variable is unknown.
 */
struct source *text_credential(struct config_text *text, const char *name);

/*
 * The regular files that a pattern (glob(7)) in `from` matches, sorted: as a
 * source of its own, whose data are their paths, each with its NUL. None is no
 * error. Looked up once, so that every process reads the same files.
 */
struct source *text_list(struct config_text *text, const struct source *from,
    const char *pattern, struct error *err);

/*
 * A path written in this file, taken from the file's directory unless it is
 * absolute. In a text from memory it stays as it is. The caller frees.
 */
char *source_resolve(const struct source *source, const char *path);

/* These bytes are blanked when the text is sealed. */
void source_mark_secret(struct source *source, size_t offset, size_t len);

#endif
