#include "origin.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/secret.h"
#include "base/xalloc.h"
#include "pki/jwk.h"
#include "pki/key.h"
#include "json/json.h"

#define ORIGIN_FILE_MAX (100u * 1024)

void
origin_release(struct origin *origin)
{
	buf_release(&origin->chain);
	buf_wipe(&origin->key);
	free(origin->issuer);
	secret_free(origin->account_key);
	free(origin->account_url);
	free(origin->no_account);
	*origin = (struct origin){ 0 };
}

int
origin_read_files(struct origin *origin, const char *chain, const char *key,
    struct error *err)
{
	if (file_read(chain, ORIGIN_FILE_MAX, &origin->chain, err) == -1)
		return -1;
	return file_read(key, ORIGIN_FILE_MAX, &origin->key, err);
}

/* A file as a string. */
static char *
read_text(const char *path, struct error *err)
{
	struct buf text = { 0 };
	char *copy = NULL;

	if (file_read(path, ORIGIN_FILE_MAX, &text, err) == 0)
		copy = xstrndup((const char *)buf_data(&text), buf_len(&text));
	buf_wipe(&text);
	return copy;
}

/* Of a line "key = value" or "key='value'"; NULL if there is none. */
static char *
find_value(const char *text, const char *key)
{
	size_t keylen = strlen(key);

	for (; *text != '\0';
	     text += strcspn(text, "\n"), text += *text == '\n') {
		const char *at = text + keylen;
		size_t len;

		if (strncmp(text, key, keylen) != 0)
			continue;
		at += strspn(at, " \t");
		if (*at++ != '=')
			continue;
		at += strspn(at, " \t'\"");
		len = strcspn(at, "\r\n'\"");
		while (len > 0 && isspace((unsigned char)at[len - 1]))
			len--;
		return xstrndup(at, len);
	}
	return NULL;
}

/* The path itself, without links and "..", so that its last part is a name. */
static char *
resolve(const char *dir, struct error *err)
{
	char *path = realpath(dir, NULL);

	if (path == NULL)
		error_sys(err, "%s", dir);
	return path;
}

static const char *
without_scheme(const char *url)
{
	const char *scheme = strstr(url, "://");

	return scheme == NULL ? url : scheme + 3;
}

/* Takes the key over. */
static int
set_account(
    struct origin *origin, struct pki_key *key, char *url, struct error *err)
{
	if (key != NULL && pki_key_jws_alg(key) == NULL)
		error_set(err, ERR_SYNTAX,
		    "the account's key is neither EC (P-256, P-384) nor RSA");
	else if (key != NULL)
		origin->account_key = pki_key_pem(key, err);
	pki_key_free(key);
	if (origin->account_key == NULL) {
		free(url);
		return -1;
	}
	origin->account_url = url != NULL ? url : xstrdup("");
	return 0;
}

/* --- certbot ------------------------------------------------------------- */

static struct pki_key *
parse_jwk(const char *text, struct error *err)
{
	struct json *doc = json_parse(text, strlen(text), err);
	struct pki_key *key = NULL;

	if (doc != NULL) {
		const struct pki_jwk jwk = {
			.kty = json_str(doc, "kty"),
			.crv = json_str(doc, "crv"),
			.x = json_str(doc, "x"),
			.y = json_str(doc, "y"),
			.d = json_str(doc, "d"),
			.n = json_str(doc, "n"),
			.e = json_str(doc, "e"),
			.p = json_str(doc, "p"),
			.q = json_str(doc, "q"),
			.dp = json_str(doc, "dp"),
			.dq = json_str(doc, "dq"),
			.qi = json_str(doc, "qi"),
		};

		key = pki_key_from_jwk(&jwk, err);
	}
	json_free(doc);
	return key;
}

static bool
is_url(const char *text)
{
	if (text == NULL || strncmp(text, "http", 4) != 0)
		return false;
	while (*text > ' ' && *text <= '~')
		text++;
	return *text == '\0';
}

/* The account's URL. Without it the CA finds the account by its key. */
static char *
read_regr(const char *dir)
{
	char *path = xasprintf("%s/regr.json", dir);
	char *text = read_text(path, NULL), *url = NULL;
	struct json *doc =
	    text == NULL ? NULL : json_parse(text, strlen(text), NULL);

	if (doc != NULL && is_url(json_str(doc, "uri")))
		url = xstrdup(json_str(doc, "uri"));
	json_free(doc);
	free(text);
	free(path);
	return url;
}

