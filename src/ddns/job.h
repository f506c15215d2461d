#ifndef JOB_H
#define JOB_H

/* The order that the supervisor gives: a copy of its DDNS_JOB message. */

#include <stddef.h>
#include <stdint.h>

#include "config/ddns.h"
#include "ipc/ddns.h"

struct msg_DDNS_JOB;

struct ddns_job {
	enum ddns_kind kind;
	/* As in ipc/ddns.h and config/ddns.h; "" = none. */
	char *provider;
	char **hosts;
	size_t nhosts;
	char *login;
	char *password;
	char *token;
	char *zone;
	char
	    *server; /* never empty but for `custom`: its own, or the table's */
	char *ca_file;
	char *url;
	char *method;
	char **headers;
	size_t nheaders;
	char *body;
	char *success;
	enum ddns_source ipv4, ipv6;
	unsigned listens;
	char **services;
	size_t nservices;
	char *router;
	char *known4;
	char *known6;
	int64_t published;
	char *name;
	char *value;
};

void job_init(struct ddns_job *job, const struct msg_DDNS_JOB *msg);
void job_release(struct ddns_job *job); /* wipes what is secret */

#endif
