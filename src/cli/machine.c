#include "machine.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/xalloc.h"
#include "config/config.h"
#include "pki/cert.h"
#include "pki/key.h"
#include "pki/users.h"
#include "tls/client.h"
#include "tls/server.h"

#define CERT_FILE_MAX (100u * 1024)    /* what a message can carry */
#define CA_FILE_MAX (4u * 1024 * 1024) /* a system's whole bundle */

/* Cuts off the last part of a path; false when none is left. */
static bool
to_parent(char *path)
{
	char *slash = strrchr(path, '/');

	if (slash == NULL || path[1] == '\0')
		return false;
	slash[slash == path ? 1 : 0] = '\0';
	return true;
}

/* It is there for us to write into, or what is there lets us make it. */
static void
check_state_dir(const struct config *config, struct diag *diag)
{
	char *path = xstrdup(config->state_dir);
	struct stat st;
	int rc;

	while ((rc = stat(path, &st)) == -1 && errno == ENOENT)
		if (!to_parent(path))
			break;
	if (rc == 0 && !S_ISDIR(st.st_mode)) {
		errno = ENOTDIR;
		rc = -1;
	}
	if (rc == -1 || access(path, W_OK | X_OK) == -1)
		diag_add(diag, DIAG_ERROR, config->state_dir_pos,
		    "StateDir %s cannot be used: %s: %s", config->state_dir,
		    path, strerror(errno));
	free(path);
}

/*
 * What a worker takes may still be refused by clients: too old, the chain out
 * of order.
 */
static void
check_chain(
    const struct config_cert *cert, const struct buf *pem, struct diag *diag)
{
	const char *text = (const char *)buf_data(pem);
	struct error err;
	struct pki_chain *chain = pki_chain_parse(text, buf_len(pem), &err);
	struct pki_key *key = pki_key_parse(text, buf_len(pem), &err);

	if (chain != NULL && key != NULL &&
	    pki_chain_check(chain, key, NULL, 0, clock_wall(), &err) == -1)
		diag_add(diag, DIAG_WARNING, cert->pos,
		    "Cert %s will be refused by clients: %s", cert->file,
		    err.msg);
	pki_key_free(key);
	pki_chain_free(chain);
}

/* The suites of TLS 1.2 are for one kind of key or the other. */
enum key_kind { KEY_UNKNOWN, KEY_ECDSA, KEY_RSA };

static enum key_kind
key_kind(const char *name)
{
	if (strncmp(name, "RSA", 3) == 0)
		return KEY_RSA;
	if (strncmp(name, "P-", 2) == 0 || strcmp(name, "ECDSA") == 0)
		return KEY_ECDSA;
	return KEY_UNKNOWN;
}

static enum key_kind
check_cert_file(const struct config_cert *cert, struct diag *diag)
{
	struct tls_certs *certs = tls_certs_new(1);
	const struct pki_cert_info *info;
	enum key_kind kind = KEY_UNKNOWN;
	struct buf pem = { 0 };
	struct error err;

	if (file_read(cert->file, CERT_FILE_MAX, &pem, &err) == -1)
		diag_add(diag, DIAG_ERROR, cert->pos, "Cert %s", err.msg);
	else if (tls_certs_set(certs, 0, (const char *)buf_data(&pem),
	             buf_len(&pem), &info, &err) == -1)
		diag_add(diag, DIAG_ERROR, cert->pos, "Cert %s: %s", cert->file,
		    err.msg);
	else {
		kind = key_kind(info->key_kind);
		check_chain(cert, &pem, diag);
	}
	buf_wipe(&pem);
	tls_certs_free(certs);
	return kind;
}

static void
check_ca_file(const char *path, const struct config_pos *pos, struct diag *diag)
{
	struct pki_chain *chain;
	struct buf pem = { 0 };
	struct error err;

	if (path == NULL)
		return;
	if (file_read(path, CA_FILE_MAX, &pem, &err) == -1) {
		diag_add(diag, DIAG_ERROR, *pos, "CAFile %s", err.msg);
		return;
	}
	chain =
	    pki_chain_parse((const char *)buf_data(&pem), buf_len(&pem), &err);
	/* Any number of authorities may be trusted. */
	if (chain == NULL && err.kind != ERR_LIMIT)
		diag_add(
		    diag, DIAG_ERROR, *pos, "CAFile %s: %s", path, err.msg);
	pki_chain_free(chain);
	buf_release(&pem);
}

