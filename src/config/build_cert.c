/* The certificates of the listeners, and the authority that issues some. */

#include <string.h>

#include "base/text.h"
#include "build.h"

static const struct {
	const char *name;
	const char *url;
} directories[] = {
	{ "letsencrypt", "https://acme-v02.api.letsencrypt.org/directory" },
	{ "letsencrypt-staging",
	    "https://acme-staging-v02.api.letsencrypt.org/directory" },
};

#define NDIRECTORIES (sizeof(directories) / sizeof(directories[0]))

/* What follows the last dot where no public authority issues. */
static const char *const private_domains[] = { "arpa", "home", "internal",
	"intranet", "invalid", "lan", "local", "localdomain", "localhost",
	"private", "test" };

static const char *
directory_url(const char *text)
{
	size_t i;

	for (i = 0; i < NDIRECTORIES; i++)
		if (strcmp(text, directories[i].name) == 0)
			return directories[i].url;
	return text;
}

static bool
is_public(const struct config_acme *acme)
{
	size_t i;

	for (i = 0; i < NDIRECTORIES; i++)
		if (strcmp(acme->directory, directories[i].url) == 0)
			return true;
	return false;
}

const struct config_acme *
build_acme(struct build *build)
{
	const struct directive *root = build->tree->root;
	const struct directive *section = tree_find(root, WORD_ACME);
	struct config_acme *acme = arena_alloc(build->arena, sizeof(*acme));
	const struct value *eab;

	acme->pos = root->pos;
	acme->directory =
	    directory_url(schema_row(SCOPE_ACME, WORD_DIRECTORY)->def);
	acme->key_type = schema_row(SCOPE_ACME, WORD_KEYTYPE)->def;
	if (section == NULL)
		return acme;
	acme->pos = section->pos;
	if (build_text(section, WORD_DIRECTORY) != NULL)
		acme->directory =
		    directory_url(build_text(section, WORD_DIRECTORY));
	if (build_text(section, WORD_KEYTYPE) != NULL)
		acme->key_type = build_text(section, WORD_KEYTYPE);
	acme->ca_file = build_text(section, WORD_CAFILE);
	acme->email = build_text(section, WORD_EMAIL);
	eab = build_value(section, WORD_EAB);
	if (eab != NULL) {
		acme->eab_kid = eab->text;
		acme->eab_key = eab->next->text;
	}
	return acme;
}

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
is_private_name(const char *name)
{
	const char *last = strrchr(name, '.');
	size_t i;

	if (last == NULL)
		return true;
	for (i = 0; i < sizeof(private_domains) / sizeof(private_domains[0]);
	     i++)
		if (strcmp(last + 1, private_domains[i]) == 0)
			return true;
	return false;
}

/* What keeps an authority from issuing, as far as it can be seen from here. */
static void
check_auto(struct build *build, const struct directive *line)
{
	const struct value *value;

	if (tree_find(build->tree->root, WORD_LISTENHTTP) == NULL)
		diag_add(build->diag, DIAG_WARNING, line->pos,
		    "'AutoCert' needs a ListenHTTP: the certificate authority "
		    "comes to port 80 of each name");
	if (!is_public(build->acme))
		return;
	for (value = line->values; value != NULL; value = value->next)
		if (is_private_name(value->text))
			diag_add(build->diag, DIAG_WARNING, value->pos,
			    "no public certificate authority issues for '%s'; "
			    "use a name of a public domain, or a Directory of "
			    "your own in ACME",
			    value->text);
}

static struct config_cert *
read_auto(struct build *build, const struct directive *line)
{
	struct config_cert *cert = arena_alloc(build->arena, sizeof(*cert));
	const struct value *value;

	check_auto(build, line);
	cert->kind = CERT_AUTO;
	cert->acme = build->acme;
	cert->names =
	    arena_alloc(build->arena, line->nvalues * sizeof(*cert->names));
	for (value = line->values; value != NULL; value = value->next)
		if (!has_name(cert, value->text))
			cert->names[cert->nnames++] = value->text;
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
		if (strcmp(old->names[0], cert->names[0]) != 0)
			continue;
		if (same_names(old, cert))
			return old;
		diag_add(build->diag, DIAG_ERROR, cert->pos,
		    "'AutoCert' for '%s' is on %s with other names; the first "
		    "name of a certificate must be its own",
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

void
build_certs(struct build *build, const struct directive *section,
    struct config_listener *listener)
{
	const struct directive *line;

	listener->certs = arena_alloc(build->arena,
	    (tree_count(section, WORD_CERT) +
	        tree_count(section, WORD_AUTOCERT)) *
	        sizeof(*listener->certs));
	for (line = section->children; line != NULL; line = line->next) {
		const struct config_cert *slot;
		struct config_cert *cert;

		if (line->bad)
			continue;
		if (line->row->id == WORD_CERT)
			cert = read_file(build, line);
		else if (line->row->id == WORD_AUTOCERT)
			cert = read_auto(build, line);
		else
			continue;
		cert->pos = line->pos;
		slot = find_slot(build, cert);
		if (!is_offered(listener, slot))
			listener->certs[listener->ncerts++] = slot;
	}
	if (listener->ncerts == 0 && !tree_is_bad(section))
		diag_add(build->diag, DIAG_ERROR, section->pos,
		    "'ListenHTTPS' has no certificate; it needs Cert "
		    "\"file.pem\" or AutoCert \"name\"");
}
