/* Who may come in, and how often one may be wrong about it. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <openssl/evp.h>

#include "auth.h"
#include "base/clock.h"
#include "config/config.h"

/* ann:secret, bob:pw, bob:no, joe:pw */
#define ANN "Basic YW5uOnNlY3JldA=="
#define BOB "Basic Ym9iOnB3"
#define WRONG "Basic Ym9iOm5v"
#define NOBODY "Basic am9lOnB3"

static char path[] = "/tmp/users-XXXXXX";
static struct auth *auth;

static int
set_up(void **state)
{
	static struct config_users users[2] = { { .file = path },
		{ .file = path, .index = 1 } };
	struct config config = { .users = users, .nusers = 2 };
	static const char text[] =
	    "ann:$2y$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a\n"
	    "bob:pw\n";
	int fd = mkstemp(path);
	struct error err;

	(void)state;
	users[0].next = &users[1];
	if (fd == -1 ||
	    write(fd, text, sizeof text - 1) != (ssize_t)sizeof text - 1)
		return -1;
	close(fd);
	auth = auth_new(&config, &err);
	unlink(path);
	memcpy(path + strlen(path) - 6, "XXXXXX", 6);
	return auth != NULL ? 0 : -1;
}

static int
tear_down(void **state)
{
	(void)state;
	auth_free(auth);
	return 0;
}

/* Long after all looks that the clock can tell of. */
#define LATER INT64_C(1000000000000)

static enum auth_verdict
ask(const char *credentials, const char *peer, int64_t now)
{
	struct slice value = { credentials, strlen(credentials) };

	return auth_check(auth, 0, value, peer, now);
}

static void
knows_who_is_in_the_list(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(ask(ANN, "a", LATER), AUTH_YES);
		assert_int_equal(ask(BOB, "a", LATER), AUTH_YES);
		assert_int_equal(ask(WRONG, "a", LATER), AUTH_NO);
		assert_int_equal(ask(NOBODY, "a", LATER), AUTH_NO);
		assert_int_equal(ask("Bearer x", "a", LATER), AUTH_NO);
		assert_int_equal(ask("", "a", LATER), AUTH_NO);
	}
}

/* As somebody would who tries numbers. */
static enum auth_verdict
guess(unsigned number, const char *peer, int64_t now)
{
	char text[16], value[64] = "Basic ";
	int len = snprintf(text, sizeof text, "ann:%u", number);

	EVP_EncodeBlock((unsigned char *)value + strlen(value),
	    (const unsigned char *)text, len);
	return ask(value, peer, now);
}

/* A guess that is new costs a try; what is remembered costs none. */
static void
guessing_is_bounded(void **state)
{
	unsigned looked = 0;

	(void)state;
	assert_int_equal(ask(ANN, "good", LATER), AUTH_YES);
	for (unsigned i = 0; i < 100; i++)
		looked += guess(i, "bad", LATER) == AUTH_NO;
	assert_int_equal(looked, 20);
	assert_int_equal(ask(BOB, "bad", LATER), AUTH_BUSY);
	assert_int_equal(ask(ANN, "bad", LATER), AUTH_YES);
	assert_int_equal(guess(19, "bad", LATER), AUTH_NO);
	assert_int_equal(ask(BOB, "good", LATER), AUTH_YES);
	assert_int_equal(ask(WRONG, "bad", LATER + 3000), AUTH_NO);
	assert_int_equal(ask(NOBODY, "bad", LATER + 3000), AUTH_BUSY);
}

/* Many addresses together may not take more of the time than a tenth. */
static void
looking_is_bounded(void **state)
{
	int64_t now = clock_mono_ms();
	char peer[16];
	unsigned looked = 0;

	(void)state;
	for (unsigned i = 0; i < 1000; i++) {
		snprintf(peer, sizeof peer, "%u", i);
		looked += guess(i, peer, now) == AUTH_NO;
	}
	assert_in_range(looked, 1, 301);
	assert_int_equal(guess(1000, "other", now), AUTH_BUSY);
	assert_int_equal(guess(1000, "other", LATER), AUTH_NO);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    knows_who_is_in_the_list, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    guessing_is_bounded, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    looking_is_bounded, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
