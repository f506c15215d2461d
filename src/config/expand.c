/*
 * What a Gateway stands for. Gateways on the same address and port share a
 * listener: the first one makes it, each adds its service and certificate. The
 * result is a tree like any other; printed, it is a configuration.
 */

#include "expand.h"

#include <string.h>
#include <strings.h>

#include "net/addr.h"
#include "value.h"

#define HOST_SIZE 254
#define FORWARD_PORT 8123 /* Home Assistant's */
#define HTTPS_PORT 443
#define HTTPS_SCHEME "https://"
#define USUAL_ACME "default" /* an ACME section without a name */
#define XHTTP_LEVEL "2"      /* the methods that Home Assistant uses */

/* One Gateway being replaced. */
struct expansion {
	struct tree *tree;
	const struct directive *gateway;
	struct directive *result; /* the new top level */
};

/* A directive as if it had been written at `at`. */
static struct directive *
add_directive(struct expansion *exp, struct directive *parent, enum word id,
    const struct directive *at)
{
	const struct schema_row *row = schema_row(parent->scope, id);
	struct directive *new = tree_add(exp->tree, parent, row->word, at->pos);

	new->row = row;
	new->scope = row->opens;
	new->source = at->source;
	new->gateway = exp->gateway;
	return new;
}

static struct directive *
add_line(struct expansion *exp, struct directive *parent, enum word id,
    const struct directive *at, const char *text)
{
	struct directive *new = add_directive(exp, parent, id, at);
	struct config_pos pos = at->values != NULL ? at->values->pos : at->pos;

	tree_add_value(exp->tree, new, text, pos);
	value_check(exp->tree, new);
	return new;
}

/* The Gateway's own line with this meaning, or the Gateway if it has none. */
static const struct directive *
line_of(const struct expansion *exp, enum word id)
{
	const struct directive *line = tree_find(exp->gateway, id);

	return line != NULL ? line : exp->gateway;
}

static const char *
host_of(const struct expansion *exp)
{
	return exp->gateway->values->text;
}

static const char *
address_of(const struct directive *section)
{
	const struct directive *line = tree_find(section, WORD_ADDRESS);

	return line != NULL ? line->values->text : "";
}

static int
port_of(const struct expansion *exp, enum word id)
{
	const struct directive *line = tree_find(exp->gateway, id);

	return line != NULL
	    ? line->values->number
	    : value_default(exp->tree, schema_row(SCOPE_GATEWAY, id));
}

/* What the Gateway says, or else the schema. */
static const char *
text_of(const struct expansion *exp, enum word id)
{
	const struct directive *line = tree_find(exp->gateway, id);

	return line != NULL ? line->values->text
	                    : schema_row(SCOPE_GATEWAY, id)->def;
}

/* The listener that an earlier Gateway made at the same place, or a new one. */
static struct directive *
find_listener(struct expansion *exp, enum word kind, enum word port_word)
{
	const char *address = address_of(exp->gateway);
	int port = port_of(exp, port_word);
	struct directive *listener;

	for (listener = exp->result->children; listener != NULL;
	     listener = listener->next)
		if (listener->gateway != NULL && listener->row->id == kind &&
		    strcmp(address_of(listener), address) == 0 &&
		    tree_find(listener, WORD_PORT)->values->number == port)
			return listener;
	listener = add_directive(exp, exp->result, kind, exp->gateway);
	if (*address != '\0')
		add_line(exp, listener, WORD_ADDRESS,
		    line_of(exp, WORD_ADDRESS), address);
	add_line(exp, listener, WORD_PORT, line_of(exp, port_word),
	    arena_printf(exp->tree->arena, "%d", port));
	add_line(exp, listener, WORD_XHTTP, exp->gateway, XHTTP_LEVEL);
	return listener;
}

/* A service for the Gateway's host. */
static struct directive *
add_service(struct expansion *exp, struct directive *listener)
{
	struct directive *service =
	    add_directive(exp, listener, WORD_SERVICE, exp->gateway);

	add_line(exp, service, WORD_HOST, exp->gateway, host_of(exp));
	return service;
}

