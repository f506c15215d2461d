#ifndef PROXY_ERRORPAGE_H
#define PROXY_ERRORPAGE_H

struct answer;
struct exchange;

/*
 * Gives a 502, 503 or 504 the form that its reader can use: a page for a
 * browser that waits for Home Assistant and reloads itself when it is back, a
 * JSON object for an app, the line of text that it has for everybody else.
 */
void errorpage_choose(const struct exchange *ex, struct answer *answer);

/* The page of the listener, for what never became an exchange. */
struct config_listener;
void errorpage_configured(
    const struct config_listener *listener, struct answer *answer);

#endif