/* What it is good for is the backend's to judge. */
static void
check_identity(const struct config_file *cert, struct diag *diag)
{
	struct error err;
	struct tls_client *client = tls_client_new("localhost", NULL, &err);

	if (client == NULL ||
	    tls_client_identify(client, cert->path, &err) == -1)
		diag_add(diag, DIAG_ERROR, cert->pos, "Cert %s", err.msg);
	tls_client_free(client);
}

static void
check_backend(const struct config_backend *backend, struct diag *diag)
{
	struct tls_cipher_report report;
	struct tls_trust *trust;
	struct error err;

	if (backend->ciphers != NULL &&
	    tls_cipher_check(backend->ciphers, &report, &err) == -1)
		diag_add(
		    diag, DIAG_ERROR, backend->pos, "Ciphers: %s", err.msg);
	if (backend->cert.path != NULL)
		check_identity(&backend->cert, diag);
	if (!backend->tls || backend->insecure)
		return;
	trust = tls_trust_new(backend->ca_file, &err);
	if (trust == NULL)
		diag_add(
		    diag, DIAG_ERROR, backend->ca_pos, "CAFile: %s", err.msg);
	tls_trust_free(trust);
}

static void
check_users(const struct config_users *from, struct diag *diag)
{
	struct pki_users *users;
	struct error err;
	unsigned plain;

	users = pki_users_read(from->file, &err);
	if (users == NULL) {
		diag_add(diag, DIAG_ERROR, from->pos, "BasicAuth %s", err.msg);
		return;
	}
	plain = pki_users_plain(users);
	if (plain > 0)
		diag_add(diag, DIAG_WARNING, from->pos,
		    "BasicAuth %s:%u: whoever reads this password has it; "
		    "htpasswd -B keeps it so that it can only be compared",
		    from->file, plain);
	pki_users_free(users);
}

static void
check_trust(const char *word, const struct config_file *file, struct diag *diag)
{
	struct tls_trust *trust;
	struct error err;

	if (file->path == NULL)
		return;
	trust = tls_trust_new(file->path, &err);
	if (trust == NULL)
		diag_add(diag, DIAG_ERROR, file->pos, "%s: %s", word, err.msg);
	tls_trust_free(trust);
}

static void
check_client_cert(const struct config_listener *listener, struct diag *diag)
{
	const struct config_file *revoked = &listener->crl_list;
	struct tls_crls *crls;
	struct error err;

	check_trust("VerifyList", &listener->verify_list, diag);
	check_trust("CAlist", &listener->ca_list, diag);
	if (revoked->path == NULL)
		return;
	crls = tls_crls_new(revoked->path, &err);
	if (crls == NULL)
		diag_add(
		    diag, DIAG_ERROR, revoked->pos, "CRLlist: %s", err.msg);
	tls_crls_free(crls);
}

static void
check_directory(const struct config_directory *directory, struct diag *diag)
{
	struct error err;
	int tree = file_open_tree(directory->file.path, &err);

	if (tree == -1)
		diag_add(diag, DIAG_ERROR, directory->file.pos, "%s: %s",
		    directory->word, err.msg);
	else
		close(tree);
}

static bool
is_blanked(const char *secret)
{
	return secret != NULL && secret[0] != '\0' &&
	    secret[strspn(secret, "*")] == '\0';
}

/* It is a key for whoever may not see it, and for no authority. */
static void
check_eab(const struct config_acme *acme, struct diag *diag)
{
	if (is_blanked(acme->eab_key))
		diag_add(diag, DIAG_ERROR, acme->eab_pos,
		    "the key of EAB is blanked, as `check --expand` prints it: "
		    "put the real one there");
}

/* Whether the workers' user may run it is for that user to find out. */
static void
check_program(const char *word, const char *path, const struct config_pos *pos,
    struct diag *diag)
{
	struct stat st;

	if (path == NULL)
		return;
	if (stat(path, &st) == -1)
		diag_add(diag, DIAG_ERROR, *pos, "%s %s: %s", word, path,
		    strerror(errno));
	else if (!S_ISREG(st.st_mode) || (st.st_mode & 0111) == 0)
		diag_add(diag, DIAG_ERROR, *pos,
		    "%s %s is no program: it must be a file that the "
		    "workers' user may execute",
		    word, path);
}

static void
check_acme(const struct config_acme *acme, struct diag *diag)
{
	check_ca_file(acme->ca_file, &acme->ca_pos, diag);
	check_eab(acme, diag);
	check_program("DNSHook", acme->dns_hook, &acme->dns_hook_pos, diag);
	check_program("Hook", acme->hook, &acme->hook_pos, diag);
}

