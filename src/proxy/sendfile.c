#include "sendfile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "accesslog.h"
#include "answer.h"
#include "base/arena.h"
#include "base/file.h"
#include "base/log.h"
#include "base/text.h"
#include "base/xalloc.h"
#include "count.h"
#include "edit.h"
#include "errorpage.h"
#include "exchange.h"
#include "worker.h"

#define NAME_SIZE 2048          /* longer names are of no file */
#define PIECE_SIZE (64u * 1024) /* read and sent at once */
#define TURN_PIECES 16          /* before the other clients get a turn */
#define DATE_SIZE 32
#define RANGE_SIZE 72

static const char date_format[] = "%a, %d %b %Y %H:%M:%S GMT";

static const struct {
	const char *suffix;
	const char *type;
} types[] = {
	{ ".html", "text/html; charset=utf-8" },
	{ ".htm", "text/html; charset=utf-8" },
	{ ".css", "text/css; charset=utf-8" },
	{ ".js", "text/javascript; charset=utf-8" },
	{ ".mjs", "text/javascript; charset=utf-8" },
	{ ".json", "application/json" },
	{ ".webmanifest", "application/manifest+json" },
	{ ".txt", "text/plain; charset=utf-8" },
	{ ".xml", "text/xml; charset=utf-8" },
	{ ".svg", "image/svg+xml" },
	{ ".png", "image/png" },
	{ ".jpg", "image/jpeg" },
	{ ".jpeg", "image/jpeg" },
	{ ".gif", "image/gif" },
	{ ".webp", "image/webp" },
	{ ".ico", "image/x-icon" },
	{ ".pdf", "application/pdf" },
	{ ".mp3", "audio/mpeg" },
	{ ".mp4", "video/mp4" },
	{ ".woff2", "font/woff2" },
	{ ".wasm", "application/wasm" },
};

struct sendfile_trees {
	unsigned count;
	int fd[];
};

struct sendfile {
	int fd;
	off_t at;
	uint64_t left;
};

/* What is sent of a file. */
struct range {
	uint64_t first;
	uint64_t len;
};

/* --- directories ---------------------------------------------------------- */

struct sendfile_trees *
sendfile_trees_new(const struct config *config, struct error *err)
{
	struct sendfile_trees *trees =
	    xcalloc(1, sizeof *trees + config->ndirectories * sizeof(int));

	for (unsigned i = 0; i < config->ndirectories; i++) {
		const struct config_file *file = &config->directories[i]->file;
		int fd = file_open_tree(file->path, err);

		if (fd == -1) {
			error_wrap(err, "%s:%u:%u", file->pos.file,
			    file->pos.line, file->pos.column);
			sendfile_trees_free(trees);
			return NULL;
		}
		trees->fd[trees->count++] = fd;
	}
	return trees;
}

void
sendfile_trees_free(struct sendfile_trees *trees)
{
	if (trees == NULL)
		return;
	for (unsigned i = 0; i < trees->count; i++)
		close(trees->fd[i]);
	free(trees);
}

int
sendfile_tree(const struct sendfile_trees *trees, unsigned id)
{
	return trees->fd[id];
}

/* --- the name of a file --------------------------------------------------- */

static int
hex(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *found = strchr(digits, c >= 'A' && c <= 'F' ? c | 0x20 : c);

	return c != '\0' && found != NULL ? (int)(found - digits) : -1;
}

/*
 * The next byte of a path, decoded once; -1 if it is none of a name: malformed,
 * a control character, or a slash that was hidden from conditions.
 */
static int
next_byte(struct slice path, size_t *at)
{
	unsigned char c = (unsigned char)path.p[(*at)++];
	int high, low;

	if (c != '%')
		return c < ' ' || c == 0x7f ? -1 : c;
	if (path.len - *at < 2)
		return -1;
	high = hex(path.p[*at]);
	low = hex(path.p[*at + 1]);
	*at += 2;
	if (high == -1 || low == -1)
		return -1;
	c = (unsigned char)(high << 4 | low);
	return c < ' ' || c == 0x7f || c == '/' ? -1 : c;
}

/*
 * The name beneath the directory: no part of it is empty or begins with a dot.
 * 0, or the status of a refusal.
 */
static unsigned
name_beneath(struct slice path, char name[NAME_SIZE])
{
	static const char index[] = "index.html";
	size_t len = 0, at = 1;
	bool begins = true;

	if (path.len == 0 || path.p[0] != '/')
		return 404;
	while (at < path.len) {
		bool slash = path.p[at] == '/';
		int c = next_byte(path, &at);

		if (c == -1)
			return 400;
		if ((begins && (slash || c == '.')) ||
		    len + sizeof index >= NAME_SIZE)
			return 404;
		name[len++] = (char)c;
		begins = slash;
	}
	memcpy(name + len, index, begins ? sizeof index : 0);
	if (!begins)
		name[len] = '\0';
	return 0;
}

