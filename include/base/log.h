#ifndef BASE_LOG_H
#define BASE_LOG_H

/*
 * The log of a process: one line per message, "program[pid]: level: text".
 * Only programs log; libraries return a struct error. Bytes that a peer sent
 * are passed through log_escape() before they reach a format string.
 *
 * Levels: err = the operator must act, warn = we coped, info = a change of
 * state, debug = for whoever reads the code.
 */

#include <stdbool.h>
#include <stddef.h>

enum log_level {
	LOG_LEVEL_ERR,
	LOG_LEVEL_WARN,
	LOG_LEVEL_INFO,
	LOG_LEVEL_DEBUG
};

enum log_target {
	LOG_TO_STDERR,
	LOG_TO_SYSLOG /* connected at once, so that it outlives a chroot */
};

/*
 * program: a string that outlives the log, e.g. "gatehouse-proxy".
 * facility: a LOG_* value of syslog.h, used with LOG_TO_SYSLOG only.
 * Under systemd (stderr is the journal) each line gets its "<N>" priority.
 * A process that was forked opens it again, for the lines to have its number.
 */
void log_open(const char *program, enum log_target target, int facility);

/* What syslog calls the program from the next log_open() on; "" = its name. */
void log_set_tag(const char *tag);
void log_set_level(enum log_level most_verbose);
bool log_enabled(enum log_level level);

void log_err(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_debug(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#define LOG_GATHERED_MAX 4000 /* bytes of such a line; a longer one is cut */

/*
 * Lines of printable text, each ended by '\n', as log_info() would log them,
 * but in few writes. No write holds a part of a line, or more than a pipe takes
 * in one piece.
 */
void log_info_lines(const char *lines, size_t len);

/* log_err() and exit(1): for start-up failures and broken IPC invariants. */
_Noreturn void fatal(const char *fmt, ...)
    __attribute__((format(printf, 1, 2)));

/*
 * Writes `len` bytes of `src` into `dst` as printable ASCII: control bytes,
 * bytes above 0x7e, '"' and '\\' become \xNN. Always terminates; an output
 * that does not fit ends in "...". dstsize is at least 4. Returns dst.
 */
char *log_escape(char *dst, size_t dstsize, const void *src, size_t len);

#endif
