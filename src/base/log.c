/*
 * The log of a process. Owned by the program's main.c, which opens it; a line
 * goes out in one write, so that lines of several processes never mix.
 */

#include "base/log.h"

#include <errno.h>
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
	bool journal; /* stderr is the journal, which reads "<N>" */
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
		openlog(program, LOG_PID | LOG_NDELAY, facility);
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

static void __attribute__((format(printf, 2, 0)))
emit(enum log_level level, const char *fmt, va_list ap)
{
	const char *program = state.program;
	pid_t pid = state.pid;
	char line[LINE_SIZE];
	int saved = errno;
	size_t start = 0, len, i;

	if (!log_enabled(level))
		return;
	if (program == NULL) {
		program = program_invocation_short_name;
		pid = getpid();
	}
	if (state.target == LOG_TO_STDERR) {
		if (state.journal)
			start = (size_t)snprintf(
			    line, sizeof(line), "<%d>", levels[level].priority);
		start += (size_t)snprintf(line + start, sizeof(line) - start,
		    "%.64s[%ld]: ", program, (long)pid);
	}
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
