/* A job's end of its line, in a process of its own: it may end it. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "ipc/line.h"

#define PROGRAM "gatehouse-portmap"

struct job {
	pid_t pid;
	struct chan *supervisor;
	int log; /* its stderr */
};

static const struct msg order = { .kind = MSG_PORTMAP_JOB,
	.fd = -1,
	.u.PORTMAP_JOB = { .uid = -1,
	    .gid = -1,
	    .log_target = LOG_TO_STDERR,
	    .log_level = LOG_LEVEL_ERR,
	    .ports = "80:80" } };

/* What our jobs do: they hear what is to be done, and say how it went. */
static _Noreturn void
work(void)
{
	struct chan *line = line_begin(IPC_PORTMAP, PROGRAM, true);
	struct msg msg;

	line_hear(line, MSG_PORTMAP_JOB, &msg);
	log_info("before");
	line_settle(PROGRAM, &msg);
	log_info("after");
	line_confine(&msg);
	msg = (struct msg){ .kind = MSG_PORTMAP_DONE,
		.fd = -1,
		.u.PORTMAP_DONE = { .protocol = "PCP", .text = "done" } };
	line_tell(line, &msg);
	_exit(0);
}

/* `line`: it has one. The supervisor may say what it likes. */
static struct job
start(bool line)
{
	int fds[2], log[2];
	struct error err;
	struct job job;

	assert_int_equal(chan_pair(fds, &err), 0);
	assert_int_equal(pipe2(log, O_CLOEXEC), 0);
	job.pid = fork();
	assert_int_not_equal(job.pid, -1);
	if (job.pid == 0) {
		dup2(log[1], STDERR_FILENO);
		close(fds[0]);
		if (!line)
			close(CHAN_CHILD_FD);
		else if (fds[1] != CHAN_CHILD_FD)
			dup2(fds[1], CHAN_CHILD_FD);
		if (fds[1] != CHAN_CHILD_FD)
			close(fds[1]);
		work();
	}
	close(fds[1]);
	close(log[1]);
	job.log = log[0];
	job.supervisor = chan_new(fds[0], IPC_SUPERVISOR, IPC_PORTMAP, true);
	return job;
}

/* Its exit status, and all that it logged. */
static int
finish(struct job *job, char *log, size_t size)
{
	size_t len = 0;
	ssize_t n;
	int status;

	chan_free(job->supervisor);
	while ((n = read(job->log, log + len, size - 1 - len)) > 0)
		len += (size_t)n;
	log[len] = '\0';
	close(job->log);
	assert_int_equal(waitpid(job->pid, &status, 0), job->pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void
test_a_job_hears_and_tells(void **state)
{
	struct job job = start(true);
	struct error err;
	struct msg said;
	char log[1024];

	(void)state;
	assert_int_equal(chan_send(job.supervisor, &order, &err), 0);
	assert_int_equal(chan_recv(job.supervisor, &said, &err), CHAN_MESSAGE);
	assert_int_equal(said.kind, MSG_PORTMAP_DONE);
	assert_string_equal(said.u.PORTMAP_DONE.text, "done");
	assert_int_equal(finish(&job, log, sizeof(log)), 0);
	assert_non_null(strstr(log, PROGRAM "["));
	assert_non_null(strstr(log, "before\n"));
	assert_null(strstr(log, "after\n"));
}

static void
test_a_job_ends_with_its_supervisor(void **state)
{
	struct job job = start(true);
	char log[1024];

	(void)state;
	assert_int_equal(finish(&job, log, sizeof(log)), EXIT_FAILURE);
	assert_non_null(strstr(log, "the supervisor is gone\n"));
}

static void
test_a_job_takes_only_what_it_waits_for(void **state)
{
	static const unsigned char nonsense[] = "nonsense";
	struct job job = start(true);
	char log[1024];

	(void)state;
	assert_int_equal(
	    write(chan_fd(job.supervisor), nonsense, sizeof(nonsense)),
	    sizeof(nonsense));
	assert_int_equal(finish(&job, log, sizeof(log)), EXIT_FAILURE);
	assert_non_null(strstr(log, "the supervisor sent nonsense: "));
}

static void
test_nobody_starts_it_by_hand(void **state)
{
	struct job job = start(false);
	char log[1024];

	(void)state;
	assert_int_equal(finish(&job, log, sizeof(log)), 2);
	assert_string_equal(log, PROGRAM " is started by gatehoused\n");
}

static void
test_the_box_is_what_the_message_says(void **state)
{
	struct msg first = { .kind = MSG_START,
		.u.START = {
		    .uid = -1, .gid = 65534, .root = "", .log_tag = "" } };
	struct sandbox box = line_box(&first);

	(void)state;
	assert_null(box.root);
	assert_int_equal(box.uid, (uid_t)-1);
	assert_int_equal(box.gid, 65534);
	first.u.START.root = "/jail";
	assert_string_equal(line_box(&first).root, "/jail");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_job_hears_and_tells),
		cmocka_unit_test(test_a_job_ends_with_its_supervisor),
		cmocka_unit_test(test_a_job_takes_only_what_it_waits_for),
		cmocka_unit_test(test_nobody_starts_it_by_hand),
		cmocka_unit_test(test_the_box_is_what_the_message_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
