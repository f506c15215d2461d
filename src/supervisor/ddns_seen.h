#ifndef SUPERVISOR_DDNS_SEEN_H
#define SUPERVISOR_DDNS_SEEN_H

/* What a job of dynamic DNS found, held against what was published. */

#include <stdbool.h>
#include <stdint.h>

struct ddns_record;
struct msg_DDNS_FOUND;

/* What the last job found; texts are NULL for none. */
struct ddns_seen {
	char *ipv4, *ipv6;
	char *source4, *source6;
	char *dns4, *dns6;
	uint32_t visible; /* as DDNS_FOUND has it */
	bool known;       /* something was found, ever */
};

void ddns_seen_release(struct ddns_seen *seen);
void ddns_seen_note(struct ddns_seen *seen, const struct msg_DDNS_FOUND *found);

/* NULL is "". */
bool ddns_same_text(const char *a, const char *b);

/* Is it what was published last? */
bool ddns_seen_is_published(
    const struct ddns_seen *seen, const struct ddns_record *record);

/* It is published now. */
void ddns_seen_remember(
    const struct ddns_seen *seen, struct ddns_record *record);

/* "203.0.113.9 and 2001:db8::1". The caller frees. */
char *ddns_seen_text(const struct ddns_seen *seen);

#endif