static const char *
type_of(const char *name)
{
	const char *suffix = strrchr(name, '.');

	for (size_t i = 0; suffix != NULL && i < sizeof types / sizeof types[0];
	     i++)
		if (text_ieq(suffix, strlen(suffix), types[i].suffix))
			return types[i].type;
	return "application/octet-stream";
}

/* --- what is asked for ---------------------------------------------------- */

static const struct http_field *
find(const struct exchange *ex, const char *name)
{
	return http_find_name(ex->req.fields, ex->req.nfields,
	    (struct slice){ name, strlen(name) });
}

/* Of an IMF-fixdate (RFC 9110 section 5.6.7); -1 if it is none. */
static time_t
parse_date(struct slice value)
{
	char text[DATE_SIZE];
	struct tm tm = { 0 };
	const char *end;

	if (value.len >= sizeof text)
		return -1;
	memcpy(text, value.p, value.len);
	text[value.len] = '\0';
	end = strptime(text, date_format, &tm);
	return end != NULL && *end == '\0' ? timegm(&tm) : -1;
}

/* RFC 9110 section 13.1.3. */
static bool
is_unmodified(const struct exchange *ex, time_t modified)
{
	const struct http_field *since = find(ex, "If-Modified-Since");

	return since != NULL && find(ex, "If-None-Match") == NULL &&
	    modified <= parse_date(since->value);
}

/* "first-last", "first-" or "-count" (RFC 9110 section 14.1.2). */
static bool
parse_range(struct slice text, uint64_t size, struct range *range)
{
	const char *dash = memchr(text.p, '-', text.len);
	size_t before = dash != NULL ? (size_t)(dash - text.p) : 0, after;
	uint64_t first, last = UINT64_MAX - 1;

	if (dash == NULL)
		return false;
	after = text.len - before - 1;
	if (after > 0 && !text_u64(dash + 1, after, UINT64_MAX - 1, &last))
		return false;
	if (before == 0) {
		if (after == 0)
			return false;
		range->len = last < size ? last : size;
		range->first = size - range->len;
		return true;
	}
	if (!text_u64(text.p, before, UINT64_MAX - 1, &first) || first > last)
		return false;
	range->first = first;
	range->len = 0;
	if (first < size)
		range->len = (last < size - 1 ? last : size - 1) - first + 1;
	return true;
}

/*
 * 200, or with one range 206 or 416. What is malformed, in another unit or more
 * than one is not there (RFC 9110 section 14.2).
 */
static unsigned
find_range(
    const struct exchange *ex, const struct stat *st, struct range *range)
{
	static const char unit[] = "bytes=";
	const size_t skip = sizeof unit - 1;
	const struct http_field *field = find(ex, "Range");
	const struct http_field *unless = find(ex, "If-Range");
	uint64_t size = (uint64_t)st->st_size;
	struct slice text;

	*range = (struct range){ 0, size };
	if (field == NULL || !slice_eq(ex->req.method, "GET") ||
	    field->value.len <= skip || !text_ieq(field->value.p, skip, unit) ||
	    (unless != NULL && parse_date(unless->value) != st->st_mtime))
		return 200;
	text = (struct slice){ field->value.p + skip, field->value.len - skip };
	if (!parse_range(text, size, range)) {
		*range = (struct range){ 0, size };
		return 200;
	}
	return range->len > 0 ? 206 : 416;
}

/* --- answering ------------------------------------------------------------ */

static void
refuse(
    struct exchange *ex, unsigned status, const char *name, const char *value)
{
	struct answer answer;

	answer_init(&answer, status);
	if (name != NULL)
		answer_add(
		    &answer, name, (struct slice){ value, strlen(value) });
	errorpage_choose(ex, &answer);
	exchange_answer(ex, &answer);
}

void
sendfile_end(struct exchange *ex)
{
	if (ex->file == NULL)
		return;
	close(ex->file->fd);
	ex->file = NULL;
}

/* Lent for one read; not the worker's, in which more requests may wait. */
static char piece[PIECE_SIZE];

/* Sends the next piece, behind the head if there is one. */
static void
send_piece(struct exchange *ex, const struct http_response *head,
    const struct http_body *how)
{
	struct sendfile *file = ex->file;
	size_t want =
	    file->left < sizeof piece ? (size_t)file->left : sizeof piece;
	ssize_t n = 0;

	if (want > 0)
		n = TEMP_FAILURE_RETRY(pread(file->fd, piece, want, file->at));
	if (n < 0 || (n == 0 && want > 0)) {
		sendfile_end(ex); /* it was truncated, or cannot be read */
		if (head != NULL)
			refuse(ex, 500, NULL, NULL);
		else
			ex->ops->cut(ex->client);
		return;
	}
	file->at += n;
	file->left -= (uint64_t)n;
	count_sent(ex, (uint64_t)n);
	ex->responded = true;
	ex->response_done = file->left == 0;
	ex->ops->respond(ex->client, head, how,
	    (struct slice){ piece, (size_t)n }, ex->response_done);
}

