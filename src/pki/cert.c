/*
 * Certificate chains: read from PEM, described, judged, written again. Used by
 * gatehouse-acme before it stores what a CA sent, by a worker before it serves
 * it, and by the supervisor's children for status. Trust is not judged here:
 * clients do that.
 */

#include "pki/cert.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "base/xalloc.h"
#include "pki/key.h"
#include "pki_internal.h"

#define NAMES_MAX 128 /* of a leaf that we look at */

struct pki_chain {
	X509 *certs[PKI_CHAIN_MAX];
	size_t ncerts;
	struct pki_cert_info info;
};

/* --- what a certificate says of itself ----------------------------------- */

/* The magnitude, two digits an octet: DER's leading sign octet is not in it. */
static int
read_serial(const X509 *leaf, struct pki_cert_info *info, struct error *err)
{
	const ASN1_INTEGER *serial = X509_get0_serialNumber(leaf);
	const unsigned char *octets = ASN1_STRING_get0_data(serial);
	size_t len = (size_t)ASN1_STRING_length(serial);

	if (2 * len >= sizeof(info->serial))
		return error_set(err, ERR_LIMIT, "serial number is too long");
	for (size_t i = 0; i < len; i++)
		snprintf(info->serial + 2 * i, 3, "%02x", octets[i]);
	return 0;
}

static void
read_issuer(const X509 *leaf, struct pki_cert_info *info)
{
	const X509_NAME *name = X509_get_issuer_name(leaf);
	int at = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
	unsigned char *utf8 = NULL;
	char *text;
	int len = -1;
	BIO *bio;

	if (at >= 0)
		len = ASN1_STRING_to_UTF8(&utf8,
		    X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)));
	if (len >= 0) {
		log_escape(
		    info->issuer, sizeof(info->issuer), utf8, (size_t)len);
		OPENSSL_free(utf8);
		return;
	}
	bio = BIO_new(BIO_s_mem());
	if (bio != NULL &&
	    X509_NAME_print_ex(bio, name, 0, XN_FLAG_ONELINE) >= 0) {
		text = pki_bio_text(bio);
		log_escape(
		    info->issuer, sizeof(info->issuer), text, strlen(text));
		free(text);
	}
	BIO_free(bio);
}

static int
read_date(const ASN1_TIME *date, int64_t *wall, struct error *err)
{
	ASN1_TIME *epoch = ASN1_TIME_set(NULL, 0);
	int days, seconds, rc = 0;

	if (epoch != NULL && ASN1_TIME_diff(&days, &seconds, epoch, date))
		*wall = (int64_t)days * 86400 + seconds;
	else
		rc = pki_error(err, ERR_SYNTAX, "malformed date");
	ASN1_TIME_free(epoch);
	return rc;
}

static void
read_key_kind(const X509 *leaf, struct pki_cert_info *info)
{
	const EVP_PKEY *key = X509_get0_pubkey(leaf);
	const char *kind = key != NULL ? EVP_PKEY_get0_type_name(key) : NULL;

	if (kind != NULL && strcmp(kind, "EC") == 0)
		kind = "ECDSA";
	snprintf(info->key_kind, sizeof(info->key_kind), "%s",
	    kind != NULL ? kind : "unknown");
}

/* Takes the malloced name; NULL is fine. */
static void
add_name(struct pki_cert_info *info, char *name)
{
	if (name != NULL && info->nnames < NAMES_MAX)
		info->names[info->nnames++] = name;
	else
		free(name);
}

/* The common name as a name of the host: what CAs did before RFC 2818. */
static void
read_common_name(const X509 *leaf, struct pki_cert_info *info)
{
	const X509_NAME *subject = X509_get_subject_name(leaf);
	int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
	GENERAL_NAME name = { .type = GEN_DNS };

	if (at < 0)
		return;
	name.d.dNSName =
	    X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at));
	add_name(info, pki_san_text(&name));
}

static int
read_names(const X509 *leaf, struct pki_cert_info *info, struct error *err)
{
	int critical;
	GENERAL_NAMES *san =
	    X509_get_ext_d2i(leaf, NID_subject_alt_name, &critical, NULL);

	info->names = xcalloc(NAMES_MAX, sizeof(*info->names));
	if (san == NULL && critical != -1)
		return pki_error(err, ERR_SYNTAX, "malformed subjectAltName");
	for (int i = 0; i < sk_GENERAL_NAME_num(san); i++)
		add_name(info, pki_san_text(sk_GENERAL_NAME_value(san, i)));
	GENERAL_NAMES_free(san);
	if (info->nnames == 0)
		read_common_name(leaf, info);
	return 0;
}

static int
read_info(const X509 *leaf, struct pki_cert_info *info, struct error *err)
{
	if (read_serial(leaf, info, err) == -1 ||
	    read_date(X509_get0_notBefore(leaf), &info->not_before, err) ==
	        -1 ||
	    read_date(X509_get0_notAfter(leaf), &info->not_after, err) == -1 ||
	    read_names(leaf, info, err) == -1)
		return -1;
	read_issuer(leaf, info);
	read_key_kind(leaf, info);
	return 0;
}

/* --- chains --------------------------------------------------------------- */

