/*
 * The certificate that backends are shown, in gatehouse-proxy. In a file of its
 * own, so that the monitor, which speaks TLS to backends as well, links nothing
 * that reads a private key.
 */

#include "tls_internal.h"

#include <openssl/err.h>

#include "base/buf.h"
#include "base/file.h"
#include "pki/cert.h"

#define IDENTITY_MAX (100u * 1024) /* bytes of the file, as of a listener's */

int
tls_client_identify(
    struct tls_client *client, const char *file, struct error *err)
{
	struct tls_certs *certs = tls_certs_new(1);
	struct buf pem = { 0 };
	int rc = file_read(file, IDENTITY_MAX, &pem, err);

	ERR_clear_error();
	if (rc == 0) {
		rc = tls_certs_set(certs, 0, (const char *)buf_data(&pem),
		    buf_len(&pem), NULL, err);
		if (rc == -1)
			error_wrap(err, "%s", file);
	}
	if (rc == 0) {
		const struct tls_cert *cert = certs->slots[0];

		rc = tls_signer_attach_all(cert->signer, client->ctx,
		    pki_chain_x509(cert->chain, 0), cert->issuers, err);
	}
	buf_wipe(&pem);
	tls_certs_free(certs);
	return rc;
}
