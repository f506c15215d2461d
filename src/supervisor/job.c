#include "job.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/secret.h"
#include "base/xalloc.h"
#include "certstore.h"
#include "challenge.h"
#include "child.h"
#include "config/config.h"
#include "generation.h"
#include "plan.h"
#include "renewal.h"
#include "slot.h"
#include "supervisor.h"
#include "swap.h"

struct job *
job_from(void *arg)
{
	struct job *job = arg;

	assert(job->magic == JOB_MAGIC);
	return job;
}

/* The slot and its job know each other until there is an answer. */
static struct slot *
detach(struct job *job)
{
	struct slot *slot = job->slot;

	if (slot == NULL)
		return NULL;
	if (job->self_signed)
		slot->placeholder = NULL;
	else
		slot->job = NULL;
	job->slot = NULL;
	return slot;
}

static void
failed(struct job *job, const struct renewal_failure *failure)
{
	struct slot *slot = detach(job);

	if (slot == NULL)
		return;
	challenge_forget_job(job->sup, job);
	if (!job->self_signed) {
		renewal_failed(slot, failure);
		return;
	}
	log_err("no placeholder certificate for %s: %s", slot_name(slot),
	    failure->detail);
	swap_placeholder(slot, NULL);
}

static void
job_free(struct job *job)
{
	TAILQ_REMOVE(&job->sup->jobs, job, entry);
	loop_timer_cancel(&job->deadline);
	job->magic = 0;
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

/* What a job must know, and nothing more. */
static void
send_job(struct job *job, const struct certstore_account *account,
    const struct certstore_order *order)
{
	const struct supervisor *sup = job->sup;
	const struct config_cert *cert = job->slot->config;
	const struct generation *generation =
	    sup->current != NULL ? sup->current : sup->starting;
	const struct plan *plan = generation->plan;
	struct buf names = { 0 };
	struct msg msg = { .kind = MSG_JOB,
		.fd = -1,
		.u.JOB = { .uid = plan_wire_id(plan->uid),
		    .gid = plan_wire_id(plan->gid),
		    .self_signed = job->self_signed,
		    .key_type = cert->acme->key_type,
		    .log_target = sup->log.target,
		    .log_facility = (uint32_t)sup->log.facility,
		    .log_level = sup->log.level,
		    .log_tag = sup->log.tag } };

	for (unsigned i = 0; i < cert->nnames; i++)
		buf_printf(&names, "%s%s", i > 0 ? " " : "", cert->names[i]);
	buf_append(&names, "", 1);
	msg.u.JOB.names = (const char *)buf_data(&names);
	if (!job->self_signed) {
		msg.u.JOB.directory = cert->acme->directory;
		msg.u.JOB.ca_file = cert->acme->ca_file;
		msg.u.JOB.email = cert->acme->email;
		msg.u.JOB.eab_kid = cert->acme->eab_kid;
		msg.u.JOB.eab_key = cert->acme->eab_key;
		msg.u.JOB.account_key = account->key;
		msg.u.JOB.account_url = account->url;
		msg.u.JOB.order_url = order->url;
		msg.u.JOB.order_key = order->key;
	}
	child_send(job->child, &msg);
	buf_release(&names);
}

static int
spawn(struct job *job, struct error *err)
{
	const struct child_spec spec = {
		.role = IPC_ACME, .owner = job, .on_exit = after_exit
	};
	struct certstore_account account = { 0 };
	struct certstore_order order = { 0 };
	const struct slot *slot = job->slot;
	int rc = -1;

	if (!job->self_signed) {
		certstore_read_order(
		    &job->sup->store, slot_name(slot), clock_wall(), &order);
		if (certstore_read_account(&job->sup->store,
		        slot->config->acme->directory, &account, err) == -1)
			goto out;
	}
	job->child = child_spawn(&job->sup->children, &spec, err);
	if (job->child == NULL)
		goto out;
	send_job(job, &account, &order);
	rc = 0;
out:
	certstore_account_release(&account);
	certstore_order_release(&order);
	return rc;
}

int
job_start(struct slot *slot, bool self_signed, struct error *err)
{
	struct job *job = xcalloc(1, sizeof(*job));

	job->magic = JOB_MAGIC;
	job->sup = slot->sup;
	job->slot = slot;
	job->self_signed = self_signed;
	job->deadline.fn = on_deadline;
	job->deadline.arg = job;
	TAILQ_INSERT_TAIL(&slot->sup->jobs, job, entry);
	if (spawn(job, err) == -1) {
		job_free(job);
		return -1;
	}
	if (self_signed)
		slot->placeholder = job;
	else
		slot->job = job;
	loop_timer_set(slot->sup->loop, &job->deadline,
	    self_signed ? JOB_PLACEHOLDER_MAX_MS : JOB_MAX_MS);
	return 0;
}

void
job_cancel(struct job *job)
{
	if (job == NULL)
		return;
	challenge_forget_job(job->sup, job);
	child_close(job->child);
	/* One that has answered is on its way out. */
	if (detach(job) != NULL)
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

	if (job->slot == NULL)
		return;
	account.key = xstrdup(msg->u.ACCOUNT_SAVE.key);
	account.url = xstrdup(msg->u.ACCOUNT_SAVE.url);
	rc = certstore_write_account(&job->sup->store,
	    job->slot->config->acme->directory, &account, &err);
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

	if (job->slot == NULL)
		return;
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
	if (job->self_signed)
		swap_placeholder(detach(job), pem);
	else
		store_issued(job, pem);
}

void
job_failed(struct child *child, const struct msg *msg)
{
	const struct msg_JOB_FAILED *said = &msg->u.JOB_FAILED;
	struct renewal_failure failure = { .kind = JOB_LADDER,
		.problem = said->problem,
		.detail = said->detail,
		.retry_after = said->retry_after };

	if (said->kind < JOB_FAILURE_COUNT)
		failure.kind = (enum job_failure)said->kind;
	failed(job_from(child->owner), &failure);
}
