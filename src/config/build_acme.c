/* The authorities that issue certificates, and how they are spoken to. */

#include <string.h>

#include "build.h"

#define EAB_FILE_MAX 4096

#define LETSENCRYPT "https://acme-v02.api.letsencrypt.org/directory"
#define LETSENCRYPT_STAGING                                                    \
	"https://acme-staging-v02.api.letsencrypt.org/directory"
#define GOOGLE "https://dv.acme-v02.api.pki.goog/directory"
#define GOOGLE_STAGING "https://dv.acme-v02.test-api.pki.goog/directory"

static const char usual_name[] = "default";

static const struct {
	const char *name;
	const char *url;
	const char *staging; /* NULL: it has none, or is one */
	bool wants_eab;
} directories[] = {
	{ "letsencrypt", LETSENCRYPT, LETSENCRYPT_STAGING, false },
	{ "letsencrypt-staging", LETSENCRYPT_STAGING, NULL, false },
	{ "zerossl", "https://acme.zerossl.com/v2/DV90", NULL, true },
	{ "google", GOOGLE, GOOGLE_STAGING, true },
	{ "google-staging", GOOGLE_STAGING, NULL, true },
};

#define NDIRECTORIES (sizeof(directories) / sizeof(directories[0]))

const char *
config_challenge_word(enum config_challenge challenge)
{
	return schema_row(SCOPE_ACME, WORD_CHALLENGE)->choices[challenge];
}

const char *
config_acme_staging(const char *directory)
{
	for (size_t i = 0; i < NDIRECTORIES; i++)
		if (strcmp(directory, directories[i].url) == 0 &&
		    directories[i].staging != NULL)
			return directories[i].staging;
	return directory;
}

const char *
config_acme_rehearsed(const char *directory)
{
	for (size_t i = 0; i < NDIRECTORIES; i++)
		if (directories[i].staging != NULL &&
		    strcmp(directory, directories[i].staging) == 0)
			return directories[i].name;
	return NULL;
}

bool
config_acme_is_production(const char *directory)
{
	for (size_t i = 0; i < NDIRECTORIES; i++)
		if (strcmp(directory, directories[i].url) == 0)
			return config_acme_rehearsed(directory) == NULL;
	return false;
}

static const char *
directory_url(const char *text)
{
	size_t i;

	for (i = 0; i < NDIRECTORIES; i++)
		if (strcmp(text, directories[i].name) == 0)
			return directories[i].url;
	return text;
}

bool
build_is_public(const struct config_acme *acme)
{
	size_t i;

	for (i = 0; i < NDIRECTORIES; i++)
		if (strcmp(acme->directory, directories[i].url) == 0)
			return true;
	return false;
}

static bool
is_rsa(const char *key_type)
{
	return strncmp(key_type, "RSA", 3) == 0;
}

static void
read_key_types(struct build *build, const struct directive *section,
    struct config_acme *acme)
{
	const struct value *value = build_value(section, WORD_KEYTYPE);

	acme->key_types[acme->nkey_types++] =
	    schema_row(SCOPE_ACME, WORD_KEYTYPE)->def;
	if (value == NULL)
		return;
	acme->key_types[0] = value->text;
	for (value = value->next; value != NULL; value = value->next) {
		if (acme->nkey_types == CONFIG_KEY_TYPES_MAX ||
		    is_rsa(value->text) == is_rsa(acme->key_types[0])) {
			diag_add(build->diag, DIAG_ERROR, value->pos,
			    "'KeyType' takes one P type and one RSA type at "
			    "most");
			return;
		}
		acme->key_types[acme->nkey_types++] = value->text;
	}
}

static void
read_challenges(struct build *build, const struct directive *section,
    struct config_acme *acme)
{
	const struct value *value = build_value(section, WORD_CHALLENGE);
	unsigned i;

	for (; value != NULL; value = value->next) {
		enum config_challenge challenge =
		    (enum config_challenge)value->number;

		for (i = 0; i < acme->nchallenges; i++)
			if (acme->challenges[i] == challenge)
				break;
		if (i < acme->nchallenges) {
			diag_add(build->diag, DIAG_ERROR, value->pos,
			    "'Challenge' names %s twice", value->text);
			return;
		}
		acme->challenges[acme->nchallenges++] = challenge;
	}
}

