/*
 * struct error: filled by whoever fails, read by whoever handles it. Messages
 * are kept to one printable line here, so that no caller can break the log.
 */

#include "base/error.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Adds text to the message of `len` bytes as far as it fits. */
static size_t
add(struct error *err, size_t len, const char *text)
{
	for (; *text != '\0' && len < sizeof(err->msg) - 1; text++) {
		unsigned char c = (unsigned char)*text;

		err->msg[len++] = (c < 0x20 || c == 0x7f) ? '?' : (char)c;
	}
	err->msg[len] = '\0';
	return len;
}

static void __attribute__((format(printf, 2, 0)))
compose(struct error *err, const char *fmt, va_list ap, const char *reason)
{
	char text[ERROR_MSG_SIZE];
	size_t len;

	/* The arguments may point into err->msg. */
	vsnprintf(text, sizeof(text), fmt, ap);
	len = add(err, 0, text);
	if (reason != NULL) {
		len = add(err, len, ": ");
		add(err, len, reason);
	}
}

int
error_set(struct error *err, enum error_kind kind, const char *fmt, ...)
{
	va_list ap;

	if (err == NULL)
		return -1;
	va_start(ap, fmt);
	compose(err, fmt, ap, NULL);
	va_end(ap);
	err->kind = kind;
	return -1;
}

int
error_sys(struct error *err, const char *fmt, ...)
{
	int saved = errno;
	char reason[128];
	va_list ap;

	if (err == NULL)
		return -1;
	va_start(ap, fmt);
	compose(err, fmt, ap, strerror_r(saved, reason, sizeof(reason)));
	va_end(ap);
	err->kind = ERR_SYS;
	errno = saved;
	return -1;
}

int
error_wrap(struct error *err, const char *fmt, ...)
{
	char reason[ERROR_MSG_SIZE];
	va_list ap;

	if (err == NULL)
		return -1;
	memcpy(reason, err->msg, sizeof(reason));
	va_start(ap, fmt);
	compose(err, fmt, ap, reason);
	va_end(ap);
	return -1;
}
