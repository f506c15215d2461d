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
compare_acls(const struct config_acl *a, const struct config_acl *b)
{
	assert((a == NULL) == (b == NULL));
	assert(a == NULL || a->nnets == b->nnets);
}

static void
compare_conditions(
    const struct config_condition *a, const struct config_condition *b)
{
	for (; a != NULL && b != NULL; a = a->next, b = b->next) {
		assert(a->kind == b->kind && a->negated == b->negated);
		assert(same_text(a->name.p, b->name.p));
		compare_patterns(a->patterns, b->patterns);
		compare_acls(a->acl, b->acl);
		assert(a->ca == b->ca && a->forwarded == b->forwarded);
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
compare_sessions(const struct config_session *a, const struct config_session *b)
{
	assert((a == NULL) == (b == NULL));
	if (a != NULL)
		assert(a->type == b->type && a->ttl == b->ttl &&
		    same_text(a->id.p, b->id.p));
}

static void
compare_places(const struct config_service *a, const struct config_service *b)
{
	unsigned i;

	assert(a->nbackends == b->nbackends);
	assert(a->nemergencies == b->nemergencies);
	for (i = 0; i < a->nbackends + a->nemergencies; i++)
		assert(a->backends[i]->id == b->backends[i]->id &&
		    a->priorities[i] == b->priorities[i]);
	assert(a->balancer == b->balancer);
	compare_sessions(a->session, b->session);
	assert((a->directory == NULL) == (b->directory == NULL));
	assert(a->directory == NULL ||
	    same_text(a->directory->file.path, b->directory->file.path));
}

static void
compare_services(const struct config_service *a, const struct config_service *b)
{
	for (; a != NULL && b != NULL; a = a->next, b = b->next) {
		compare_places(a, b);
		assert(same_text(a->name, b->name));
		assert(same_text(a->hsts.p, b->hsts.p));
		assert(a->log_suppress == b->log_suppress);
		assert(a->rewrite_location == b->rewrite_location);
		compare_conditions(a->conditions, b->conditions);
		compare_patterns(a->head_remove, b->head_remove);
		compare_rules(a->request_rules, b->request_rules);
		compare_rules(a->response_rules, b->response_rules);
		assert((a->reply == NULL) == (b->reply == NULL));
		assert(a->reply == NULL ||
		    (a->reply->status == b->reply->status &&
		        a->reply->metrics == b->reply->metrics));
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
compare_client_certs(
    const struct config_listener *a, const struct config_listener *b)
{
	assert(a->require_sni == b->require_sni);
	assert(a->client_cert == b->client_cert);
	assert(a->client_depth == b->client_depth);
	assert(same_text(a->verify_list.path, b->verify_list.path));
	assert(same_text(a->ca_list.path, b->ca_list.path));
	assert(same_text(a->crl_list.path, b->crl_list.path));
}

static void
compare_listeners(
    const struct config_listener *a, const struct config_listener *b)
{
	for (; a != NULL && b != NULL; a = a->next, b = b->next) {
		unsigned i;

		assert(a->tls == b->tls && a->dual == b->dual);
		assert(addr_eq(&a->addr, &b->addr));
		assert(same_text(a->name, b->name));
		assert(a->methods == b->methods);
		compare_acls(a->trusted, b->trusted);
		assert(same_text(a->forwarded_header, b->forwarded_header));
		assert(a->tells_client == b->tells_client &&
		    a->tells_tls == b->tells_tls);
		assert(a->max_connections == b->max_connections);
		compare_client_certs(a, b);
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
compare_backends(const struct config_backend *a, const struct config_backend *b)
{
	assert(same_text(a->host, b->host) && a->port == b->port);
	assert(same_text(a->path, b->path) && same_text(a->probe, b->probe));
	assert(a->timeout == b->timeout && a->ws_timeout == b->ws_timeout);
	assert(a->tls == b->tls && a->insecure == b->insecure);
	assert(same_text(a->server_name, b->server_name));
	assert(same_text(a->ca_file, b->ca_file));
	assert(same_text(a->ciphers, b->ciphers));
	assert(a->min_version == b->min_version && a->family == b->family);
	assert(a->all_addresses == b->all_addresses && a->used == b->used);
	assert(a->lookup_every == b->lookup_every &&
	    a->lookup_retry == b->lookup_retry);
}

static void
compare_status(const struct config_status *a, const struct config_status *b)
{
	assert((a == NULL) == (b == NULL));
	if (a == NULL)
		return;
	assert(addr_eq(&a->addr, &b->addr) && a->nnames == b->nnames);
	compare_acls(a->acl, b->acl);
}

/* Secrets are blanked; there are as many. */
static void
compare_ddns(const struct config_ddns *a, const struct config_ddns *b)
{
	unsigned i;

	for (; a != NULL && b != NULL; a = a->next, b = b->next) {
		assert(a->provider == b->provider && a->index == b->index);
		assert(a->nhosts == b->nhosts && a->nheaders == b->nheaders);
		for (i = 0; i < a->nhosts; i++)
			assert(strcmp(a->hosts[i], b->hosts[i]) == 0);
		assert(a->nservices == b->nservices);
		assert(a->ipv4 == b->ipv4 && a->ipv6 == b->ipv6);
		assert(a->interval == b->interval);
		assert(same_text(a->zone, b->zone));
		assert(same_text(a->server, b->server));
		assert(same_text(a->success, b->success));
		assert((a->token == NULL) == (b->token == NULL));
		assert((a->url == NULL) == (b->url == NULL));
	}
	assert(a == NULL && b == NULL);
}

static void
compare(const struct config *a, const struct config *b)
{
	unsigned i;

	compare_status(a->status, b->status);
	assert(same_text(a->access_log, b->access_log) &&
	    same_text(a->log_tag, b->log_tag) && a->anonymise == b->anonymise);
	assert(a->max_per_address == b->max_per_address &&
	    a->max_pending == b->max_pending && a->grace == b->grace);
	assert(same_text(a->user, b->user) && same_text(a->group, b->group));
	assert(same_text(a->root_jail, b->root_jail));
	assert(same_text(a->state_dir, b->state_dir));
	assert(a->workers == b->workers && a->alive == b->alive);
	assert(a->log_facility == b->log_facility);
	assert(a->nlisteners == b->nlisteners && a->ncerts == b->ncerts);
	assert(a->nbackends == b->nbackends);
	for (i = 0; i < a->nbackends; i++)
		compare_backends(a->backends[i], b->backends[i]);
	for (i = 0; i < a->ncerts; i++)
		assert(a->certs[i]->kind == b->certs[i]->kind &&
		    a->certs[i]->nnames == b->certs[i]->nnames &&
		    same_text(a->certs[i]->file, b->certs[i]->file));
	compare_listeners(a->listeners, b->listeners);
	compare_services(a->services, b->services);
	assert(a->nddns == b->nddns && a->port_map == b->port_map);
	compare_ddns(a->ddns, b->ddns);
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
