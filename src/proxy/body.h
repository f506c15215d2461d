#ifndef PROXY_BODY_H
#define PROXY_BODY_H

#include "http/h1.h"

/*
 * Decodes all body bytes in data[0 .. len) and moves the payload together, so
 * that it can be passed on in one piece: *payload points into data. *used says
 * how many bytes belonged to this message.
 */
enum h1_result body_decode(struct h1_body *body, char *data, size_t len,
    size_t *used, struct slice *payload);

#endif
