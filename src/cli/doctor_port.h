#ifndef CLI_DOCTOR_PORT_H
#define CLI_DOCTOR_PORT_H

/* Who listens on a port, as far as /proc lets us see. */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "doctor_report.h"
#include "net/addr.h"

/*
 * A row of /proc/net/tcp or tcp6: true if it is a listening socket, with its
 * address and its number.
 */
bool doctor_read_row(const char *row, struct addr *addr, uint64_t *inode);

/* Could they not listen both, without agreeing to share? */
bool doctor_collide(const struct addr *a, const struct addr *b);

#define DOCTOR_NAME_SIZE 32

/*
 * The program that listens where this address leads on this machine. False if
 * none does, or it is not ours to see.
 */
bool doctor_find_holder(const struct addr *addr, char name[DOCTOR_NAME_SIZE]);

struct doctor_port {
	bool running;                /* there is a gateway */
	bool taken;                  /* somebody listens */
	bool ours;                   /* it is that gateway */
	pid_t other;                 /* somebody else does; 0: not known */
	char name[DOCTOR_NAME_SIZE]; /* of it */
};

struct json;

/*
 * Looks who listens on it. status: of a gateway that runs, or NULL. Whether
 * there is one is the caller's to say.
 */
void doctor_look_at_port(const struct addr *addr, const struct json *status,
    struct doctor_port *port);

enum doctor_verdict doctor_judge_port(const struct doctor_port *port);

#endif
