/* The DDNS sections: what each provider needs, and has no use for. */

#include "build_ddns.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define SECTIONS_MAX 64
#define DUCKDNS_DOMAIN "duckdns.org"

/* The words that the table of providers knows. */
static const struct need {
	unsigned bit;
	enum word word, file; /* the same one if it has no file */
	const char *what;
} needs[] = {
	{ DDNS_TOKEN, WORD_TOKEN, WORD_TOKENFILE,
	    "a Token or TokenFile: what the provider's web site gives you for "
	    "programs" },
	{ DDNS_LOGIN, WORD_LOGIN, WORD_LOGIN,
	    "a Login: the name of the account, or of the key, that the "
	    "provider gives you" },
	{ DDNS_PASSWORD, WORD_PASSWORD, WORD_PASSWORDFILE,
	    "a Password or PasswordFile: the one that the provider gives you "
	    "for updates" },
	{ DDNS_ZONE, WORD_ZONE, WORD_ZONE,
	    "a Zone: the domain that the names belong to at the provider" },
	{ DDNS_SERVER, WORD_SERVER, WORD_SERVER,
	    "a Server: the host that takes the updates" },
	{ DDNS_URL, WORD_URL, WORD_URL,
	    "a URL: what publishes an address when it is asked for" },
};

#define NNEEDS (sizeof(needs) / sizeof(needs[0]))

/* What only `custom` has. */
static const enum word own_words[] = { WORD_METHOD, WORD_HEADER, WORD_BODY,
	WORD_SUCCESS };

void
section_refuse(
    const struct section *section, struct config_pos pos, const char *fmt, ...)
{
	char message[512];
	va_list args;

	va_start(args, fmt);
	vsnprintf(message, sizeof(message), fmt, args);
	va_end(args);
	diag_add(section->build->diag, DIAG_ERROR, pos, "%s", message);
	section->build->bad_ddns = true;
}

static const char *
name_of(const struct section *section)
{
	return section->ddns->provider->name;
}

static bool
is_custom(const struct section *section)
{
	return section->ddns->provider->family == DDNS_FAMILY_CUSTOM;
}

/* Every provider but `custom` may be asked elsewhere. */
static unsigned
allowed(const struct section *section)
{
	const struct ddns_provider *provider = section->ddns->provider;

	return provider->needs | provider->may |
	    (is_custom(section) ? 0u : (unsigned)DDNS_SERVER);
}

static void
refuse_word(const struct section *section, enum word id)
{
	const struct directive *line = tree_find(section->at, id);

	if (line != NULL && !line->bad)
		section_refuse(section, line->pos,
		    "'DDNS %s' has no use for '%s'; leave it out",
		    name_of(section), line->row->word);
}

static void
check_words(const struct section *section)
{
	const struct ddns_provider *provider = section->ddns->provider;
	const struct need *need;

	for (need = needs; need < needs + NNEEDS; need++) {
		if ((allowed(section) & need->bit) == 0) {
			refuse_word(section, need->word);
			if (need->file != need->word)
				refuse_word(section, need->file);
		} else if ((provider->needs & need->bit) != 0 &&
		    tree_find(section->at, need->word) == NULL &&
		    tree_find(section->at, need->file) == NULL)
			section_refuse(section, section->at->pos,
			    "'DDNS %s' needs %s", provider->name, need->what);
	}
	if (is_custom(section))
		return;
	for (size_t i = 0; i < sizeof(own_words) / sizeof(own_words[0]); i++)
		refuse_word(section, own_words[i]);
}

static const char *
read_secret(const struct section *section, enum word id, enum word file)
{
	const struct build_secret_words words = { id, file, DDNS_SECRET_MAX };

	return build_secret(
	    section->build, section->at, &words, &section->build->bad_ddns);
}

/* It goes into a header field or a URL, as one word. */
static void
check_token(const struct section *section)
{
	const struct directive *line = tree_find(section->at, WORD_TOKEN);
	const char *p = section->ddns->token;

	if (line == NULL)
		line = tree_find(section->at, WORD_TOKENFILE);
	while (p != NULL && *p > ' ' && *p <= '~')
		p++;
	if (p != NULL && *p != '\0')
		section_refuse(section, line->values->pos,
		    "'%s' needs the token alone: letters, digits and signs, no "
		    "blanks",
		    line->row->word);
}

