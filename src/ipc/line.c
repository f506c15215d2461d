/* A child's end of its line to the supervisor: see ipc/line.h. */

#include "ipc/line.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"

struct chan *
line_begin(enum ipc_role self, const char *program, bool job)
{
	if (fcntl(CHAN_CHILD_FD, F_GETFD) == -1) {
		fprintf(stderr, "%s is started by gatehoused\n", program);
		exit(2);
	}
	signal(SIGPIPE, SIG_IGN);
	signal(SIGUSR1, SIG_IGN); /* may be sent to the whole service */
	if (!job) {
		signal(SIGINT, SIG_IGN);
		signal(SIGHUP, SIG_IGN);
	}
	log_open(program, LOG_TO_STDERR, 0);
	return chan_new(CHAN_CHILD_FD, self, IPC_SUPERVISOR, job);
}

void
line_settle(const char *program, const struct msg *first)
{
	const struct msg_terms *terms = &first->u.terms;

	log_set_tag(terms->log_tag);
	log_open(program, (enum log_target)terms->log_target,
	    (int)terms->log_facility);
	log_set_level((enum log_level)terms->log_level);
}

struct sandbox
line_box(const struct msg *first)
{
	const struct msg_terms *terms = &first->u.terms;

	return (struct sandbox){ *terms->root != '\0' ? terms->root : NULL,
		(uid_t)terms->uid, (gid_t)terms->gid };
}

void
line_confine(const struct msg *first)
{
	const struct sandbox box = line_box(first);
	struct error err;

	if (sandbox_enter(&box, &err) == -1)
		fatal("cannot give up privilege: %s", err.msg);
}

void
line_lost(void)
{
	log_info("the supervisor is gone");
	exit(EXIT_FAILURE);
}

void
line_hear(struct chan *line, enum msg_kind kind, struct msg *msg)
{
	struct error err;

	switch (chan_recv(line, msg, &err)) {
	case CHAN_MESSAGE:
		break;
	case CHAN_EMPTY:
	case CHAN_CLOSED:
		line_lost();
	case CHAN_BROKEN:
		fatal("the supervisor sent nonsense: %s", err.msg);
	}
	if (msg->kind != kind)
		fatal("the supervisor sent %s instead of %s",
		    msg_name(msg->kind), msg_name(kind));
}

void
line_tell(struct chan *line, const struct msg *msg)
{
	struct error err;

	if (chan_send(line, msg, &err) == -1)
		fatal("cannot tell the supervisor %s: %s", msg_name(msg->kind),
		    err.msg);
}
