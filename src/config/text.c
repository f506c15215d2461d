/*
 * The files of a configuration, kept with their names so that every process
 * parses the same bytes: the supervisor reads them, the others get them sealed
 * in a memfd. A sealed text is the files one after the other, each behind its
 * three lengths, with every secret overwritten.
 */

#include "config/text.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/secret.h"
#include "base/xalloc.h"
#include "source.h"

#define SEALS (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)
#define SEALED_MAX                                                             \
	(CONFIG_FILES_MAX * (sizeof(struct lengths) + 3 * CONFIG_FILE_MAX))

struct secret_range {
	size_t offset;
	size_t len;
};

struct config_text {
	struct source *sources[CONFIG_FILES_MAX];
	unsigned nsources;
	bool complete; /* nothing can be added: no file is opened any more */
};

/* In front of each file in a sealed text. */
struct lengths {
	uint32_t name;
	uint32_t path;
	uint32_t data;
};

/* Takes name and path. */
static struct source *
add_source(struct config_text *text, char *name, char *path, const void *data,
    size_t len)
{
	struct source *source = xcalloc(1, sizeof(*source));

	source->name = name;
	source->path = path;
	source->data = xmalloc(len + 1);
	memcpy(source->data, data, len);
	source->data[len] = '\0';
	source->len = len;
	text->sources[text->nsources++] = source;
	return source;
}

/* What is in `where`, under this path. Takes name and path. */
static struct source *
read_as(struct config_text *text, char *name, char *path, const char *where,
    struct error *err)
{
	struct source *source = NULL;
	struct buf buf;

	buf_init(&buf, CONFIG_FILE_MAX + 1);
	if (file_read(where, CONFIG_FILE_MAX, &buf, err) == 0)
		source =
		    add_source(text, name, path, buf_data(&buf), buf_len(&buf));
	buf_wipe(&buf);
	if (source == NULL) {
		free(name);
		free(path);
	}
	return source;
}

/* A group that is root's has nobody in it. */
static bool
is_exposed(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 &&
	    ((st.st_mode & S_IROTH) != 0 ||
	        ((st.st_mode & S_IRGRP) != 0 && st.st_gid != 0));
}

static struct source *
read_source(struct config_text *text, char *name, char *path, struct error *err)
{
	struct source *source = read_as(text, name, path, path, err);

	if (source != NULL)
		source->exposed = is_exposed(source->path);
	return source;
}

/* `path`, seen from the directory of `file`. */
static char *
beside(const char *file, const char *path)
{
	const char *slash = strrchr(file, '/');

	if (path[0] == '/' || slash == NULL)
		return xstrdup(path);
	return xasprintf("%.*s%s", (int)(slash + 1 - file), file, path);
}

/* The process may change its directory before it reads the path again. */
static char *
absolute(const char *path)
{
	char *dir, *result;

	if (path[0] == '/')
		return xstrdup(path);
	dir = getcwd(NULL, 0);
	if (dir == NULL)
		return NULL;
	result = xasprintf("%s/%s", strcmp(dir, "/") == 0 ? "" : dir, path);
	free(dir);
	return result;
}

struct config_text *
config_text_read(const char *path, struct error *err)
{
	struct config_text *text;
	char *where = absolute(path);

	if (where == NULL) {
		error_sys(err, "current directory");
		return NULL;
	}
	text = xcalloc(1, sizeof(*text));
	if (read_source(text, xstrdup(path), where, err) == NULL) {
		config_text_free(text);
		return NULL;
	}
	return text;
}

struct config_text *
config_text_new(const char *name, const char *data, size_t len)
{
	struct config_text *text = xcalloc(1, sizeof(*text));

	text->complete = true;
	add_source(text, xstrdup(name), xstrdup(""), data, len);
	return text;
}

void
config_text_free(struct config_text *text)
{
	unsigned i;

	if (text == NULL)
		return;
	for (i = 0; i < text->nsources; i++) {
		struct source *source = text->sources[i];

		secret_wipe(source->data, source->len);
		free(source->data);
		free(source->name);
		free(source->path);
		free(source->secrets);
		free(source);
	}
	free(text);
}

struct source *
text_main(struct config_text *text)
{
	return text->sources[0];
}

