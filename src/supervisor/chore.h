#ifndef SUPERVISOR_CHORE_H
#define SUPERVISOR_CHORE_H

/*
 * What a person asks of a certificate authority beside renewals: to rehearse
 * one, to look whether it reaches us, to revoke a certificate, to look after
 * the account. Chores wait for each
 * other and for the jobs of renewals: one conversation at a time. None of them
 * touches a schedule, but that what was revoked is to be replaced.
 */

#include <stdbool.h>

#include "supervisor.h"

struct chore;
struct renewal_failure;
struct slot;

#define CHORE_NOT_REACHED "not reached: "

/*
 * Commands. Arguments: "[NAME]", "NAME CHALLENGE", "REASON NAME", "ACTION
 * [SECTION]"; answered when the job has ended. To chore_reach(): "ok" and the
 * place where the CA met us; an error that begins with CHORE_NOT_REACHED, and
 * has what it saw and on the next line perhaps what to do; or another error,
 * which says nothing of whether we can be reached.
 */
void chore_dry_run(struct supervisor *sup, struct asker asker, const char *arg);
void chore_reach(struct supervisor *sup, struct asker asker, const char *arg);
void chore_revoke(struct supervisor *sup, struct asker asker, const char *arg);
void chore_account(struct supervisor *sup, struct asker asker, const char *arg);

/* Starts the next job, if a chore has one: then true. No other job is busy. */
bool chore_start(struct supervisor *sup);

/* How its job ended. */
void chore_done(struct chore *chore, const char *text);
void chore_failed(struct chore *chore, const struct renewal_failure *failure);

/* Whoever asked gets this answer now; the work goes on. */
void chore_dismiss(struct supervisor *sup, const char *text);

/* All of it is given up. */
void chore_cancel_all(struct supervisor *sup);

/* The monitor died, and who asked through it has gone with it. */
void chore_forget(struct supervisor *sup, const struct child *monitor);

/* The slot is no longer served. */
void chore_forget_slot(struct supervisor *sup, const struct slot *slot);

#endif
