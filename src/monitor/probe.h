#ifndef MONITOR_PROBE_H
#define MONITOR_PROBE_H

/*
 * The health of one backend: does anything accept a connection there, and, if
 * it has a path to ask for, answer with 200? Asked every `alive` seconds while
 * it does, every PROBE_AGAIN_MS while it does not, and at once when a worker
 * says otherwise. A name has several addresses; the backend is up if one
 * answers, and that one is moved to the front.
 */

#include <stdbool.h>
#include <stdint.h>

#include "ask.h"
#include "base/error.h"
#include "config/config.h"
#include "net/addr.h"
#include "net/loop.h"
#include "resolve.h"

#define PROBE_LIMIT_MS 5000 /* for connecting to an address, and its answer */
#define PROBE_AGAIN_MS 500
#define PROBE_AILING_MS 2000 /* when it takes connections: it has to work */
#define PROBE_GAP_MS 100     /* between two, whatever the workers say */

/* Nobody asks a backend to which no request may go. */
enum probe_state { PROBE_UNKNOWN, PROBE_UP, PROBE_DOWN, PROBE_DISABLED };

struct probe {
	unsigned magic;
	const struct config_backend *backend; /* borrowed */
	struct loop *loop;
	int64_t every_ms;
	struct tls_client *tls; /* NULL: plain, or broken */
	struct error broken;    /* why it could not be set up */

	struct addr addresses[ADDR_LIST_MAX];
	int naddresses; /* 0 while a name is not resolved */
	bool stale;     /* the last look-up of the name failed */
	struct resolver resolver;

	enum probe_state state;
	int64_t since;              /* of the state; seconds since the epoch */
	bool reached;               /* the last attempt found somebody there */
	char error[ERROR_MSG_SIZE]; /* why it is down, else "" */

	bool marked; /* a worker is waiting for the next result */
	int fd;      /* connecting, or -1 */
	int trying;  /* which address */
	bool met;    /* somebody was there, at one address or another */
	bool asking; /* connected, and no answer yet */
	struct ask ask;
	int64_t ended_ms;
	struct loop_io io;
	struct loop_timer timer;

	/* The state or the addresses changed, or a worker wanted to know. */
	void (*changed)(void *arg, const struct probe *probe);
	void *arg;
};

const char *probe_state_name(enum probe_state state);

struct tls_trust;

/*
 * Reads whom to trust, while the monitor may still read it. What is wrong with
 * that is the finding of every attempt. *system as of tls_client_open().
 */
void probe_init(struct probe *probe, const struct config_backend *backend,
    struct tls_trust **system);

/* After probe_init(); `changed` and `arg` are set. alive: seconds. */
void probe_start(struct probe *probe, struct loop *loop, unsigned alive);
void probe_stop(struct probe *probe); /* fine when not started */

/* A worker met it otherwise than it had been told. */
void probe_mark(struct probe *probe);

#endif
