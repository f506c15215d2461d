/*
 * The configuration's readers, from bytes to a typed configuration. Any text is
 * refused with a message or accepted; what is accepted is still accepted, and
 * means the same, once it was expanded and printed. No file is opened.
 */

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "config/config.h"

#define INPUT_MAX (64u * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool
same_text(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static void
compare_patterns(const struct config_pattern *a, const struct config_pattern *b)
{
	for (; a != NULL && b != NULL; a = a->next, b = b->next)
		assert(a->how == b->how && a->ignore_case == b->ignore_case &&
		    same_text(a->text.p, b->text.p));
	assert(a == NULL && b == NULL);
}

static void
compare_conditions(
    const struct config_condition *a, const struct config_condition *b)
{
	for (; a != NULL && b != NULL; a = a->next, b = b->next) {
		assert(a->kind == b->kind && a->negated == b->negated);
		assert(same_text(a->name.p, b->name.p));
		compare_patterns(a->patterns, b->patterns);
		assert((a->acl == NULL) == (b->acl == NULL));
		assert(a->acl == NULL || a->acl->nnets == b->acl->nnets);
		compare_conditions(a->parts, b->parts);
	}
	assert(a == NULL && b == NULL);
}

static void
compare_rules(const struct config_rule *a, const struct config_rule *b)
{
	for (; a != NULL && b != NULL; a = a->next, b = b->next) {
		const struct config_edit *x = a->edits, *y = b->edits;

		compare_conditions(a->conditions, b->conditions);
		for (; x != NULL && y != NULL; x = x->next, y = y->next) {
			assert(x->kind == y->kind);
			assert(same_text(x->name.p, y->name.p));
			assert(same_text(x->value.p, y->value.p));
			compare_patterns(x->patterns, y->patterns);
		}
		assert(x == NULL && y == NULL);
		compare_rules(a->otherwise, b->otherwise);
	}
	assert(a == NULL && b == NULL);
}

static void
compare_services(const struct config_service *a, const struct config_service *b)
{
	for (; a != NULL && b != NULL; a = a->next, b = b->next) {
		compare_conditions(a->conditions, b->conditions);
		compare_patterns(a->head_remove, b->head_remove);
		compare_rules(a->request_rules, b->request_rules);
		compare_rules(a->response_rules, b->response_rules);
		assert(a->nbackends == b->nbackends);
		assert(a->nemergencies == b->nemergencies);
		assert((a->reply == NULL) == (b->reply == NULL));
		assert(
		    a->reply == NULL || a->reply->status == b->reply->status);
		assert((a->redirect == NULL) == (b->redirect == NULL));
		if (a->redirect != NULL)
			assert(same_text(a->redirect->url, b->redirect->url) &&
			    a->redirect->status == b->redirect->status &&
			    a->redirect->append == b->redirect->append);
	}
	assert(a == NULL && b == NULL);
}

static bool
same_format(
    const struct config_log_format *a, const struct config_log_format *b)
{
	if (a == NULL || b == NULL)
		return a == b;
	return strcmp(a->name, b->name) == 0 && a->nitems == b->nitems;
}

static void
compare_listeners(
    const struct config_listener *a, const struct config_listener *b)
{
	for (; a != NULL && b != NULL; a = a->next, b = b->next) {
		unsigned i;

		assert(a->tls == b->tls && a->dual == b->dual);
		assert(addr_eq(&a->addr, &b->addr));
		assert(a->methods == b->methods);
		assert(a->max_request == b->max_request);
		assert(a->max_uri == b->max_uri);
		compare_conditions(a->check_url, b->check_url);
		compare_rules(a->request_rules, b->request_rules);
		compare_rules(a->response_rules, b->response_rules);
		assert(same_format(a->log_format, b->log_format) &&
		    a->log_suppress == b->log_suppress);
		assert(a->client_timeout == b->client_timeout);
		assert(a->tls_min_version == b->tls_min_version);
		assert(same_text(a->ciphers, b->ciphers));
		assert(a->ncerts == b->ncerts);
		for (i = 0; i < a->ncerts; i++)
			assert(a->certs[i]->slot == b->certs[i]->slot);
		compare_services(a->services, b->services);
	}
	assert(a == NULL && b == NULL);
}

static void
compare(const struct config *a, const struct config *b)
{
	unsigned i;

	assert(same_text(a->user, b->user) && same_text(a->group, b->group));
	assert(same_text(a->root_jail, b->root_jail));
	assert(same_text(a->state_dir, b->state_dir));
	assert(a->workers == b->workers && a->alive == b->alive);
	assert(a->log_facility == b->log_facility);
	assert(a->nlisteners == b->nlisteners && a->ncerts == b->ncerts);
	assert(a->nbackends == b->nbackends);
	for (i = 0; i < a->nbackends; i++)
		assert(same_text(a->backends[i]->host, b->backends[i]->host) &&
		    a->backends[i]->port == b->backends[i]->port &&
		    a->backends[i]->timeout == b->backends[i]->timeout);
	for (i = 0; i < a->ncerts; i++)
		assert(a->certs[i]->kind == b->certs[i]->kind &&
		    a->certs[i]->nnames == b->certs[i]->nnames &&
		    same_text(a->certs[i]->file, b->certs[i]->file));
	compare_listeners(a->listeners, b->listeners);
	compare_services(a->services, b->services);
}

static void
check_expansion(struct config_text *text, const struct config *config)
{
	struct diag *diag = diag_new();
	char *printed = config_expand(text, diag), *again;
	struct config_text *expanded;
	struct config *same;

	assert(printed != NULL);
	expanded = config_text_new("expanded", printed, strlen(printed));
	same = config_parse(expanded, diag);
	assert(same != NULL);
	compare(config, same);
	again = config_expand(expanded, diag);
	assert(strcmp(again, printed) == 0);
	free(again);
	config_free(same);
	config_text_free(expanded);
	free(printed);
	diag_free(diag);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct config_text *text;
	struct config *config;
	struct diag *diag;

	if (size > INPUT_MAX)
		return 0;
	text = config_text_new("fuzz", (const char *)data, size);
	diag = diag_new();
	config = config_parse(text, diag);
	assert((config == NULL) == (diag_count(diag, DIAG_ERROR) > 0));
	assert(config != NULL || diag_line(diag, 0) != NULL);
	if (config != NULL)
		check_expansion(text, config);
	config_free(config);
	diag_free(diag);
	config_text_free(text);
	return 0;
}
