#ifndef CONFIG_TEXT_H
#define CONFIG_TEXT_H

/*
 * The texts that make a configuration: the file and what it includes, kept
 * together so that every process parses the same bytes. The supervisor reads
 * them once and hands them on sealed, secrets blanked (same length, so that
 * positions stay true).
 */

#include <stddef.h>

#include "base/error.h"
#include "config/diag.h"

struct config_text;

#define CONFIG_FILE_MAX (1024u * 1024)
#define CONFIG_FILES_MAX 64

/*
 * Reads the file. Relative paths in it are made absolute, from its directory;
 * messages name it as it is named here. Included files are read as the parser
 * meets them (see config_parse()); an unsealed text only knows those it was
 * sealed with.
 */
struct config_text *config_text_read(const char *path, struct error *err);

/*
 * The same from memory, for tests, expansion and fuzzing: it cannot Include,
 * and relative paths in it stay as they are.
 */
struct config_text *config_text_new(
    const char *name, const char *text, size_t len);
void config_text_free(struct config_text *text);

/*
 * Warns of files with a secret in them that others may read. For a text that
 * was read here and parsed.
 */
void config_text_check(const struct config_text *text, struct diag *diag);

/*
 * The n-th file with a secret in it, as an absolute path; NULL past them. For a
 * text that was read here and parsed; borrowed from it.
 */
const char *config_text_secret_file(const struct config_text *text, unsigned n);

/* A read-only memfd (F_SEAL_WRITE …) of a text that parsed without errors. */
int config_text_seal(const struct config_text *text, struct error *err);
struct config_text *config_text_unseal(int fd, struct error *err);

#endif
