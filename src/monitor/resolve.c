#include "resolve.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define RESOLVER_MAGIC 0x7265736f

/* What comes through the pipe: this, then the addresses. */
struct answer {
	int gai; /* an EAI_* value, 0 = found */
	int sys; /* errno, for EAI_SYSTEM */
	struct addr list[ADDR_LIST_MAX];
};
#define ANSWER_HEAD offsetof(struct answer, list)

static struct resolver *
resolver_from(void *arg)
{
	struct resolver *resolver = arg;

	assert(resolver->magic == RESOLVER_MAGIC);
	return resolver;
}

/* In the child: looks up and writes the answer. Never returns. */
static _Noreturn void
look_up(const struct resolver *resolver, int out)
{
	const struct addrinfo hints = { .ai_family = resolver->family,
		.ai_socktype = SOCK_STREAM,
		.ai_flags = AI_NUMERICSERV };
	struct addrinfo *found = NULL;
	struct answer answer = { 0 };
	char service[8];
	size_t n = 0;

	/* Nothing of the monitor's: its channel must close when it dies. */
	signal(SIGTERM, SIG_DFL);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (dup2(out, STDERR_FILENO + 1) == -1)
		_exit(1);
	close_range(STDERR_FILENO + 2, ~0u, 0);

	snprintf(service, sizeof(service), "%u", resolver->port);
	answer.gai = getaddrinfo(resolver->host, service, &hints, &found);
	answer.sys = errno;
	for (const struct addrinfo *ai = found; ai != NULL; ai = ai->ai_next)
		if (n < ADDR_LIST_MAX) {
			addr_from_sockaddr(
			    &answer.list[n], ai->ai_addr, ai->ai_addrlen);
			n += answer.list[n].len != 0;
		}
	/* Less than PIPE_BUF: whole or not at all. */
	if (write(STDERR_FILENO + 1, &answer,
	        ANSWER_HEAD + n * sizeof(answer.list[0])) == -1)
		_exit(1);
	_exit(0);
}

/* The child has done what it had to, or may not go on. */
static void
end_child(struct resolver *resolver)
{
	if (resolver->pid == 0)
		return;
	loop_io_del(&resolver->io);
	close(resolver->pipe);
	kill(resolver->pid, SIGKILL);
	while (waitpid(resolver->pid, NULL, 0) == -1 && errno == EINTR)
		;
	resolver->pid = 0;
}

static void
finish(
    struct resolver *resolver, const struct addr *list, int n, const char *why)
{
	end_child(resolver);
	loop_timer_set(resolver->loop, &resolver->timer,
	    n > 0 ? resolver->every_ms : resolver->retry_ms);
	resolver->fn(resolver->arg, list, n, why);
}

static void
on_answer(void *arg, enum loop_events what)
{
	struct resolver *resolver = resolver_from(arg);
	struct addr list[ADDR_LIST_MAX];
	struct answer answer;
	ssize_t len;
	int n;

	(void)what;
	len = read(resolver->pipe, &answer, sizeof(answer));
	if (len < (ssize_t)ANSWER_HEAD) {
		finish(resolver, NULL, 0, "the look-up died");
		return;
	}
	n = addr_list_read(list, answer.list, (size_t)len - ANSWER_HEAD);
	if (n > 0)
		finish(resolver, list, n, NULL);
	else if (answer.gai == EAI_SYSTEM)
		finish(resolver, NULL, 0, strerror(answer.sys));
	else if (answer.gai != 0)
		finish(resolver, NULL, 0, gai_strerror(answer.gai));
	else
		finish(resolver, NULL, 0, "the name has no address");
}

static void
start_child(struct resolver *resolver)
{
	int fds[2];
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) == -1) {
		finish(resolver, NULL, 0, strerror(errno));
		return;
	}
	pid = fork();
	if (pid == 0)
		look_up(resolver, fds[1]);
	close(fds[1]);
	if (pid == -1) {
		close(fds[0]);
		finish(resolver, NULL, 0, strerror(errno));
		return;
	}
	resolver->pid = pid;
	resolver->pipe = fds[0];
	loop_io_add(resolver->loop, &resolver->io, fds[0], LOOP_READ);
	loop_timer_set(resolver->loop, &resolver->timer, RESOLVE_LIMIT_MS);
}

static void
on_timer(void *arg)
{
	struct resolver *resolver = resolver_from(arg);

	if (resolver->pid != 0)
		finish(resolver, NULL, 0, "no answer within 10 seconds");
	else
		start_child(resolver);
}

void
resolver_start(struct resolver *resolver, struct loop *loop)
{
	resolver->magic = RESOLVER_MAGIC;
	resolver->loop = loop;
	resolver->io.fn = on_answer;
	resolver->timer.fn = on_timer;
	resolver->io.arg = resolver->timer.arg = resolver;
	loop_timer_set(loop, &resolver->timer, 0);
}

void
resolver_stop(struct resolver *resolver)
{
	end_child(resolver);
	loop_timer_cancel(&resolver->timer);
}
