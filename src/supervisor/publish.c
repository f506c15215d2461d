#include "publish.h"

#include <stdlib.h>

#include "base/log.h"
#include "base/xalloc.h"
#include "hook.h"
#include "supervisor.h"

struct publish_task {
	TAILQ_ENTRY(publish_task) entry;
	struct supervisor *sup;
	const char *verb;
	char *program;
	char *name;
	char *value;
	uid_t uid;
	gid_t gid;
	struct hook *hook; /* NULL: its turn has not come */
	void (*done)(void *arg, const char *error);
	void *arg;
};

static void run_next(struct supervisor *sup);

static void
task_free(struct publish_task *task)
{
	TAILQ_REMOVE(&task->sup->records, task, entry);
	free(task->program);
	free(task->name);
	free(task->value);
	free(task);
}

static void
end(struct publish_task *task, const char *error)
{
	struct supervisor *sup = task->sup;
	void (*done)(void *arg, const char *error) = task->done;
	void *arg = task->arg;
	char *text = NULL;

	if (error != NULL) {
		text = xasprintf("DNSHook: %s", error);
		log_warn("%s of %s: %s", task->verb, task->name, text);
	}
	task_free(task);
	if (done != NULL)
		done(arg, text);
	free(text);
	run_next(sup);
}

static void
on_done(void *arg, const char *error)
{
	end(arg, error);
}

static void
run_next(struct supervisor *sup)
{
	struct publish_task *task = TAILQ_FIRST(&sup->records);
	struct error err = { 0 };

	/* An order that a stop interrupts is resumed, and cleans up then. */
	if (task == NULL || task->hook != NULL || sup->phase == PHASE_STOPPING)
		return;
	task->hook = hook_start(&sup->children,
	    &(struct hook_spec){
	        .argv = (const char *const[]){ task->program, task->verb,
	            task->name, task->value, NULL },
	        .uid = task->uid,
	        .gid = task->gid,
	        .timeout_ms = HOOK_MS,
	        .done = on_done,
	        .arg = task },
	    &err);
	if (task->hook == NULL)
		end(task, err.msg);
}

static struct publish_task *
add(struct supervisor *sup, const char *verb,
    const struct publish_record *record)
{
	struct publish_task *task = xcalloc(1, sizeof(*task));

	task->sup = sup;
	task->verb = verb;
	task->program = xstrdup(record->program);
	task->name = xstrdup(record->name);
	task->value = xstrdup(record->value);
	task->uid = record->uid;
	task->gid = record->gid;
	TAILQ_INSERT_TAIL(&sup->records, task, entry);
	return task;
}

void
publish_present(struct supervisor *sup, const struct publish_record *record,
    void (*done)(void *arg, const char *error), void *arg)
{
	struct publish_task *task = add(sup, "present", record);

	task->done = done;
	task->arg = arg;
	run_next(sup);
}

void
publish_cleanup(struct supervisor *sup, const struct publish_record *record)
{
	add(sup, "cleanup", record);
	run_next(sup);
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
