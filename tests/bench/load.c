/*
 * The loads that wrk cannot make. Connections are served by threads that
 * block: what the client costs is not measured, and it stays simple.
 *
 * Usage: load MODE ADDRESS:PORT CONNECTIONS SECONDS
 *
 *	download   GET /10m on kept connections
 *	upload     POST of 10 MiB on kept connections
 *	full       connect, full handshake, GET /1k, close
 *	resumed    the same with the ticket of the handshake before
 *	websocket  200 bytes there and back
 *	idle       connections that have seen a request, then nothing
 *	tunnels    WebSockets that have seen an echo, then nothing
 *
 * It makes its connections and says "ready"; at a line of input it begins
 * (idle and tunnels: closes them all), says "done OPERATIONS SECONDS", and
 * ends with its input. Any failure ends it with status 1.
 */

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define HOST "bench.test"
#define UPLOAD_SIZE (10u << 20)
#define ECHO_SIZE 200
#define PIECE (64u << 10)
#define THREADS 64
#define CONNECTIONS_MAX 20000

struct thread;

struct conn {
	struct thread *thread;
	SSL *ssl;
	int fd;
};

struct mode {
	const char *name;
	void (*open)(struct conn *conn); /* before the measurement */
	void (*work)(struct conn *conn); /* one operation; NULL: be there */
	bool resume;
};

struct thread {
	pthread_t id;
	struct conn *conns;
	unsigned nconns;
	uint64_t done;
	SSL_SESSION *session; /* the newest ticket */
	char *piece;          /* PIECE bytes */
};

static struct sockaddr_in server;
static const struct mode *mode;
static SSL_CTX *ctx;
static double seconds, deadline;
static pthread_barrier_t opened, begun;

static void die(const char *format, ...)
    __attribute__((format(printf, 1, 2), noreturn));

static void
die(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	fprintf(stderr, "load %s: ", mode != NULL ? mode->name : "");
	vfprintf(stderr, format, ap);
	fputc('\n', stderr);
	va_end(ap);
	ERR_print_errors_fp(stderr);
	_exit(1);
}

static double
now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* --- connections ---------------------------------------------------------- */

static int
on_session(SSL *ssl, SSL_SESSION *session)
{
	struct thread *thread = ((struct conn *)SSL_get_app_data(ssl))->thread;

	SSL_SESSION_free(thread->session);
	thread->session = session;
	return 1;
}