static void
add_redirect(struct expansion *exp)
{
	struct arena *arena = exp->tree->arena;
	struct directive *listener =
	    find_listener(exp, WORD_LISTENHTTP, WORD_PORT);
	struct directive *service = add_service(exp, listener), *redirect;
	int port = port_of(exp, WORD_HTTPSPORT);
	const char *url = arena_printf(arena, "https://%s", host_of(exp));

	if (port != 0 && port != HTTPS_PORT)
		url = arena_printf(arena, "%s:%d", url, port);
	redirect = add_directive(exp, service, WORD_REDIRECT, exp->gateway);
	tree_add_value(exp->tree, redirect, "permanent", exp->gateway->pos);
	tree_add_value(exp->tree, redirect, url, exp->gateway->pos);
	value_check(exp->tree, redirect);
}

/* Whether an earlier Gateway has the host on this listener; says so. */
static bool
is_taken(struct expansion *exp, const struct directive *listener)
{
	const struct directive *service, *host;

	for (service = listener->children; service != NULL;
	     service = service->next) {
		host = service->row->id == WORD_SERVICE
		    ? tree_find(service, WORD_HOST)
		    : NULL;
		if (host == NULL ||
		    strcmp(host->values->text, host_of(exp)) != 0)
			continue;
		diag_add(exp->tree->diag, DIAG_ERROR, exp->gateway->pos,
		    "there is a Gateway for '%s' on %s already", host_of(exp),
		    tree_where(exp->tree, service->pos, exp->gateway->pos));
		return true;
	}
	return false;
}

/* The lines about TLS, which mean the same in both sections. */
static void
add_tls(struct expansion *exp, struct directive *backend, bool https,
    const struct directive *forward)
{
	static const enum word words[] = { WORD_SERVERNAME, WORD_CAFILE,
		WORD_INSECURE };

	if (https)
		add_directive(exp, backend, WORD_HTTPS, forward);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		const struct directive *line =
		    tree_find(exp->gateway, words[i]);

		if (line == NULL)
			continue;
		if (line->values != NULL)
			add_line(
			    exp, backend, words[i], line, line->values->text);
		else
			add_directive(exp, backend, words[i], line);
	}
}

/* The ACME section that the Gateway uses, or NULL; they stand first. */
static struct directive *
find_acme(const struct expansion *exp, const char *name)
{
	struct directive *acme;

	for (acme = exp->result->children; acme != NULL; acme = acme->next)
		if (acme->row != NULL && acme->row->id == WORD_ACME &&
		    strcmp(
		        acme->values != NULL ? acme->values->text : USUAL_ACME,
		        name) == 0)
			return acme;
	return NULL;
}

static const char *
acme_of(const struct expansion *exp)
{
	const struct directive *use = tree_find(exp->gateway, WORD_USE);

	return use != NULL ? use->values->text : USUAL_ACME;
}

/* There is one account, so there is one address. */
static void
add_email(struct expansion *exp)
{
	const struct directive *line = tree_find(exp->gateway, WORD_EMAIL);
	const struct directive *other;
	struct directive *acme = find_acme(exp, acme_of(exp));

	if (line == NULL)
		return;
	if (acme == NULL && strcmp(acme_of(exp), USUAL_ACME) == 0)
		acme = add_directive(exp, exp->result, WORD_ACME, line);
	if (acme == NULL)
		return; /* there is no such section: Use says so */
	other = tree_find(acme, WORD_EMAIL);
	if (other == NULL)
		add_line(exp, acme, WORD_EMAIL, line, line->values->text);
	else if (!other->bad &&
	    strcmp(other->values->text, line->values->text) != 0)
		diag_add(exp->tree->diag, DIAG_ERROR, line->values->pos,
		    "'Email' is another one on %s; all certificates of an "
		    "authority are obtained with one account",
		    tree_where(exp->tree, other->pos, line->values->pos));
}

