#include "job.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "authority.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "brief.h"
#include "certstore.h"
#include "challenge.h"
#include "child.h"
#include "chore.h"
#include "config/config.h"
#include "renewal.h"
#include "slot.h"
#include "supervisor.h"
#include "swap.h"
#include "ways.h"

struct job *
job_from(void *arg)
{
	struct job *job = arg;

	assert(job->magic == JOB_MAGIC);
	return job;
}

bool
job_is_busy(const struct job *job)
{
	return job->chore != NULL ||
	    (job->slot != NULL && job->kind != JOB_PLACEHOLDER);
}

/* The slot and its job know each other until there is an answer. */
static struct slot *
detach(struct job *job)
{
	struct slot *slot = job->slot;

	if (slot == NULL)
		return NULL;
	if (job->kind == JOB_PLACEHOLDER)
		slot->placeholder = NULL;
	else
		slot->job = NULL;
	job->slot = NULL;
	return slot;
}

static struct chore *
detach_chore(struct job *job)
{
	struct chore *chore = job->chore;

	job->chore = NULL;
	return chore;
}

void
job_refused(struct job *job, const struct renewal_failure *why)
{
	job->refusal = why->kind;
	job->retry_after = why->retry_after;
	record_set(&job->problem, why->problem);
	record_set(&job->detail, why->detail);
	record_set(&job->advice, why->advice);
}

static void
take_refusal(const struct job *job, struct renewal_failure *failure)
{
	if (job->problem == NULL)
		return;
	failure->kind = job->refusal;
	failure->problem = job->problem;
	failure->detail = job->detail != NULL ? job->detail : "";
	failure->advice = job->advice;
	failure->retry_after = job->retry_after;
}

static void
failed(struct job *job, struct renewal_failure *failure)
{
	struct chore *chore = detach_chore(job);
	struct slot *slot = detach(job);

	take_refusal(job, failure);
	failure->directory = job->directory;
	if (job->kind == JOB_NOTIFY && !job->over)
		log_warn("a Webhook was not told: %s", failure->detail);
	job->over = true;
	if (chore != NULL) {
		challenge_forget_job(job->sup, job);
		chore_failed(chore, failure);
		return;
	}
	if (slot == NULL)
		return;
	if (job->kind == JOB_PLACEHOLDER) {
		log_err("no placeholder certificate for %s: %s",
		    slot_name(slot), failure->detail);
		swap_placeholder(slot, NULL);
	} else if (job->kind == JOB_RENEWAL_INFO) {
		renewal_not_informed(slot, failure->detail);
	} else {
		challenge_forget_job(job->sup, job);
		if (job->way != JOB_CHALLENGE_COUNT &&
		    ways_is_refusal(failure->problem))
			record_set(
			    &slot->record.failed_way, ways_word(job->way));
		renewal_failed(slot, failure);
	}
}

static void
job_free(struct job *job)
{
	TAILQ_REMOVE(&job->sup->jobs, job, entry);
	loop_timer_cancel(&job->deadline);
	job->magic = 0;
	free(job->directory);
	free(job->dns_hook);
	free(job->problem);
	free(job->detail);
	free(job->advice);
	free(job);
}

static void
after_exit(struct child *child, int status)
{
	struct job *job = job_from(child->owner);
	char text[CHILD_STATUS_SIZE];
	char *detail =
	    xasprintf("%s %s", child->name, child_status_text(status, text));
	struct renewal_failure failure = { .kind = JOB_LOST,
		.problem = "lost",
		.detail = detail,
		.retry_after = -1 };

	challenge_forget_job(job->sup, job);
	failed(job, &failure);
	free(detail);
	job_free(job);
}

/* A job that hangs is no accident to be tried again at once. */
static void
on_deadline(void *arg)
{
	struct job *job = job_from(arg);
	struct renewal_failure failure = { .kind = JOB_LADDER,
		.problem = "timeout",
		.detail = "the job took too long",
		.retry_after = -1 };

	child_kill(job->child);
	failed(job, &failure);
}