static struct source *
find_source(const struct config_text *text, const char *path)
{
	for (unsigned i = 0; i < text->nsources; i++)
		if (strcmp(text->sources[i]->path, path) == 0)
			return text->sources[i];
	return NULL;
}

/* One more? If not, err says why `path` cannot be it. */
static bool
has_room(const struct config_text *text, const char *path, struct error *err)
{
	if (text->complete)
		error_set(
		    err, ERR_NOTFOUND, "%s: this text stands for itself", path);
	else if (text->nsources == CONFIG_FILES_MAX)
		error_set(err, ERR_LIMIT, "%s: more than %u files", path,
		    (unsigned)CONFIG_FILES_MAX);
	else
		return true;
	return false;
}

struct source *
text_include(struct config_text *text, const struct source *from,
    const char *path, struct error *err)
{
	char *where = source_resolve(from, path);
	struct source *found = find_source(text, where);

	if (found == NULL && has_room(text, path, err))
		return read_source(text, beside(from->name, path), where, err);
	free(where);
	return found;
}

/* It stands beside the files by a name that is none of a file. */
struct source *
text_credential(struct config_text *text, const char *name)
{
	const char *dir = getenv("CREDENTIALS_DIRECTORY");
	struct source *found;
	char *path, *where;

	if (name[0] == '\0' || name[0] == '.' || strchr(name, '/') != NULL)
		return NULL;
	path = xasprintf("credential:%s", name);
	found = find_source(text, path);
	if (found == NULL && dir != NULL && dir[0] == '/' &&
	    has_room(text, name, NULL)) {
		where = xasprintf("%s/%s", dir, name);
		found =
		    read_as(text, xstrdup(where), xstrdup(path), where, NULL);
		free(where);
	}
	free(path);
	return found;
}

/* The names of regular files, each with its NUL; not more than it can use. */
static int
match(const char *pattern, struct buf *names, struct error *err)
{
	glob_t found = { 0 };
	int rc = glob(pattern, 0, NULL, &found);
	struct stat st;
	unsigned n = 0;

	if (rc != 0 && rc != GLOB_NOMATCH) {
		globfree(&found);
		return error_set(err, ERR_LIMIT, "%s: too much", pattern);
	}
	for (size_t i = 0; i < found.gl_pathc && n <= CONFIG_FILES_MAX; i++)
		if (stat(found.gl_pathv[i], &st) == 0 && S_ISREG(st.st_mode)) {
			buf_append(names, found.gl_pathv[i],
			    strlen(found.gl_pathv[i]) + 1);
			n++;
		}
	globfree(&found);
	return 0;
}

/* It stands beside the files by a name that is none of a file. */
struct source *
text_list(struct config_text *text, const struct source *from,
    const char *pattern, struct error *err)
{
	char *where = source_resolve(from, pattern);
	char *path = xasprintf("glob:%s", where);
	struct source *list = find_source(text, path);
	struct buf names = { 0 };

	if (list == NULL && has_room(text, pattern, err) &&
	    match(where, &names, err) == 0) {
		buf_append(&names, "", 1);
		list = add_source(text, xstrdup(pattern), xstrdup(path),
		    buf_data(&names), buf_len(&names) - 1);
	}
	buf_release(&names);
	free(path);
	free(where);
	return list;
}

char *
source_resolve(const struct source *source, const char *path)
{
	return beside(source->path, path);
}

void
source_mark_secret(struct source *source, size_t offset, size_t len)
{
	source->secrets = xreallocarray(
	    source->secrets, source->nsecrets + 1, sizeof(*source->secrets));
	source->secrets[source->nsecrets].offset = offset;
	source->secrets[source->nsecrets].len = len;
	source->nsecrets++;
}

static struct config_pos
position(const struct source *source, size_t offset)
{
	struct config_pos pos = { source->name, 1, 1 };

	for (size_t i = 0; i < offset; i++) {
		pos.column++;
		if (source->data[i] == '\n') {
			pos.line++;
			pos.column = 1;
		}
	}
	return pos;
}

void
config_text_check(const struct config_text *text, struct diag *diag)
{
	for (unsigned i = 0; i < text->nsources; i++) {
		const struct source *source = text->sources[i];

		if (source->exposed && source->nsecrets > 0)
			diag_add(diag, DIAG_WARNING,
			    position(source, source->secrets[0].offset),
			    "others may read this file, and here is a secret "
			    "in it: chmod 600 %s",
			    source->path);
	}
}