static void
read_account(const struct section *section)
{
	struct config_ddns *ddns = section->ddns;

	ddns->login = build_text(section->at, WORD_LOGIN);
	if ((allowed(section) & DDNS_ZONE) != 0)
		ddns->zone = build_text(section->at, WORD_ZONE);
	ddns->server = build_text(section->at, WORD_SERVER);
	ddns->token = read_secret(section, WORD_TOKEN, WORD_TOKENFILE);
	ddns->password = read_secret(section, WORD_PASSWORD, WORD_PASSWORDFILE);
	check_token(section);
}

/* Who keeps records of any name, and not only of names that were registered. */
static bool
takes_wildcards(const struct ddns_provider *provider)
{
	switch (provider->family) {
	case DDNS_FAMILY_CLOUDFLARE:
	case DDNS_FAMILY_HETZNER:
	case DDNS_FAMILY_PORKBUN:
	case DDNS_FAMILY_GANDI:
	case DDNS_FAMILY_GODADDY:
	case DDNS_FAMILY_NAMECHEAP:
	case DDNS_FAMILY_CUSTOM:
		return true;
	case DDNS_FAMILY_DUCKDNS:
	case DDNS_FAMILY_DYNDNS2:
	case DDNS_FAMILY_IPV64:
	case DDNS_FAMILY_DDNSS:
	case DDNS_FAMILY_DYNU:
	case DDNS_FAMILY_DYNV6:
	case DDNS_FAMILY_DESEC:
	case DDNS_FAMILY_FREEDNS:
	case DDNS_FAMILY_COUNT:
		break;
	}
	return false;
}

static void
check_host(const struct section *section, const struct value *value)
{
	const struct config_ddns *ddns = section->ddns;

	if (strchr(value->text, '.') == NULL)
		section_refuse(section, value->pos,
		    "'Hostname' needs the whole name, such as "
		    "%.63s.example.org",
		    value->text);
	else if (value->text[0] == '*' && !takes_wildcards(ddns->provider))
		section_refuse(section, value->pos,
		    "'DDNS %s' publishes no wildcard; '%.100s' is what it can "
		    "publish",
		    name_of(section), value->text + 2);
	else if (ddns->provider->family == DDNS_FAMILY_DUCKDNS &&
	    ddns->server == NULL &&
	    !ddns_is_within(value->text, DUCKDNS_DOMAIN))
		section_refuse(section, value->pos,
		    "'DDNS duckdns' publishes names that end in "
		    "." DUCKDNS_DOMAIN ", not '%.100s'",
		    value->text);
	else if (ddns->zone != NULL && !ddns_is_within(value->text, ddns->zone))
		section_refuse(section,
		    build_value(section->at, WORD_ZONE)->pos,
		    "'%.100s' is not in the Zone '%.100s'", value->text,
		    ddns->zone);
}

/* Two accounts of one provider cannot have the same name; `custom` is many. */
static bool
same_provider(const struct config_ddns *a, const struct config_ddns *b)
{
	if (a->provider != b->provider)
		return false;
	if (a == b)
		return true;
	if (a->server == NULL || b->server == NULL)
		return a->server == b->server &&
		    a->provider->family != DDNS_FAMILY_CUSTOM;
	return strcasecmp(a->server, b->server) == 0;
}

/* The sections before, and this one as far as it was read. */
static void
check_twice(const struct section *section, const struct value *value)
{
	const struct config_ddns *other;

	for (other = section->build->config->ddns; other != NULL;
	     other = other->next) {
		if (!same_provider(other, section->ddns))
			continue;
		for (unsigned i = 0; i < other->nhosts; i++)
			if (strcmp(other->hosts[i], value->text) == 0) {
				section_refuse(section, value->pos,
				    "'DDNS %s' has '%.100s' already, on %s",
				    name_of(section), value->text,
				    tree_where(section->build->tree, other->pos,
				        value->pos));
				return;
			}
	}
}

static void
read_hosts(const struct section *section)
{
	const struct directive *line = tree_find(section->at, WORD_HOSTNAME);
	struct config_ddns *ddns = section->ddns;
	const struct value *value;

	if (line == NULL) {
		section_refuse(section, section->at->pos,
		    "'DDNS %s' needs a Hostname: the names to publish; or let "
		    "it stand in a Gateway, whose name it is then",
		    name_of(section));
		return;
	}
	ddns->hosts = arena_alloc(
	    section->build->arena, DDNS_HOSTS_MAX * sizeof(*ddns->hosts));
	for (value = line->bad ? NULL : line->values; value != NULL;
	     value = value->next) {
		if (ddns->nhosts == DDNS_HOSTS_MAX) {
			section_refuse(section, value->pos,
			    "'Hostname' takes %d names; the others need a DDNS "
			    "section of their own",
			    DDNS_HOSTS_MAX);
			return;
		}
		check_host(section, value);
		check_twice(section, value);
		ddns->hosts[ddns->nhosts++] = value->text;
	}
}

