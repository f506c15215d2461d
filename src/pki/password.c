/*
 * Passwords against what is kept of them. crypt(3) knows most forms; those of
 * Apache are made here. Only the workers of gatehouse-proxy look at any.
 */

#include "pki/password.h"

#include <crypt.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "base/secret.h"
#include "base/text.h"
#include "base/xalloc.h"

#define APR1 "$apr1$"
#define SHA "{SHA}"
#define SALT_MAX 8
#define APR1_ROUNDS 1000
#define APR1_LEN 22 /* of the hash as text */
#define KEPT_MAX 256

static bool
begins(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

/* "$2y$10$" and 53 characters. */
static int
check_bcrypt(const char *kept, struct error *err)
{
	uint64_t cost;

	if (strlen(kept) != 60 || kept[6] != '$' ||
	    !text_u64(kept + 4, 2, 31, &cost))
		return error_set(err, ERR_SYNTAX, "not a bcrypt hash");
	if (cost > PKI_BCRYPT_COST_MAX)
		return error_set(err, ERR_LIMIT,
		    "a bcrypt cost of %u holds up everybody else; at most %d",
		    (unsigned)cost, PKI_BCRYPT_COST_MAX);
	return 0;
}

/* "$6$", perhaps "rounds=N$", salt, "$", hash. */
static int
check_crypt(const char *kept, struct error *err)
{
	static const char rounds[] = "rounds=";
	const char *rest = strchr(kept + 1, '$') + 1;
	uint64_t n = 0;
	size_t len;

	if (begins(rest, rounds)) {
		rest += strlen(rounds);
		len = strcspn(rest, "$");
		if (!text_u64(rest, len, 999999999, &n) || rest[len] != '$')
			return error_set(err, ERR_SYNTAX, "bad rounds");
		rest += len + 1;
	}
	if (n > PKI_CRYPT_ROUNDS_MAX)
		return error_set(err, ERR_LIMIT,
		    "so many rounds hold up everybody else; at most %d",
		    PKI_CRYPT_ROUNDS_MAX);
	rest = strchr(rest, '$');
	if (rest == NULL || rest[1] == '\0')
		return error_set(err, ERR_SYNTAX, "a hash without its end");
	return 0;
}

int
pki_password_check(const char *kept, bool *plain, struct error *err)
{
	*plain = false;
	if (strlen(kept) > KEPT_MAX)
		return error_set(err, ERR_LIMIT, "too long");
	if (begins(kept, "$2a$") || begins(kept, "$2b$") ||
	    begins(kept, "$2y$"))
		return check_bcrypt(kept, err);
	if (begins(kept, "$1$") || begins(kept, "$5$") || begins(kept, "$6$") ||
	    begins(kept, APR1))
		return check_crypt(kept, err);
	if (kept[0] == '$' || kept[0] == '\0')
		return error_set(err, ERR_SYNTAX,
		    "this form of password is not known; htpasswd -B makes one "
		    "that is");
	*plain = !begins(kept, SHA);
	return 0;
}

/* Of texts of any length, at a time that tells the length of one only. */
static bool
same(const char *a, const char *b)
{
	size_t alen = strlen(a), blen = strlen(b);

	return alen == blen && CRYPTO_memcmp(a, b, alen) == 0;
}

static bool
is_sha(const char *kept, const char *password)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned char text[EVP_MAX_MD_SIZE * 2];
	unsigned len = 0;

	if (EVP_Digest(password, strlen(password), digest, &len, EVP_sha1(),
	        NULL) != 1)
		return false;
	EVP_EncodeBlock(text, digest, (int)len);
	return same(kept + strlen(SHA), (const char *)text);
}

#define MD5_SIZE 16

/* What APR1 is made from. */
struct apr1 {
	EVP_MD_CTX *md;
	const char *password;
	size_t len;
	const char *salt;
	size_t salt_len;
	unsigned char digest[MD5_SIZE]; /* of what was put last */
};

static void
put(struct apr1 *apr1, const void *data, size_t len)
{
	EVP_DigestUpdate(apr1->md, data, len);
}

static void
begin(struct apr1 *apr1)
{
	EVP_DigestInit_ex(apr1->md, EVP_md5(), NULL);
}

