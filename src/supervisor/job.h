#ifndef SUPERVISOR_JOB_H
#define SUPERVISOR_JOB_H

/*
 * One run of gatehouse-acme: for a certificate, for a placeholder, or for a
 * chore that a person gave. What it must not lose is written to the store
 * before it may go on. It ends by an answer; a job that dies without one may be
 * tried again, for it left its order behind.
 */

#include "base/error.h"
#include "base/list.h"
#include "ipc/job.h"
#include "ipc/msg.h"
#include "net/loop.h"

struct child;
struct chore;
struct job_task;
struct renewal_failure;
struct slot;
struct supervisor;

#define JOB_MAGIC 0x6a6f6221u
#define JOB_MAX_MS (10 * 60 * 1000)
#define JOB_SHORT_MAX_MS 30000 /* one that is no conversation with a CA */

struct job {
	unsigned magic;
	TAILQ_ENTRY(job) entry;
	struct supervisor *sup;
	struct slot *slot; /* NULL: it has answered, or nobody waits any more */
	struct chore *chore; /* the same, for the job of a chore */
	struct child *child;
	enum job_kind kind;
	bool over;       /* a Webhook was told, or never will be */
	char *directory; /* of the CA, or a URL; NULL: none is asked */
	char *dns_hook;  /* that publishes records; NULL: none */
	bool ordered;    /* challenges are the order's from here on … */
	enum job_challenge way; /* … the last; JOB_CHALLENGE_COUNT: none yet */
	struct loop_timer deadline;

	/* Why a provider publishes no record for it; problem NULL: it does. */
	enum job_failure refusal;
	char *problem;
	char *detail;
	char *advice;
	int64_t retry_after;
};

struct job *job_from(void *arg);

/*
 * A provider will not publish a record for it. It will fail for that; what is
 * said then are the provider's words.
 */
void job_refused(struct job *job, const struct renewal_failure *why);

/* It makes progress: its time begins anew. */
void job_extend(struct job *job);

/*
 * Starts one, as slot->placeholder or slot->job. A JOB_RENEWAL_INFO asks who
 * issued the certificate in service, others who is next.
 */
int job_start(struct slot *slot, enum job_kind kind, struct error *err);

/* Starts one for a chore; NULL: it ends unheard, but for a failure logged. */
struct job *job_start_task(struct supervisor *sup, const struct job_task *task,
    struct chore *chore, struct error *err);

/* Does somebody wait for its answer, and the CA for its next word? */
bool job_is_busy(const struct job *job);

/* Nobody waits for it any more. What it must keep is kept. NULL is fine. */
void job_cancel(struct job *job);

/* Messages. */
void job_account_save(struct child *child, const struct msg *msg);
void job_order_save(struct child *child, const struct msg *msg);
void job_issued(struct child *child, const struct msg *msg);
void job_done(struct child *child, const struct msg *msg);
void job_failed(struct child *child, const struct msg *msg);
void job_renewal_info(struct child *child, const struct msg *msg);

#endif
