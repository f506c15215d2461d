#ifndef TEST_SCENE_H
#define TEST_SCENE_H

/*
 * A worker that serves a configuration without ever opening a socket, and
 * exchanges in it: what the unit tests of single steps need around them.
 */

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "backend.h"
#include "challenge.h"
#include "exchange.h"
#include "http/h1.h"
#include "peer.h"
#include "worker.h"

static struct worker worker;

static inline void
worker_of(struct config_text *text)
{
	struct diag *diag = diag_new();
	struct error err;

	worker_init(&worker);
	worker.text = text;
	worker.config = config_parse(worker.text, diag);
	if (worker.config == NULL)
		fprintf(stderr, "%s\n", diag_line(diag, 0));
	assert(worker.config != NULL);
	diag_free(diag);
	assert(worker_configure(&worker, &err) == 0);
}

static inline void
worker_for(const char *text)
{
	worker_of(config_text_new("test", text, strlen(text)));
}

static inline struct exchange *
exchange_for(const char *head, unsigned listener)
{
	struct h1_scan scan = { 0 };
	unsigned status = 0;
	struct exchange *ex;

	assert(h1_scan(&scan, head, strlen(head)) == H1_DONE);
	ex = exchange_new(&worker, head, scan.head_len, scan.fields, &status);
	assert(ex != NULL);
	ex->listener = &worker.listeners[listener];
	ex->peer = "203.0.113.9";
	peer_resolve(ex);
	return ex;
}

#endif
