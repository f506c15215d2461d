#ifndef CLI_DOCTOR_H
#define CLI_DOCTOR_H

/*
 * `gatehouse doctor`: what a check finds and what it may ask. Nothing here
 * changes anything, counts at an authority, or makes Home Assistant count a
 * failed login.
 */

#include <stdbool.h>
#include <stdint.h>

#include "doctor_report.h"
#include "net/addr.h"

struct config;
struct config_text;
struct json;

/* What was seen of a backend, for the checks that come after. */
struct doctor_backend {
	bool answers;
	bool is_ha;        /* and it is Home Assistant */
	struct addr local; /* as which it sees us */
};

struct doctor {
	const char *file;         /* the configuration */
	struct config_text *text; /* NULL: it could not be read */
	struct config *config;    /* NULL: there are errors in it */
	struct json *status;      /* NULL: no gateway says it */
	bool is_silent;           /* there is one, and it does not tell us */
	bool inside;              /* nobody outside is asked */
	struct doctor_backend *backends; /* by number, with a configuration */
	const char
	    *token; /* of Home Assistant, a secret; NULL: none was given */
	const char *check; /* the one that runs */
	int64_t deadline;  /* on the monotonic clock */
	int64_t now;       /* seconds since the epoch */
	const struct doctor_wish *wish;
	struct doctor_report report;
};

/* Tells whoever waits what is being done. Takes the text over. */
void doctor_tell(struct doctor *doctor, char *what);

/* Takes the texts over; no cure: NULL. */
void doctor_say(struct doctor *doctor, enum doctor_verdict verdict,
    char *subject, char *evidence, char *cure);

/* Time is up: the check says so, for this subject, and goes no further. */
bool doctor_is_late(struct doctor *doctor, const char *subject);

struct doctor_wish {
	const char *file;                          /* the configuration */
	bool inside;                               /* ask nobody outside */
	const char *token;                         /* as in struct doctor */
	void (*tell)(void *arg, const char *what); /* it may take; or NULL */
	void *arg;
};

/* All checks; the report is a new one. */
void doctor_examine(
    const struct doctor_wish *wish, struct doctor_report *report);

/* Has a certificate before this slot the same name? It is looked at once. */
bool doctor_is_repeated(
    const struct config *config, unsigned slot, const char *name);

/* The checks. */
void doctor_check_gateway(struct doctor *doctor);
void doctor_check_ports(struct doctor *doctor);
void doctor_check_backends(struct doctor *doctor);
void doctor_check_ways(struct doctor *doctor);
void doctor_check_settings(struct doctor *doctor);
void doctor_check_certs(struct doctor *doctor);
void doctor_check_ddns(struct doctor *doctor);
void doctor_check_portmap(struct doctor *doctor);
void doctor_check_firewall(struct doctor *doctor);
void doctor_check_mtu(struct doctor *doctor);
void doctor_check_names(struct doctor *doctor);
void doctor_check_reach(struct doctor *doctor);

#endif
