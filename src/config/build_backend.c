/*
 * Backends: those of a service, and those of the top level that services share.
 * Two that say the same are one, so that they have one pool and one health.
 */

#include <string.h>

#include "build.h"
#include "value.h"

/* A Backend of the top level. */
struct shared {
	const char *name;
	const struct directive *section;
	struct config_backend *backend;
	struct shared *next;
};

/* What is said of TLS without TLS was meant to be with it. */
static void
check_tls(struct build *build, const struct directive *section,
    const struct config_backend *backend)
{
	const struct directive *ca = tree_find(section, WORD_CAFILE);
	const struct directive *insecure = tree_find(section, WORD_INSECURE);
	const struct directive *extra = ca != NULL ? ca : insecure;
	const struct directive *ciphers = tree_find(section, WORD_CIPHERS);
	const struct directive *disable = tree_find(section, WORD_DISABLE);

	if (!backend->tls && extra != NULL)
		diag_add(build->diag, DIAG_ERROR, extra->pos,
		    "'%s' needs HTTPS: without it the backend shows no "
		    "certificate",
		    extra->row->word);
	else if (!backend->tls && (ciphers != NULL || disable != NULL))
		diag_add(build->diag, DIAG_ERROR, section->pos,
		    "'%s' needs HTTPS",
		    ciphers != NULL ? "Ciphers" : "Disable");
	else if (!backend->tls && backend->cert.path != NULL)
		diag_add(build->diag, DIAG_ERROR, backend->cert.pos,
		    "'Cert' needs HTTPS: without it the backend is shown no "
		    "certificate");
	else if (ca != NULL && insecure != NULL)
		diag_add(build->diag, DIAG_ERROR, insecure->pos,
		    "'Insecure' leaves nothing to 'CAFile'; one of them must "
		    "go");
	else if (insecure != NULL)
		diag_add(build->diag, DIAG_WARNING, insecure->pos,
		    "'Insecure': whoever gets between the gateway and '%s' "
		    "can read and change everything; CAFile with the "
		    "backend's own certificate prevents it",
		    backend->host);
}

static void
build_tls(struct build *build, const struct directive *section,
    struct config_backend *backend)
{
	const struct value *ca = build_value(section, WORD_CAFILE);
	const struct value *cert = build_value(section, WORD_CERT);

	if (cert != NULL)
		backend->cert = (struct config_file){ cert->text, cert->pos };
	backend->tls = tree_find(section, WORD_HTTPS) != NULL;
	backend->insecure = tree_find(section, WORD_INSECURE) != NULL;
	backend->server_name = build_text(section, WORD_SERVERNAME);
	backend->min_version = build_min_version(section);
	backend->ciphers = build_text(section, WORD_CIPHERS);
	backend->ca_file = ca != NULL ? ca->text : NULL;
	backend->ca_pos = ca != NULL ? ca->pos : section->pos;
	check_tls(build, section, backend);
}

/* Whoever asks for a path has no key, so it could not show a certificate. */
static const char *
build_probe(struct build *build, const struct directive *section)
{
	const struct value *probe = build_value(section, WORD_PROBE);

	if (probe == NULL || strcmp(probe->text, PROBE_TCP) == 0)
		return NULL;
	if (tree_find(section, WORD_CERT) != NULL)
		diag_add(build->diag, DIAG_ERROR, probe->pos,
		    "'Probe' can only be tcp with a Cert: the process that "
		    "asks for a path never has its private key");
	return probe->text;
}

static bool
same_text(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static bool
is_same(const struct config_backend *a, const struct config_backend *b)
{
	return same_text(a->host, b->host) && a->port == b->port &&
	    a->tls == b->tls && a->insecure == b->insecure &&
	    same_text(a->server_name, b->server_name) &&
	    same_text(a->ca_file, b->ca_file) &&
	    same_text(a->cert.path, b->cert.path) &&
	    a->min_version == b->min_version &&
	    same_text(a->ciphers, b->ciphers) &&
	    same_text(a->probe, b->probe) && a->family == b->family &&
	    a->all_addresses == b->all_addresses &&
	    a->lookup_every == b->lookup_every &&
	    a->lookup_retry == b->lookup_retry && a->timeout == b->timeout &&
	    a->connect_timeout == b->connect_timeout &&
	    a->ws_timeout == b->ws_timeout;
}

/* The backend itself, or the one that says the same. */
static struct config_backend *
add_backend(struct build *build, struct config_backend *backend)
{
	struct config *config = build->config;

	for (unsigned i = 0; i < config->nbackends; i++)
		if (is_same(config->backends[i], backend))
			return config->backends[i];
	backend->id = config->nbackends;
	config->backends[config->nbackends++] = backend;
	return backend;
}

static void
check_place(struct build *build, const struct directive *section)
{
	static const enum word words[] = { WORD_ADDRESS, WORD_PORT };
	const char *address = build_text(section, WORD_ADDRESS);
	char needs[VALUE_NEEDS_SIZE];

	if (tree_is_bad(section) || (address != NULL && address[0] == '/'))
		return;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		const struct schema_row *row =
		    schema_row(SCOPE_BACKEND, words[i]);

		if (tree_find(section, words[i]) == NULL)
			diag_add(build->diag, DIAG_ERROR, section->pos,
			    "'%s' needs a line '%s' with %s",
			    section->row->word, row->word,
			    value_needs(row, 0, needs));
	}
}