static SSL_CTX *
make_context(bool resume)
{
	SSL_CTX *made = SSL_CTX_new(TLS_client_method());
	char group[] = "X25519"; /* libssl's macro wants it writable */

	if (made == NULL ||
	    !SSL_CTX_set_min_proto_version(made, TLS1_3_VERSION) ||
	    !SSL_CTX_set_ciphersuites(made, "TLS_AES_128_GCM_SHA256") ||
	    !SSL_CTX_set1_groups_list(made, group))
		die("cannot set up TLS");
	SSL_CTX_set_mode(made, SSL_MODE_AUTO_RETRY | SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_session_cache_mode(made, SSL_SESS_CACHE_OFF);
	if (resume) {
		SSL_CTX_set_session_cache_mode(
		    made, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
		SSL_CTX_sess_set_new_cb(made, on_session);
	}
	return made;
}

static void
connect_tls(struct conn *conn)
{
	SSL_SESSION *session = conn->thread->session;
	char host[] = HOST; /* libssl's macro wants it writable */
	int one = 1;

	conn->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (conn->fd == -1 ||
	    connect(conn->fd, (struct sockaddr *)&server, sizeof server) == -1)
		die("cannot connect: %m");
	setsockopt(conn->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	conn->ssl = SSL_new(ctx);
	if (conn->ssl == NULL || !SSL_set_fd(conn->ssl, conn->fd) ||
	    !SSL_set_app_data(conn->ssl, conn) ||
	    !SSL_set_tlsext_host_name(conn->ssl, host) ||
	    (session != NULL && !SSL_set_session(conn->ssl, session)) ||
	    SSL_connect(conn->ssl) != 1)
		die("the handshake failed");
	if (session != NULL && !SSL_session_reused(conn->ssl))
		die("the session was not resumed");
}

static void
disconnect(struct conn *conn)
{
	SSL_shutdown(conn->ssl);
	SSL_free(conn->ssl);
	close(conn->fd);
}

static void
put(struct conn *conn, const void *data, size_t len)
{
	size_t n;

	if (!SSL_write_ex(conn->ssl, data, len, &n))
		die("the connection broke while writing");
}

/* 0: the end */
static size_t
get(struct conn *conn, void *data, size_t len)
{
	size_t n;

	if (SSL_read_ex(conn->ssl, data, len, &n))
		return n;
	if (SSL_get_error(conn->ssl, 0) != SSL_ERROR_ZERO_RETURN)
		die("the connection broke while reading");
	return 0;
}

/* --- HTTP ----------------------------------------------------------------- */

/* Reads a response that must have this status. Returns its body's size. */
static uint64_t
read_response(struct conn *conn, int status)
{
	char *head = conn->thread->piece;
	const char *end = NULL, *length;
	uint64_t size, here;
	size_t len = 0, n;

	while (end == NULL) {
		n = get(conn, head + len, PIECE - 1 - len);
		if (n == 0 || len + n == PIECE - 1)
			die("no response");
		len += n;
		head[len] = '\0';
		end = strstr(head, "\r\n\r\n");
	}
	if (strncmp(head, "HTTP/1.1 ", 9) != 0 ||
	    strtol(head + 9, NULL, 10) != status)
		die("unexpected answer: %.60s", head);
	length = strcasestr(head, "\r\nContent-Length:");
	size = length != NULL ? strtoull(length + 17, NULL, 10) : 0;
	here = len - (size_t)(end + 4 - head);
	while (here < size) {
		n = get(conn, conn->thread->piece, PIECE);
		if (n == 0)
			die("the response was cut short");
		here += n;
	}
	if (here != size)
		die("more than the response");
	return size;
}

static void
get_small(struct conn *conn, bool close)
{
	char head[128];
	int n = snprintf(head, sizeof head,
	    "GET /1k HTTP/1.1\r\nHost: " HOST "\r\n%s\r\n",
	    close ? "Connection: close\r\n" : "");

	put(conn, head, (size_t)n);
	if (read_response(conn, 200) != 1024)
		die("a body that is not 1 KiB");
}

static void
do_small(struct conn *conn)
{
	get_small(conn, false);
}

static void
do_download(struct conn *conn)
{
	static const char head[] =
	    "GET /10m HTTP/1.1\r\nHost: " HOST "\r\n\r\n";

	put(conn, head, sizeof head - 1);
	if (read_response(conn, 200) != 10u << 20)
		die("a body that is not 10 MiB");
}

static void
do_upload(struct conn *conn)
{
	char head[128];
	int n = snprintf(head, sizeof head,
	    "POST /upload HTTP/1.1\r\nHost: " HOST
	    "\r\nContent-Type: application/octet-stream"
	    "\r\nContent-Length: %u\r\n\r\n",
	    UPLOAD_SIZE);

	put(conn, head, (size_t)n);
	for (size_t sent = 0; sent < UPLOAD_SIZE; sent += PIECE)
		put(conn, conn->thread->piece, PIECE);
	read_response(conn, 200);
}

/* --- WebSocket (RFC 6455) ------------------------------------------------- */

/* A mask of zeros: the payload stays as it is. */
static void
do_echo(struct conn *conn)
{
	unsigned char frame[8 + ECHO_SIZE] = { 0x82, 0x80 | 126, ECHO_SIZE >> 8,
		ECHO_SIZE & 255 };
	size_t want = 4 + ECHO_SIZE, len = 0;

	put(conn, frame, sizeof frame);
	while (len < want) {
		size_t n = get(conn, frame + len, want - len);

		if (n == 0)
			die("the tunnel was closed");
		len += n;
	}
	if (frame[0] != 0x82 || frame[1] != 126)
		die("not an echo");
}

static void
open_websocket(struct conn *conn)
{
	static const char head[] =
	    "GET /socket HTTP/1.1\r\nHost: " HOST "\r\nConnection: Upgrade\r\n"
	    "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
	    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

	connect_tls(conn);
	put(conn, head, sizeof head - 1);
	read_response(conn, 101);
	do_echo(conn);
}

/* --- the modes ------------------------------------------------------------ */

static void
open_kept(struct conn *conn)
{
	connect_tls(conn);
	get_small(conn, false);
}

static void
do_handshake(struct conn *conn)
{
	connect_tls(conn);
	get_small(conn, true);
	disconnect(conn);
}

static const struct mode modes[] = {
	{ "keepalive", open_kept, do_small, false },
	{ "download", open_kept, do_download, false },
	{ "upload", connect_tls, do_upload, false },
	{ "full", do_handshake, do_handshake, false },
	{ "resumed", do_handshake, do_handshake, true },
	{ "websocket", open_websocket, do_echo, false },
	{ "idle", open_kept, NULL, false },
	{ "tunnels", open_websocket, NULL, false },
};

static void *
run(void *arg)
{
	struct thread *thread = arg;

	for (unsigned i = 0; i < thread->nconns; i++)
		mode->open(&thread->conns[i]);
	pthread_barrier_wait(&opened);
	pthread_barrier_wait(&begun);
	if (mode->work == NULL)
		for (unsigned i = 0; i < thread->nconns; i++)
			disconnect(&thread->conns[i]);
	else
		while (now() < deadline) {
			mode->work(&thread->conns[0]);
			thread->done++;
		}
	return NULL;
}

static void
start(struct thread *thread, unsigned nconns)
{
	thread->nconns = nconns;
	thread->conns = calloc(nconns, sizeof *thread->conns);
	thread->piece = calloc(1, PIECE);
	if (thread->conns == NULL || thread->piece == NULL)
		die("out of memory");
	for (unsigned i = 0; i < nconns; i++)
		thread->conns[i].thread = thread;
	if (pthread_create(&thread->id, NULL, run, thread) != 0)
		die("cannot start a thread");
}

static void
read_arguments(char **argv, unsigned *conns)
{
	char *colon = strrchr(argv[2], ':');

	for (size_t i = 0; i < sizeof modes / sizeof *modes; i++)
		if (strcmp(modes[i].name, argv[1]) == 0)
			mode = &modes[i];
	if (mode == NULL || colon == NULL)
		die("no such mode or address");
	*colon = '\0';
	server.sin_family = AF_INET;
	server.sin_port = htons((uint16_t)strtoul(colon + 1, NULL, 10));
	*conns = (unsigned)strtoul(argv[3], NULL, 10);
	seconds = strtod(argv[4], NULL);
	if (inet_pton(AF_INET, argv[2], &server.sin_addr) != 1 || *conns == 0 ||
	    *conns > CONNECTIONS_MAX ||
	    (mode->work != NULL && *conns > THREADS))
		die("bad address or number of connections");
}

int
main(int argc, char **argv)
{
	static struct thread threads[THREADS];
	unsigned conns, n;
	uint64_t done = 0;
	double began;

	if (argc != 5) {
		fputs("usage: load MODE ADDRESS:PORT CONNECTIONS SECONDS\n",
		    stderr);
		return 2;
	}
	read_arguments(argv, &conns);
	signal(SIGPIPE, SIG_IGN);
	ctx = make_context(mode->resume);
	n = conns < THREADS ? conns : THREADS;
	pthread_barrier_init(&opened, NULL, n + 1);
	pthread_barrier_init(&begun, NULL, n + 1);
	for (unsigned i = 0; i < n; i++)
		start(&threads[i], conns / n + (i < conns % n));
	pthread_barrier_wait(&opened);
	puts("ready");
	fflush(stdout);
	if (getchar() == EOF)
		return 1;
	began = now();
	deadline = began + seconds;
	pthread_barrier_wait(&begun);
	for (unsigned i = 0; i < n; i++) {
		pthread_join(threads[i].id, NULL);
		done += threads[i].done;
	}
	printf("done %llu %.3f\n", (unsigned long long)done, now() - began);
	fflush(stdout);
	while (getchar() != EOF)
		continue;
	return 0;
}
