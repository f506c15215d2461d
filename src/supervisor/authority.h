#ifndef SUPERVISOR_AUTHORITY_H
#define SUPERVISOR_AUTHORITY_H

/*
 * Which certificate authority a slot turns to. The ladder of attempts is one
 * for all of them, so that nobody is asked more often for there being a
 * Fallback; what an authority asked us to wait for is remembered for each.
 */

#include <stdint.h>

struct config_acme;
struct record;
struct slot;

#define AUTHORITY_FAILURES 3 /* in a row, before the fallback is tried */

/*
 * The one for the next attempt: the section's own, from the third failure on
 * in turns with its fallbacks. One that asked us to wait is passed over while
 * there is another.
 */
const struct config_acme *authority_next(const struct slot *slot, int64_t now);

/* Who issued the certificate in service; NULL: nobody of the configuration. */
const struct config_acme *authority_issued(const struct slot *slot);

/* Until when the CA of this directory asked us not to come back; 0 = nothing.
 */
int64_t authority_gate(const struct record *record, const char *directory);

/* Remembers that, and forgets what is over. */
void authority_set_gate(
    struct record *record, const char *directory, int64_t until, int64_t now);

/* After it was read from disk: waits that no CA asks for are damage. */
void authority_loaded(struct record *record);

/* The clock went back: the waits go with it. */
void authority_clock_went_back(struct record *record, int64_t seconds);

#endif
