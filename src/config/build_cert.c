/* The certificates of the listeners. */

#include <string.h>

#include "base/text.h"
#include "build.h"

/* What follows the last dot where no public authority issues. */
static const char *const private_domains[] = { "arpa", "home", "internal",
	"intranet", "invalid", "lan", "local", "localdomain", "localhost",
	"private", "test" };

static bool
has_name(const struct config_cert *cert, const char *name)
{
	unsigned i;

	for (i = 0; i < cert->nnames; i++)
		if (strcmp(cert->names[i], name) == 0)
			return true;
	return false;
}

static bool
same_names(const struct config_cert *a, const struct config_cert *b)
{
	unsigned i;

	if (a->nnames != b->nnames)
		return false;
	for (i = 0; i < a->nnames; i++)
		if (strcmp(a->names[i], b->names[i]) != 0)
			return false;
	return true;
}

static bool
is_address(const char *name)
{
	struct addr addr;

	return addr_parse(&addr, name, 0);
}

static bool
is_private_name(const char *name)
{
	const char *last = strrchr(name, '.');
	size_t i;

	if (is_address(name))
		return false;
	if (last == NULL)
		return true;
	for (i = 0; i < sizeof(private_domains) / sizeof(private_domains[0]);
	     i++)
		if (strcmp(last + 1, private_domains[i]) == 0)
			return true;
	return false;
}

/* May this way be gone? Without a Challenge, all may. */
static bool
may_use(const struct config_acme *acme, enum config_challenge challenge)
{
	unsigned i;

	for (i = 0; i < acme->nchallenges; i++)
		if (acme->challenges[i] == challenge)
			return true;
	return acme->nchallenges == 0;
}

static void
check_wildcard(struct build *build, const struct value *value,
    const struct config_acme *acme)
{
	if (!may_use(acme, CHALLENGE_DNS_01))
		diag_add(build->diag, DIAG_WARNING, value->pos,
		    "only dns-01 proves '%s': Challenge must name it",
		    value->text);
	else if (acme->nchallenges == 0 &&
	    build_lacks_proof(build, acme, value->text))
		diag_add(build->diag, DIAG_WARNING, value->pos,
		    "only dns-01 proves '%s': it needs a DNSHook in ACME, or a "
		    "DDNS section whose provider can publish the record",
		    value->text);
}

/* Whether the names can be proven: there is a ListenHTTPS in any case. */
static void
check_ways(struct build *build, const struct directive *line,
    const struct config_acme *acme)
{
	const struct value *value;

	if (tree_find(build->tree->root, WORD_LISTENHTTP) == NULL &&
	    !may_use(acme, CHALLENGE_TLS_ALPN_01) &&
	    !may_use(acme, CHALLENGE_DNS_01))
		diag_add(build->diag, DIAG_WARNING, line->pos,
		    "'AutoCert' needs a ListenHTTP: with Challenge http-01 the "
		    "certificate authority comes to port 80 of each name");
	for (value = line->values; value != NULL; value = value->next)
		if (value->text[0] == '*')
			check_wildcard(build, value, acme);
}

/* What keeps an authority from issuing, as far as it can be seen from here. */
static void
check_auto(struct build *build, const struct directive *line,
    const struct config_acme *acme)
{
	const struct value *value;

	check_ways(build, line, acme);
	if (!build_is_public(acme))
		return;
	for (value = line->values; value != NULL; value = value->next)
		if (is_private_name(value->text))
			diag_add(build->diag, DIAG_WARNING, value->pos,
			    "no public certificate authority issues for '%s'; "
			    "use a name of a public domain, or a Directory of "
			    "your own in ACME",
			    value->text);
}

/*
 * What needs a file of its own beside the name's: the second type of key, and a
 * wildcard. An underscore is in no name of a host.
 */
static const char *
store_name(struct build *build, const struct config_cert *cert)
{
	const struct config_acme *acme = cert->acme;
	const char *name = cert->names[0];

	if (*name == '*')
		name = arena_printf(build->arena, "_wildcard%s", name + 1);
	if (strcmp(cert->key_type, acme->key_types[0]) == 0)
		return name;
	return arena_printf(build->arena, "%s_%s", name,
	    strncmp(cert->key_type, "RSA", 3) == 0 ? "rsa" : "ec");
}

