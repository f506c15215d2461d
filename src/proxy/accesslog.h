#ifndef PROXY_ACCESSLOG_H
#define PROXY_ACCESSLOG_H

struct exchange;

/*
 * One line for each exchange, as much as the listener's LogLevel asks for (0:
 * nothing). Peer bytes are escaped; tokens that Home Assistant puts into query
 * strings are not shown.
 */
void accesslog_write(const struct exchange *ex);

#endif
