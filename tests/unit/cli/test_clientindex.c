/* The book of the authority for clients: reading, damage, names, bounds. */

#include "clientindex.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define A "7885900da19e5d1eeff42fb0fc7acfe4"
#define B "65f5878f9d093fc1d65dfff87aac8ff2"
#define NOW 1000

static const char whole[] =
    "gatehouse-client-ca 1\n"
    "crl 3\n"
    "clients 2\n" A " 10 2000 0 phone\n" B " 20 2000 30 Zoe's tablet 2\n";

/* A name that is refused in `whole` stands here for one that is not. */
static const char good[] =
    "gatehouse-client-ca 1\n"
    "crl 3\n"
    "clients 2\n" A " 10 2000 0 phone\n" B " 20 2000 30 tablet of Zoe\n";

static int
parse(struct client_index *index, const char *text, struct error *err)
{
	return client_index_parse(index, text, strlen(text), err);
}

static void
test_round_trip(void **state)
{
	struct client_index index = { 0 };
	char *text;

	(void)state;
	assert_int_equal(parse(&index, good, NULL), 0);
	assert_int_equal(index.crl, 3);
	assert_int_equal(index.nentries, 2);
	assert_string_equal(index.entries[1].name, "tablet of Zoe");
	assert_string_equal(index.entries[1].serial, B);
	assert_int_equal(index.entries[1].from, 20);
	assert_int_equal(index.entries[1].until, 2000);
	assert_int_equal(index.entries[1].revoked, 30);
	text = client_index_text(&index);
	assert_string_equal(text, good);
	free(text);
	client_index_release(&index);
}

static void
test_empty(void **state)
{
	struct client_index index = { 0 }, again = { 0 };
	char *text = client_index_text(&index);

	(void)state;
	assert_int_equal(parse(&again, text, NULL), 0);
	assert_int_equal(again.nentries, 0);
	free(text);
}

/* No part of it is taken for the whole. */
static void
test_every_cut(void **state)
{
	struct client_index index = { 0 };
	struct error err;

	(void)state;
	for (size_t len = 0; len < strlen(good); len++) {
		assert_int_equal(
		    client_index_parse(&index, good, len, &err), -1);
		assert_int_equal(err.kind, ERR_SYNTAX);
		assert_null(index.entries);
	}
}

static void
test_damage(void **state)
{
	static const struct {
		const char *text;
		const char *says;
	} cases[] = {
		{ "", "line 1 " },
		{ "gatehouse-client-ca 2\ncrl 0\nclients 0\n", "line 1 " },
		{ "gatehouse-client-ca 1\nCRL 0\nclients 0\n", "line 2 " },
		{ "gatehouse-client-ca 1\ncrl x\nclients 0\n", "line 2 " },
		{ "gatehouse-client-ca 1\ncrl 0\nclients 1001\n", "line 3 " },
		{ "gatehouse-client-ca 1\ncrl 0\nclients -1\n", "line 3 " },
		{ "gatehouse-client-ca 1\ncrl 0\nclients 0\nmore\n",
		    "line 4 " },
		{ "gatehouse-client-ca 1\ncrl 0\nclients 1\n" A " 1 2 0\n",
		    "line 4 " },
		{ "gatehouse-client-ca 1\ncrl 0\nclients 1\n" A " 1 2 0 \n",
		    "line 4 " },
		{ "gatehouse-client-ca 1\ncrl 0\nclients 1\n" A " 1 2 0 ../x\n",
		    "line 4 " },
		{ "gatehouse-client-ca 1\ncrl 0\nclients 1\n" A
		  " 1 x 0 phone\n",
		    "line 4 " },
		{ "gatehouse-client-ca 1\ncrl 0\nclients 1\n" A
		  " 1 253402300800 0 phone\n",
		    "line 4 " },
		{ "gatehouse-client-ca 1\ncrl 0\nclients 1\nxyz 1 2 0 phone\n",
		    "line 4 " },
		{ "gatehouse-client-ca 1\ncrl 0\nclients 1\n 1 2 0 phone\n",
		    "line 4 " },
		{ "gatehouse-client-ca 1\ncrl 0\nclients 1\n" A A
		  " 1 2 0 phone\n",
		    "line 4 " },
		{ "gatehouse-client-ca 1\ncrl 0\nclients 2\n" A
		  " 1 2 0 phone\n" A " 1 2 0 tablet\n",
		    "line 5 " },
		{ whole, "line 5 " },
	};
	struct client_index index = { 0 };
	struct error err;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(parse(&index, cases[i].text, &err), -1);
		if (strncmp(err.msg, cases[i].says, 7) != 0)
			fail_msg("%s: %s", cases[i].text, err.msg);
		assert_int_equal(index.nentries, 0);
	}
}

