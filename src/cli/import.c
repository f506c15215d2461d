/*
 * The command `import`: a certificate and an account that another program has
 * got become the gateway's. Here everything is read and checked, as root or as
 * the owner of the state directory; the gateway takes over what lies in its
 * directory `import`, and nothing else may write there. So keys never pass
 * through the process that answers on the control socket.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/secret.h"
#include "base/xalloc.h"
#include "client.h"
#include "command.h"
#include "commands.h"
#include "config/config.h"
#include "origin.h"
#include "pki/cert.h"
#include "pki/key.h"
#include "say.h"

#define PAIR_MAX (100u * 1024) /* what a message of the gateway can carry */

struct import {
	const struct arguments *args;
	const struct config *config;
	struct origin origin;
	struct pki_chain *chain;
	struct pki_key *key;
	const struct config_cert *cert; /* the AutoCert that it is for */
};

static bool
is_forced(const struct import *import)
{
	return import->args->option[OPTION_FORCE] != NULL;
}

/* --- which AutoCert ------------------------------------------------------ */

static bool
is_covered(const struct pki_cert_info *info, const char *name)
{
	for (size_t i = 0; i < info->nnames; i++)
		if (pki_name_covers(info->names[i], name))
			return true;
	return false;
}

static bool
is_named(const struct config_cert *cert, const char *name)
{
	for (unsigned i = 0; i < cert->nnames; i++)
		if (strcasecmp(cert->names[i], name) == 0)
			return true;
	return false;
}

static bool
fits(const struct import *import, const struct config_cert *cert)
{
	const struct pki_cert_info *info = pki_chain_info(import->chain);
	const char *name = import->args->operand;

	if (cert->kind != CERT_AUTO || (name != NULL && !is_named(cert, name)))
		return false;
	for (unsigned i = 0; i < cert->nnames; i++)
		if (!is_covered(info, cert->names[i]))
			return false;
	return true;
}

static bool
has_key_kind(const struct import *import, const struct config_cert *cert)
{
	const char *alg = pki_key_jws_alg(import->key);
	bool rsa = strncmp(cert->key_type, "RSA", 3) == 0;

	return alg != NULL && (strncmp(alg, "RS", 2) == 0) == rsa;
}

static void
list_word(struct buf *list, const char *word)
{
	buf_printf(list, "%s%s", buf_len(list) > 0 ? ", " : "", word);
}

static char *
list_end(struct buf *list)
{
	if (buf_len(list) == 0)
		buf_append_str(list, "none");
	return buf_detach(list, NULL);
}

static int
none_fits(const struct import *import, struct error *err)
{
	const struct pki_cert_info *info = pki_chain_info(import->chain);
	struct buf ours = { 0 }, theirs = { 0 };
	char *have, *want;

	for (size_t i = 0; i < info->nnames; i++)
		list_word(&theirs, info->names[i]);
	for (unsigned i = 0; i < import->config->ncerts; i++)
		if (import->config->certs[i]->kind == CERT_AUTO)
			list_word(&ours, import->config->certs[i]->store);
	have = list_end(&theirs);
	want = list_end(&ours);
	error_set(err, ERR_NOTFOUND,
	    "the certificate has the names %s, which is not enough for any "
	    "AutoCert%s%s (there is: %s)",
	    have, import->args->operand != NULL ? " with the name " : "",
	    import->args->operand != NULL ? import->args->operand : "", want);
	free(have);
	free(want);
	return -1;
}

static int
several_fit(const struct buf *list, struct error *err)
{
	return error_set(err, ERR_SYNTAX,
	    "it fits more than one AutoCert (%.*s): give the name of one",
	    (int)buf_len(list), (const char *)buf_data(list));
}

static int
other_key(const struct import *import, const struct config_cert *cert,
    struct error *err)
{
	const struct pki_cert_info *info = pki_chain_info(import->chain);

	return error_set(err, ERR_DENIED,
	    "its key is of the kind %s, and AutoCert %s is to have %s: change "
	    "its KeyType, or import it all the same with --force",
	    info->key_kind, cert->store, cert->key_type);
}

/* By its names first; of two for the same names, the one with such a key. */
static int
find_cert(struct import *import, struct error *err)
{
	const struct config_cert *other = NULL;
	unsigned count = 0, nothers = 0;
	struct buf list = { 0 };
	int rc = 0;

	for (unsigned i = 0; i < import->config->ncerts; i++) {
		const struct config_cert *cert = import->config->certs[i];

		if (!fits(import, cert))
			continue;
		if (has_key_kind(import, cert)) {
			import->cert = cert;
			count++;
			list_word(&list, cert->store);
		} else {
			other = cert;
			nothers++;
		}
	}
	if (count > 1)
		rc = several_fit(&list, err);
	else if (count == 0 && other == NULL)
		rc = none_fits(import, err);
	else if (count == 0 && (!is_forced(import) || nothers > 1))
		rc = other_key(import, other, err);
	else if (count == 0)
		import->cert = other;
	buf_release(&list);
	return rc;
}

/* --- is it good, and better than what there is? -------------------------- */

