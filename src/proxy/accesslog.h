#ifndef PROXY_ACCESSLOG_H
#define PROXY_ACCESSLOG_H

/*
 * What the access log says: a line for each exchange, by the program that the
 * listener's LogLevel names. Bytes of a peer are escaped; of credentials it is
 * said only that they were there.
 */

struct client;
struct exchange;
struct http_response;

/* It has ended. */
void accesslog_write(const struct exchange *ex);

/* A request that was refused before it was one, by this status. */
void accesslog_refused(const struct client *client, unsigned status);

/* Keeps those fields of the response that the line will tell. */
void accesslog_note(struct exchange *ex, const struct http_response *res);

#endif
