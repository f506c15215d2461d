/* ListenHTTP and ListenHTTPS. */

#include <arpa/inet.h>
#include <string.h>

#include "build.h"
#include "option.h"

#define XHTTP_MAX 3
#define TLS_1_2 0x0303u
#define TLS_1_3 0x0304u

static void
build_address(struct build *build, const struct directive *section,
    struct config_listener *listener)
{
	const char *address = build_text(section, WORD_ADDRESS);
	uint16_t port = (uint16_t)build_number(build, section, WORD_PORT);

	listener->dual = address == NULL;
	addr_parse(&listener->addr, address != NULL ? address : "::", port);
}

static unsigned
build_methods(struct build *build, const struct directive *section)
{
	int level = build_number(build, section, WORD_XHTTP);

	if (level <= XHTTP_MAX)
		return (unsigned)level;
	diag_add(build->diag, DIAG_WARNING,
	    build_value(section, WORD_XHTTP)->pos,
	    "'xHTTP %d' is 'xHTTP %d' here: methods of RPC over HTTP are not "
	    "passed on",
	    level, XHTTP_MAX);
	return XHTTP_MAX;
}

/* A list of methods as an Allow field has it. */
static struct slice
build_allow(struct build *build, unsigned allowed)
{
	const char *list = NULL, *name;
	unsigned level;

	for (unsigned n = 0; (name = config_method(n, &level)) != NULL; n++)
		if (level <= allowed)
			list = list == NULL
			    ? name
			    : arena_printf(build->arena, "%s, %s", list, name);
	return (struct slice){ list, strlen(list) };
}

/* Disable means that version and everything older. */
unsigned
build_min_version(const struct directive *section)
{
	const struct directive *line;

	for (line = section->children; line != NULL; line = line->next)
		if (!line->bad && line->row->id == WORD_DISABLE &&
		    line->row->choices[line->values->number + 1] == NULL)
			return TLS_1_3;
	return TLS_1_2;
}

/* Ciphers is about TLS 1.2, with -ciphersuites about TLS 1.3. */
static void
build_ciphers(const struct directive *section, struct config_listener *listener)
{
	const struct directive *line;

	for (line = section->children; line != NULL; line = line->next) {
		if (line->bad || line->row->id != WORD_CIPHERS)
			continue;
		if ((line->options & OPTION_CIPHERSUITES) != 0) {
			listener->ciphersuites = line->values->text;
			listener->ciphersuites_pos = line->values->pos;
		} else {
			listener->ciphers = line->values->text;
			listener->ciphers_pos = line->values->pos;
		}
	}
}

static void
build_tls(struct build *build, const struct directive *section,
    struct config_listener *listener)
{
	listener->tls = true;
	listener->tls_min_version = build_min_version(section);
	listener->prefer_server_order =
	    build_number(build, section, WORD_SSLHONORCIPHERORDER) != 0;
	build_ciphers(section, listener);
	listener->require_sni =
	    build_number(build, section, WORD_REQUIRESNI) != 0;
	build_certs(build, section, listener);
	if (listener->services == NULL && build->config->services == NULL &&
	    tree_find(build->tree->root, WORD_SERVICE) == NULL)
		diag_add(build->diag, DIAG_WARNING, section->pos,
		    "'%s' has no Service, and there is none at the top level: "
		    "every request will be refused",
		    build_name(section));
}

static const char *
build_forwarded_header(struct build *build, const struct directive *section)
{
	const char *name = build_text(section, WORD_FORWARDEDHEADER);

	if (name == NULL)
		name = build_text(build->tree->root, WORD_FORWARDEDHEADER);
	return name != NULL
	    ? name
	    : schema_row(SCOPE_GLOBAL, WORD_FORWARDEDHEADER)->def;
}

enum { TELLS_CLIENT = 1 << 0, TELLS_TLS = 1 << 1 };

/* Each option changes what the ones before it left. */
static void
build_header_option(struct build *build, const struct directive *section,
    struct config_listener *listener)
{
	static const struct {
		unsigned clear, set;
	} options[] = { /* as in the schema */
		{ TELLS_CLIENT | TELLS_TLS, 0 }, { 0, TELLS_CLIENT },
		{ 0, TELLS_TLS }, { 0, TELLS_CLIENT | TELLS_TLS },
		{ TELLS_CLIENT, 0 }, { TELLS_TLS, 0 }
	};
	const struct value *value = build_value(section, WORD_HEADEROPTION);
	unsigned tells = TELLS_CLIENT;

	if (value == NULL)
		value = build_value(build->tree->root, WORD_HEADEROPTION);
	for (; value != NULL; value = value->next)
		tells = (tells & ~options[value->number].clear) |
		    options[value->number].set;
	listener->tells_client = (tells & TELLS_CLIENT) != 0;
	listener->tells_tls = (tells & TELLS_TLS) != 0;
}