const char *
config_path_within(const char *path, const char *root)
{
	size_t len = strlen(root);

	while (len > 0 && root[len - 1] == '/')
		len--;
	return strncmp(path, root, len) == 0 && path[len] == '/' ? path + len
	                                                         : NULL;
}

static void
build_socket(struct build *build, const struct directive *section,
    struct config_backend *backend)
{
	const struct value *address = build_value(section, WORD_ADDRESS);
	const struct directive *port = tree_find(section, WORD_PORT);
	const char *jail = build->config->root_jail;

	backend->path = backend->place = backend->host;
	backend->port = 0;
	backend->numeric = true;
	if (port != NULL)
		diag_add(build->diag, DIAG_WARNING, port->pos,
		    "'Port' has no effect: a UNIX socket has none");
	if (jail != NULL && config_path_within(backend->path, jail) == NULL)
		diag_add(build->diag, DIAG_ERROR, address->pos,
		    "'%s' is not within the RootJail '%s', where the workers "
		    "could reach it",
		    backend->path, jail);
	if (tree_find(section, WORD_HTTPS) != NULL &&
	    tree_find(section, WORD_SERVERNAME) == NULL)
		diag_add(build->diag, DIAG_ERROR, section->pos,
		    "'HTTPS' over a UNIX socket needs a ServerName: the path "
		    "says nothing about the certificate");
}

/* For a name; an address needs none of it. */
static void
build_lookup(struct build *build, const struct directive *section,
    struct config_backend *backend)
{
	enum { FIRST, ALL, SRV };
	int which = build_number(build, section, WORD_RESOLVE);

	if (which == SRV)
		diag_add(build->diag, DIAG_ERROR,
		    build_value(section, WORD_RESOLVE)->pos,
		    "'Resolve srv' is not supported: SRV records are not "
		    "read; a BackEnd for each server, or 'Resolve all', takes "
		    "its place");
	backend->all_addresses = which == ALL;
	backend->family =
	    (enum config_family)build_number(build, section, WORD_FAMILY);
	backend->lookup_every =
	    (unsigned)build_number(build, section, WORD_OVERRIDETTL);
	backend->lookup_retry =
	    (unsigned)build_number(build, section, WORD_RETRYINTERVAL);
}

static struct config_backend *
build_backend(struct build *build, const struct directive *section)
{
	struct config_backend *backend =
	    arena_alloc(build->arena, sizeof(*backend));
	const char *host = build_text(section, WORD_ADDRESS);

	check_place(build, section);
	backend->pos = section->pos;
	backend->host = host != NULL ? host : "";
	backend->port = (uint16_t)build_number(build, section, WORD_PORT);
	if (backend->host[0] == '/')
		build_socket(build, section, backend);
	else
		backend->numeric =
		    addr_parse(&backend->addr, backend->host, backend->port);
	if (backend->place == NULL)
		backend->place = arena_printf(
		    build->arena, "%s port %u", backend->host, backend->port);
	build_tls(build, section, backend);
	backend->probe = build_probe(build, section);
	build_lookup(build, section, backend);
	backend->timeout = (unsigned)build_number(build, section, WORD_TIMEOUT);
	backend->connect_timeout =
	    (unsigned)build_number(build, section, WORD_CONNTO);
	backend->ws_timeout =
	    (unsigned)build_number(build, section, WORD_WSTIMEOUT);
	return add_backend(build, backend);
}

/* --- shared ones ---------------------------------------------------------- */

static struct shared *
find_shared(const struct build *build, const char *name)
{
	struct shared *shared = build->shared;

	while (shared != NULL && strcmp(shared->name, name) != 0)
		shared = shared->next;
	return shared;
}

