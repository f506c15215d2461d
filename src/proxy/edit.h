#ifndef PROXY_EDIT_H
#define PROXY_EDIT_H

/*
 * The edits of requests and responses that the configuration asks for
 * (AddHeader, SetPath, Rewrite …). A configuration without them costs a
 * comparison with NULL. What is changed lives in the exchange's arena.
 */

#include <stdbool.h>

#include "config/config.h"

struct exchange;
struct http_response;

/* The request as conditions see it. */
struct config_request edit_subject(struct exchange *ex);

/*
 * Changes ex->path and ex->query, and notes the edits of fields. The status of
 * a refusal if the request has become too large, else 0.
 */
unsigned edit_request(struct exchange *ex, const struct config_rule *rules);

/*
 * Applies the edits that were noted to the fields for the backend: `fields`
 * has room for edit_count() more than there are. Returns their number.
 */
unsigned edit_count(const struct exchange *ex);
unsigned edit_fields(
    const struct exchange *ex, struct http_field *fields, unsigned nfields);

/*
 * Changes the fields of a final response: adds Strict-Transport-Security, then
 * applies the service's rules, then the listener's.
 */
void edit_response(struct exchange *ex, struct http_response *res);

#endif
