#include "challenge.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "generation.h"
#include "ipc/job.h"
#include "job.h"
#include "supervisor.h"
#include "worker.h"

#define CHALLENGES_MAX 128 /* as many names as one order may have */

struct challenge {
	TAILQ_ENTRY(challenge) entry;
	struct job *job;
	enum job_challenge kind;
	char *name;
	struct buf answer;
	struct worker **waiting; /* for these */
	unsigned nwaiting;
	bool ready; /* the job was told */
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
	TAILQ_REMOVE(&sup->challenges, challenge, entry);
	free(challenge->name);
	buf_wipe(&challenge->answer);
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
		    .answer = { buf_data(&challenge->answer),
		        buf_len(&challenge->answer) } } };
}

static void
check_ready(struct challenge *challenge)
{
	struct msg msg = { .kind = MSG_CHALLENGE_READY,
		.fd = -1,
		.u.CHALLENGE_READY = {
		    .kind = challenge->kind, .name = challenge->name } };

	if (challenge->nwaiting > 0 || challenge->ready)
		return;
	challenge->ready = true;
	child_send(challenge->job->child, &msg);
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
	buf_append(&challenge->answer, set->answer.p, set->answer.len);
	TAILQ_INSERT_TAIL(&sup->challenges, challenge, entry);
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