void
build_shared(struct build *build)
{
	const struct directive *line = build->tree->root->children;
	struct shared **tail = &build->shared, *other;

	for (; line != NULL; line = line->next) {
		if (line->row == NULL || line->row->id != WORD_BACKEND ||
		    line->values == NULL)
			continue;
		other = find_shared(build, line->values->text);
		if (other != NULL) {
			diag_add(build->diag, DIAG_ERROR, line->values->pos,
			    "there is a Backend '%s' on %s already",
			    other->name,
			    tree_where(
			        build->tree, other->section->pos, line->pos));
			continue;
		}
		*tail = arena_alloc(build->arena, sizeof(**tail));
		(*tail)->name = line->values->text;
		(*tail)->section = line;
		(*tail)->backend = build_backend(build, line);
		tail = &(*tail)->next;
	}
}

/* What stands in a section that uses a shared backend. */
static void
check_use(struct build *build, const struct directive *section)
{
	const struct directive *line;

	for (line = section->children; line != NULL; line = line->next)
		if (!line->bad && line->row->id != WORD_USE &&
		    line->row->id != WORD_PRIORITY &&
		    line->row->id != WORD_DISABLED &&
		    line->row->id != WORD_INCLUDE)
			diag_add(build->diag, DIAG_ERROR, line->pos,
			    "'%s' belongs in the Backend at the top level "
			    "that is used here",
			    line->row->word);
}

/* The name that a line of a service uses, or NULL. */
static const struct value *
used_name(const struct build *build, const struct directive *line)
{
	const struct value *use = build_value(line, WORD_USE);

	if (line->row->id == WORD_USEBACKEND)
		return line->values;
	if (use != NULL)
		return use;
	/* Pound's other way: the label of a section without an Address. */
	if (line->values != NULL && tree_find(line, WORD_ADDRESS) == NULL &&
	    find_shared(build, line->values->text) != NULL)
		return line->values;
	return NULL;
}

/* --- those of a service --------------------------------------------------- */

/* What the place says, or else the shared section, or else the schema. */
static int
place_number(struct build *build, const struct directive *line,
    const struct shared *shared, enum word id)
{
	const struct directive *found = tree_find(line, id);

	if (found == NULL && shared != NULL)
		found = tree_find(shared->section, id);
	if (found == NULL || found->bad)
		return value_default(
		    build->tree, schema_row(SCOPE_BACKEND, id));
	/* Disabled alone. */
	return found->values != NULL ? found->values->number : 1;
}

static bool
add_place(struct build *build, const struct directive *line,
    struct config_service *service, unsigned at)
{
	const struct value *name = used_name(build, line);
	struct shared *shared = NULL;
	struct config_backend *backend;
	int priority;

	if (name != NULL) {
		check_use(build, line);
		shared = find_shared(build, name->text);
		if (shared == NULL) {
			diag_add(build->diag, DIAG_ERROR, name->pos,
			    "there is no Backend '%.100s' at the top level",
			    name->text);
			return false;
		}
	}
	backend = shared != NULL ? shared->backend : build_backend(build, line);
	priority = place_number(build, line, shared, WORD_PRIORITY);
	if (place_number(build, line, shared, WORD_DISABLED) != 0)
		priority = 0;
	backend->used |= priority > 0 && !build_is_disabled(line->parent);
	service->backends[at] = backend;
	service->priorities[at] = (unsigned)priority;
	return true;
}

/* Those of the words, behind what is in the service's list. */
static unsigned
add_places(struct build *build, const struct directive *section,
    struct config_service *service, const enum word words[2])
{
	unsigned first = service->nbackends + service->nemergencies, n = 0;
	const struct directive *line;

	for (line = section->children; line != NULL; line = line->next) {
		if (line->row == NULL || line->bad ||
		    (line->row->id != words[0] && line->row->id != words[1]))
			continue;
		if (first + n == CONFIG_BACKENDS_MAX) {
			diag_add(build->diag, DIAG_ERROR, line->pos,
			    "a Service has at most %u backends",
			    CONFIG_BACKENDS_MAX);
			break;
		}
		n += add_place(build, line, service, first + n);
	}
	return n;
}

void
build_backends(struct build *build, const struct directive *section,
    struct config_service *service)
{
	static const enum word usual[] = { WORD_BACKEND, WORD_USEBACKEND };
	static const enum word emergency[] = { WORD_EMERGENCY, WORD_EMERGENCY };
	unsigned most = tree_count(section, WORD_BACKEND) +
	    tree_count(section, WORD_USEBACKEND) +
	    tree_count(section, WORD_EMERGENCY);

	service->backends =
	    arena_alloc(build->arena, most * sizeof(*service->backends));
	service->priorities =
	    arena_alloc(build->arena, most * sizeof(*service->priorities));
	service->nbackends = add_places(build, section, service, usual);
	service->nemergencies = add_places(build, section, service, emergency);
	service->balancer =
	    (enum config_balancer)build_number(build, section, WORD_BALANCER);
	service->first_place = build->config->nplaces;
	build->config->nplaces += service->nbackends + service->nemergencies;
}
