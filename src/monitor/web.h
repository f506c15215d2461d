#ifndef MONITOR_WEB_H
#define MONITOR_WEB_H

/*
 * The status over HTTP/1.1 (RFC 9112): GET and HEAD of a few documents that are
 * made when they are asked for. Small and patient with nobody: what a client
 * may send, and how long it may take for anything, is bounded tightly.
 */

#include <stdbool.h>

#include "http/message.h"
#include "net/loop.h"

#define WEB_CONNECTIONS_MAX 32
#define WEB_HEAD_MAX 8192
#define WEB_REQUEST_MS 15000 /* to ask, or to ask again: page.html does in 10 */
#define WEB_ANSWER_MS 10000  /* to take an answer */
#define WEB_LINGER_MS 2000   /* to close the connection, too */

struct buf;
struct web;

struct web_document {
	const char *type;
	const char *policy; /* Content-Security-Policy; NULL: nothing may be */
};

struct web_handler {
	/* May this address ask? */
	bool (*admits)(void *arg, const char *address);
	/*
	 * Is this name, lower case, ours? Addresses and "localhost" always
	 * are; a name that is somebody else's was made to lead here by whoever
	 * wants to read the status through a visitor's browser.
	 */
	bool (*is_named)(void *arg, const char *host);
	/* Appends the document and describes it; false if there is none. */
	bool (*render)(void *arg, struct slice path, struct buf *out,
	    struct web_document *document);
	void *arg;
};

/* Takes over the listening socket. */
struct web *web_new(
    struct loop *loop, int fd, const struct web_handler *handler);
void web_free(struct web *web); /* NULL is fine */

#endif