static int
spawn(struct job *job, const struct job_task *task, struct error *err)
{
	const struct child_spec spec = {
		.role = IPC_ACME, .owner = job, .on_exit = after_exit
	};
	struct brief *brief = brief_new(job->sup, task, err);

	if (brief == NULL)
		return -1;
	job->child = child_spawn(&job->sup->children, &spec, err);
	job->ordered = brief_has_order(brief);
	if (job->child != NULL)
		brief_send(brief, job->child);
	brief_free(brief);
	return job->child != NULL ? 0 : -1;
}

static int64_t
patience(enum job_kind kind)
{
	return kind == JOB_PLACEHOLDER || kind == JOB_NOTIFY ? JOB_SHORT_MAX_MS
	                                                     : JOB_MAX_MS;
}

static struct job *
begin(struct supervisor *sup, const struct job_task *task, struct error *err)
{
	struct job *job = xcalloc(1, sizeof(*job));

	job->magic = JOB_MAGIC;
	job->sup = sup;
	job->kind = task->kind;
	job->way = JOB_CHALLENGE_COUNT;
	if (task->acme != NULL && task->acme->dns_hook != NULL)
		job->dns_hook = xstrdup(task->acme->dns_hook);
	job->deadline.fn = on_deadline;
	job->deadline.arg = job;
	if (task->directory != NULL)
		job->directory = xstrdup(task->directory);
	TAILQ_INSERT_TAIL(&sup->jobs, job, entry);
	if (spawn(job, task, err) == -1) {
		job_free(job);
		return NULL;
	}
	loop_timer_set(sup->loop, &job->deadline, patience(task->kind));
	return job;
}

/* NULL: it asks nobody. */
static const struct config_acme *
authority_of(const struct slot *slot, enum job_kind kind)
{
	if (kind == JOB_PLACEHOLDER)
		return NULL;
	return kind == JOB_RENEWAL_INFO ? authority_issued(slot)
	                                : authority_next(slot, clock_wall());
}

int
job_start(struct slot *slot, enum job_kind kind, struct error *err)
{
	const struct config_acme *acme = authority_of(slot, kind);
	const struct job_task task = { .kind = kind,
		.slot = slot,
		.acme = acme,
		.directory = acme != NULL ? acme->directory : NULL };
	struct job *job = begin(slot->sup, &task, err);

	if (job == NULL)
		return -1;
	job->slot = slot;
	if (kind == JOB_PLACEHOLDER)
		slot->placeholder = job;
	else
		slot->job = job;
	return 0;
}

struct job *
job_start_task(struct supervisor *sup, const struct job_task *task,
    struct chore *chore, struct error *err)
{
	struct job *job = begin(sup, task, err);

	if (job != NULL)
		job->chore = chore;
	return job;
}

void
job_extend(struct job *job)
{
	loop_timer_set(job->sup->loop, &job->deadline, JOB_MAX_MS);
}

void
job_cancel(struct job *job)
{
	bool is_awaited;

	if (job == NULL)
		return;
	challenge_forget_job(job->sup, job);
	is_awaited = detach(job) != NULL || job->chore != NULL;
	job->chore = NULL;
	job->over = true;
	child_close(job->child);
	/* One that has answered is on its way out. */
	if (is_awaited)
		child_kill(job->child); /* it may wait for a silent CA */
}

static void
saved(struct child *child)
{
	struct msg msg = { .kind = MSG_SAVED, .fd = -1 };

	child_send(child, &msg);
}

/* Without its state on disk a job must not go on. */
static void
save_failed(struct job *job, const struct error *err)
{
	struct renewal_failure failure = { .kind = JOB_LADDER,
		.problem = "store",
		.detail = err->msg,
		.retry_after = -1 };

	failed(job, &failure);
	child_kill(job->child);
}