static void
read_eab(struct build *build, const struct directive *section,
    struct config_acme *acme)
{
	const struct value *eab = build_value(section, WORD_EAB);
	const struct directive *line = tree_find(section, WORD_EABFILE);
	char *text, *key;

	if (eab != NULL) {
		acme->eab_kid = eab->text;
		acme->eab_key = eab->next->text;
		acme->eab_pos = eab->next->pos;
	}
	if (line == NULL || line->bad)
		return;
	if (eab != NULL) {
		diag_add(build->diag, DIAG_ERROR, line->pos,
		    "'EABFile' and EAB say the same; leave one out");
		return;
	}
	text = build_read_secret(build, line, EAB_FILE_MAX, true);
	if (text == NULL)
		return;
	key = text + strcspn(text, " \t");
	if (key == text || *key == '\0' || key[strspn(key, " \t")] == '\0') {
		diag_add(build->diag, DIAG_ERROR, line->values->pos,
		    "'EABFile' needs a file with one line: a key identifier, a "
		    "space and a base64url key");
		return;
	}
	*key++ = '\0';
	acme->eab_kid = text;
	acme->eab_key = key + strspn(key, " \t");
	acme->eab_pos = line->values->pos;
}

/* One that was opened before needs it no more, so this is no error. */
static void
check_eab(struct build *build, const struct directive *section,
    const struct config_acme *acme)
{
	const struct value *directory = build_value(section, WORD_DIRECTORY);

	if (tree_find(section, WORD_EAB) != NULL ||
	    tree_find(section, WORD_EABFILE) != NULL)
		return;
	for (size_t i = 0; i < NDIRECTORIES; i++)
		if (directories[i].wants_eab &&
		    strcmp(acme->directory, directories[i].url) == 0)
			diag_add(build->diag, DIAG_WARNING, directory->pos,
			    "%s opens no account without an EAB, which its web "
			    "site gives you",
			    directories[i].name);
}

static const char *
name_of(const struct directive *section)
{
	const char *name =
	    section->values != NULL ? section->values->text : NULL;

	return name != NULL && strcmp(name, usual_name) != 0 ? name : NULL;
}

/* NULL and no position, if there is none. */
static const char *
read_file(const struct directive *section, enum word id, struct config_pos *pos)
{
	const struct value *value = build_value(section, id);

	if (value == NULL)
		return NULL;
	*pos = value->pos;
	return value->text;
}

static struct config_acme *
read_acme(struct build *build, const struct directive *section)
{
	struct config_acme *acme = arena_alloc(build->arena, sizeof(*acme));
	const char *directory = build_text(section, WORD_DIRECTORY);

	if (directory == NULL)
		directory = schema_row(SCOPE_ACME, WORD_DIRECTORY)->def;
	acme->pos = section->pos;
	acme->name = name_of(section);
	acme->directory = directory_url(directory);
	acme->ca_file = read_file(section, WORD_CAFILE, &acme->ca_pos);
	acme->email = build_text(section, WORD_EMAIL);
	acme->profile = build_text(section, WORD_PROFILE);
	acme->chain = build_text(section, WORD_PREFERREDCHAIN);
	acme->dns_hook = read_file(section, WORD_DNSHOOK, &acme->dns_hook_pos);
	acme->hook = read_file(section, WORD_HOOK, &acme->hook_pos);
	acme->webhook = build_text(section, WORD_WEBHOOK);
	acme->reuse_key = build_number(build, section, WORD_REUSEKEY) != 0;
	read_key_types(build, section, acme);
	read_challenges(build, section, acme);
	read_eab(build, section, acme);
	check_eab(build, section, acme);
	return acme;
}

/* The section that is meant when none is named. */
static struct config_acme *
usual(struct build *build)
{
	struct config_acme *acme = arena_alloc(build->arena, sizeof(*acme));

	acme->pos = build->tree->root->pos;
	acme->directory =
	    directory_url(schema_row(SCOPE_ACME, WORD_DIRECTORY)->def);
	acme->key_types[acme->nkey_types++] =
	    schema_row(SCOPE_ACME, WORD_KEYTYPE)->def;
	return acme;
}

static struct config_acme *
find(struct build *build, const char *name)
{
	struct config_acme *acme = build->acmes;

	if (strcmp(name, usual_name) == 0)
		return acme;
	while (acme != NULL &&
	    (acme->name == NULL || strcmp(acme->name, name) != 0))
		acme = acme->next;
	return acme;
}

