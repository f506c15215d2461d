#ifndef PKI_PASSWORD_H
#define PKI_PASSWORD_H

/*
 * Passwords as htpasswd(1) and crypt(3) keep them: bcrypt ($2a$ $2b$ $2y$),
 * SHA-crypt ($5$ $6$), MD5-crypt ($1$, $apr1$), {SHA}, and as they are.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

#define PKI_PASSWORD_MAX 256 /* bytes of a password */

/* What a look at one may cost at most: some 100 ms. */
#define PKI_BCRYPT_COST_MAX 10
#define PKI_CRYPT_ROUNDS_MAX 100000

/*
 * Whether it is one of them; *plain if it is the password itself. ERR_SYNTAX if
 * it is in no known form, ERR_LIMIT if looking at it costs too much.
 */
int pki_password_check(const char *kept, bool *plain, struct error *err);

/*
 * Whether this is the password. Both are NUL-terminated; `kept` has passed
 * pki_password_check(). How long it takes says nothing about how wrong it is.
 */
bool pki_password_is(const char *kept, const char *password);

#endif
