#include "setup_files.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ask.h"
#include "base/buf.h"
#include "base/file.h"
#include "base/secret.h"
#include "base/xalloc.h"
#include "config/config.h"

#define JAIL "/run/gatehouse/empty"
#define CONFIG_MODE 0640
#define SECRET_MODE 0600

static void
read_answers(const char *path, struct setup_answers *known)
{
	struct config_text *text = config_text_read(path, NULL);
	struct diag *diag = diag_new();
	struct config *config = text != NULL ? config_parse(text, diag) : NULL;

	if (config != NULL)
		setup_answers_read(config, NULL, known);
	config_free(config);
	diag_free(diag);
	config_text_free(text);
}

int
setup_files_open(
    struct setup_files *files, struct setup_answers *known, struct error *err)
{
	struct buf content = { 0 };
	struct error reason;

	files->dir = file_parent(files->path);
	if (file_read(files->path, CONFIG_FILE_MAX, &content, &reason) == 0) {
		files->content = buf_detach(&content, NULL);
		read_answers(files->path, known);
	} else if (reason.kind != ERR_NOTFOUND) {
		*err = reason;
		if (access(files->path, R_OK) == -1 && errno == EACCES)
			err->kind = ERR_DENIED;
		return -1;
	}
	return 0;
}

void
setup_files_close(struct setup_files *files)
{
	free(files->dir);
	free(files->secret_path);
	/* A configuration that somebody wrote may have a secret in it. */
	secret_free(files->content);
	free(files->final);
	free(files->rehearsal);
}

static bool
is_user(const char *name)
{
	return getpwnam(name) != NULL;
}

static bool
is_same_config(
    const struct setup_files *files, const struct setup_answers *answers)
{
	struct config_text *text = config_text_read(files->path, NULL);
	struct diag *diag = diag_new();
	struct config *config = text != NULL ? config_parse(text, diag) : NULL;
	struct setup_answers there = { 0 };
	bool same = config != NULL &&
	    setup_answers_read(config, answers->host, &there) &&
	    setup_answers_eq(&there, answers);

	setup_answers_release(&there);
	config_free(config);
	diag_free(diag);
	config_text_free(text);
	return same;
}

enum setup_file
setup_files_plan(struct setup_files *files, const struct setup_answers *answers)
{
	struct setup_place place = { NULL, NULL, NULL };
	struct stat st;

	if (geteuid() == 0)
		place.user = is_user("gatehouse") ? "gatehouse" : "nobody";
	if (stat(JAIL, &st) == 0 && S_ISDIR(st.st_mode))
		place.jail = JAIL;
	if (answers->ddns != NULL)
		files->secret_path = xasprintf("%s/%s.%s", files->dir,
		    answers->ddns->name,
		    answers->ddns->needs & DDNS_TOKEN ? "token" : "password");
	place.secret_file = files->secret_path;
	files->final = setup_text(answers, &place, false);
	files->rehearsal = setup_text(answers, &place, true);
	if (files->content == NULL)
		return SETUP_FILE_NONE;
	if (strcmp(files->content, files->final) == 0)
		return SETUP_FILE_FINAL;
	if (strcmp(files->content, files->rehearsal) == 0)
		return SETUP_FILE_REHEARSAL;
	return is_same_config(files, answers) ? SETUP_FILE_EDITED
	                                      : SETUP_FILE_OTHER;
}

int
setup_files_may(const struct setup_files *files, struct error *err)
{
	char *dir = xstrdup(files->dir);

	while (access(dir, W_OK | X_OK) == -1 && errno == ENOENT) {
		char *up = file_parent(dir);
		bool is_top = strcmp(up, dir) == 0;

		free(dir);
		dir = up;
		if (is_top)
			break;
	}
	if (access(dir, W_OK | X_OK) == 0) {
		free(dir);
		return 0;
	}
	error_sys(err, "%s", dir);
	if (err != NULL)
		err->kind = ERR_DENIED;
	free(dir);
	return -1;
}

/* --- writing -------------------------------------------------------------- */

static int
write_in(const struct setup_files *files, const char *name, const char *text,
    mode_t mode, struct error *err)
{
	int fd = file_open_dir(files->dir, 0755, err);
	int rc;

	if (fd == -1)
		return -1;
	rc = file_write_at(fd, name, text, strlen(text), mode, err);
	close(fd);
	return rc == 0 ? 0 : error_wrap(err, "%s", files->dir);
}

static int
write_beside(const struct setup_files *files, const char *path,
    const char *text, mode_t mode, struct error *err)
{
	char *name = xasprintf("%s" SETUP_BESIDE, file_name(path));
	int rc = write_in(files, name, text, mode, err);

	free(name);
	return rc;
}

/* Where nothing is, without replacing what has come there meanwhile. */
static int
create_in(const struct setup_files *files, const char *name, const char *text,
    mode_t mode, struct error *err)
{
	int fd = file_open_dir(files->dir, 0755, err);
	int rc;

	if (fd == -1)
		return -1;
	rc = file_create_at(fd, name, text, strlen(text), mode, err);
	close(fd);
	return rc == 0 ? 0 : error_wrap(err, "%s", files->dir);
}

int
setup_files_put_secret(struct setup_files *files,
    const struct setup_answers *answers, struct error *err)
{
	char *line, *there;
	struct error reason;
	int rc;

	if (answers->secret == NULL || files->secret_path == NULL)
		return 0;
	there = ask_file(files->secret_path, &reason);
	if (there != NULL && strcmp(there, answers->secret) == 0) {
		secret_free(there);
		return 0;
	}
	line = xasprintf("%s\n", answers->secret);
	if (there == NULL && reason.kind == ERR_NOTFOUND) {
		rc = create_in(files, file_name(files->secret_path), line,
		    SECRET_MODE, err);
		files->made_secret = rc == 0;
	} else {
		rc = write_beside(
		    files, files->secret_path, line, SECRET_MODE, err);
		if (rc == 0)
			rc = error_set(err, ERR_DENIED,
			    "%s holds another secret; this one is in "
			    "%s" SETUP_BESIDE,
			    files->secret_path, files->secret_path);
	}
	secret_free(line);
	secret_free(there);
	return rc;
}

int
setup_files_put(struct setup_files *files, const char *text, struct error *err)
{
	const char *name = file_name(files->path);
	int rc = files->content == NULL
	    ? create_in(files, name, text, CONFIG_MODE, err)
	    : write_in(files, name, text, CONFIG_MODE, err);

	if (rc == -1)
		return -1;
	files->made_config |= files->content == NULL;
	secret_free(files->content);
	files->content = xstrdup(text);
	return 0;
}

int
setup_files_put_beside(struct setup_files *files, struct error *err)
{
	return write_beside(files, files->path, files->final, CONFIG_MODE, err);
}

void
setup_files_undo(struct setup_files *files)
{
	if (files->made_config)
		unlink(files->path);
	if (files->made_secret)
		unlink(files->secret_path);
	files->made_config = files->made_secret = false;
}