/* Use holds for the AutoCert lines below it, of whatever Gateway. */
static void
add_cert(struct expansion *exp, struct directive *listener)
{
	const struct directive *line, *last = NULL;
	const char *now;

	for (line = listener->children; line != NULL; line = line->next)
		if (line->row->id == WORD_USE)
			last = line;
	now = last != NULL ? last->values->text : USUAL_ACME;
	if (strcmp(now, acme_of(exp)) != 0)
		add_line(exp, listener, WORD_USE, line_of(exp, WORD_USE),
		    acme_of(exp));
	add_line(exp, listener, WORD_AUTOCERT, exp->gateway, host_of(exp));
}

static bool
same_values(const struct directive *a, const struct directive *b)
{
	const struct value *left = a->values, *right = b->values;

	while (
	    left != NULL && right != NULL && !strcmp(left->text, right->text)) {
		left = left->next;
		right = right->next;
	}
	return left == NULL && right == NULL;
}

/* A listener asks every client or none: its Gateways must agree. */
static void
add_client_cert(struct expansion *exp, struct directive *listener, enum word id)
{
	const struct directive *line = tree_find(exp->gateway, id);
	const struct directive *old = tree_find(listener, id);
	const struct value *value;
	struct directive *new;

	if (listener->gateway != exp->gateway) {
		if ((line == NULL && old == NULL) ||
		    (line != NULL && old != NULL && same_values(line, old)))
			return;
		diag_add(exp->tree->diag, DIAG_ERROR, line_of(exp, id)->pos,
		    "'%s' must be the same as in the Gateway on %s, which "
		    "shares its address and port",
		    schema_row(SCOPE_GATEWAY, id)->word,
		    tree_where(exp->tree, listener->pos, exp->gateway->pos));
		return;
	}
	if (line == NULL)
		return;
	new = add_directive(exp, listener, id, line);
	for (value = line->values; value != NULL; value = value->next)
		tree_add_value(exp->tree, new, value->text, value->pos);
	value_check(exp->tree, new);
}

static void
add_client_certs(struct expansion *exp, struct directive *listener)
{
	static const enum word words[] = { WORD_CLIENTCERT, WORD_VERIFYLIST,
		WORD_CALIST, WORD_CRLLIST };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		add_client_cert(exp, listener, words[i]);
}

/* Of the Gateways that share a listener, one that says no is enough. */
static void
add_sni(struct expansion *exp, struct directive *listener)
{
	const struct directive *own = tree_find(exp->gateway, WORD_REQUIRESNI);
	struct directive *line = tree_find(listener, WORD_REQUIRESNI);

	if (line == NULL) {
		add_line(exp, listener, WORD_REQUIRESNI,
		    line_of(exp, WORD_REQUIRESNI),
		    text_of(exp, WORD_REQUIRESNI));
	} else if (own != NULL && own->values->number == 0) {
		line->values->text = own->values->text;
		line->values->number = 0;
	}
}

/* Home Assistant's manifest needs no login, unlike what is below /api/. */
static void
add_probe(struct expansion *exp, struct directive *backend)
{
	add_line(exp, backend, WORD_PROBE, line_of(exp, WORD_PROBE),
	    text_of(exp, WORD_PROBE));
}