static struct config_listener *
build_listener(struct build *build, const struct directive *section)
{
	struct config_listener *listener =
	    arena_alloc(build->arena, sizeof(*listener));
	const struct directive *acme = tree_find(section, WORD_ACMEFILES);
	unsigned before = build->ncert_conditions;

	listener->pos = section->pos;
	listener->name = section->values != NULL ? section->values->text : NULL;
	listener->index = build->config->nlisteners++;
	build_address(build, section, listener);
	listener->methods = build_methods(build, section);
	listener->allow = build_allow(build, listener->methods);
	listener->head_remove = build_removals(build, section);
	listener->trusted = build_trusted(build, section);
	build_header_option(build, section, listener);
	listener->forwarded_header = build_forwarded_header(build, section);
	listener->rewrite_location =
	    (unsigned)build_number(build, section, WORD_REWRITELOCATION);
	listener->rewrite_errors =
	    build_number(build, section, WORD_REWRITEERRORS) != 0;
	listener->pages = build_pages(build, section);
	if (acme != NULL)
		listener->acme = build_directory(build, acme);
	listener->check_url = build_conditions(build, section);
	listener->max_uri = (unsigned)build_number(build, section, WORD_MAXURI);
	if (build_value(section, WORD_MAXREQUEST) != NULL)
		listener->max_request =
		    build_value(section, WORD_MAXREQUEST)->size;
	listener->request_rules = build_rules(build, section, SCOPE_REQUEST);
	listener->response_rules = build_rules(build, section, SCOPE_RESPONSE);
	listener->log_format = build_log_format(build, section);
	listener->log_suppress = build_log_suppress(section);
	listener->max_connections =
	    (unsigned)build_number(build, section, WORD_MAXCONNECTIONS);
	listener->client_timeout =
	    (unsigned)build_number(build, section, WORD_CLIENT);
	listener->services = build_services(build, section);
	if (section->row->id == WORD_LISTENHTTPS) {
		build_tls(build, section, listener);
		build_client_cert(build, section,
		    build->ncert_conditions > before ||
		        build->nglobal_cert_conditions > 0,
		    listener);
	}
	return listener;
}

static bool
is_wildcard(const struct addr *addr)
{
	if (addr->u.sa.sa_family == AF_INET)
		return addr->u.in.sin_addr.s_addr == htonl(INADDR_ANY);
	return IN6_IS_ADDR_UNSPECIFIED(&addr->u.in6.sin6_addr);
}

/* Whether what is for b's address comes to a, too. */
static bool
covers(const struct config_listener *a, const struct config_listener *b)
{
	if (a->dual)
		return true;
	if (a->addr.u.sa.sa_family != b->addr.u.sa.sa_family)
		return false;
	return is_wildcard(&a->addr) || addr_eq(&a->addr, &b->addr);
}

static bool
collide(const struct config_listener *a, const struct config_listener *b)
{
	uint16_t port = addr_port(&a->addr);

	return port != 0 && port == addr_port(&b->addr) &&
	    (covers(a, b) || covers(b, a));
}

const struct config_listener *
build_collision(const struct build *build, const struct addr *addr)
{
	const struct config_listener wanted = { .addr = *addr };
	const struct config_listener *listener = build->config->listeners;

	while (listener != NULL && !collide(listener, &wanted))
		listener = listener->next;
	return listener;
}

static const char *
place_of(struct build *build, const struct config_listener *listener)
{
	char text[ADDR_TEXT_SIZE];

	if (listener->dual)
		return arena_printf(
		    build->arena, "port %u", addr_port(&listener->addr));
	return arena_strdup(build->arena, addr_text(&listener->addr, text));
}

static void
check_collisions(struct build *build, const struct directive *const *sections,
    const struct config_listener *new)
{
	const struct directive *section = sections[new->index], *other;
	const struct config_listener *old;

	if (tree_is_bad(section))
		return;
	for (old = build->config->listeners; old != new; old = old->next) {
		other = sections[old->index];
		if (tree_is_bad(other) || !collide(old, new))
			continue;
		diag_add(build->diag, DIAG_ERROR, section->pos,
		    "'%s' wants to listen on %s, but the '%s' on %s listens "
		    "on %s already",
		    build_name(section), place_of(build, new),
		    build_name(other),
		    tree_where(build->tree, other->pos, section->pos),
		    place_of(build, old));
	}
}

void
build_listeners(struct build *build)
{
	const struct directive *root = build->tree->root, *child;
	struct config_listener **tail = &build->config->listeners;
	unsigned most = tree_count(root, WORD_LISTENHTTP) +
	    tree_count(root, WORD_LISTENHTTPS);
	const struct directive **sections =
	    arena_alloc(build->arena, most * sizeof(struct directive *));

	for (child = root->children; child != NULL; child = child->next) {
		if (child->row == NULL ||
		    (child->row->id != WORD_LISTENHTTP &&
		        child->row->id != WORD_LISTENHTTPS))
			continue;
		sections[build->config->nlisteners] = child;
		*tail = build_listener(build, child);
		check_collisions(build, sections, *tail);
		tail = &(*tail)->next;
	}
	if (build->config->listeners == NULL && !tree_is_bad(root))
		diag_add(build->diag, DIAG_ERROR, root->pos,
		    "nothing to serve: there is no Gateway, ListenHTTP or "
		    "ListenHTTPS");
}