static void
check_mqtt(const struct config_mqtt *mqtt, struct diag *diag)
{
	check_ca_file(mqtt->ca_file, &mqtt->ca_pos, diag);
	if (is_blanked(mqtt->password))
		diag_add(diag, DIAG_ERROR, mqtt->pos,
		    "a secret of 'MQTT' is blanked, as `check --expand` "
		    "prints it: put the real one there");
}

static void
check_ddns(const struct config_ddns *ddns, struct diag *diag)
{
	check_ca_file(ddns->ca_file, &ddns->ca_pos, diag);
	if (is_blanked(ddns->token) || is_blanked(ddns->password) ||
	    is_blanked(ddns->url))
		diag_add(diag, DIAG_ERROR, ddns->pos,
		    "a secret of 'DDNS %s' is blanked, as `check --expand` "
		    "prints it: put the real one there",
		    ddns->provider->name);
}

static enum key_kind
check_cert(const struct config_cert *cert, struct diag *diag)
{
	if (cert->kind == CERT_FILE)
		return check_cert_file(cert, diag);
	return key_kind(cert->key_type);
}

/* Which kinds of keys a listener has, judged by `kinds` of all slots. */
static bool
has_kind(const struct config_listener *listener, const enum key_kind *kinds,
    enum key_kind kind)
{
	for (unsigned i = 0; i < listener->ncerts; i++)
		if (kinds[listener->certs[i]->slot] == kind)
			return true;
	return false;
}

static void
check_ciphers(const struct config_listener *listener,
    const enum key_kind *kinds, struct diag *diag)
{
	struct config_pos pos = listener->ciphers_pos;
	struct tls_cipher_report report;
	struct error err;
	bool ecdsa, rsa;

	if (listener->ciphersuites != NULL &&
	    tls_suites_check(listener->ciphersuites, &err) == -1)
		diag_add(diag, DIAG_ERROR, listener->ciphersuites_pos,
		    "Ciphers -ciphersuites \"%s\": %s", listener->ciphersuites,
		    err.msg);
	if (listener->ciphers == NULL)
		return;
	if (tls_cipher_check(listener->ciphers, &report, &err) == -1) {
		diag_add(diag, DIAG_ERROR, pos, "Ciphers \"%s\": %s",
		    listener->ciphers, err.msg);
		return;
	}
	if (listener->tls_min_version > TLS_1_2)
		return;
	ecdsa = has_kind(listener, kinds, KEY_ECDSA);
	rsa = has_kind(listener, kinds, KEY_RSA);
	if (ecdsa && !report.ecdsa)
		diag_add(diag, DIAG_WARNING, pos,
		    "these Ciphers leave nothing for TLS 1.2 with an ECDSA "
		    "key: clients without TLS 1.3 cannot connect");
	if (rsa && !report.rsa)
		diag_add(diag, DIAG_WARNING, pos,
		    "these Ciphers leave nothing for TLS 1.2 with an RSA "
		    "key: clients without TLS 1.3 cannot connect");
	if (!report.forward_secrecy &&
	    ((ecdsa && report.ecdsa) || (rsa && report.rsa)))
		diag_add(diag, DIAG_WARNING, pos,
		    "these Ciphers leave TLS 1.2 without forward secrecy; "
		    "TLS 1.3 is not affected");
}

void
machine_check(const struct config *config, struct diag *diag)
{
	enum key_kind *kinds = xcalloc(config->ncerts + 1, sizeof(*kinds));
	const struct config_listener *listener;
	const struct config_users *users;
	const struct config_acme *acme;
	const struct config_ddns *ddns;
	struct config_rights rights;

	config_find_rights(config, &rights, diag);
	check_state_dir(config, diag);
	for (acme = config->acmes; acme != NULL; acme = acme->next)
		check_acme(acme, diag);
	for (ddns = config->ddns; ddns != NULL; ddns = ddns->next)
		check_ddns(ddns, diag);
	if (config->mqtt != NULL)
		check_mqtt(config->mqtt, diag);
	for (unsigned i = 0; i < config->ncerts; i++)
		kinds[i] = check_cert(config->certs[i], diag);
	for (unsigned i = 0; i < config->nbackends; i++)
		check_backend(config->backends[i], diag);
	for (users = config->users; users != NULL; users = users->next)
		check_users(users, diag);
	for (unsigned i = 0; i < config->ndirectories; i++)
		check_directory(config->directories[i], diag);
	for (unsigned i = 0; i < config->nclient_cas; i++)
		check_trust("ClientCert", &config->client_cas[i], diag);
	for (listener = config->listeners; listener != NULL;
	     listener = listener->next) {
		check_ciphers(listener, kinds, diag);
		check_client_cert(listener, diag);
	}
	free(kinds);
}
