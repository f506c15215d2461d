#ifndef PKI_CSR_H
#define PKI_CSR_H

#include <stddef.h>

#include "base/error.h"

struct pki_key;

/*
 * A certificate signing request (RFC 2986, DER) with an empty subject and the
 * names as subjectAltName, in this order: DNS names, or IP addresses where a
 * name is one. *der is malloced; the caller frees it.
 */
int pki_csr(const struct pki_key *key, const char *const *names, size_t nnames,
    unsigned char **der, size_t *len, struct error *err);

#endif