static void
test_names(void **state)
{
	static const char *const fine[] = { "phone", "2", "a b", "J. R.",
		"zoe@home", "a_b-c+d" };
	static const char *const bad[] = { "", " phone", "phone ", ".phone",
		"-phone", "a/b", "a\\b", "a\nb", "a\tb", "Zo\xc3\xab", "a\"b",
		"a\033[2J", "..", "@" };
	char longest[CLIENT_NAME_MAX + 2];

	(void)state;
	for (size_t i = 0; i < sizeof(fine) / sizeof(fine[0]); i++)
		assert_int_equal(client_name_check(fine[i], NULL), 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (client_name_check(bad[i], NULL) == 0)
			fail_msg("\"%s\"", bad[i]);
	memset(longest, 'x', sizeof(longest));
	longest[CLIENT_NAME_MAX + 1] = '\0';
	assert_int_equal(client_name_check(longest, NULL), -1);
	longest[CLIENT_NAME_MAX] = '\0';
	assert_int_equal(client_name_check(longest, NULL), 0);
}

static void
add(struct client_index *index, const char *name, int64_t until,
    int64_t revoked)
{
	struct client_entry entry = { .until = until, .revoked = revoked };

	snprintf(entry.name, sizeof(entry.name), "%s", name);
	snprintf(entry.serial, sizeof(entry.serial), "%zx", index->nentries);
	assert_int_equal(client_index_add(index, &entry, NOW, NULL), 0);
}

static void
test_find(void **state)
{
	struct client_index index = { 0 };

	(void)state;
	assert_null(client_index_find(&index, "phone", NOW));
	add(&index, "phone", NOW - 1, 0);
	add(&index, "phone", NOW, 5);
	assert_string_equal(
	    client_index_find(&index, "phone", NOW)->serial, "1");
	assert_false(
	    client_entry_is_good(client_index_find(&index, "phone", NOW), NOW));
	add(&index, "Phone", NOW, 0);
	add(&index, "phone", NOW, 6);
	assert_string_equal(
	    client_index_find(&index, "PHONE", NOW)->serial, "2");
	assert_null(client_index_find(&index, "phon", NOW));
	client_index_release(&index);
}

/* A full book forgets what has expired, and only that. */
static void
test_bound(void **state)
{
	struct client_entry entry = { .name = "more", .serial = "f" };
	struct client_index index = { 0 };
	struct error err;
	char *text;

	(void)state;
	for (unsigned i = 0; i < CLIENT_INDEX_MAX - 1; i++)
		add(&index, "phone", NOW + 1, i % 2);
	add(&index, "phone", NOW - 1, 0);
	assert_int_equal(client_index_add(&index, &entry, NOW, &err), 0);
	assert_int_equal(index.nentries, CLIENT_INDEX_MAX);
	index.entries[CLIENT_INDEX_MAX - 1].until = NOW;
	assert_int_equal(client_index_add(&index, &entry, NOW, &err), -1);
	assert_int_equal(err.kind, ERR_LIMIT);
	assert_int_equal(index.nentries, CLIENT_INDEX_MAX);
	for (unsigned i = 0; i < CLIENT_INDEX_MAX; i++) {
		memset(index.entries[i].name, 'x', CLIENT_NAME_MAX);
		index.entries[i].name[CLIENT_NAME_MAX] = '\0';
		snprintf(index.entries[i].serial, PKI_SERIAL_SIZE, "%063x", i);
		index.entries[i].from = index.entries[i].until =
		    index.entries[i].revoked = INT64_C(253402300799);
	}
	text = client_index_text(&index);
	assert_true(strlen(text) <= CLIENT_INDEX_FILE_MAX);
	free(text);
	client_index_release(&index);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_every_cut),
		cmocka_unit_test(test_damage),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_bound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
