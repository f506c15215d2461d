#ifndef PROXY_ERRORPAGE_H
#define PROXY_ERRORPAGE_H

#include <stdbool.h>

#include "http/message.h"

struct answer;
struct exchange;

/*
 * Gives a 502, 503 or 504 the form that its reader can use: a page for a
 * browser that waits for Home Assistant and reloads itself when it is back, a
 * JSON object for an app, the line of text that it has for everybody else.
 */
void errorpage_choose(const struct exchange *ex, struct answer *answer);

/*
 * Whether a page of ours takes the place of the body in a backend's response
 * (RewriteErrors). If so, what its fields say of that body goes, the type of
 * the page comes, for which there must be room, and *body is the page.
 */
bool errorpage_replaces(
    const struct exchange *ex, struct http_response *res, struct slice *body);

/* The page of the listener, for what never became an exchange. */
struct config_listener;
void errorpage_configured(
    const struct config_listener *listener, struct answer *answer);

#endif
