#ifndef BASE_ERROR_H
#define BASE_ERROR_H

/*
 * struct error: how a fallible function says what failed. It lives on the
 * caller's stack, owns nothing, and is written only on failure. A function
 * that takes one returns 0 or a pointer on success, -1 or NULL on failure.
 * Passing NULL is allowed: the caller then has no interest in the reason.
 */

#include <stdarg.h>

enum error_kind {
	ERR_SYS = 1,  /* a system call failed; errno's text is in msg */
	ERR_SYNTAX,   /* text that people or peers wrote is malformed */
	ERR_PROTOCOL, /* a peer broke the protocol */
	ERR_LIMIT,    /* a documented bound was reached */
	ERR_TIMEOUT,
	ERR_DENIED, /* refused by a peer or by policy */
	ERR_CRYPTO, /* libcrypto or libssl refused */
	ERR_NOTFOUND
};

#define ERROR_MSG_SIZE 512

struct error {
	enum error_kind kind;
	char msg[ERROR_MSG_SIZE]; /* one line, no secret, always terminated */
};

/* Sets the error and returns -1, so that `return error_set(...)` reads well. */
int error_set(struct error *err, enum error_kind kind, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* As error_set() with kind ERR_SYS and ": strerror(errno)" appended. */
int error_sys(struct error *err, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Puts "prefix: " in front of the message; keeps the kind; returns -1. */
int error_wrap(struct error *err, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

#endif
