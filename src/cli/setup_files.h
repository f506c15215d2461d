#ifndef CLI_SETUP_FILES_H
#define CLI_SETUP_FILES_H

/*
 * The files of `gatehouse setup`: the configuration, and beside it the secret
 * of a DDNS provider. What is there and differs is never touched: what would
 * have been written lies beside it then, with the ending SETUP_BESIDE.
 */

#include <stdbool.h>

#include "base/error.h"
#include "setup_answers.h"

#define SETUP_BESIDE ".gatehouse-new"

enum setup_file {
	SETUP_FILE_NONE,
	SETUP_FILE_REHEARSAL, /* ours, of a run that was not finished */
	SETUP_FILE_FINAL,     /* as it is to be in the end */
	SETUP_FILE_EDITED,    /* the same answers, in other words */
	SETUP_FILE_OTHER
};

/* Zeroed, but for `path`, which is borrowed. */
struct setup_files {
	const char *path;              /* of the configuration */
	char *dir;                     /* that it is in */
	char *content;                 /* what is there; NULL: nothing */
	char *final;                   /* what is to be there … */
	char *rehearsal;               /* … and until then */
	char *secret_path;             /* NULL: no secret is needed */
	bool made_config, made_secret; /* by this run */
};

/* Reads what is there, and what it says (nothing, if it cannot be used). */
int setup_files_open(
    struct setup_files *files, struct setup_answers *known, struct error *err);
void setup_files_close(struct setup_files *files);

/* What the answers make of it, and how that is to what is there. */
enum setup_file setup_files_plan(
    struct setup_files *files, const struct setup_answers *answers);

/* May we write there? ERR_DENIED if not. */
int setup_files_may(const struct setup_files *files, struct error *err);

/*
 * The secret of the answers. ERR_DENIED: another one is there; this one is
 * beside it.
 */
int setup_files_put_secret(struct setup_files *files,
    const struct setup_answers *answers, struct error *err);

/* In place of nothing, or of the rehearsal; or beside what is there. */
int setup_files_put(
    struct setup_files *files, const char *text, struct error *err);
int setup_files_put_beside(struct setup_files *files, struct error *err);

/* Takes away what this run has made. */
void setup_files_undo(struct setup_files *files);

#endif
