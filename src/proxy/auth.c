#include "auth.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/secret.h"
#include "base/xalloc.h"
#include "config/config.h"
#include "http/basic.h"
#include "pki/mac.h"
#include "pki/users.h"
#include "rate.h"

#define GOOD_MAX 64 /* verdicts that are remembered … */
#define BAD_MAX 256 /* … where a flood of the others cannot reach them */

/* Looks: for each millisecond that one takes, so many are without any. */
#define REST 10
#define REST_MAX_MS 3000 /* that may be owed before nobody looks */

/* Passwords that nobody has seen yet, from one address. */
static const struct rate tries = { 3000000, 20 };

struct verdict {
	unsigned char mac[PKI_MAC_SIZE];
	bool set;
};

struct auth {
	unsigned char secret[PKI_MAC_SIZE];
	struct verdict good[GOOD_MAX];
	struct verdict bad[BAD_MAX];
	struct rates *rates;
	int64_t rested; /* when looking will have been paid for */
	unsigned nlists;
	struct pki_users *list[];
};

static int
read_lists(struct auth *auth, const struct config *config, struct error *err)
{
	const struct config_users *users = config->users;

	for (; users != NULL; users = users->next) {
		struct pki_users *list = pki_users_read(users->file, err);

		if (list == NULL)
			return error_wrap(err, "%s:%u:%u", users->pos.file,
			    users->pos.line, users->pos.column);
		auth->list[auth->nlists++] = list;
	}
	return 0;
}

struct auth *
auth_new(const struct config *config, struct error *err)
{
	struct auth *auth = xcalloc(
	    1, sizeof *auth + config->nusers * sizeof(struct pki_users *));

	secret_random(auth->secret, sizeof auth->secret);
	auth->rates = rates_new();
	if (read_lists(auth, config, err) == 0)
		return auth;
	auth_free(auth);
	return NULL;
}

void
auth_free(struct auth *auth)
{
	if (auth == NULL)
		return;
	for (unsigned i = 0; i < auth->nlists; i++)
		pki_users_free(auth->list[i]);
	rates_free(auth->rates);
	secret_wipe(auth, sizeof *auth);
	free(auth);
}

/* What list and credentials are remembered as. */
static void
name_of(const struct auth *auth, unsigned list, const struct http_basic *basic,
    unsigned char mac[PKI_MAC_SIZE])
{
	char text[sizeof list + HTTP_BASIC_MAX];
	size_t len = basic->user.len + 1 + basic->password.len;

	memcpy(text, &list, sizeof list);
	memcpy(text + sizeof list, basic->text, len);
	pki_mac(auth->secret, text, sizeof list + len, mac);
	secret_wipe(text, sizeof text);
}

static bool
remembers(const struct verdict *verdict, const unsigned char *mac)
{
	return verdict->set && pki_mac_is(verdict->mac, mac);
}

static bool
look(struct auth *auth, unsigned list, const struct http_basic *basic)
{
	int64_t before = clock_mono_ms(), spent;
	bool is =
	    pki_users_know(auth->list[list], basic->user.p, basic->password.p);

	spent = clock_mono_ms() - before;
	if (auth->rested < before)
		auth->rested = before;
	auth->rested += (spent > 0 ? spent : 1) * REST;
	return is;
}

static enum auth_verdict
check(struct auth *auth, unsigned list, const struct http_basic *basic,
    const char *peer, int64_t now)
{
	unsigned char mac[PKI_MAC_SIZE];
	struct verdict *good, *bad;
	bool is;

	name_of(auth, list, basic, mac);
	good = &auth->good[mac[0] % GOOD_MAX];
	bad = &auth->bad[mac[0]];
	if (remembers(good, mac))
		return AUTH_YES;
	if (remembers(bad, mac))
		return AUTH_NO;
	if (auth->rested > now + REST_MAX_MS ||
	    !rates_take(auth->rates, peer, strlen(peer), &tries, now))
		return AUTH_BUSY;
	is = look(auth, list, basic);
	memcpy((is ? good : bad)->mac, mac, sizeof mac);
	(is ? good : bad)->set = true;
	return is ? AUTH_YES : AUTH_NO;
}

enum auth_verdict
auth_check(struct auth *auth, unsigned list, struct slice credentials,
    const char *peer, int64_t now)
{
	enum auth_verdict verdict = AUTH_NO;
	struct http_basic basic;

	if (http_basic_read(credentials, &basic)) {
		verdict = check(auth, list, &basic, peer, now);
		secret_wipe(&basic, sizeof basic);
	}
	return verdict;
}
