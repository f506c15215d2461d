/*
 * Authorities and lists of revoked certificates, from PEM files. Everything is
 * read before the worker is jailed; what an operator changes is seen by the
 * next generation of workers.
 */

#include "tls_internal.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/xalloc.h"

#define TRUST_FILE_MAX (4u * 1024 * 1024)

/* Where systems keep their list, each as one file. */
static const char *const bundles[] = {
	"/etc/ssl/certs/ca-certificates.crt", /* Debian, Arch, Alpine */
	"/etc/pki/tls/certs/ca-bundle.crt",   /* Fedora */
	"/etc/ssl/ca-bundle.pem",             /* openSUSE */
	"/etc/ssl/cert.pem",
};

struct tls_crls {
	struct stack_st_X509_CRL *list;
};

static const char *
system_bundle(struct error *err)
{
	const char *path = secure_getenv(X509_get_default_cert_file_env());

	if (path != NULL)
		return path;
	for (size_t i = 0; i < sizeof(bundles) / sizeof(bundles[0]); i++)
		if (access(bundles[i], R_OK) == 0)
			return bundles[i];
	error_set(err, ERR_NOTFOUND,
	    "this system has no list of authorities (install "
	    "ca-certificates, or say CAFile)");
	return NULL;
}

/* Puts the next object of the text into `to`: 1, 0 if there is none, or -1. */
typedef int (*add_next)(void *to, BIO *text);

static int
add_certificate(void *to, BIO *text)
{
	X509 *cert = PEM_read_bio_X509(text, NULL, NULL, NULL);
	int added;

	if (cert == NULL)
		return 0;
	added = X509_STORE_add_cert(to, cert);
	X509_free(cert);
	return added ? 1 : -1;
}

static int
add_crl(void *to, BIO *text)
{
	X509_CRL *crl = PEM_read_bio_X509_CRL(text, NULL, NULL, NULL);

	if (crl == NULL)
		return 0;
	if (sk_X509_CRL_push(to, crl) > 0)
		return 1;
	X509_CRL_free(crl);
	return -1;
}

/* Every object of the text; -1 if there is none, or a malformed one. */
static int
add_all(void *to, BIO *text, add_next next)
{
	unsigned count = 0;
	int added;

	while ((added = next(to, text)) == 1)
		count++;
	return added == 0 && count > 0 &&
	        ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE
	    ? 0
	    : -1;
}

static int
read_file(void *to, const char *path, add_next next, const char *what,
    struct error *err)
{
	struct buf pem = { 0 };
	BIO *text = NULL;
	int rc = -1;

	if (file_read(path, TRUST_FILE_MAX, &pem, err) == -1)
		return -1;
	ERR_clear_error();
	text = BIO_new_mem_buf(buf_data(&pem), (int)buf_len(&pem));
	if (to != NULL && text != NULL)
		rc = add_all(to, text, next);
	if (rc == -1)
		error_set(
		    err, ERR_SYNTAX, "%s is not a file of PEM %s", path, what);
	ERR_clear_error();
	BIO_free(text);
	buf_release(&pem);
	return rc;
}

struct tls_trust *
tls_trust_new(const char *ca_file, struct error *err)
{
	const char *path = ca_file != NULL ? ca_file : system_bundle(err);
	struct tls_trust *trust;

	if (path == NULL)
		return NULL;
	trust = xcalloc(1, sizeof(*trust));
	trust->store = X509_STORE_new();
	if (read_file(trust->store, path, add_certificate, "certificates",
	        err) == -1) {
		tls_trust_free(trust);
		return NULL;
	}
	if (ca_file != NULL)
		X509_STORE_set_flags(trust->store, X509_V_FLAG_PARTIAL_CHAIN);
	return trust;
}

void
tls_trust_free(struct tls_trust *trust)
{
	if (trust == NULL)
		return;
	X509_STORE_free(trust->store);
	free(trust);
}

struct stack_st_X509_NAME *
tls_trust_names(const struct tls_trust *trust)
{
	const struct stack_st_X509_OBJECT *objects =
	    X509_STORE_get0_objects(trust->store);
	struct stack_st_X509_NAME *names = sk_X509_NAME_new_null();

	for (int i = 0; names != NULL && i < sk_X509_OBJECT_num(objects); i++) {
		X509 *cert =
		    X509_OBJECT_get0_X509(sk_X509_OBJECT_value(objects, i));
		X509_NAME *name = X509_NAME_dup(X509_get_subject_name(cert));

		if (name == NULL || sk_X509_NAME_push(names, name) <= 0) {
			X509_NAME_free(name);
			sk_X509_NAME_pop_free(names, X509_NAME_free);
			return NULL;
		}
	}
	return names;
}

struct tls_crls *
tls_crls_new(const char *file, struct error *err)
{
	struct tls_crls *crls = xcalloc(1, sizeof(*crls));

	crls->list = sk_X509_CRL_new_null();
	if (read_file(crls->list, file, add_crl, "revocation lists", err) == 0)
		return crls;
	tls_crls_free(crls);
	return NULL;
}

void
tls_crls_free(struct tls_crls *crls)
{
	if (crls == NULL)
		return;
	sk_X509_CRL_pop_free(crls->list, X509_CRL_free);
	free(crls);
}

void
tls_crls_apply(const struct tls_crls *crls, X509_STORE_CTX *check)
{
	if (crls == NULL)
		return;
	X509_STORE_CTX_set0_crls(check, crls->list);
	X509_STORE_CTX_set_flags(
	    check, X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
}