static void
add_backend(struct expansion *exp)
{
	const struct directive *forward = line_of(exp, WORD_FORWARD);
	struct directive *listener =
	    find_listener(exp, WORD_LISTENHTTPS, WORD_HTTPSPORT);
	const char *where = forward->values->text;
	bool https =
	    strncasecmp(where, HTTPS_SCHEME, strlen(HTTPS_SCHEME)) == 0;
	struct directive *service, *backend;
	uint16_t port = FORWARD_PORT;
	char host[HOST_SIZE];
	bool is_socket;

	if (https)
		where += strlen(HTTPS_SCHEME);
	if (is_taken(exp, listener))
		return;
	is_socket = strncasecmp(where, UNIX_SCHEME, strlen(UNIX_SCHEME)) == 0;
	if (!is_socket && !addr_split(where, host, sizeof(host), &port))
		return;
	add_sni(exp, listener);
	add_cert(exp, listener);
	add_client_certs(exp, listener);
	service = add_service(exp, listener);
	add_line(exp, service, WORD_HSTS, line_of(exp, WORD_HSTS),
	    text_of(exp, WORD_HSTS));
	backend = add_directive(exp, service, WORD_BACKEND, forward);
	add_line(exp, backend, WORD_ADDRESS, forward,
	    is_socket ? where + strlen(UNIX_SCHEME)
	              : arena_strdup(exp->tree->arena, host));
	if (!is_socket)
		add_line(exp, backend, WORD_PORT, forward,
		    arena_printf(exp->tree->arena, "%u", port));
	add_tls(exp, backend, https, forward);
	add_probe(exp, backend);
}

static void
move(struct directive *child, struct directive *section)
{
	child->parent = section;
	child->next = NULL;
	*section->tail = child;
	section->tail = &child->next;
}

/* Its lines as they are, behind the Gateway's name. */
static void
add_ddns(struct expansion *exp, const struct directive *section)
{
	const struct directive *line = tree_find(section, WORD_HOSTNAME);
	struct directive *new, *child, *next;

	new = add_directive(exp, exp->result, WORD_DDNS, section);
	tree_add_value(
	    exp->tree, new, section->values->text, section->values->pos);
	new->values->number = section->values->number;
	if (line != NULL) {
		diag_add(exp->tree->diag, DIAG_ERROR, line->pos,
		    "'Hostname' has no use in a Gateway, whose name is "
		    "published: leave it out, or move the section to the top "
		    "level");
		new->bad = true;
	} else
		add_line(exp, new, WORD_HOSTNAME, exp->gateway, host_of(exp));
	for (child = section->children; child != NULL; child = next) {
		next = child->next;
		move(child, new);
	}
}

static void
add_all_ddns(struct expansion *exp)
{
	const struct directive *line;

	for (line = exp->gateway->children; line != NULL; line = line->next)
		if (line->row->id == WORD_DDNS)
			add_ddns(exp, line);
}

static void
expand_gateway(struct expansion *exp)
{
	int port = port_of(exp, WORD_PORT);

	if (port != 0 && port == port_of(exp, WORD_HTTPSPORT)) {
		diag_add(exp->tree->diag, DIAG_ERROR, exp->gateway->pos,
		    "'Gateway' needs two ports, and %d is both its Port and "
		    "its HTTPSPort",
		    port);
		exp->result->bad = true;
		return;
	}
	add_redirect(exp);
	add_backend(exp);
	add_all_ddns(exp);
}

static bool
is_section(const struct directive *directive, enum word id)
{
	return directive->row != NULL && directive->row->id == id;
}

void
expand_gateways(struct tree *tree)
{
	struct directive *old = tree->root, *child, *next;
	struct directive *others = NULL, **tail = &others;
	struct expansion exp = { .tree = tree };

	exp.result = tree_add(tree, NULL, "", old->pos);
	exp.result->source = old->source;
	exp.result->scope = old->scope;
	exp.result->bad = old->bad;
	tree->root = exp.result;
	for (child = old->children; child != NULL; child = next) {
		next = child->next;
		child->next = NULL;
		if (is_section(child, WORD_ACME)) {
			move(child, exp.result);
		} else {
			*tail = child;
			tail = &child->next;
		}
	}
	for (child = others; child != NULL; child = child->next) {
		exp.gateway = child;
		if (is_section(child, WORD_GATEWAY) && !tree_is_bad(child))
			add_email(&exp);
	}
	for (child = others; child != NULL; child = next) {
		next = child->next;
		if (!is_section(child, WORD_GATEWAY)) {
			move(child, exp.result);
			continue;
		}
		exp.gateway = child;
		if (tree_is_bad(child))
			exp.result->bad = true;
		else
			expand_gateway(&exp);
	}
}