static void
end(struct apr1 *apr1)
{
	EVP_DigestFinal_ex(apr1->md, apr1->digest, NULL);
}

/* Password, salt, password; then that with the password's length in bits. */
static void
apr1_first(struct apr1 *apr1)
{
	size_t left, bits;

	begin(apr1);
	put(apr1, apr1->password, apr1->len);
	put(apr1, apr1->salt, apr1->salt_len);
	put(apr1, apr1->password, apr1->len);
	end(apr1);
	begin(apr1);
	put(apr1, apr1->password, apr1->len);
	put(apr1, APR1, strlen(APR1));
	put(apr1, apr1->salt, apr1->salt_len);
	for (left = apr1->len; left > 0;
	     left -= left < MD5_SIZE ? left : MD5_SIZE)
		put(apr1, apr1->digest, left < MD5_SIZE ? left : MD5_SIZE);
	for (bits = apr1->len; bits > 0; bits >>= 1)
		put(apr1, (bits & 1) != 0 ? "" : apr1->password, 1);
	end(apr1);
}

static void
apr1_round(struct apr1 *apr1, unsigned n)
{
	begin(apr1);
	if (n % 2 == 1)
		put(apr1, apr1->password, apr1->len);
	else
		put(apr1, apr1->digest, MD5_SIZE);
	if (n % 3 != 0)
		put(apr1, apr1->salt, apr1->salt_len);
	if (n % 7 != 0)
		put(apr1, apr1->password, apr1->len);
	if (n % 2 == 1)
		put(apr1, apr1->digest, MD5_SIZE);
	else
		put(apr1, apr1->password, apr1->len);
	end(apr1);
}

/* Crypt's base64 of the bytes in crypt's order. */
static void
apr1_text(const unsigned char d[MD5_SIZE], char text[APR1_LEN + 1])
{
	static const char letters[] = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	                              "abcdefghijklmnopqrstuvwxyz";
	static const unsigned char order[][3] = { { 0, 6, 12 }, { 1, 7, 13 },
		{ 2, 8, 14 }, { 3, 9, 15 }, { 4, 10, 5 } };
	unsigned value, i, j;
	char *out = text;

	for (i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
		value = (unsigned)d[order[i][0]] << 16 |
		    (unsigned)d[order[i][1]] << 8 | d[order[i][2]];
		for (j = 0; j < 4; j++, value >>= 6)
			*out++ = letters[value & 63];
	}
	*out++ = letters[d[11] & 63];
	*out++ = letters[d[11] >> 6];
	*out = '\0';
}

static bool
is_apr1(const char *kept, const char *password)
{
	struct apr1 apr1 = { .password = password, .len = strlen(password) };
	char text[APR1_LEN + 1];
	unsigned n;

	apr1.salt = kept + strlen(APR1);
	apr1.salt_len = strcspn(apr1.salt, "$");
	kept = apr1.salt + apr1.salt_len + 1;
	if (apr1.salt_len > SALT_MAX)
		apr1.salt_len = SALT_MAX;
	apr1.md = EVP_MD_CTX_new();
	if (apr1.md == NULL)
		return false;
	apr1_first(&apr1);
	for (n = 0; n < APR1_ROUNDS; n++)
		apr1_round(&apr1, n);
	EVP_MD_CTX_free(apr1.md);
	apr1_text(apr1.digest, text);
	secret_wipe(&apr1, sizeof(apr1));
	return same(kept, text);
}

/*
 * crypt_rn() and not crypt_r(), which AddressSanitizer believes to be in libc.
 */
static bool
is_crypt(const char *kept, const char *password)
{
	struct crypt_data *data = xcalloc(1, sizeof(*data));
	const char *made = crypt_rn(password, kept, data, (int)sizeof(*data));
	bool is = made != NULL && same(kept, made);

	secret_wipe(data, sizeof(*data));
	free(data);
	return is;
}

bool
pki_password_is(const char *kept, const char *password)
{
	if (strlen(password) > PKI_PASSWORD_MAX)
		return false;
	if (begins(kept, APR1))
		return is_apr1(kept, password);
	if (kept[0] == '$')
		return is_crypt(kept, password);
	return begins(kept, SHA) ? is_sha(kept, password)
	                         : same(kept, password);
}
