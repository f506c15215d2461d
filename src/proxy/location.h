#ifndef PROXY_LOCATION_H
#define PROXY_LOCATION_H

/*
 * A backend that does not know by which URL it is reached may send a client to
 * its own address, or to ours by the wrong scheme or port. RewriteLocation
 * mends that in Location and Content-Location, and leaves every other URL
 * alone: a redirect to somebody else is none of our business.
 */

struct exchange;
struct http_response;

void location_rewrite(const struct exchange *ex, struct http_response *res);

#endif