void
job_account_save(struct child *child, const struct msg *msg)
{
	struct job *job = job_from(child->owner);
	struct certstore_account account;
	struct error err = { 0 };
	int rc;

	if (!job_is_busy(job))
		return;
	account.key = xstrdup(msg->u.ACCOUNT_SAVE.key);
	account.url = xstrdup(msg->u.ACCOUNT_SAVE.url);
	rc = certstore_write_account(
	    &job->sup->store, job->directory, &account, &err);
	certstore_account_release(&account);
	if (rc == 0)
		saved(child);
	else
		save_failed(job, &err);
}

void
job_order_save(struct child *child, const struct msg *msg)
{
	struct job *job = job_from(child->owner);
	struct certstore_order order;
	struct error err = { 0 };
	int rc;

	job->ordered = true;
	if (job->chore != NULL)
		saved(child); /* a rehearsal leaves nothing behind */
	if (job->slot == NULL)
		return;
	order.wanted = slot_wanted(job->slot, job->directory);
	order.url = xstrdup(msg->u.ORDER_SAVE.url);
	order.key = xstrdup(msg->u.ORDER_SAVE.key);
	rc = certstore_write_order(
	    &job->sup->store, slot_name(job->slot), &order, clock_wall(), &err);
	certstore_order_release(&order);
	if (rc == 0)
		saved(child);
	else
		save_failed(job, &err);
}

/*
 * The order is done with as soon as its certificate is safe. A crash between
 * the two leaves an order that yields the same certificate once more.
 */
static void
store_issued(struct job *job, const struct msg_bytes *pem)
{
	struct slot *slot = job->slot;
	const char *name = slot_name(slot);
	struct error err = { 0 };

	if (!certstore_is_pair(pem->p, pem->len)) {
		error_set(&err, ERR_PROTOCOL, "the job issued no pair");
		save_failed(job, &err);
		return;
	}
	if (certstore_replace(&job->sup->store, name, pem->p, pem->len, &err) ==
	    -1) {
		save_failed(job, &err);
		return;
	}
	if (certstore_clear_order(&job->sup->store, name, &err) == -1)
		log_warn("certificate for %s: %s", name, err.msg);
	record_set(&slot->issuer, job->directory);
	detach(job);
	swap_issued(slot);
}

void
job_issued(struct child *child, const struct msg *msg)
{
	struct job *job = job_from(child->owner);
	const struct msg_bytes *pem = &msg->u.CERT_ISSUED.pem;

	if (job->slot == NULL)
		return;
	challenge_forget_job(job->sup, job);
	if (job->kind == JOB_PLACEHOLDER)
		swap_placeholder(detach(job), pem);
	else
		store_issued(job, pem);
}

void
job_done(struct child *child, const struct msg *msg)
{
	struct job *job = job_from(child->owner);
	struct chore *chore = detach_chore(job);
	char *text = record_said(msg->u.JOB_DONE.text);

	job->over = true;
	challenge_forget_job(job->sup, job);
	if (chore != NULL)
		chore_done(chore, text);
	free(text);
}

void
job_failed(struct child *child, const struct msg *msg)
{
	const struct msg_JOB_FAILED *said = &msg->u.JOB_FAILED;
	char *problem = record_said(said->problem);
	char *detail = record_said(said->detail);
	char *advice = record_said(said->advice);
	struct renewal_failure failure = { .kind = JOB_LADDER,
		.problem = problem,
		.detail = detail,
		.advice = advice,
		.retry_after = said->retry_after };

	if (said->kind < JOB_FAILURE_COUNT)
		failure.kind = (enum job_failure)said->kind;
	failed(job_from(child->owner), &failure);
	free(problem);
	free(detail);
	free(advice);
}

void
job_renewal_info(struct child *child, const struct msg *msg)
{
	const struct msg_RENEWAL_INFO *said = &msg->u.RENEWAL_INFO;
	const struct schedule_info info = { said->start, said->end,
		said->retry_after };
	struct job *job = job_from(child->owner);
	char *page;

	if (job->slot == NULL)
		return;
	if (job->kind == JOB_RENEWAL_INFO) {
		page = record_said(said->url);
		renewal_informed(detach(job), &info, page);
		free(page);
		return;
	}
	job->slot->informed = job->kind == JOB_ISSUE;
	job->slot->info = info;
}
