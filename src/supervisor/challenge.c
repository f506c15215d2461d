#include "challenge.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/secret.h"
#include "base/xalloc.h"
#include "ddns.h"
#include "generation.h"
#include "ipc/job.h"
#include "job.h"
#include "plan.h"
#include "publish.h"
#include "supervisor.h"
#include "worker.h"

#define CHALLENGES_MAX 128 /* as many names as one order may have */

struct challenge {
	TAILQ_ENTRY(challenge) entry;
	struct job *job;
	enum job_challenge kind;
	char *name;
	char *value;             /* a text */
	struct worker **waiting; /* for these */
	unsigned nwaiting;
	bool ready;    /* the job was told */
	char *section; /* JOB_DNS_01: that publishes it; NULL: a program */
};

static struct challenge *
find(struct supervisor *sup, uint32_t kind, const char *name)
{
	struct challenge *challenge;

	TAILQ_FOREACH(challenge, &sup->challenges, entry)
		if (challenge->kind == kind &&
		    strcmp(challenge->name, name) == 0)
			return challenge;
	return NULL;
}

static void
drop(struct supervisor *sup, struct challenge *challenge)
{
	publish_forget(sup, challenge);
	TAILQ_REMOVE(&sup->challenges, challenge, entry);
	free(challenge->name);
	free(challenge->section);
	secret_free(challenge->value);
	free(challenge->waiting);
	free(challenge);
}

static struct msg
as_message(const struct challenge *challenge)
{
	return (struct msg){ .kind = MSG_CHALLENGE_SET,
		.fd = -1,
		.u.CHALLENGE_SET = { .kind = challenge->kind,
		    .name = challenge->name,
		    .answer = {
		        challenge->value, strlen(challenge->value) } } };
}

static void
tell_job(struct challenge *challenge, const char *error)
{
	struct msg msg = { .kind = MSG_CHALLENGE_READY,
		.fd = -1,
		.u.CHALLENGE_READY = { .kind = challenge->kind,
		    .name = challenge->name,
		    .error = error } };

	challenge->ready = true;
	child_send(challenge->job->child, &msg);
}

static void
check_ready(struct challenge *challenge)
{
	if (challenge->nwaiting == 0 && !challenge->ready)
		tell_job(challenge, NULL);
}

static void
tell_workers(struct challenge *challenge, struct generation *generation)
{
	struct msg msg = as_message(challenge);

	if (generation == NULL)
		return;
	challenge->waiting = xreallocarray(challenge->waiting,
	    challenge->nwaiting + generation->nworkers,
	    sizeof(*challenge->waiting));
	for (unsigned i = 0; i < generation->nworkers; i++) {
		struct worker *worker = &generation->workers[i];

		if (worker->child == NULL)
			continue;
		child_send(worker->child, &msg);
		challenge->waiting[challenge->nwaiting++] = worker;
	}
}

/* The one place that says who publishes a record. */
static struct publish_record
record_of(struct challenge *challenge)
{
	const struct supervisor *sup = challenge->job->sup;
	const struct plan *plan = sup->current->plan;

	return (struct publish_record){ .program = challenge->job->dns_hook,
		.section = challenge->section,
		.name = challenge->name,
		.value = challenge->value,
		.uid = plan->uid,
		.gid = plan->gid };
}

static void
on_published(
    void *arg, const char *error, const struct renewal_failure *refusal)
{
	struct challenge *challenge = arg;

	if (refusal != NULL)
		job_refused(challenge->job, refusal);
	tell_job(challenge, error);
}

/* A program of the authority's section publishes any record. */
static bool
has_publisher(struct supervisor *sup, struct challenge *challenge)
{
	const char *section;

	if (challenge->job->dns_hook != NULL)
		return true;
	section = ddns_prover(sup, challenge->name);
	if (section != NULL)
		challenge->section = xstrdup(section);
	return section != NULL;
}

static void
publish(struct supervisor *sup, struct challenge *challenge)
{
	struct publish_record record;

	if (sup->current == NULL || !has_publisher(sup, challenge)) {
		tell_job(challenge,
		    "there is no DNSHook, and no DDNS section that can");
		return;
	}
	job_extend(challenge->job);
	record = record_of(challenge);
	publish_present(sup, &record, on_published, challenge);
}

