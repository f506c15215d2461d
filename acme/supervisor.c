/* The job's side of its line to the supervisor: see supervisor.h. */

#include "supervisor.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/xalloc.h"
#include "ipc/chan.h"
#include "ipc/msg.h"
#include "pki/cert.h"
#include "problem.h"
#include "renewal.h"

/* It closes the line to call the job off. */
static _Noreturn void
stop(void)
{
	log_info("the supervisor is gone");
	exit(EXIT_FAILURE);
}

static void
tell(struct chan *supervisor, const struct msg *msg)
{
	struct error err;

	if (chan_send(supervisor, msg, &err) == -1)
		fatal("cannot tell the supervisor %s: %s", msg_name(msg->kind),
		    err.msg);
}

static void
hear(struct chan *supervisor, enum msg_kind kind, struct msg *msg)
{
	struct error err;

	switch (chan_recv(supervisor, msg, &err)) {
	case CHAN_MESSAGE:
		break;
	case CHAN_EMPTY:
	case CHAN_CLOSED:
		stop();
	case CHAN_BROKEN:
		fatal("the supervisor sent nonsense: %s", err.msg);
	}
	if (msg->kind != kind)
		fatal("the supervisor sent %s instead of %s",
		    msg_name(msg->kind), msg_name(kind));
}

void
supervisor_read_job(struct chan *supervisor, struct msg_JOB *job)
{
	struct msg msg;

	hear(supervisor, MSG_JOB, &msg);
	*job = msg.u.JOB;
}

void
supervisor_save_account(
    struct chan *supervisor, const char *key, const char *url)
{
	struct msg msg = { .kind = MSG_ACCOUNT_SAVE,
		.fd = -1,
		.u.ACCOUNT_SAVE = { .key = key, .url = url } };

	tell(supervisor, &msg);
	hear(supervisor, MSG_SAVED, &msg);
}

void
supervisor_save_order(struct chan *supervisor, const char *url, const char *key)
{
	struct msg msg = { .kind = MSG_ORDER_SAVE,
		.fd = -1,
		.u.ORDER_SAVE = { .url = url, .key = key } };

	tell(supervisor, &msg);
	hear(supervisor, MSG_SAVED, &msg);
}

void
supervisor_set_challenge(
    struct chan *supervisor, const char *token, const char *authorization)
{
	struct msg msg = { .kind = MSG_CHALLENGE_SET,
		.fd = -1,
		.u.CHALLENGE_SET = { .kind = JOB_HTTP_01,
		    .name = token,
		    .answer = { authorization, strlen(authorization) } } };

	tell(supervisor, &msg);
	hear(supervisor, MSG_CHALLENGE_READY, &msg);
	if (strcmp(msg.u.CHALLENGE_READY.name, token) != 0)
		fatal("the supervisor is ready for another challenge");
}

void
supervisor_clear_challenge(struct chan *supervisor, const char *token)
{
	struct msg msg = { .kind = MSG_CHALLENGE_CLEAR,
		.fd = -1,
		.u.CHALLENGE_CLEAR = { .kind = JOB_HTTP_01, .name = token } };

	tell(supervisor, &msg);
}

void
supervisor_pause(struct chan *supervisor, int64_t ms)
{
	/* Nothing was asked: all that can come is the end. */
	struct pollfd line = { .fd = chan_fd(supervisor), .events = POLLIN };
	int64_t end = clock_mono_ms() + ms, left = ms;

	do {
		if (poll(&line, 1, (int)left) == -1 && errno != EINTR)
			fatal("poll: %s", strerror(errno));
		if (line.revents != 0)
			stop();
		left = end - clock_mono_ms();
	} while (left > 0);
}

void
supervisor_informed(struct chan *supervisor, const struct renewal *renewal)
{
	struct msg msg = { .kind = MSG_RENEWAL_INFO,
		.fd = -1,
		.u.RENEWAL_INFO = { .start = renewal->start,
		    .end = renewal->end,
		    .retry_after = renewal->retry_after,
		    .url = renewal->page } };

	tell(supervisor, &msg);
}

void
supervisor_done(struct chan *supervisor, const char *text)
{
	struct msg msg = {
		.kind = MSG_JOB_DONE, .fd = -1, .u.JOB_DONE = { .text = text }
	};

	tell(supervisor, &msg);
}

void
supervisor_issued(
    struct chan *supervisor, const char *pem, const struct pki_cert_info *info)
{
	struct msg msg = { .kind = MSG_CERT_ISSUED,
		.fd = -1,
		.u.CERT_ISSUED = { .pem = { pem, strlen(pem) },
		    .not_before = info->not_before,
		    .not_after = info->not_after,
		    .serial = info->serial } };

	tell(supervisor, &msg);
}

void
supervisor_failed(struct chan *supervisor, const struct problem *problem)
{
	const char *advice = problem_advice(problem);
	struct msg msg = { .kind = MSG_JOB_FAILED,
		.fd = -1,
		.u.JOB_FAILED = { .kind = problem->kind,
		    .problem = problem->name,
		    .detail = problem->detail,
		    .advice = advice,
		    .retry_after = problem->retry_after } };

	tell(supervisor, &msg);
}