static struct config_cert *
read_auto(struct build *build, const struct directive *line,
    const struct config_acme *acme, const char *key_type)
{
	struct config_cert *cert = arena_alloc(build->arena, sizeof(*cert));
	const struct value *value;

	cert->kind = CERT_AUTO;
	cert->acme = acme;
	cert->key_type = key_type;
	cert->names =
	    arena_alloc(build->arena, line->nvalues * sizeof(*cert->names));
	for (value = line->values; value != NULL; value = value->next)
		if (!has_name(cert, value->text))
			cert->names[cert->nnames++] = value->text;
	cert->store = store_name(build, cert);
	return cert;
}

static struct config_cert *
read_file(struct build *build, const struct directive *line)
{
	struct config_cert *cert = arena_alloc(build->arena, sizeof(*cert));

	cert->kind = CERT_FILE;
	cert->file = line->values->text;
	return cert;
}

/*
 * The slot of a certificate: a new one, or that of the same certificate. Two
 * with the same first name would be stored as one.
 */
static const struct config_cert *
find_slot(struct build *build, struct config_cert *cert)
{
	struct config *config = build->config;
	unsigned i;

	for (i = 0; i < config->ncerts; i++) {
		const struct config_cert *old = config->certs[i];

		if (old->kind != cert->kind)
			continue;
		if (cert->kind == CERT_FILE) {
			if (strcmp(old->file, cert->file) == 0)
				return old;
			continue;
		}
		if (strcmp(old->store, cert->store) != 0)
			continue;
		if (same_names(old, cert) && old->acme == cert->acme)
			return old;
		diag_add(build->diag, DIAG_ERROR, cert->pos,
		    "'AutoCert' for '%s' is on %s with other names or another "
		    "authority; the first name of a certificate must be its "
		    "own",
		    cert->names[0],
		    tree_where(build->tree, old->pos, cert->pos));
		return old;
	}
	cert->slot = config->ncerts;
	config->certs[config->ncerts++] = cert;
	return cert;
}

static bool
is_offered(
    const struct config_listener *listener, const struct config_cert *cert)
{
	unsigned i;

	for (i = 0; i < listener->ncerts; i++)
		if (listener->certs[i] == cert)
			return true;
	return false;
}

static void
offer(struct build *build, const struct directive *line,
    struct config_cert *cert, struct config_listener *listener)
{
	const struct config_cert *slot;

	cert->pos = line->pos;
	slot = find_slot(build, cert);
	if (!is_offered(listener, slot))
		listener->certs[listener->ncerts++] = slot;
}

void
build_certs(struct build *build, const struct directive *section,
    struct config_listener *listener)
{
	const struct config_acme *acme = build->acmes;
	const struct directive *line;

	listener->certs = arena_alloc(build->arena,
	    (tree_count(section, WORD_CERT) +
	        CONFIG_KEY_TYPES_MAX * tree_count(section, WORD_AUTOCERT)) *
	        sizeof(*listener->certs));
	for (line = section->children; line != NULL; line = line->next) {
		if (line->bad)
			continue;
		if (line->row->id == WORD_USE)
			acme = build_use(build, line->values);
		if (line->row->id == WORD_CERT)
			offer(build, line, read_file(build, line), listener);
		if (line->row->id != WORD_AUTOCERT || acme == NULL)
			continue;
		check_auto(build, line, acme);
		for (unsigned i = 0; i < acme->nkey_types; i++)
			offer(build, line,
			    read_auto(build, line, acme, acme->key_types[i]),
			    listener);
	}
	if (listener->ncerts == 0 && !tree_is_bad(section))
		diag_add(build->diag, DIAG_ERROR, section->pos,
		    "'ListenHTTPS' has no certificate; it needs Cert "
		    "\"file.pem\" or AutoCert \"name\"");
}
