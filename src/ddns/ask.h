#ifndef ASK_H
#define ASK_H

/* One request to a provider, and what is the same whoever that is. */

#include "base/buf.h"
#include "fetch/fetch.h"
#include "provider.h"

/* -1: there is no answer. Its name is in the refusal, and nothing of a path. */
int ask(struct fetch *fetch, const struct fetch_request *req,
    struct fetch_response *res, struct refusal *refusal);

/* 0 if the status is one of success; else what it means at most of them. */
int ask_status(const struct fetch_response *res, struct refusal *refusal);

/* 0 if the answer is a text, and neither empty nor a page for people. */
int ask_text(const struct fetch_response *res, struct refusal *refusal);

/* Appends a value for a query, percent-encoded. */
void ask_encode(struct buf *url, const char *value);

/* What the buffer holds, as a string that it keeps. */
const char *ask_string(struct buf *buf);

#endif
