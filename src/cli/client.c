#include "client.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/xalloc.h"
#include "command.h"
#include "config/config.h"
#include "net/addr.h"
#include "say.h"

/* Longer than the gateway takes to give up itself. */
#define ANSWER_SECONDS 150

#define TRIES 5

static int
connect_to(const char *path, unsigned seconds, struct error *err)
{
	const struct timeval limit = { seconds, 0 };
	struct sockaddr_un sun;
	int fd;

	if (addr_unix(&sun, path, err) == -1)
		return -1;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd == -1)
		return error_sys(err, "socket");
	if (connect(fd, (const struct sockaddr *)&sun, sizeof(sun)) == -1) {
		error_sys(err, "%s", path);
		if (errno == ENOENT || errno == ECONNREFUSED ||
		    errno == ENOTDIR)
			err->kind = ERR_NOTFOUND;
		close(fd);
		return -1;
	}
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	return fd;
}

/* Until the other end closes. */
static int
read_all(int fd, struct buf *in, struct error *err)
{
	for (;;) {
		void *room = buf_reserve(in, 16 * 1024);
		ssize_t n;

		if (room == NULL)
			return error_set(
			    err, ERR_LIMIT, "the answer is too long");
		n = recv(fd, room, 16 * 1024, 0);
		if (n > 0)
			buf_commit(in, (size_t)n);
		else if (n == 0 || errno == ECONNRESET)
			return 0;
		else if (errno == EAGAIN)
			return error_set(
			    err, ERR_TIMEOUT, "the gateway does not answer");
		else if (errno != EINTR)
			return error_sys(err, "receive");
	}
}

static int
judge(const char *text, struct client_answer *answer, struct error *err)
{
	static const char good[] = "ok ", bad[] = "error ";

	if (strncmp(text, good, sizeof(good) - 1) == 0) {
		answer->ok = true;
		answer->text = xstrdup(text + sizeof(good) - 1);
	} else if (strncmp(text, bad, sizeof(bad) - 1) == 0) {
		answer->ok = false;
		answer->text = xstrdup(text + sizeof(bad) - 1);
	} else
		return error_set(
		    err, ERR_PROTOCOL, "the gateway ended without an answer");
	return 0;
}

/* One connection: what was said until the other end closed it. */
static int
converse(const char *path, const char *request, unsigned seconds, char **said,
    struct error *err)
{
	struct buf in = { 0 };
	char *line;
	int fd, rc;

	fd = connect_to(path, seconds, err);
	if (fd == -1)
		return -1;
	line = xasprintf("%s\n", request);
	/* Who is refused has been answered already: see what it says. */
	send(fd, line, strlen(line), MSG_NOSIGNAL);
	free(line);
	rc = read_all(fd, &in, err);
	close(fd);
	if (rc == 0)
		*said = buf_detach(&in, NULL);
	buf_release(&in);
	return rc;
}

int
client_ask(const char *path, const char *request, struct client_answer *answer,
    struct error *err)
{
	return client_ask_within(path, request, ANSWER_SECONDS, answer, err);
}

int
client_ask_within(const char *path, const char *request, unsigned seconds,
    struct client_answer *answer, struct error *err)
{
	char *text = NULL;
	int rc;

	/* One round for each reload that ends at this moment. */
	for (int tries = 1;; tries++) {
		if (converse(path, request, seconds, &text, err) == -1)
			return -1;
		if (tries == TRIES || strcmp(text, "again\n") != 0)
			break;
		free(text);
	}
	rc = judge(text, answer, err);
	free(text);
	return rc;
}

char *
client_find_socket(const char *file)
{
	struct config_text *text;
	char *dir, *path;
	struct error err;

	text =
	    config_text_read(file != NULL ? file : CONFIG_DEFAULT_FILE, &err);
	if (text == NULL) {
		say("%s", err.msg);
		return NULL;
	}
	dir = config_find_state_dir(text);
	path = xasprintf("%s/%s", dir, CONFIG_CONTROL_SOCKET);
	config_text_free(text);
	free(dir);
	return path;
}

int
client_ask_gateway(
    const char *file, const char *request, struct client_answer *answer)
{
	char *path = client_find_socket(file);
	struct error err;
	int rc;

	if (path == NULL)
		return EXIT_BAD;
	rc = client_ask(path, request, answer, &err);
	if (rc == -1 && err.kind == ERR_NOTFOUND)
		say("no gateway is running with the configuration %s (%s)",
		    file != NULL ? file : CONFIG_DEFAULT_FILE, err.msg);
	else if (rc == -1)
		say("%s", err.msg);
	free(path);
	if (rc == 0)
		return EXIT_GOOD;
	return err.kind == ERR_NOTFOUND ? EXIT_NOT_RUNNING : EXIT_BAD;
}