static int
chain_add(struct pki_chain *chain, const struct pki_pem *pem, struct error *err)
{
	const unsigned char *der = pem->der;
	X509 *cert;

	if (strcmp(pem->label, PEM_STRING_X509) != 0 &&
	    strcmp(pem->label, PEM_STRING_X509_OLD) != 0)
		return 0;
	if (chain->ncerts == PKI_CHAIN_MAX)
		return error_set(
		    err, ERR_LIMIT, "more than %d certificates", PKI_CHAIN_MAX);
	cert = d2i_X509(NULL, &der, pem->len);
	if (cert == NULL)
		return pki_error(err, ERR_SYNTAX, "malformed certificate");
	chain->certs[chain->ncerts++] = cert;
	return 0;
}

struct pki_chain *
pki_chain_parse(const char *text, size_t len, struct error *err)
{
	BIO *bio = pki_pem_open(text, len, err);
	struct pki_chain *chain = xcalloc(1, sizeof(*chain));
	struct pki_pem pem = { 0 };
	int rc = -1;

	while (bio != NULL && (rc = pki_pem_next(bio, &pem, err)) > 0) {
		rc = chain_add(chain, &pem, err);
		pki_pem_release(&pem);
		if (rc == -1)
			break;
	}
	if (rc == 0 && chain->ncerts == 0)
		rc = error_set(err, ERR_SYNTAX, "there is no certificate");
	if (rc == 0)
		rc = read_info(chain->certs[0], &chain->info, err);
	BIO_free(bio);
	ERR_clear_error();
	if (rc == 0)
		return chain;
	pki_chain_free(chain);
	return NULL;
}

void
pki_chain_free(struct pki_chain *chain)
{
	if (chain == NULL)
		return;
	for (size_t i = 0; i < chain->ncerts; i++)
		X509_free(chain->certs[i]);
	for (size_t i = 0; i < chain->info.nnames; i++)
		free(chain->info.names[i]);
	free(chain->info.names);
	free(chain);
}

const struct pki_cert_info *
pki_chain_info(const struct pki_chain *chain)
{
	return &chain->info;
}

X509 *
pki_chain_x509(const struct pki_chain *chain, size_t n)
{
	return n < chain->ncerts ? chain->certs[n] : NULL;
}

char *
pki_chain_pem(const struct pki_chain *chain, struct error *err)
{
	BIO *bio;
	char *pem = NULL;

	ERR_clear_error();
	bio = BIO_new(BIO_s_mem());
	for (size_t i = 0; bio != NULL && i < chain->ncerts; i++)
		if (!PEM_write_bio_X509(bio, chain->certs[i])) {
			BIO_free(bio);
			bio = NULL;
		}
	if (bio != NULL)
		pem = pki_bio_text(bio);
	else
		pki_error(err, ERR_CRYPTO, "cannot write the certificates");
	BIO_free(bio);
	return pem;
}

/* --- judgement ------------------------------------------------------------ */

bool
pki_chain_has_key(const struct pki_chain *chain, const struct pki_key *key)
{
	const EVP_PKEY *leaf = X509_get0_pubkey(chain->certs[0]);
	bool same = leaf != NULL && EVP_PKEY_eq(leaf, key->evp) == 1;

	ERR_clear_error();
	return same;
}

bool
pki_name_covers(const char *pattern, const char *host)
{
	const char *rest;

	if (text_ieq(pattern, strlen(pattern), host))
		return true;
	rest = strchr(host, '.');
	return strncmp(pattern, "*.", 2) == 0 && rest != NULL && rest != host &&
	    text_ieq(pattern + 1, strlen(pattern + 1), rest);
}

static int
check_names(const struct pki_cert_info *info, const char *const *names,
    size_t nnames, struct error *err)
{
	for (size_t i = 0; i < nnames; i++) {
		char ip[PKI_IP_TEXT_SIZE];
		const char *name = pki_ip_text(names[i], ip) ? ip : names[i];
		size_t n = 0;

		while (
		    n < info->nnames && !pki_name_covers(info->names[n], name))
			n++;
		if (n == info->nnames)
			return error_set(err, ERR_DENIED,
			    "the certificate is not for '%s'", names[i]);
	}
	return 0;
}

static int
check_dates(const struct pki_cert_info *info, int64_t now, struct error *err)
{
	char date[CLOCK_DATE_SIZE];

	if (now < info->not_before)
		return error_set(err, ERR_DENIED,
		    "the certificate is not valid before %s",
		    clock_date(date, info->not_before));
	if (now > info->not_after)
		return error_set(err, ERR_DENIED,
		    "the certificate expired at %s",
		    clock_date(date, info->not_after));
	return 0;
}

static int
check_links(const struct pki_chain *chain, struct error *err)
{
	for (size_t i = 0; i + 1 < chain->ncerts; i++) {
		X509 *cert = chain->certs[i], *issuer = chain->certs[i + 1];
		EVP_PKEY *key = X509_get0_pubkey(issuer);
		bool linked = key != NULL &&
		    X509_check_issued(issuer, cert) == X509_V_OK &&
		    X509_verify(cert, key) == 1;

		ERR_clear_error();
		if (!linked)
			return error_set(err, ERR_DENIED,
			    "certificate %zu of the chain is not signed by the "
			    "next one",
			    i + 1);
	}
	return 0;
}

int
pki_chain_check(const struct pki_chain *chain, const struct pki_key *key,
    const char *const *names, size_t nnames, int64_t now, struct error *err)
{
	if (!pki_chain_has_key(chain, key))
		return error_set(err, ERR_DENIED,
		    "the private key is not the certificate's");
	if (check_names(&chain->info, names, nnames, err) == -1 ||
	    check_dates(&chain->info, now, err) == -1)
		return -1;
	return check_links(chain, err);
}
