#include "publish.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/xalloc.h"
#include "ddns.h"
#include "ddns_run.h"
#include "ddns_section.h"
#include "hook.h"
#include "renewal.h"
#include "supervisor.h"

struct publish_task {
	TAILQ_ENTRY(publish_task) entry;
	struct supervisor *sup;
	const char *verb;
	bool clear;
	char *program; /* one of these two */
	char *section;
	char *name;
	char *value;
	uid_t uid;
	gid_t gid;
	struct hook *hook; /* NULL: none */
	bool begun;        /* its turn has come */
	bool tried;        /* its section is busy */
	publish_done *done;
	void *arg;
};

static void
task_free(struct publish_task *task)
{
	TAILQ_REMOVE(&task->sup->records, task, entry);
	free(task->program);
	free(task->section);
	free(task->name);
	free(task->value);
	free(task);
}

/* The error is one line, NULL for none. */
static void
end(struct publish_task *task, const char *error,
    const struct renewal_failure *refusal)
{
	struct supervisor *sup = task->sup;
	publish_done *done = task->done;
	void *arg = task->arg;

	if (error != NULL)
		log_warn("%s of %s: %s", task->verb, task->name, error);
	task_free(task);
	if (done != NULL)
		done(arg, error, refusal);
	publish_go_on(sup);
}

/* --- a person's program --------------------------------------------------- */

static void
on_hook_done(void *arg, const char *error)
{
	char *text = error != NULL ? xasprintf("DNSHook: %s", error) : NULL;

	end(arg, text, NULL);
	free(text);
}

static void
begin_hook(struct publish_task *task)
{
	struct error err = { 0 };

	task->begun = true;
	task->hook = hook_start(&task->sup->children,
	    &(struct hook_spec){
	        .argv = (const char *const[]){ task->program, task->verb,
	            task->name, task->value, NULL },
	        .uid = task->uid,
	        .gid = task->gid,
	        .timeout_ms = HOOK_MS,
	        .done = on_hook_done,
	        .arg = task },
	    &err);
	if (task->hook == NULL)
		on_hook_done(task, err.msg);
}

/* --- a provider ----------------------------------------------------------- */

/* Only a person can mend what the provider has refused for good. */
static void
on_section_done(void *arg, const struct ddns_end *how)
{
	struct publish_task *task = arg;
	struct renewal_failure refusal = {
		.kind = how->kind == DDNS_STOP ? JOB_DAILY : JOB_LADDER,
		.problem = how->problem,
		.advice = how->advice,
		.retry_after = how->retry_after
	};
	char *detail, *text;

	if (how->done) {
		end(task, NULL, NULL);
		return;
	}
	detail = xasprintf("TXT record of %s: %s", task->name, how->detail);
	text = xasprintf("%s: %s", how->problem, how->detail);
	refusal.detail = detail;
	end(task, text, &refusal);
	free(detail);
	free(text);
}

static void
begin_section(struct publish_task *task)
{
	const struct ddns_proof txt = { .section = task->section,
		.clear = task->clear,
		.name = task->name,
		.value = task->value,
		.done = on_section_done,
		.arg = task };
	struct error err = { 0 };

	switch (ddns_publish(task->sup, &txt, &err)) {
	case 0:
		task->begun = true;
		break;
	case -1:
		on_section_done(task,
		    &(struct ddns_end){ .kind = DDNS_AGAIN,
		        .problem = "local",
		        .detail = err.msg,
		        .advice = "",
		        .retry_after = -1 });
		break;
	}
}

/* --- one after the other -------------------------------------------------- */

static bool
same_publisher(const struct publish_task *a, const struct publish_task *b)
{
	const char *one = a->program != NULL ? a->program : a->section;
	const char *other = b->program != NULL ? b->program : b->section;

	return (a->program == NULL) == (b->program == NULL) &&
	    strcmp(one, other) == 0;
}

/* Is everything done that was asked of its publisher before? */
static bool
has_turn(const struct publish_task *task)
{
	const struct publish_task *before;

	TAILQ_FOREACH(before, &task->sup->records, entry) {
		if (before == task)
			return true;
		if (same_publisher(before, task))
			return false;
	}
	return true;
}

static struct publish_task *
next_task(const struct supervisor *sup)
{
	struct publish_task *task;

	TAILQ_FOREACH(task, &sup->records, entry)
		if (!task->begun && !task->tried && has_turn(task))
			return task;
	return NULL;
}

/* What is begun may be over at once. An order that a stop interrupts is
 * resumed, and cleans up then. */
void
publish_go_on(struct supervisor *sup)
{
	struct publish_task *task;

	if (sup->phase == PHASE_STOPPING)
		return;
	TAILQ_FOREACH(task, &sup->records, entry)
		task->tried = false;
	while ((task = next_task(sup)) != NULL) {
		task->tried = true;
		if (task->program != NULL)
			begin_hook(task);
		else
			begin_section(task);
	}
}

static char *
copy(const char *text)
{
	return text != NULL ? xstrdup(text) : NULL;
}

static struct publish_task *
add(struct supervisor *sup, const char *verb,
    const struct publish_record *record)
{
	struct publish_task *task = xcalloc(1, sizeof(*task));

	task->sup = sup;
	task->verb = verb;
	task->program = copy(record->program);
	task->section = record->program == NULL ? copy(record->section) : NULL;
	task->name = xstrdup(record->name);
	task->value = xstrdup(record->value);
	task->uid = record->uid;
	task->gid = record->gid;
	TAILQ_INSERT_TAIL(&sup->records, task, entry);
	return task;
}

void
publish_present(struct supervisor *sup, const struct publish_record *record,
    publish_done *done, void *arg)
{
	struct publish_task *task = add(sup, "present", record);

	task->done = done;
	task->arg = arg;
	publish_go_on(sup);
}

void
publish_cleanup(struct supervisor *sup, const struct publish_record *record)
{
	add(sup, "cleanup", record)->clear = true;
	publish_go_on(sup);
}

void
publish_forget(struct supervisor *sup, const void *arg)
{
	struct publish_task *task;

	TAILQ_FOREACH(task, &sup->records, entry)
		if (task->arg == arg) {
			task->done = NULL;
			task->arg = NULL;
		}
}

void
publish_release(struct supervisor *sup)
{
	while (!TAILQ_EMPTY(&sup->records)) {
		hook_forget(TAILQ_FIRST(&sup->records)->hook);
		task_free(TAILQ_FIRST(&sup->records));
	}
}
