#ifndef TEST_CHILD_H
#define TEST_CHILD_H

/* Runs a function in a child process: for what ends or changes a process. */

#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

struct child {
	int exit_status;   /* -1 if a signal ended it */
	char output[8192]; /* what it wrote to stderr, as a string */
};

static void
run_child(void (*function)(void *), void *arg, struct child *child)
{
	int fds[2], status;
	FILE *output;
	size_t len;
	pid_t pid;

	fflush(NULL);
	assert_int_equal(pipe(fds), 0);
	pid = fork();
	assert_int_not_equal(pid, -1);
	if (pid == 0) {
		dup2(fds[1], STDERR_FILENO);
		close(fds[0]);
		close(fds[1]);
		function(arg);
		_exit(0);
	}
	close(fds[1]);
	output = fdopen(fds[0], "r");
	assert_non_null(output);
	len = fread(child->output, 1, sizeof(child->output) - 1, output);
	assert_int_equal(ferror(output), 0);
	child->output[len] = '\0';
	fclose(output);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	child->exit_status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* In the child: ends it with a message unless the condition holds. */
#define CHILD_CHECK(condition)                                                 \
	do {                                                                   \
		if (!(condition)) {                                            \
			dprintf(STDERR_FILENO, "%s:%d: %s\n", __FILE__,        \
			    __LINE__, #condition);                             \
			_exit(99);                                             \
		}                                                              \
	} while (0)

#define assert_child_succeeded(child)                                          \
	do {                                                                   \
		if ((child).exit_status != 0)                                  \
			fail_msg("%s", (child).output);                        \
	} while (0)

#endif