static int
check_owner(const struct import *import, struct error *err)
{
	const char *dir = import->config->state_dir;
	struct stat st;

	if (stat(dir, &st) == -1)
		return errno == ENOENT ? 0 : error_sys(err, "%s", dir);
	if (st.st_uid != geteuid())
		return error_set(err, ERR_DENIED,
		    "%s belongs to the user with the number %ld: run this "
		    "command as that user",
		    dir, (long)st.st_uid);
	return 0;
}

static int
check_newer(const struct import *import, struct error *err)
{
	const struct pki_cert_info *info = pki_chain_info(import->chain);
	char *path = xasprintf("%s/" CONFIG_CERTS_DIR "/%s.pem",
	    import->config->state_dir, import->cert->store);
	char stored_date[CLOCK_DATE_SIZE], date[CLOCK_DATE_SIZE];
	struct pki_chain *stored = NULL;
	struct buf pem = { 0 };
	int64_t until;
	int rc = 0;

	if (file_read(path, PAIR_MAX, &pem, NULL) == 0)
		stored = pki_chain_parse(
		    (const char *)buf_data(&pem), buf_len(&pem), NULL);
	until = stored == NULL ? 0 : pki_chain_info(stored)->not_after;
	if (until > info->not_after && !is_forced(import))
		rc = error_set(err, ERR_DENIED,
		    "it expires %s, and the one of %s that is stored %s: "
		    "--force takes it all the same",
		    clock_date(date, info->not_after), import->cert->store,
		    clock_date(stored_date, until));
	pki_chain_free(stored);
	buf_wipe(&pem);
	free(path);
	return rc;
}

static int
examine(struct import *import, struct error *err)
{
	const struct origin *origin = &import->origin;

	import->chain = pki_chain_parse((const char *)buf_data(&origin->chain),
	    buf_len(&origin->chain), err);
	if (import->chain == NULL)
		return error_wrap(err, "the certificate");
	import->key = pki_key_parse(
	    (const char *)buf_data(&origin->key), buf_len(&origin->key), err);
	if (import->key == NULL)
		return error_wrap(err, "the key");
	if (pki_is_placeholder(pki_chain_info(import->chain)))
		return error_set(err, ERR_DENIED,
		    "the certificate is a placeholder that Gatehouse made");
	if (pki_chain_check(
	        import->chain, import->key, NULL, 0, clock_wall(), err) == -1 ||
	    find_cert(import, err) == -1 || check_owner(import, err) == -1)
		return -1;
	return check_newer(import, err);
}

/* --- into the directory that the gateway takes over ---------------------- */

static int
write_drop(int dirfd, const char *store, const char *suffix, struct buf *text,
    struct error *err)
{
	char *file = xasprintf("%s.%s", store, suffix);
	int rc = file_write_at(
	    dirfd, file, buf_data(text), buf_len(text), 0600, err);

	free(file);
	return rc;
}

/* One of the authorities of the AutoCert has this directory. */
static bool
is_asked(const struct config_cert *cert, const char *directory)
{
	const struct config_acme *acme = cert->acme;

	while (acme != NULL && strcmp(acme->directory, directory) != 0)
		acme = acme->fallback;
	return acme != NULL;
}

static bool
has_account(const struct import *import, const char *directory)
{
	char *dir = config_account_dir(directory);
	char *path = xasprintf("%s/" CONFIG_ACCOUNTS_DIR "/%s/key.pem",
	    import->config->state_dir, dir);
	struct stat st;
	bool has = stat(path, &st) == 0 && st.st_size > 0;

	free(path);
	free(dir);
	return has;
}

/* Why the account stays where it is, in words; NULL: it is taken along. */
static char *
why_not_account(const struct import *import)
{
	const struct origin *origin = &import->origin;

	if (origin->no_account != NULL)
		return xasprintf("no account was found (%s): a new one will be "
		                 "opened when it is needed",
		    origin->no_account);
	if (!is_asked(import->cert, origin->issuer))
		return xasprintf("the account with %s is left alone: %s is to "
		                 "be got from %s",
		    origin->issuer, import->cert->store,
		    import->cert->acme->directory);
	if (has_account(import, origin->issuer) && !is_forced(import))
		return xasprintf("the gateway has an account with %s already, "
		                 "which it keeps: --force takes this one",
		    origin->issuer);
	return NULL;
}

static int
drop_account(const struct import *import, int dirfd, struct error *err)
{
	const struct origin *origin = &import->origin;
	struct buf text = { 0 };
	char *why;
	int rc;

	if (origin->account_key == NULL && origin->no_account == NULL)
		return 0;
	why = why_not_account(import);
	if (why != NULL) {
		say("%s", why);
		free(why);
		return 0;
	}
	buf_printf(&text, "directory: %s\nurl: %s\nforce: %s\n%s",
	    origin->issuer, origin->account_url,
	    is_forced(import) ? "yes" : "no", origin->account_key);
	rc = write_drop(dirfd, import->cert->store, "account", &text, err);
	buf_wipe(&text);
	return rc;
}