const char *
config_text_secret_file(const struct config_text *text, unsigned n)
{
	for (unsigned i = 0; i < text->nsources; i++)
		if (text->sources[i]->nsecrets > 0 && n-- == 0)
			return text->sources[i]->path;
	return NULL;
}

/* The bytes with every secret overwritten; the caller frees. */
static char *
blanked(const struct source *source)
{
	char *data = xmalloc(source->len + 1);
	unsigned i;

	memcpy(data, source->data, source->len);
	for (i = 0; i < source->nsecrets; i++)
		memset(data + source->secrets[i].offset, '*',
		    source->secrets[i].len);
	return data;
}

static int
write_source(int fd, const struct source *source)
{
	struct lengths lengths = {
		.name = (uint32_t)strlen(source->name),
		.path = (uint32_t)strlen(source->path),
		.data = (uint32_t)source->len,
	};
	char *data = blanked(source);
	int r = -1;

	if (file_write_all(fd, &lengths, sizeof(lengths)) == 0 &&
	    file_write_all(fd, source->name, lengths.name) == 0 &&
	    file_write_all(fd, source->path, lengths.path) == 0)
		r = file_write_all(fd, data, lengths.data);
	free(data);
	return r;
}

int
config_text_seal(const struct config_text *text, struct error *err)
{
	int fd =
	    memfd_create("gatehouse.conf", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	unsigned i;
	int r = 0;

	if (fd == -1)
		return error_sys(err, "memfd_create");
	for (i = 0; i < text->nsources && r == 0; i++)
		r = write_source(fd, text->sources[i]);
	if (r == 0)
		r = fcntl(fd, F_ADD_SEALS, SEALS);
	if (r != 0) {
		error_sys(err, "sealing the configuration");
		close(fd);
		return -1;
	}
	return fd;
}

/* Takes `len` bytes off the front of the rest; NULL if it has fewer. */
static const char *
cut(const char **rest, size_t *left, size_t len)
{
	const char *p = *rest;

	if (len > *left)
		return NULL;
	*rest += len;
	*left -= len;
	return p;
}

static int
unpack(struct config_text *text, const char *rest, size_t left)
{
	while (left > 0) {
		const char *head, *name, *path, *data;
		struct lengths lengths;

		head = cut(&rest, &left, sizeof(lengths));
		if (head == NULL || text->nsources == CONFIG_FILES_MAX)
			return -1;
		memcpy(&lengths, head, sizeof(lengths));
		name = cut(&rest, &left, lengths.name);
		path = cut(&rest, &left, lengths.path);
		data = cut(&rest, &left, lengths.data);
		if (name == NULL || path == NULL || data == NULL)
			return -1;
		add_source(text, xstrndup(name, lengths.name),
		    xstrndup(path, lengths.path), data, lengths.data);
	}
	return text->nsources > 0 ? 0 : -1;
}

/* From the start, whoever else reads the same open file. */
static int
read_all(int fd, char *data, size_t len)
{
	size_t done = 0;

	while (done < len) {
		ssize_t n = TEMP_FAILURE_RETRY(
		    pread(fd, data + done, len - done, (off_t)done));

		if (n <= 0)
			return -1;
		done += (size_t)n;
	}
	return 0;
}

struct config_text *
config_text_unseal(int fd, struct error *err)
{
	struct config_text *text = NULL;
	char *data = NULL;
	int seals = fcntl(fd, F_GET_SEALS);
	struct stat st;

	if (seals == -1 || (seals & SEALS) != SEALS || fstat(fd, &st) == -1 ||
	    st.st_size > (off_t)SEALED_MAX) {
		error_set(err, ERR_SYNTAX, "not a sealed configuration");
		return NULL;
	}
	data = xmalloc((size_t)st.st_size + 1);
	text = xcalloc(1, sizeof(*text));
	text->complete = true;
	if (read_all(fd, data, (size_t)st.st_size) == -1 ||
	    unpack(text, data, (size_t)st.st_size) == -1) {
		error_set(err, ERR_SYNTAX, "the sealed configuration is torn");
		config_text_free(text);
		text = NULL;
	}
	free(data);
	return text;
}
