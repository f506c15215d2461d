/* A CA's look at us, made by ourselves: see selfcheck.h. */

#include "selfcheck.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/ready.h"
#include "base/secret.h"
#include "base/text.h"
#include "base/xalloc.h"
#include "job.h"
#include "problem.h"
#include "proof.h"
#include "supervisor.h"

#define LISTENER_MS 5000
#define PUBLIC_MS 3000
#define ANSWER_MAX 4096
#define PROBE_BYTES 24

/* A connection within the time, or -1 with errno. */
static int
connect_to(const struct addrinfo *at, int64_t deadline)
{
	int fd = socket(
	    at->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int failure = 0;
	socklen_t len = sizeof(failure);

	if (fd == -1)
		return -1;
	if (connect(fd, at->ai_addr, at->ai_addrlen) == 0)
		return fd;
	if (errno == EINPROGRESS && ready_wait(fd, POLLOUT, deadline) == 0 &&
	    getsockopt(fd, SOL_SOCKET, SO_ERROR, &failure, &len) == 0) {
		if (failure == 0)
			return fd;
		errno = failure;
	}
	failure = errno;
	close(fd);
	errno = failure;
	return -1;
}

static int
read_answer(int fd, struct buf *answer, int64_t deadline)
{
	char data[1024];
	ssize_t n;

	for (;;) {
		if (ready_wait(fd, POLLIN, deadline) == -1)
			return -1;
		n = read(fd, data, sizeof(data));
		if (n == 0)
			return 0;
		if (n == -1 && errno != EAGAIN && errno != EINTR)
			return -1;
		if (n > 0 && buf_append(answer, data, (size_t)n) == -1)
			return 0; /* longer than any that is ours */
	}
}

/* Is it a 200 with this body? */
static bool
is_answer(struct buf *answer, const char *wanted)
{
	const char *text, *body;

	if (buf_append(answer, "", 1) == -1)
		return false;
	text = (const char *)buf_data(answer);
	body = strstr(text, "\r\n\r\n");
	return strncmp(text, "HTTP/1.", 7) == 0 && strlen(text) > 8 &&
	    strncmp(text + 8, " 200 ", 5) == 0 && body != NULL &&
	    strcmp(body + 4, wanted) == 0;
}

/* Asks one address, as the host of this name, for what the proof promises. */
static int
look(const struct addrinfo *at, const char *host, const struct proof *proof,
    int64_t deadline, struct error *err)
{
	const char *v6 = strchr(host, ':');
	char *request = xasprintf("GET /.well-known/acme-challenge/%s "
	                          "HTTP/1.1\r\nHost: %s%s%s\r\n"
	                          "Connection: close\r\n\r\n",
	    proof->name, v6 != NULL ? "[" : "", host, v6 != NULL ? "]" : "");
	struct buf answer;
	int fd = connect_to(at, deadline);
	int ret = -1;

	buf_init(&answer, ANSWER_MAX);
	if (fd == -1 ||
	    send(fd, request, strlen(request), MSG_NOSIGNAL) == -1 ||
	    read_answer(fd, &answer, deadline) == -1)
		error_sys(err, "no answer");
	else if (!is_answer(&answer, proof->answer))
		error_set(err, ERR_PROTOCOL, "another answer");
	else
		ret = 0;
	if (fd != -1)
		close(fd);
	buf_release(&answer);
	free(request);
	return ret;
}

/* "127.0.0.1:80", "[::1]:80" */
static int
look_at_listener(const char *address, const char *host,
    const struct proof *probe, struct error *err)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
		.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV };
	struct addrinfo *list;
	const char *port = strrchr(address, ':');
	bool v6 = *address == '[';
	char *ip;
	int rc = EAI_NONAME;

	if (port != NULL && port > address + 2 * v6) {
		ip = xstrndup(address + v6, (size_t)(port - address) - 2 * v6);
		rc = getaddrinfo(ip, port + 1, &hints, &list);
		free(ip);
	}
	if (rc != 0)
		return error_set(err, ERR_SYNTAX, "no address");
	rc = look(list, host, probe, clock_mono_ms() + LISTENER_MS, err);
	freeaddrinfo(list);
	return rc;
}

static struct proof
new_probe(void)
{
	unsigned char random[2 * PROBE_BYTES];

	secret_random(random, sizeof(random));
	return (struct proof){ .kind = JOB_HTTP_01,
		.name = text_base64url(random, PROBE_BYTES),
		.answer = text_base64url(random + PROBE_BYTES, PROBE_BYTES) };
}

/* A wildcard has no host; every name is answered alike. */
static const char *
name_to_ask(const struct job *job)
{
	for (size_t i = 0; i < job->nnames; i++)
		if (job->names[i][0] != '*')
			return job->names[i];
	return NULL;
}

int
selfcheck_listener(struct job *job, struct problem *problem)
{
	const char *host = name_to_ask(job);
	struct proof probe;
	struct error err;
	int ret;

	if (job->nways == 0 || job->ways[0] != JOB_HTTP_01 ||
	    *job->http_address == '\0' || host == NULL)
		return 0;
	probe = new_probe();
	ret = supervisor_set_challenge(job->supervisor, &probe, problem);
	if (ret == 0) {
		ret = look_at_listener(job->http_address, host, &probe, &err);
		if (ret == -1)
			problem_set(problem, PROBLEM_SELFCHECK,
			    "at %s, where we listen, is not our answer for "
			    "%s: %s",
			    job->http_address, host, err.msg);
	}
	supervisor_clear_challenge(job->supervisor, &probe);
	proof_release(&probe);
	if (ret == -1 && job->nways > 1) {
		job_drop_way(job, JOB_HTTP_01);
		log_warn("not by http-01 but by %s: %s",
		    job_way_word(job->ways[0]), problem->detail);
		return 0;
	}
	return ret;
}

void
selfcheck_advise(
    const struct proof *proof, const char *name, const struct problem *problem)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	struct addrinfo *list, *at;
	char address[NI_MAXHOST], host[256];
	struct error err;
	int rc;

	if (problem->type != PROBLEM_CONNECTION &&
	    problem->type != PROBLEM_DNS &&
	    problem->type != PROBLEM_UNAUTHORIZED &&
	    problem->type != PROBLEM_INCORRECT_RESPONSE)
		return;
	log_escape(host, sizeof(host), name, strlen(name));
	rc = getaddrinfo(name, "80", &hints, &list);
	if (rc != 0) {
		log_info("seen from here, %s has no address: %s", host,
		    gai_strerror(rc));
		return;
	}
	for (at = list; at != NULL; at = at->ai_next) {
		if (getnameinfo(at->ai_addr, at->ai_addrlen, address,
		        sizeof(address), NULL, 0, NI_NUMERICHOST) != 0)
			continue;
		rc = look(at, name, proof, clock_mono_ms() + PUBLIC_MS, &err);
		log_info("seen from here, %s is %s, where port 80 gives %s%s",
		    host, address, rc == 0 ? "our answer" : err.msg,
		    rc == 0 ? ""
		            : "; the router may not lead back in from "
		              "the house, or the address is not this one's");
	}
	freeaddrinfo(list);
}