static int
drop_pair(const struct import *import, int dirfd, struct error *err)
{
	const char *issuer = import->origin.issuer;
	char *chain = pki_chain_pem(import->chain, err);
	char *key = chain == NULL ? NULL : pki_key_pem(import->key, err);
	struct buf text = { 0 };
	int rc = -1;

	if (key != NULL) {
		buf_printf(&text, "serial: %s\nissuer: %s\n%s%s",
		    pki_chain_info(import->chain)->serial,
		    issuer != NULL ? issuer : "", key, chain);
		rc = write_drop(dirfd, import->cert->store, "pem", &text, err);
	}
	buf_wipe(&text);
	secret_free(key);
	free(chain);
	return rc;
}

static int
drop(const struct import *import, struct error *err)
{
	const char *state_dir = import->config->state_dir;
	char *path = xasprintf("%s/" CONFIG_IMPORT_DIR, state_dir);
	int fd = file_open_dir(state_dir, 0700, err), dirfd = -1, rc = -1;

	if (fd != -1)
		dirfd = file_open_dir(path, 0700, err);
	if (dirfd != -1 && drop_account(import, dirfd, err) == 0)
		rc = drop_pair(import, dirfd, err);
	if (dirfd != -1)
		close(dirfd);
	if (fd != -1)
		close(fd);
	free(path);
	return rc;
}

/* A gateway that runs takes it over now; returns an EXIT_* value. */
static int
hand_over(const struct import *import)
{
	const char *state_dir = import->config->state_dir;
	char *path = xasprintf("%s/" CONFIG_CONTROL_SOCKET, state_dir);
	char *request = xasprintf("import %s", import->cert->store);
	struct client_answer answer;
	struct error err = { 0 };
	int status = EXIT_BAD;

	if (client_ask(path, request, &answer, &err) == 0) {
		say_safely(answer.ok ? stdout : stderr, answer.text);
		status = answer.ok ? EXIT_GOOD : EXIT_BAD;
		free(answer.text);
	} else if (err.kind == ERR_NOTFOUND) {
		printf("%s: ready; no gateway is running, and it will serve "
		       "when one starts\n",
		    import->cert->store);
		status = EXIT_GOOD;
	} else
		say("%s", err.msg);
	free(request);
	free(path);
	return status;
}

/* --- the command --------------------------------------------------------- */

/* Exactly one of the forms; an EXIT_* value. */
static int
read_origin(const struct arguments *args, struct origin *origin)
{
	const char *const *option = args->option;
	const char *pound = option[OPTION_POUND];
	const char *certbot = option[OPTION_CERTBOT];
	const char *acme_sh = option[OPTION_ACME_SH];
	bool files = option[OPTION_CERT] != NULL || option[OPTION_KEY] != NULL;
	struct error err = { 0 };
	int rc;

	if (files + (pound != NULL) + (certbot != NULL) + (acme_sh != NULL) !=
	        1 ||
	    (option[OPTION_CERT] == NULL) != (option[OPTION_KEY] == NULL)) {
		say("import: from where? Give --cert and --key, or one of "
		    "--pound, --certbot and --acme.sh");
		return EXIT_USAGE;
	}
	if (pound != NULL)
		rc = origin_read_files(origin, pound, pound, &err);
	else if (certbot != NULL)
		rc = origin_read_certbot(origin, certbot, &err);
	else if (acme_sh != NULL)
		rc = origin_read_acme_sh(origin, acme_sh, &err);
	else
		rc = origin_read_files(
		    origin, option[OPTION_CERT], option[OPTION_KEY], &err);
	if (rc == 0)
		return EXIT_GOOD;
	say("import: %s", err.msg);
	return EXIT_BAD;
}

static int
import_into(struct import *import)
{
	struct error err = { 0 };

	if (examine(import, &err) == 0 && drop(import, &err) == 0)
		return hand_over(import);
	say("import: %s", err.msg);
	return EXIT_BAD;
}

/* The configuration, or NULL after its errors were told. */
static struct config *
read_config(struct config_text *text, const char *file)
{
	struct diag *diag = diag_new();
	struct config *config = config_parse(text, diag);

	if (config == NULL)
		say("import: there are errors in %s: see `gatehouse check`",
		    file);
	diag_free(diag);
	return config;
}

int
command_import(const struct arguments *args)
{
	const char *file = args->option[OPTION_FILE] != NULL
	    ? args->option[OPTION_FILE]
	    : CONFIG_DEFAULT_FILE;
	struct import import = { .args = args };
	int status = read_origin(args, &import.origin);
	struct config_text *text = NULL;
	struct config *config = NULL;
	struct error err = { 0 };

	if (status == EXIT_GOOD) {
		text = config_text_read(file, &err);
		if (text == NULL)
			say("%s", err.msg);
		else
			config = read_config(text, file);
		import.config = config;
		status = config == NULL ? EXIT_BAD : import_into(&import);
	}
	pki_chain_free(import.chain);
	pki_key_free(import.key);
	origin_release(&import.origin);
	config_free(config);
	config_text_free(text);
	return status;
}