void
sendfile_resume(struct exchange *ex)
{
	for (unsigned i = 0; i < TURN_PIECES; i++) {
		send_piece(ex, NULL, NULL);
		if (ex->file == NULL || ex->ops->blocked(ex->client))
			return;
	}
	ex->ops->later(ex->client);
}

static void
add(struct http_response *head, const char *name, const char *value)
{
	head->fields[head->nfields++] =
	    (struct http_field){ .name = { name, strlen(name) },
		    .value = { value, strlen(value) } };
}

/* Opens what the path names. -1: the request has been answered. */
static int
open_file(struct exchange *ex, const char **type)
{
	const struct config_directory *directory = ex->service->directory;
	char name[NAME_SIZE];
	unsigned status = name_beneath(ex->path, name);
	struct error err;
	int fd;

	if (status != 0) {
		refuse(ex, status, NULL, NULL);
		return -1;
	}
	*type = type_of(name);
	fd =
	    file_open_beneath(ex->worker->trees->fd[directory->id], name, &err);
	if (fd != -1)
		return fd;
	if (err.kind == ERR_NOTFOUND) {
		refuse(ex, 404, NULL, NULL);
	} else {
		log_warn("SendFile %s: %s", directory->file.path,
		    log_escape(name, sizeof name, err.msg, strlen(err.msg)));
		refuse(ex, err.kind == ERR_DENIED ? 403 : 500, NULL, NULL);
	}
	return -1;
}

/* The head, and with it the first piece. */
static void
begin(struct exchange *ex, unsigned status, const struct stat *st,
    const struct range *range, const char *type)
{
	struct http_field fields[5];
	struct http_response head = {
		.version = HTTP_1_1, .status = status, .fields = fields
	};
	struct http_body how = { HTTP_BY_LENGTH, range->len };
	char date[DATE_SIZE], part[RANGE_SIZE];
	struct tm tm;

	if (gmtime_r(&st->st_mtime, &tm) != NULL &&
	    strftime(date, sizeof date, date_format, &tm) > 0)
		add(&head, "Last-Modified", date);
	if (status == 304) {
		how.framing = HTTP_NO_BODY;
	} else {
		add(&head, "Content-Type", type);
		add(&head, "X-Content-Type-Options", "nosniff");
		add(&head, "Accept-Ranges", "bytes");
	}
	if (status == 206) {
		snprintf(part, sizeof part, "bytes %llu-%llu/%llu",
		    (unsigned long long)range->first,
		    (unsigned long long)(range->first + range->len - 1),
		    (unsigned long long)st->st_size);
		add(&head, "Content-Range", part);
	}
	if (status == 304 || slice_eq(ex->req.method, "HEAD"))
		ex->file->left = 0;
	ex->status = status;
	ex->discard = true;
	edit_response(ex, &head);
	accesslog_note(ex, &head);
	send_piece(ex, &head, &how);
	if (ex->file != NULL && !ex->ops->blocked(ex->client))
		ex->ops->later(ex->client);
}

void
sendfile_start(struct exchange *ex)
{
	char size[RANGE_SIZE];
	const char *type = NULL;
	struct range range;
	struct stat st;
	unsigned status;
	int fd;

	if (!slice_eq(ex->req.method, "GET") &&
	    !slice_eq(ex->req.method, "HEAD")) {
		refuse(ex, 405, "Allow", "GET, HEAD");
		return;
	}
	fd = open_file(ex, &type);
	if (fd == -1)
		return;
	if (fstat(fd, &st) == -1 ||
	    (ex->file = arena_alloc(ex->arena, sizeof *ex->file)) == NULL) {
		close(fd);
		refuse(ex, 500, NULL, NULL);
		return;
	}
	status = is_unmodified(ex, st.st_mtime) ? 304 : 0;
	range = (struct range){ 0, (uint64_t)st.st_size };
	if (status == 0)
		status = find_range(ex, &st, &range);
	*ex->file = (struct sendfile){ fd, (off_t)range.first, range.len };
	if (status == 416) {
		sendfile_end(ex);
		snprintf(size, sizeof size, "bytes */%llu",
		    (unsigned long long)st.st_size);
		refuse(ex, 416, "Content-Range", size);
		return;
	}
	begin(ex, status, &st, &range, type);
}
