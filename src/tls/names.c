/*
 * Which certificate is served to which host: the names of a listener's
 * certificates, sorted once after each change of a slot and searched at each
 * handshake.
 */

#include "tls_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "pki/cert.h"

struct tls_name {
	char *text; /* lower case */
	struct tls_pair pair;
	unsigned order; /* of the slot: the earlier one serves a shared name */
};

static int
by_text(const void *a, const void *b)
{
	const struct tls_name *left = a, *right = b;

	return strcmp(left->text, right->text);
}

static int
by_text_and_order(const void *a, const void *b)
{
	const struct tls_name *left = a, *right = b;
	int rc = by_text(a, b);

	if (rc == 0)
		rc = left->pair.cert->placeholder -
		    right->pair.cert->placeholder;
	return rc != 0
	    ? rc
	    : (left->order > right->order) - (left->order < right->order);
}

static char *
lower(const char *text)
{
	char *copy = xstrdup(text);

	for (char *p = copy; *p != '\0'; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p = (char)(*p - 'A' + 'a');
	return copy;
}

void
tls_names_release(struct tls_names *names)
{
	for (size_t i = 0; i < names->n; i++)
		free(names->entries[i].text);
	free(names->entries);
	memset(names, 0, sizeof(*names));
}

static void
add_cert(struct tls_names *names, const struct tls_cert *cert, unsigned order)
{
	const struct pki_cert_info *info = pki_chain_info(cert->chain);

	names->entries = xreallocarray(
	    names->entries, names->n + info->nnames, sizeof(*names->entries));
	for (size_t i = 0; i < info->nnames; i++)
		names->entries[names->n++] = (struct tls_name){
			.text = lower(info->names[i]),
			.pair.cert = cert,
			.order = order,
		};
}

static bool
has_other_key(const struct tls_cert *a, const struct tls_cert *b)
{
	return strcmp(pki_chain_info(a->chain)->key_kind,
	           pki_chain_info(b->chain)->key_kind) != 0;
}

/*
 * Of entries with the same text the first stays, and takes the first one with
 * another kind of key along, unless a placeholder would stand beside a real
 * one.
 */
static void
merge_duplicates(struct tls_names *names)
{
	struct tls_name *last = NULL;
	size_t kept = 0;

	for (size_t i = 0; i < names->n; i++) {
		struct tls_name *name = &names->entries[i];
		const struct tls_cert *cert = name->pair.cert;

		if (last == NULL || by_text(last, name) != 0) {
			last = &names->entries[kept++];
			*last = *name;
			continue;
		}
		if (last->pair.other == NULL &&
		    cert->placeholder == last->pair.cert->placeholder &&
		    has_other_key(cert, last->pair.cert))
			last->pair.other = cert;
		free(name->text);
	}
	names->n = kept;
}

static const struct tls_pair *
search(const struct tls_names *names, char *text)
{
	struct tls_name key = { .text = text };
	const struct tls_name *found = NULL;

	if (names->n > 0)
		found = bsearch(&key, names->entries, names->n,
		    sizeof(*names->entries), by_text);
	return found != NULL ? &found->pair : NULL;
}

/* What serves the first name of the first certificate. */
static struct tls_pair
choose_fallback(const struct tls_names *names, const struct tls_cert *first)
{
	const struct pki_cert_info *info = pki_chain_info(first->chain);
	const struct tls_pair *pair = NULL;
	char *text;

	if (info->nnames > 0) {
		text = lower(info->names[0]);
		pair = search(names, text);
		free(text);
	}
	return pair != NULL ? *pair : (struct tls_pair){ .cert = first };
}

static void
rebuild(struct tls_server *server)
{
	struct tls_names *names = &server->names;
	const struct tls_cert *first = NULL;

	tls_names_release(names);
	for (unsigned i = 0; i < server->nslots; i++) {
		const struct tls_cert *cert =
		    server->certs->slots[server->slots[i]];

		if (cert == NULL)
			continue;
		if (first == NULL)
			first = cert;
		add_cert(names, cert, i);
	}
	if (names->n > 0)
		qsort(names->entries, names->n, sizeof(*names->entries),
		    by_text_and_order);
	merge_duplicates(names);
	if (first != NULL)
		names->fallback = choose_fallback(names, first);
	names->generation = server->certs->generation;
}

struct tls_pair
tls_names_find(struct tls_server *server, const char *host)
{
	struct tls_names *names = &server->names;
	struct tls_pair otherwise = { 0 };
	const struct tls_pair *pair;
	char text[TLS_HOST_SIZE];
	char *dot;

	if (names->generation != server->certs->generation)
		rebuild(server);
	if (!server->require_name)
		otherwise = names->fallback;
	if (host == NULL || strlen(host) >= sizeof(text))
		return otherwise;
	memcpy(text, host, strlen(host) + 1);
	pair = search(names, text);
	dot = strchr(text, '.');
	if (pair == NULL && dot != NULL && dot != text) {
		dot[-1] = '*';
		pair = search(names, dot - 1);
	}
	return pair != NULL ? *pair : otherwise;
}
