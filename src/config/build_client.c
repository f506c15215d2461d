/* Certificates of clients: what listeners and conditions say of them. */

#include <string.h>

#include "build.h"

#define DEPTH_DEFAULT 9 /* Pound's */

int
build_client_ca(struct build *build, const struct directive *line)
{
	const struct value *value = line->values;
	struct config *config = build->config;
	unsigned i;

	build->ncert_conditions++;
	for (i = 0; i < config->nclient_cas; i++)
		if (strcmp(build->client_cas[i].path, value->text) == 0)
			return (int)i;
	if (i == CONFIG_CLIENT_CAS_MAX) {
		diag_add(build->diag, DIAG_ERROR, value->pos,
		    "more than %d files of ClientCert conditions",
		    CONFIG_CLIENT_CAS_MAX);
		return -1;
	}
	build->client_cas[config->nclient_cas++] =
	    (struct config_file){ value->text, value->pos };
	return (int)i;
}

static struct config_file
file_of(const struct directive *section, enum word id)
{
	const struct value *value = build_value(section, id);

	return value != NULL ? (struct config_file){ value->text, value->pos }
	                     : (struct config_file){ .pos = section->pos };
}

/* Lines that lack another one to mean something. */
static void
check_files(struct build *build, const struct directive *section,
    const struct config_listener *listener)
{
	static const enum word words[] = { WORD_VERIFYLIST, WORD_CALIST,
		WORD_CRLLIST };
	const struct value *level = build_value(section, WORD_CLIENTCERT);

	if (tree_is_bad(section))
		return;
	if (listener->client_cert == CLIENT_CERT_REQUIRE &&
	    listener->verify_list.path == NULL)
		diag_add(build->diag, DIAG_ERROR, level->pos,
		    "'ClientCert 2' needs VerifyList: nobody is trusted for "
		    "the certificates of clients");
	if (listener->client_cert != CLIENT_CERT_NONE)
		return;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		const struct directive *line = tree_find(section, words[i]);

		if (line != NULL)
			diag_add(build->diag, DIAG_WARNING, line->pos,
			    "'%s' has no effect: without ClientCert no client "
			    "is asked for a certificate",
			    line->row->word);
	}
}

void
build_client_cert(struct build *build, const struct directive *section,
    bool wanted, struct config_listener *listener)
{
	const struct value *level = build_value(section, WORD_CLIENTCERT);

	listener->client_cert = wanted ? CLIENT_CERT_ASK : CLIENT_CERT_NONE;
	listener->client_depth = DEPTH_DEFAULT;
	if (level != NULL && level->number > CLIENT_CERT_UNVERIFIED)
		diag_add(build->diag, DIAG_ERROR, level->pos,
		    "'ClientCert' has the levels 0 to %d",
		    CLIENT_CERT_UNVERIFIED);
	else if (level != NULL)
		listener->client_cert = (enum config_client_cert)level->number;
	if (level != NULL && level->next != NULL)
		listener->client_depth = (unsigned)level->next->number;
	listener->verify_list = file_of(section, WORD_VERIFYLIST);
	listener->ca_list = file_of(section, WORD_CALIST);
	listener->crl_list = file_of(section, WORD_CRLLIST);
	check_files(build, section, listener);
}