static void
unpublish(struct supervisor *sup, struct challenge *challenge)
{
	struct publish_record record;

	if (sup->current == NULL ||
	    (challenge->job->dns_hook == NULL && challenge->section == NULL))
		return;
	record = record_of(challenge);
	publish_cleanup(sup, &record);
}

static unsigned
count(const struct supervisor *sup)
{
	const struct challenge *challenge;
	unsigned n = 0;

	TAILQ_FOREACH(challenge, &sup->challenges, entry)
		n++;
	return n;
}

void
challenge_set(struct child *child, const struct msg *msg)
{
	struct job *job = job_from(child->owner);
	struct supervisor *sup = job->sup;
	const struct msg_CHALLENGE_SET *set = &msg->u.CHALLENGE_SET;
	struct challenge *challenge;

	if (set->kind >= JOB_CHALLENGE_COUNT ||
	    find(sup, set->kind, set->name) != NULL ||
	    count(sup) == CHALLENGES_MAX) {
		log_err("%s[%ld] sets a wrong challenge, or too many",
		    child->name, (long)child->pid);
		child_kill(child);
		return;
	}
	challenge = xcalloc(1, sizeof(*challenge));
	challenge->job = job;
	challenge->kind = (enum job_challenge)set->kind;
	challenge->name = xstrdup(set->name);
	challenge->value = xstrndup(set->answer.p, set->answer.len);
	TAILQ_INSERT_TAIL(&sup->challenges, challenge, entry);
	if (job->ordered)
		job->way = challenge->kind;
	if (challenge->kind == JOB_DNS_01) {
		publish(sup, challenge);
		return;
	}
	tell_workers(challenge, sup->current);
	tell_workers(challenge, sup->starting);
	check_ready(challenge);
}

static void
withdraw(struct supervisor *sup, struct challenge *challenge)
{
	struct generation *const told[] = { sup->current, sup->starting };
	struct msg msg = { .kind = MSG_CHALLENGE_CLEAR,
		.fd = -1,
		.u.CHALLENGE_CLEAR = {
		    .kind = challenge->kind, .name = challenge->name } };

	if (challenge->kind == JOB_DNS_01) {
		unpublish(sup, challenge);
		drop(sup, challenge);
		return;
	}
	for (size_t i = 0; i < sizeof(told) / sizeof(told[0]); i++)
		if (told[i] != NULL)
			generation_send(told[i], &msg);
	drop(sup, challenge);
}

void
challenge_clear(struct child *child, const struct msg *msg)
{
	struct job *job = job_from(child->owner);
	const struct msg_CHALLENGE_CLEAR *clear = &msg->u.CHALLENGE_CLEAR;
	struct challenge *challenge = find(job->sup, clear->kind, clear->name);

	if (challenge != NULL && challenge->job == job)
		withdraw(job->sup, challenge);
}

static void
answered(struct challenge *challenge, const struct worker *worker)
{
	for (unsigned i = 0; i < challenge->nwaiting; i++) {
		if (challenge->waiting[i] != worker)
			continue;
		challenge->waiting[i] =
		    challenge->waiting[--challenge->nwaiting];
		check_ready(challenge);
		return;
	}
}

void
challenge_done(struct child *child, const struct msg *msg)
{
	struct worker *worker = worker_from(child->owner);
	const struct msg_CHALLENGE_DONE *done = &msg->u.CHALLENGE_DONE;
	struct challenge *challenge =
	    find(worker->generation->sup, done->kind, done->name);

	if (challenge != NULL)
		answered(challenge, worker);
}

void
challenge_replay(struct supervisor *sup, struct worker *worker)
{
	struct challenge *challenge;

	TAILQ_FOREACH(challenge, &sup->challenges, entry) {
		struct msg msg = as_message(challenge);

		if (challenge->kind != JOB_DNS_01)
			child_send(worker->child, &msg);
	}
}

void
challenge_forget_worker(struct supervisor *sup, struct worker *worker)
{
	struct challenge *challenge;

	TAILQ_FOREACH(challenge, &sup->challenges, entry)
		answered(challenge, worker);
}

void
challenge_forget_job(struct supervisor *sup, struct job *job)
{
	struct challenge *challenge, *next;

	TAILQ_FOREACH_SAFE(challenge, &sup->challenges, entry, next)
		if (challenge->job == job)
			withdraw(sup, challenge);
}
