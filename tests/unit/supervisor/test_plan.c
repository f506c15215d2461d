/* What a configuration means on this machine: users, groups, the jail. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <grp.h>
#include <pwd.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <unistd.h>

#include "plan.h"

#define REST                                                                   \
	"ListenHTTP\nAddress 127.0.0.1\nPort 0\nService\n"                     \
	"Redirect \"https://gw.test\"\nEnd\nEnd\n"

struct lab {
	char file[64];
	struct diag *diag;
	struct error err;
	struct plan *plan;
};

static int
set_up(void **state)
{
	struct lab *lab = calloc(1, sizeof(*lab));

	assert_non_null(lab);
	snprintf(lab->file, sizeof(lab->file), "/tmp/plan.XXXXXX");
	close(mkstemp(lab->file));
	lab->diag = diag_new();
	*state = lab;
	return 0;
}

static int
tear_down(void **state)
{
	struct lab *lab = *state;

	plan_free(lab->plan);
	diag_free(lab->diag);
	unlink(lab->file);
	free(lab);
	return 0;
}

static void
load(struct lab *lab, const char *text)
{
	FILE *file = fopen(lab->file, "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
	lab->plan = plan_load(lab->file, lab->diag, &lab->err);
}

/* The first thing said is of this place, and holds this text. */
static void
assert_said(struct lab *lab, const char *place, const char *text)
{
	const char *line = diag_line(lab->diag, 0);

	assert_non_null(line);
	if (strstr(line, place) == NULL || strstr(line, text) == NULL)
		fail_msg("said: %s", line);
}

static void
need_root(void)
{
	if (geteuid() != 0)
		skip();
}

static void
test_plain(void **state)
{
	struct lab *lab = *state;

	load(lab, REST);
	assert_non_null(lab->plan);
	assert_int_equal(lab->plan->uid, PLAN_STAY);
	assert_int_equal(plan_wire_id(lab->plan->uid), -1);
	assert_string_equal(lab->plan->root, "");
	assert_true(lab->plan->sealed >= 0);
	assert_null(diag_line(lab->diag, 0));
}

static void
test_user(void **state)
{
	const struct passwd *pw = getpwnam("nobody");
	struct lab *lab = *state;

	need_root();
	assert_non_null(pw);
	load(lab, "User \"nobody\"\nRootJail \"/tmp\"\n" REST);
	assert_non_null(lab->plan);
	assert_int_equal(lab->plan->uid, pw->pw_uid);
	assert_int_equal(lab->plan->gid, pw->pw_gid);
	assert_int_equal(plan_wire_id(lab->plan->uid), pw->pw_uid);
	assert_string_equal(lab->plan->root, "/tmp");
}

static void
test_group_nobody(void **state)
{
	struct lab *lab = *state;
	const struct group *gr;

	need_root();
	if (getgrnam("nobody") != NULL)
		skip();
	gr = getgrnam("nogroup");
	assert_non_null(gr);
	load(lab, "User \"nobody\"\nGroup \"nobody\"\n" REST);
	assert_non_null(lab->plan);
	assert_int_equal(lab->plan->gid, gr->gr_gid);
	assert_said(lab, ":2:7: warning: ", "\"nogroup\"");
}

static void
test_unknown(void **state)
{
	static const struct {
		const char *text;
		const char *place;
		const char *said;
	} rows[] = {
		{ "User \"ghost-of-test\"\n" REST,
		    ":1:6: ", "no user \"ghost-of-test\"" },
		{ "Group \"ghost-of-test\"\n" REST,
		    ":1:7: ", "no group \"ghost-of-test\"" },
		{ "RootJail \"/no/such/jail\"\n" REST,
		    ":1:10: ", "No such file" },
		{ "RootJail \"/dev/null\"\n" REST,
		    ":1:10: ", "not a directory" },
	};
	struct lab *lab = *state;

	need_root();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		diag_free(lab->diag);
		lab->diag = diag_new();
		load(lab, rows[i].text);
		assert_null(lab->plan);
		assert_said(lab, rows[i].place, rows[i].said);
		assert_string_equal(lab->err.msg, "");
	}
}

static void
test_no_file(void **state)
{
	struct lab *lab = *state;

	lab->plan = plan_load("/no/such/file", lab->diag, &lab->err);
	assert_null(lab->plan);
	assert_null(diag_line(lab->diag, 0));
	assert_non_null(strstr(lab->err.msg, "/no/such/file"));
}

/* Who is not root can give nothing up, and is told so. */
static void
test_not_root(void **state)
{
	struct lab *lab = *state;
	bool root = geteuid() == 0;

	assert_int_equal(chmod(lab->file, 0666), 0);
	if (root)
		assert_int_equal(seteuid(65534), 0);
	load(lab, "User \"nobody\"\nRootJail \"/no/such/jail\"\n" REST);
	if (root)
		assert_int_equal(seteuid(0), 0);
	assert_non_null(lab->plan);
	assert_int_equal(lab->plan->uid, PLAN_STAY);
	assert_string_equal(lab->plan->root, "");
	assert_said(lab, ":1:6: warning: ", "User has no effect");
	assert_non_null(diag_line(lab->diag, 1));
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_plain),
		TEST(test_user),
		TEST(test_group_nobody),
		TEST(test_unknown),
		TEST(test_no_file),
		TEST(test_not_root),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
