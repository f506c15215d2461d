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
	const struct tls_cert *cert;
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
			.cert = cert,
			.order = order,
		};
}

/* Of entries with the same text the first stays. */
static void
drop_duplicates(struct tls_names *names)
{
	size_t kept = 0;

	for (size_t i = 0; i < names->n; i++) {
		if (kept > 0 &&
		    by_text(&names->entries[kept - 1], &names->entries[i]) == 0)
			free(names->entries[i].text);
		else
			names->entries[kept++] = names->entries[i];
	}
	names->n = kept;
}

static void
rebuild(struct tls_server *server)
{
	struct tls_names *names = &server->names;

	tls_names_release(names);
	for (unsigned i = 0; i < server->nslots; i++) {
		const struct tls_cert *cert =
		    server->certs->slots[server->slots[i]];

		if (cert == NULL)
			continue;
		if (names->fallback == NULL)
			names->fallback = cert;
		add_cert(names, cert, i);
	}
	if (names->n > 0)
		qsort(names->entries, names->n, sizeof(*names->entries),
		    by_text_and_order);
	drop_duplicates(names);
	names->generation = server->certs->generation;
}

static const struct tls_cert *
search(const struct tls_names *names, char *text)
{
	struct tls_name key = { .text = text };
	const struct tls_name *found = NULL;

	if (names->n > 0)
		found = bsearch(&key, names->entries, names->n,
		    sizeof(*names->entries), by_text);
	return found != NULL ? found->cert : NULL;
}

const struct tls_cert *
tls_names_find(struct tls_server *server, const char *host)
{
	struct tls_names *names = &server->names;
	const struct tls_cert *cert = NULL, *otherwise;
	char text[TLS_HOST_SIZE];
	char *dot;

	if (names->generation != server->certs->generation)
		rebuild(server);
	otherwise = server->require_name ? NULL : names->fallback;
	if (host == NULL || strlen(host) >= sizeof(text))
		return otherwise;
	memcpy(text, host, strlen(host) + 1);
	cert = search(names, text);
	dot = strchr(text, '.');
	if (cert == NULL && dot != NULL && dot != text) {
		dot[-1] = '*';
		cert = search(names, dot - 1);
	}
	return cert != NULL ? cert : otherwise;
}
