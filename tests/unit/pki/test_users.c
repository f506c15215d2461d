/* Files of users, and what may be wrong with them. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "pki/users.h"

static char path[] = "/tmp/users-XXXXXX";

static struct pki_users *
read_text(const char *text, struct error *err)
{
	FILE *out = fopen(path, "w");

	assert_non_null(out);
	fputs(text, out);
	assert_int_equal(fclose(out), 0);
	return pki_users_read(path, err);
}

static void
test_users(void **state)
{
	struct pki_users *users;
	struct error err;

	(void)state;
	users = read_text("# who\n\nann:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=\r\n"
	                  "bob:a:b\nann:other\neve:\xc3\xa4",
	    &err);
	assert_non_null(users);
	assert_int_equal(pki_users_plain(users), 4);
	assert_true(pki_users_know(users, "ann", "secret"));
	assert_false(pki_users_know(users, "ann", "other"));
	assert_true(pki_users_know(users, "bob", "a:b"));
	assert_true(pki_users_know(users, "eve", "\xc3\xa4"));
	assert_false(pki_users_know(users, "bob", "secret"));
	assert_false(pki_users_know(users, "joe", "secret"));
	assert_false(pki_users_know(users, "", ""));
	pki_users_free(users);
	users = read_text("ann:$1$abc$iCQ2D3nhptRYi27fDYv2s1\n", &err);
	assert_int_equal(pki_users_plain(users), 0);
	pki_users_free(users);
	pki_users_free(NULL);
}

static void
test_what_is_wrong(void **state)
{
	static const struct {
		const char *text, *why;
	} cases[] = {
		{ "", " nobody is in it" },
		{ "# ann:x\n", " nobody is in it" },
		{ "a:b\nann\n", "2: a line is a name, ':' and a password" },
		{ ":x\n", "1: a line is a name, ':' and a password" },
		{ "a:\n",
		    "1: this form of password is not known; htpasswd -B "
		    "makes one that is" },
	};
	static char many[4 * (PKI_USERS_MAX + 1) + 1];
	char want[256];
	struct error err;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_null(read_text(cases[i].text, &err));
		snprintf(want, sizeof(want), "%s:%s", path, cases[i].why);
		assert_string_equal(err.msg, want);
	}
	for (unsigned i = 0; i <= PKI_USERS_MAX; i++)
		memcpy(many + 4 * i, "a:b\n", 4);
	assert_null(read_text(many, &err));
	assert_int_equal(err.kind, ERR_LIMIT);
	many[4 * PKI_USERS_MAX] = '\0';
	pki_users_free(read_text(many, &err));
	assert_null(pki_users_read("/nonexistent", &err));
	assert_int_equal(err.kind, ERR_NOTFOUND);
}

static int
set_up(void **state)
{
	int fd = mkstemp(path);

	(void)state;
	return fd == -1 ? -1 : close(fd);
}

static int
tear_down(void **state)
{
	(void)state;
	return unlink(path);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_users),
		cmocka_unit_test(test_what_is_wrong),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