/* accounts/HOST/PATH/ID, as the directory's URL has host and path. */
static int
read_certbot_account(
    struct origin *origin, const char *base, const char *id, struct error *err)
{
	char *dir = xasprintf(
	    "%s/accounts/%s/%s", base, without_scheme(origin->issuer), id);
	char *path = xasprintf("%s/private_key.json", dir);
	char *text = read_text(path, err);
	int rc = -1;

	if (text != NULL)
		rc = set_account(
		    origin, parse_jwk(text, err), read_regr(dir), err);
	secret_free(text);
	free(path);
	free(dir);
	return rc;
}

/* What renewal/NAME.conf says of the CA and the account with it. */
static void
read_certbot_renewal(struct origin *origin, const char *base, const char *name)
{
	char *path = xasprintf("%s/renewal/%s.conf", base, name);
	struct error err = { 0 };
	char *text = read_text(path, &err), *id = NULL;

	if (text != NULL) {
		origin->issuer = find_value(text, "server");
		id = find_value(text, "account");
	}
	if (text != NULL && (origin->issuer == NULL || id == NULL))
		error_set(&err, ERR_NOTFOUND,
		    "%s names no server with an account", path);
	if (origin->issuer == NULL || id == NULL ||
	    read_certbot_account(origin, base, id, &err) == -1)
		origin->no_account = xstrdup(err.msg);
	free(id);
	free(text);
	free(path);
}

int
origin_read_certbot(struct origin *origin, const char *live, struct error *err)
{
	char *path = resolve(live, err);
	char *above, *base, *chain, *key;
	int rc;

	if (path == NULL)
		return -1;
	above = file_parent(path);
	base = file_parent(above);
	chain = xasprintf("%s/fullchain.pem", path);
	key = xasprintf("%s/privkey.pem", path);
	rc = origin_read_files(origin, chain, key, err);
	if (rc == 0)
		read_certbot_renewal(origin, base, file_name(path));
	free(chain);
	free(key);
	free(base);
	free(above);
	free(path);
	return rc;
}

/* --- acme.sh -------------------------------------------------------------- */

/* ca/HOST/PATH, the host without its port. */
static char *
acme_sh_ca(const char *base, const char *directory)
{
	const char *host = without_scheme(directory);
	const char *path = strchr(host, '/');

	return xasprintf("%s/ca/%.*s%s", base, (int)strcspn(host, ":/"), host,
	    path == NULL ? "" : path);
}

static int
read_acme_sh_account(struct origin *origin, const char *base, struct error *err)
{
	char *dir = acme_sh_ca(base, origin->issuer);
	char *key_file = xasprintf("%s/account.key", dir);
	char *conf_file = xasprintf("%s/ca.conf", dir);
	char *key = read_text(key_file, err);
	char *conf = read_text(conf_file, NULL);
	int rc = -1;

	if (key != NULL)
		rc = set_account(origin, pki_key_parse(key, strlen(key), err),
		    conf == NULL ? NULL : find_value(conf, "ACCOUNT_URL"), err);
	secret_free(key);
	free(conf);
	free(conf_file);
	free(key_file);
	free(dir);
	return rc;
}

/* What NAME.conf says of the CA, and the account with it. */
static void
read_acme_sh_conf(
    struct origin *origin, const char *dir, const char *base, const char *name)
{
	char *path = xasprintf("%s/%s.conf", dir, name);
	struct error err = { 0 };
	char *text = read_text(path, &err);

	if (text != NULL) {
		origin->issuer = find_value(text, "Le_API");
		if (origin->issuer == NULL)
			error_set(&err, ERR_NOTFOUND, "%s has no Le_API", path);
	}
	if (origin->issuer == NULL ||
	    read_acme_sh_account(origin, base, &err) == -1)
		origin->no_account = xstrdup(err.msg);
	free(text);
	free(path);
}

int
origin_read_acme_sh(struct origin *origin, const char *dir, struct error *err)
{
	static const char ecc[] = "_ecc";
	char *path = resolve(dir, err);
	char *base, *name, *chain, *key;
	size_t len;
	int rc;

	if (path == NULL)
		return -1;
	base = file_parent(path);
	name = xstrdup(file_name(path));
	len = strlen(name);
	if (len > sizeof(ecc) - 1 &&
	    strcmp(name + len - (sizeof(ecc) - 1), ecc) == 0)
		name[len - (sizeof(ecc) - 1)] = '\0';
	chain = xasprintf("%s/fullchain.cer", path);
	key = xasprintf("%s/%s.key", path, name);
	rc = origin_read_files(origin, chain, key, err);
	if (rc == 0)
		read_acme_sh_conf(origin, path, base, name);
	free(chain);
	free(key);
	free(name);
	free(base);
	free(path);
	return rc;
}
