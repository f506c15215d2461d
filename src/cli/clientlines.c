#include "clientlines.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/xalloc.h"
#include "clientstore.h"
#include "config/config.h"
#include "say.h"

/* A file of the authority that a listener is to name. */
struct wanted {
	const char *word;
	const char *file;
	bool optional; /* it helps clients to choose */
};

static const struct wanted all_wanted[] = {
	{ "VerifyList", CLIENT_STORE_CERT, false },
	{ "CAlist", CLIENT_STORE_CERT, true },
	{ "CRLlist", CLIENT_STORE_CRL, false },
};
#define NWANTED (sizeof(all_wanted) / sizeof(all_wanted[0]))

/* What a listener has of them. */
struct seen {
	const char *path[NWANTED]; /* NULL: no such line */
	bool ours[NWANTED];
	bool asks;
};

static bool
is_same_file(const char *path, const char *dir, const char *name)
{
	char *ours = xasprintf("%s/%s", dir, name);
	struct stat a, b;
	bool same = strcmp(path, ours) == 0 ||
	    (stat(path, &a) == 0 && stat(ours, &b) == 0 &&
	        a.st_dev == b.st_dev && a.st_ino == b.st_ino);

	free(ours);
	return same;
}

/* Whether a ClientCert condition is about the authority. */
static bool
is_in_a_condition(const struct config *config, const char *dir)
{
	for (unsigned i = 0; i < config->nclient_cas; i++)
		if (is_same_file(
		        config->client_cas[i].path, dir, CLIENT_STORE_CERT))
			return true;
	return false;
}

static void
look_at(const struct config *config, const struct config_listener *listener,
    const char *dir, struct seen *seen)
{
	*seen = (struct seen){ .path = { listener->verify_list.path,
		                   listener->ca_list.path,
		                   listener->crl_list.path } };
	seen->asks = listener->client_cert == CLIENT_CERT_ASK ||
	    listener->client_cert == CLIENT_CERT_REQUIRE;
	for (size_t i = 0; i < NWANTED; i++)
		seen->ours[i] = seen->path[i] != NULL &&
		    is_same_file(seen->path[i], dir, all_wanted[i].file);
	if (seen->asks && is_in_a_condition(config, dir))
		seen->ours[0] = true;
}

static bool
is_complete(const struct seen *seen)
{
	for (size_t i = 0; i < NWANTED; i++)
		if (!seen->ours[i] && !all_wanted[i].optional)
			return false;
	return seen->asks;
}

struct client_lines
client_lines_look(const struct config *config, const char *dir)
{
	struct client_lines lines = { 0 };

	if (config == NULL)
		return lines;
	for (const struct config_listener *listener = config->listeners;
	     listener != NULL; listener = listener->next) {
		struct seen seen;

		if (!listener->tls)
			continue;
		look_at(config, listener, dir, &seen);
		lines.listeners++;
		lines.trusting += seen.ours[0];
		lines.listing += seen.ours[2];
		lines.complete += is_complete(&seen);
	}
	return lines;
}

/* --- for people ----------------------------------------------------------- */

static void
print_block(const char *file, const char *dir, FILE *out)
{
	fprintf(out,
	    "Put these lines into the Gateway or ListenHTTPS section of\n"
	    "%s, then run `gatehouse reload`:\n\n"
	    "    ClientCert 2\n",
	    file);
	for (size_t i = 0; i < NWANTED; i++)
		fprintf(out, "    %s \"%s/%s\"\n", all_wanted[i].word, dir,
		    all_wanted[i].file);
	fputs("\nWith 2, whoever shows no certificate is refused. With 1 "
	      "clients are only asked,\nand ClientCert conditions say what is "
	      "for whom: see gatehouse.conf(5).\n",
	    out);
}

static void
print_listener(const struct config *config,
    const struct config_listener *listener, const char *dir, FILE *out)
{
	char label[CONFIG_LABEL_SIZE];
	struct seen seen;

	look_at(config, listener, dir, &seen);
	config_listener_label(listener, label);
	if (is_complete(&seen)) {
		fprintf(out, "  %s asks for it.\n", label);
		return;
	}
	fprintf(out, "  %s does not ask for it yet:\n", label);
	if (!seen.asks)
		fputs("    ClientCert 2 is missing\n", out);
	for (size_t i = 0; i < NWANTED; i++) {
		const struct wanted *wanted = &all_wanted[i];

		if (seen.ours[i])
			continue;
		if (seen.path[i] == NULL)
			fprintf(out, "    %s \"%s/%s\" is missing\n",
			    wanted->word, dir, wanted->file);
		else
			fprintf(out,
			    "    %s is %s, which has to hold %s/%s too\n",
			    wanted->word, seen.path[i], dir, wanted->file);
	}
}

void
client_lines_print(
    const struct config *config, const char *file, const char *dir, FILE *out)
{
	struct client_lines lines = client_lines_look(config, dir);

	if (lines.complete + lines.trusting + lines.listing == 0) {
		print_block(file, dir, out);
		return;
	}
	fprintf(out, "In %s,\n", file);
	for (const struct config_listener *listener = config->listeners;
	     listener != NULL; listener = listener->next)
		if (listener->tls)
			print_listener(config, listener, dir, out);
	if (lines.complete < lines.listeners)
		fputs("After a change run `gatehouse reload`.\n", out);
}
