#include "clientcert.h"

#include <stdlib.h>

#include "base/xalloc.h"
#include "config/config.h"

struct clientcert_cas {
	unsigned count;
	struct tls_trust *trust[];
};

static int
at(const struct config_file *file, struct error *err)
{
	return error_wrap(
	    err, "%s:%u:%u", file->pos.file, file->pos.line, file->pos.column);
}

static int
read_trust(
    struct tls_trust **trust, const struct config_file *file, struct error *err)
{
	if (file->path == NULL)
		return 0;
	*trust = tls_trust_new(file->path, err);
	return *trust != NULL ? 0 : at(file, err);
}

int
clientcert_read(struct clientcert_files *files,
    const struct config_listener *listener, struct error *err)
{
	if (read_trust(&files->trust, &listener->verify_list, err) == -1 ||
	    read_trust(&files->names, &listener->ca_list, err) == -1)
		return -1;
	if (listener->crl_list.path == NULL)
		return 0;
	files->crls = tls_crls_new(listener->crl_list.path, err);
	return files->crls != NULL ? 0 : at(&listener->crl_list, err);
}

void
clientcert_release(struct clientcert_files *files)
{
	tls_trust_free(files->trust);
	tls_trust_free(files->names);
	tls_crls_free(files->crls);
	*files = (struct clientcert_files){ 0 };
}

struct clientcert_cas *
clientcert_cas_new(const struct config *config, struct error *err)
{
	struct clientcert_cas *cas = xcalloc(
	    1, sizeof *cas + config->nclient_cas * sizeof(struct tls_trust *));

	cas->count = config->nclient_cas;
	for (unsigned i = 0; i < cas->count; i++)
		if (read_trust(&cas->trust[i], &config->client_cas[i], err) ==
		    -1) {
			clientcert_cas_free(cas);
			return NULL;
		}
	return cas;
}

void
clientcert_cas_free(struct clientcert_cas *cas)
{
	if (cas == NULL)
		return;
	for (unsigned i = 0; i < cas->count; i++)
		tls_trust_free(cas->trust[i]);
	free(cas);
}

uint64_t
clientcert_judge(
    const struct clientcert_cas *cas, const struct tls_session *session)
{
	uint64_t vouching = 0;

	for (unsigned i = 0; i < cas->count; i++)
		if (tls_session_is_vouched(session, cas->trust[i]))
			vouching |= UINT64_C(1) << i;
	return vouching;
}
