/* The job's side of its line to the supervisor: see supervisor.h. */

#include "supervisor.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "ipc/line.h"
#include "pki/cert.h"
#include "problem.h"
#include "proof.h"
#include "renewal.h"

void
supervisor_save_account(
    struct chan *supervisor, const char *key, const char *url)
{
	struct msg msg = { .kind = MSG_ACCOUNT_SAVE,
		.fd = -1,
		.u.ACCOUNT_SAVE = { .key = key, .url = url } };

	line_tell(supervisor, &msg);
	line_hear(supervisor, MSG_SAVED, &msg);
}

void
supervisor_save_order(struct chan *supervisor, const char *url, const char *key)
{
	struct msg msg = { .kind = MSG_ORDER_SAVE,
		.fd = -1,
		.u.ORDER_SAVE = { .url = url, .key = key } };

	line_tell(supervisor, &msg);
	line_hear(supervisor, MSG_SAVED, &msg);
}

int
supervisor_set_challenge(
    struct chan *supervisor, const struct proof *proof, struct problem *problem)
{
	struct msg msg = { .kind = MSG_CHALLENGE_SET,
		.fd = -1,
		.u.CHALLENGE_SET = { .kind = proof->kind,
		    .name = proof->name,
		    .answer = { proof->answer, strlen(proof->answer) } } };
	const struct msg_CHALLENGE_READY *ready = &msg.u.CHALLENGE_READY;

	line_tell(supervisor, &msg);
	line_hear(supervisor, MSG_CHALLENGE_READY, &msg);
	if (strcmp(ready->name, proof->name) != 0)
		fatal("the supervisor is ready for another challenge");
	if (*ready->error != '\0')
		return problem_set(problem, PROBLEM_HOOK, "%s", ready->error);
	return 0;
}

void
supervisor_clear_challenge(struct chan *supervisor, const struct proof *proof)
{
	struct msg msg = { .kind = MSG_CHALLENGE_CLEAR,
		.fd = -1,
		.u.CHALLENGE_CLEAR = {
		    .kind = proof->kind, .name = proof->name } };

	line_tell(supervisor, &msg);
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
			line_lost();
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

	line_tell(supervisor, &msg);
}

void
supervisor_done(struct chan *supervisor, const char *text)
{
	struct msg msg = {
		.kind = MSG_JOB_DONE, .fd = -1, .u.JOB_DONE = { .text = text }
	};

	line_tell(supervisor, &msg);
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

	line_tell(supervisor, &msg);
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

	line_tell(supervisor, &msg);
}
