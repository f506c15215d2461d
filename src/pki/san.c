/*
 * subjectAltName (RFC 5280 section 4.2.1.6): the names that people write in a
 * configuration to and from the form of requests and certificates.
 */

#include "pki_internal.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <string.h>

#include "base/log.h"
#include "base/xalloc.h"
#include "pki/key.h"

#define DNS_NAME_MAX 253

bool
pki_ip_text(const char *name, char dst[PKI_IP_TEXT_SIZE])
{
	unsigned char octets[16];
	int family = strchr(name, ':') != NULL ? AF_INET6 : AF_INET;

	return inet_pton(family, name, octets) == 1 &&
	    inet_ntop(family, octets, dst, PKI_IP_TEXT_SIZE) != NULL;
}

/* Letters, digits, '-', '_', dots, and '*' for wildcards. */
static bool
is_dns_name(const char *name, size_t len)
{
	static const char set[] = "abcdefghijklmnopqrstuvwxyz"
	                          "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.*";

	if (len == 0 || len > DNS_NAME_MAX)
		return false;
	for (size_t i = 0; i < len; i++)
		if (name[i] == '\0' || strchr(set, name[i]) == NULL)
			return false;
	return true;
}

/* The octets and the kind of one name. NULL if it is no name of a host. */
static ASN1_STRING *
san_value(const char *name, int *kind)
{
	unsigned char octets[16];
	const void *data = octets;
	int len = 0;
	ASN1_STRING *value;

	*kind = GEN_IPADD;
	if (inet_pton(AF_INET, name, octets) == 1) {
		len = 4;
	} else if (inet_pton(AF_INET6, name, octets) == 1) {
		len = 16;
	} else if (is_dns_name(name, strlen(name))) {
		*kind = GEN_DNS;
		data = name;
		len = (int)strlen(name);
	} else {
		return NULL;
	}
	value = ASN1_STRING_type_new(
	    *kind == GEN_DNS ? V_ASN1_IA5STRING : V_ASN1_OCTET_STRING);
	if (value != NULL && !ASN1_STRING_set(value, data, len)) {
		ASN1_STRING_free(value);
		return NULL;
	}
	return value;
}

static int
san_add(GENERAL_NAMES *list, const char *name)
{
	int kind;
	ASN1_STRING *value = san_value(name, &kind);
	GENERAL_NAME *entry;

	if (value == NULL)
		return -1;
	entry = GENERAL_NAME_new();
	if (entry == NULL) {
		ASN1_STRING_free(value);
		return -1;
	}
	GENERAL_NAME_set0_value(entry, kind, value);
	if (!sk_GENERAL_NAME_push(list, entry)) {
		GENERAL_NAME_free(entry);
		return -1;
	}
	return 0;
}

X509_EXTENSION *
pki_san_new(const char *const *names, size_t nnames, struct error *err)
{
	GENERAL_NAMES *list;
	X509_EXTENSION *san = NULL;
	char shown[80];

	if (nnames == 0) {
		error_set(err, ERR_SYNTAX, "a certificate needs a name");
		return NULL;
	}
	list = sk_GENERAL_NAME_new_reserve(NULL, (int)nnames);
	for (size_t i = 0; list != NULL && i < nnames; i++)
		if (san_add(list, names[i]) == -1) {
			error_set(err, ERR_SYNTAX,
			    "\"%s\" cannot be the name of a host",
			    log_escape(shown, sizeof(shown), names[i],
			        strlen(names[i])));
			goto out;
		}
	if (list != NULL)
		san = X509V3_EXT_i2d(NID_subject_alt_name, 0, list);
	if (san == NULL)
		pki_error(err, ERR_CRYPTO, "cannot encode subjectAltName");
out:
	sk_GENERAL_NAME_pop_free(list, GENERAL_NAME_free);
	return san;
}

char *
pki_san_text(const GENERAL_NAME *name)
{
	int kind;
	const ASN1_STRING *value = GENERAL_NAME_get0_value(name, &kind);
	const unsigned char *data;
	char ip[PKI_IP_TEXT_SIZE];
	int len, family;

	if (kind != GEN_DNS && kind != GEN_IPADD)
		return NULL;
	data = ASN1_STRING_get0_data(value);
	len = ASN1_STRING_length(value);
	if (kind == GEN_DNS)
		return is_dns_name((const char *)data, (size_t)len)
		    ? xstrndup((const char *)data, (size_t)len)
		    : NULL;
	if (len != 4 && len != 16)
		return NULL;
	family = len == 4 ? AF_INET : AF_INET6;
	return inet_ntop(family, data, ip, sizeof(ip)) != NULL ? xstrdup(ip)
	                                                       : NULL;
}