static enum ddns_source
read_origin(const struct section *section, enum word id, unsigned family)
{
	const struct directive *line = tree_find(section->at, id);
	bool can = (section->ddns->provider->families & family) != 0;

	if (line == NULL)
		return can ? DDNS_SOURCE_AUTO : DDNS_SOURCE_NONE;
	if (line->bad)
		return DDNS_SOURCE_AUTO;
	if (!can && line->values->number != DDNS_SOURCE_NONE)
		section_refuse(section, line->values->pos,
		    "'DDNS %s' publishes no %s addresses; leave '%s' out",
		    name_of(section), line->row->word, line->row->word);
	return (enum ddns_source)line->values->number;
}

static void
read_origins(const struct section *section)
{
	struct config_ddns *ddns = section->ddns;

	ddns->ipv4 = read_origin(section, WORD_IPV4, DDNS_IPV4);
	ddns->ipv6 = read_origin(section, WORD_IPV6, DDNS_IPV6);
	if (ddns->ipv4 == DDNS_SOURCE_NONE && ddns->ipv6 == DDNS_SOURCE_NONE)
		section_refuse(section, section->at->pos,
		    "'DDNS %s' has neither IPv4 nor IPv6 to publish",
		    name_of(section));
}

const char **
section_list(
    const struct section *section, enum word id, unsigned most, unsigned *n)
{
	const char **list =
	    arena_alloc(section->build->arena, most * sizeof(*list));
	const struct directive *line;
	const struct value *value;

	for (line = section->at->children; line != NULL; line = line->next) {
		if (line->bad || line->row->id != id)
			continue;
		for (value = line->values; value != NULL; value = value->next) {
			if (*n == most) {
				section_refuse(section, value->pos,
				    "there are more than %u of '%s'", most,
				    line->row->word);
				return list;
			}
			list[(*n)++] = value->text;
		}
	}
	return list;
}

static struct config_ddns *
new_section(struct build *build, const struct directive *at)
{
	struct config_ddns *ddns = arena_alloc(build->arena, sizeof(*ddns));
	const struct value *ca = build_value(at, WORD_CAFILE);

	ddns->pos = at->pos;
	ddns->index = build->config->nddns++;
	ddns->provider = ddns_provider(at->values->text);
	ddns->interval = (unsigned)build_number(build, at, WORD_INTERVAL);
	if (ca != NULL) {
		ddns->ca_file = ca->text;
		ddns->ca_pos = ca->pos;
	}
	return ddns;
}

static void
read_section(const struct section *section)
{
	struct config_ddns *ddns = section->ddns;

	check_words(section);
	read_account(section);
	read_hosts(section);
	read_origins(section);
	ddns->services = section_list(
	    section, WORD_ADDRESSSERVICE, DDNS_SERVICES_MAX, &ddns->nservices);
	if (is_custom(section))
		section_custom(section);
}

/* False if there are too many of them. */
static bool
add_section(
    struct build *build, const struct directive *at, struct config_ddns **last)
{
	struct section section = { .build = build, .at = at };

	if (build->config->nddns == SECTIONS_MAX) {
		section_refuse(&section, at->pos,
		    "there are more than %d DDNS sections", SECTIONS_MAX);
		return false;
	}
	section.ddns = new_section(build, at);
	if (*last == NULL)
		build->config->ddns = section.ddns;
	else
		(*last)->next = section.ddns;
	*last = section.ddns;
	read_section(&section);
	return true;
}

static void
build_port_map(struct build *build)
{
	const struct value *value =
	    build_value(build->tree->root, WORD_PORTMAP);

	build->config->port_map_pos =
	    value != NULL ? value->pos : build->tree->root->pos;
	build->config->port_map = value != NULL && value->number != 0;
}

void
build_ddns(struct build *build)
{
	const struct directive *root = build->tree->root, *at;
	struct config_ddns *last = NULL;

	build_port_map(build);
	build->bad_ddns = root->bad;
	for (at = root->children; at != NULL; at = at->next) {
		if (at->row == NULL || at->row->id != WORD_DDNS)
			continue;
		build->bad_ddns |= tree_is_bad(at);
		if (!at->bad && !add_section(build, at, &last))
			break;
	}
}
