#ifndef SUPERVISOR_CHILD_H
#define SUPERVISOR_CHILD_H

/*
 * The processes that the supervisor starts: one program per role, each at the
 * other end of a channel. A child lives from child_spawn() until it has been
 * reaped and its on_exit() has returned; then it is freed here, and nowhere
 * else before.
 */

#include <stdbool.h>
#include <sys/types.h>

#include "base/error.h"
#include "base/list.h"
#include "ipc/chan.h"
#include "net/loop.h"

#define CHILD_MAGIC 0x6368696cu

struct child {
	unsigned magic;
	TAILQ_ENTRY(child) entry;
	struct children *children;
	enum ipc_role role;
	const char *name; /* of the program */
	pid_t pid;
	bool running; /* not reaped: the pid is ours to signal */
	bool closing; /* it was asked to exit: nothing more is said or heard */
	struct chan *chan;
	struct loop_io reader;
	struct loop_io writer;
	bool writing; /* `writer` watches */
	struct loop_timer killer;
	void *owner;
	void (*on_exit)(struct child *child, int status);
};

TAILQ_HEAD(child_list, child);
TAILQ_HEAD(hook_list, hook);

struct children {
	struct child_list list;
	struct hook_list hooks; /* see hook.h: no child of the list */
	struct loop *loop;
	struct loop_signal reaper; /* SIGCHLD */
	char *dir;                 /* where the programs are */
	int null_fd;
	bool quiet; /* children have no stderr: the log is elsewhere */
	void (*on_message)(struct child *child, const struct msg *msg);
	void (*on_empty)(void *arg); /* the last one was reaped */
	void *arg;
};

/* `dir` NULL: ../libexec/gatehouse, seen from our own program. */
int children_init(struct children *children, struct loop *loop, const char *dir,
    struct error *err);

/* Kills and forgets whoever is left. */
void children_release(struct children *children);

struct child_spec {
	enum ipc_role role;
	void *owner;
	void (*on_exit)(struct child *child, int status);
};

struct child *child_spawn(struct children *children,
    const struct child_spec *spec, struct error *err);

/* A child that does not take a message is killed. */
void child_send(struct child *child, const struct msg *msg);

#define CHILD_EXIT_MS 5000 /* how long a child may take to exit */

/*
 * Hangs up, once everything is sent, which asks it to exit; kills it if it does
 * not in time. Nothing that it says is heard any more.
 */
void child_close(struct child *child);

/* Kills it if it still runs in `ms`. */
void child_kill_after(struct child *child, int64_t ms);
void child_kill(struct child *child);

/*
 * Between fork and exec, of hooks as well: no signal is treated as we do, and
 * it leads a session of its own, for Ctrl-C in a terminal is ours to answer.
 */
void child_stand_alone(void);

#define CHILD_STATUS_SIZE 64

/* "exited with status 1", "was killed by signal 9". Returns dst. */
char *child_status_text(int status, char dst[CHILD_STATUS_SIZE]);

#endif
