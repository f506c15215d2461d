/*
 * The log of a process. Owned by the program's main.c, which opens it; a line
 * goes out in one write, alone or with others, so that lines of several
 * processes never mix.
 */

#include "base/log.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#include "base/file.h"

#define LINE_SIZE 2048 /* longer messages are cut */
#define PREFIX_SIZE 96 /* "<6>program[123]: " */
#define TAG_SIZE 64

_Static_assert(LOG_GATHERED_MAX + PREFIX_SIZE <= PIPE_BUF, "pipes split it");

static const struct {
	const char *name;
	int priority;
} levels[] = {
	[LOG_LEVEL_ERR] = { "error", LOG_ERR },
	[LOG_LEVEL_WARN] = { "warning", LOG_WARNING },
	[LOG_LEVEL_INFO] = { "info", LOG_INFO },
	[LOG_LEVEL_DEBUG] = { "debug", LOG_DEBUG },
};

static struct {
	const char *program; /* NULL until log_open() */
	pid_t pid;           /* asked for once: it is in every line */
	enum log_target target;
	enum log_level most_verbose;
	bool journal;       /* stderr is the journal, which reads "<N>" */
	char tag[TAG_SIZE]; /* "" = the program */
} state = { .most_verbose = LOG_LEVEL_INFO };

/* $JOURNAL_STREAM is "device:inode" of what systemd gave us as stderr. */
static bool
stderr_is_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	struct stat st;
	char ours[48];

	if (stream == NULL || fstat(STDERR_FILENO, &st) == -1)
		return false;
	snprintf(ours, sizeof(ours), "%ju:%ju", (uintmax_t)st.st_dev,
	    (uintmax_t)st.st_ino);
	return strcmp(stream, ours) == 0;
}

void
log_open(const char *program, enum log_target target, int facility)
{
	state.program = program;
	state.pid = getpid();
	state.target = target;
	state.journal = target == LOG_TO_STDERR && stderr_is_journal();
	if (target == LOG_TO_SYSLOG)
		openlog(state.tag[0] != '\0' ? state.tag : program,
		    LOG_PID | LOG_NDELAY, facility);
}

/* syslog keeps the pointer, so the text is kept here. */
void
log_set_tag(const char *tag)
{
	snprintf(state.tag, sizeof(state.tag), "%s", tag);
}

void
log_set_level(enum log_level most_verbose)
{
	state.most_verbose = most_verbose;
}

bool
log_enabled(enum log_level level)
{
	return level <= state.most_verbose;
}

/* What a line on stderr begins with. Returns its length. */
static size_t
put_prefix(char dst[PREFIX_SIZE], enum log_level level)
{
	const char *program = state.program;
	pid_t pid = state.pid;
	size_t len = 0;

	if (program == NULL) {
		program = program_invocation_short_name;
		pid = getpid();
	}
	if (state.journal)
		len = (size_t)snprintf(
		    dst, PREFIX_SIZE, "<%d>", levels[level].priority);
	return len +
	    (size_t)snprintf(dst + len, PREFIX_SIZE - len,
	        "%.64s[%ld]: ", program, (long)pid);
}

static void __attribute__((format(printf, 2, 0)))
emit(enum log_level level, const char *fmt, va_list ap)
{
	char line[LINE_SIZE];
	int saved = errno;
	size_t start = 0, len, i;

	if (!log_enabled(level))
		return;
	if (state.target == LOG_TO_STDERR)
		start = put_prefix(line, level);
	len = start;
	len += (size_t)snprintf(
	    line + len, sizeof(line) - len, "%s: ", levels[level].name);
	vsnprintf(line + len, sizeof(line) - len, fmt, ap);
	len = strlen(line);
	if (len == sizeof(line) - 1)
		memcpy(line + len - 3, "...", 3);
	for (i = start; i < len; i++)
		if ((unsigned char)line[i] < 0x20 || line[i] == 0x7f)
			line[i] = '?';
	if (state.target == LOG_TO_SYSLOG) {
		syslog(levels[level].priority, "%s", line);
	} else {
		line[len++] = '\n';
		(void)file_write_all(STDERR_FILENO, line, len);
	}
	errno = saved;
}

void
log_info_lines(const char *lines, size_t len)
{
	static const char name[] = "info: ";
	char out[PIPE_BUF], prefix[PREFIX_SIZE];
	size_t used = 0, before = put_prefix(prefix, LOG_LEVEL_INFO);
	const char *end = lines + len, *next;

	if (!log_enabled(LOG_LEVEL_INFO))
		return;
	for (; lines < end; lines = next + 1) {
		size_t n;

		next = memchr(lines, '\n', (size_t)(end - lines));
		n = (size_t)(next - lines);
		if (n > LOG_GATHERED_MAX - sizeof(name))
			n = LOG_GATHERED_MAX - sizeof(name);
		if (state.target == LOG_TO_SYSLOG) {
			syslog(LOG_INFO, "%s%.*s", name, (int)n, lines);
			continue;
		}
		if (used + before + sizeof(name) + n > sizeof(out)) {
			(void)file_write_all(STDERR_FILENO, out, used);
			used = 0;
		}
		memcpy(out + used, prefix, before);
		memcpy(out + used + before, name, sizeof(name) - 1);
		used += before + sizeof(name) - 1;
		memcpy(out + used, lines, n);
		used += n;
		out[used++] = '\n';
	}
	if (used > 0)
		(void)file_write_all(STDERR_FILENO, out, used);
}

#define DEFINE_LEVEL(function, level)                                          \
	void function(const char *fmt, ...)                                    \
	{                                                                      \
		va_list ap;                                                    \
                                                                               \
		va_start(ap, fmt);                                             \
		emit(level, fmt, ap);                                          \
		va_end(ap);                                                    \
	}

DEFINE_LEVEL(log_err, LOG_LEVEL_ERR)
DEFINE_LEVEL(log_warn, LOG_LEVEL_WARN)
DEFINE_LEVEL(log_info, LOG_LEVEL_INFO)
DEFINE_LEVEL(log_debug, LOG_LEVEL_DEBUG)

void
fatal(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	emit(LOG_LEVEL_ERR, fmt, ap);
	va_end(ap);
	exit(1);
}

char *
log_escape(char *dst, size_t dstsize, const void *src, size_t len)
{
	static const char digits[] = "0123456789abcdef";
	const unsigned char *s = src;
	size_t out = 0, safe = 0, i;

	/* `safe` is how much of dst may stay when "..." must follow. */
	for (i = 0; i < len; i++) {
		unsigned char c = s[i];
		bool plain = c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
		size_t need = plain ? 1 : 4;

		if (out + need >= dstsize) {
			memcpy(dst + safe, "...", 4);
			return dst;
		}
		if (plain) {
			dst[out] = (char)c;
		} else {
			dst[out] = '\\';
			dst[out + 1] = 'x';
			dst[out + 2] = digits[c >> 4];
			dst[out + 3] = digits[c & 0xf];
		}
		out += need;
		if (out + 4 <= dstsize)
			safe = out;
	}
	dst[out] = '\0';
	return dst;
}
