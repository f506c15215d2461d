#include "job.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "authority.h"
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
	if (job->kind == JOB_PLACEHOLDER)
		slot->placeholder = NULL;
	else
		slot->job = NULL;
	job->slot = NULL;
	return slot;
}

static void
failed(struct job *job, struct renewal_failure *failure)
{
	struct slot *slot = detach(job);

	if (slot == NULL)
		return;
	failure->directory = job->directory;
	if (job->kind == JOB_PLACEHOLDER) {
		log_err("no placeholder certificate for %s: %s",
		    slot_name(slot), failure->detail);
		swap_placeholder(slot, NULL);
	} else if (job->kind == JOB_RENEWAL_INFO) {
		renewal_not_informed(slot, failure->detail);
	} else {
		challenge_forget_job(job->sup, job);
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

/* The texts of a JOB message that it only borrows. */
struct job_texts {
	struct certstore_account account;
	struct certstore_order order;
	struct buf names;
	struct buf challenges;
	struct buf chain; /* in service */
	struct buf key;   /* that the next certificate is to have, too */
};

static void
release_texts(struct job_texts *texts)
{
	certstore_account_release(&texts->account);
	certstore_order_release(&texts->order);
	buf_release(&texts->names);
	buf_release(&texts->challenges);
	buf_release(&texts->chain);
	buf_wipe(&texts->key);
}

/* A text of its own, "" if there is none. */
static const char *
text_of(struct buf *buf)
{
	buf_append(buf, "", 1);
	return (const char *)buf_data(buf);
}

/* The certificate in service is of interest to the CA that issued it. */
static void
read_pair(const struct job *job, const struct config_acme *acme,
    struct job_texts *texts)
{
	const struct slot *slot = job->slot;
	struct buf pem = { 0 };

	if (slot_dates(slot) == NULL || slot_read_pair(slot, &pem, NULL) == -1)
		return;
	if (authority_issued(slot) == acme)
		certstore_chain(&pem, &texts->chain);
	if (acme->reuse_key && job->kind == JOB_ISSUE)
		certstore_key(&pem, &texts->key);
	buf_wipe(&pem);
}

/* An order is of use for what it was placed for, and where. */
static int
read_texts(struct job *job, const struct config_acme *acme,
    struct job_texts *texts, struct error *err)
{
	const struct supervisor *sup = job->sup;
	const struct slot *slot = job->slot;
	char *wanted;

	read_pair(job, acme, texts);
	if (job->kind != JOB_ISSUE)
		return 0;
	certstore_read_order(
	    &sup->store, slot_name(slot), clock_wall(), &texts->order);
	wanted = slot_wanted(slot, acme->directory);
	if (strcmp(texts->order.wanted, wanted) != 0) {
		texts->order.url[0] = '\0';
		texts->order.key[0] = '\0';
	}
	free(wanted);
	for (unsigned i = 0; i < acme->nchallenges; i++)
		buf_printf(&texts->challenges, "%s%s", i > 0 ? " " : "",
		    config_challenge_word(acme->challenges[i]));
	return certstore_read_account(
	    &sup->store, acme->directory, &texts->account, err);
}

/* What a job must know, and nothing more. */
static void
send_job(
    struct job *job, const struct config_acme *acme, struct job_texts *texts)
{
	const struct supervisor *sup = job->sup;
	const struct config_cert *cert = job->slot->config;
	const struct generation *generation =
	    sup->current != NULL ? sup->current : sup->starting;
	const struct plan *plan = generation->plan;
	struct msg msg = { .kind = MSG_JOB,
		.fd = -1,
		.u.JOB = { .uid = plan_wire_id(plan->uid),
		    .gid = plan_wire_id(plan->gid),
		    .kind = job->kind,
		    .key_type = cert->key_type,
		    .log_target = sup->log.target,
		    .log_facility = (uint32_t)sup->log.facility,
		    .log_level = sup->log.level,
		    .log_tag = sup->log.tag } };

	for (unsigned i = 0; i < cert->nnames; i++)
		buf_printf(
		    &texts->names, "%s%s", i > 0 ? " " : "", cert->names[i]);
	msg.u.JOB.names = text_of(&texts->names);
	if (acme != NULL) {
		msg.u.JOB.directory = acme->directory;
		msg.u.JOB.ca_file = acme->ca_file;
		msg.u.JOB.email = acme->email;
		msg.u.JOB.eab_kid = acme->eab_kid;
		msg.u.JOB.eab_key = acme->eab_key;
		msg.u.JOB.profile = acme->profile;
		msg.u.JOB.chain = acme->chain;
		msg.u.JOB.challenges = text_of(&texts->challenges);
		msg.u.JOB.certificate = text_of(&texts->chain);
		msg.u.JOB.reuse_key = text_of(&texts->key);
		msg.u.JOB.account_key = texts->account.key;
		msg.u.JOB.account_url = texts->account.url;
		msg.u.JOB.order_url = texts->order.url;
		msg.u.JOB.order_key = texts->order.key;
	}
	child_send(job->child, &msg);
}

/* NULL: it asks nobody. */
static const struct config_acme *
authority_of(const struct job *job)
{
	if (job->kind == JOB_PLACEHOLDER)
		return NULL;
	return job->kind == JOB_RENEWAL_INFO
	    ? authority_issued(job->slot)
	    : authority_next(job->slot, clock_wall());
}

static int
spawn(struct job *job, struct error *err)
{
	const struct child_spec spec = {
		.role = IPC_ACME, .owner = job, .on_exit = after_exit
	};
	const struct config_acme *acme = authority_of(job);
	struct job_texts texts = { 0 };
	int rc = -1;

	if (acme != NULL) {
		job->directory = xstrdup(acme->directory);
		if (read_texts(job, acme, &texts, err) == -1)
			goto out;
	}
	job->child = child_spawn(&job->sup->children, &spec, err);
	if (job->child == NULL)
		goto out;
	send_job(job, acme, &texts);
	rc = 0;
out:
	release_texts(&texts);
	return rc;
}

int
job_start(struct slot *slot, enum job_kind kind, struct error *err)
{
	struct job *job = xcalloc(1, sizeof(*job));

	job->magic = JOB_MAGIC;
	job->sup = slot->sup;
	job->slot = slot;
	job->kind = kind;
	job->deadline.fn = on_deadline;
	job->deadline.arg = job;
	TAILQ_INSERT_TAIL(&slot->sup->jobs, job, entry);
	if (spawn(job, err) == -1) {
		job_free(job);
		return -1;
	}
	if (kind == JOB_PLACEHOLDER)
		slot->placeholder = job;
	else
		slot->job = job;
	loop_timer_set(slot->sup->loop, &job->deadline,
	    kind == JOB_PLACEHOLDER ? JOB_PLACEHOLDER_MAX_MS : JOB_MAX_MS);
	return 0;
}

void
job_cancel(struct job *job)
{
	if (job == NULL)
		return;
	challenge_forget_job(job->sup, job);
	detach(job);
	child_close(job->child);
	child_kill(job->child); /* it may be waiting for a silent CA */
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
job_failed(struct child *child, const struct msg *msg)
{
	const struct msg_JOB_FAILED *said = &msg->u.JOB_FAILED;
	struct renewal_failure failure = { .kind = JOB_LADDER,
		.problem = said->problem,
		.detail = said->detail,
		.advice = said->advice,
		.retry_after = said->retry_after };

	if (said->kind < JOB_FAILURE_COUNT)
		failure.kind = (enum job_failure)said->kind;
	failed(job_from(child->owner), &failure);
}

void
job_renewal_info(struct child *child, const struct msg *msg)
{
	const struct msg_RENEWAL_INFO *said = &msg->u.RENEWAL_INFO;
	const struct schedule_info info = { said->start, said->end,
		said->retry_after };
	struct job *job = job_from(child->owner);

	if (job->slot == NULL)
		return;
	if (job->kind == JOB_RENEWAL_INFO) {
		renewal_informed(detach(job), &info);
		return;
	}
	job->slot->informed = job->kind == JOB_ISSUE;
	job->slot->info = info;
}