const struct config_acme *
build_use(struct build *build, const struct value *name)
{
	const struct config_acme *acme = find(build, name->text);

	if (acme == NULL)
		diag_add(build->diag, DIAG_ERROR, name->pos,
		    "there is no ACME section '%.100s'", name->text);
	return acme;
}

static void
link_fallback(struct build *build, const struct directive *section)
{
	const struct value *name = build_value(section, WORD_FALLBACK);
	const struct config_acme *next;
	struct config_acme *acme;

	if (name == NULL)
		return;
	acme = find(
	    build, name_of(section) != NULL ? name_of(section) : usual_name);
	for (next = build_use(build, name); next != NULL; next = next->fallback)
		if (next == acme) {
			diag_add(build->diag, DIAG_ERROR, name->pos,
			    "'Fallback' leads back to the section it is in");
			return;
		}
	acme->fallback = find(build, name->text);
}

/* Adds a section; the usual one is already the first of them. */
static void
add(struct build *build, const struct directive *section, bool *has_usual)
{
	struct config_acme *acme = read_acme(build, section), **tail;
	bool twice;

	if (acme->name == NULL) {
		twice = *has_usual;
		*has_usual = true;
		acme->next = build->acmes->next;
		*build->acmes = *acme;
	} else {
		twice = find(build, acme->name) != NULL;
		tail = &build->acmes;
		while (*tail != NULL)
			tail = &(*tail)->next;
		*tail = acme;
	}
	if (twice)
		diag_add(build->diag, DIAG_ERROR, section->pos,
		    "there is an ACME section '%.100s' already",
		    acme->name != NULL ? acme->name : usual_name);
}

void
build_acmes(struct build *build)
{
	const struct directive *section = build->tree->root->children, *first;
	bool has_usual = false;

	first = section;
	build->acmes = usual(build);
	for (; section != NULL; section = section->next)
		if (!section->bad && section->row->id == WORD_ACME)
			add(build, section, &has_usual);
	for (section = first; section != NULL; section = section->next)
		if (!section->bad && section->row->id == WORD_ACME)
			link_fallback(build, section);
}

bool
build_lacks_proof(
    const struct build *build, const struct config_acme *acme, const char *name)
{
	return acme->dns_hook == NULL && !build->bad_ddns &&
	    config_ddns_for_proof(build->config, name) == NULL;
}

static bool
may_issue(const struct config_acme *acme, const struct config_cert *cert)
{
	const struct config_acme *who = cert->acme;

	while (who != NULL && who != acme)
		who = who->fallback;
	return who != NULL;
}

/* A name that it may have to prove, and cannot; addresses have other ways. */
static const char *
unproven(const struct build *build, const struct config_acme *acme)
{
	const struct config *config = build->config;
	struct addr addr;

	for (unsigned i = 0; i < config->ncerts; i++) {
		const struct config_cert *cert = config->certs[i];

		if (cert->kind != CERT_AUTO || !may_issue(acme, cert))
			continue;
		for (unsigned n = 0; n < cert->nnames; n++)
			if (!addr_parse(&addr, cert->names[n], 0) &&
			    build_lacks_proof(build, acme, cert->names[n]))
				return cert->names[n];
	}
	return NULL;
}

static void
check_proofs(struct build *build, const struct directive *section)
{
	const struct value *value = build_value(section, WORD_CHALLENGE);
	const struct config_acme *acme;
	const char *name;

	while (value != NULL && value->number != CHALLENGE_DNS_01)
		value = value->next;
	if (value == NULL)
		return;
	acme = find(
	    build, name_of(section) != NULL ? name_of(section) : usual_name);
	name = unproven(build, acme);
	if (name != NULL)
		diag_add(build->diag, DIAG_ERROR, value->pos,
		    "'Challenge dns-01' needs somebody who publishes the "
		    "record for '%.100s': a DNSHook, or a DDNS section whose "
		    "provider can",
		    name);
}

void
build_check_proofs(struct build *build)
{
	const struct directive *section;

	for (section = build->tree->root->children; section != NULL;
	     section = section->next)
		if (!tree_is_bad(section) && section->row->id == WORD_ACME)
			check_proofs(build, section);
}
