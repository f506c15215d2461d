/*
 * The table of words: that it is in itself sound, and that the manual page
 * tells of each word what the table says.
 */

#include "reading.h"

#include "base/buf.h"
#include "base/file.h"
#include "tree.h"
#include "value.h"

#define PAGE "docs/man/gatehouse.conf.5"
#define NOT_TOLD (ROW_LATER | ROW_IGNORED | ROW_BARE)

static const struct {
	enum scope scope;
	const char *section;
} sections[] = {
	{ SCOPE_GLOBAL, "TOP LEVEL" },
	{ SCOPE_HTTP, "LISTENERS" },
	{ SCOPE_HTTPS, "LISTENERS" },
	{ SCOPE_SERVICE, "SERVICES" },
	{ SCOPE_MATCH, "CONDITIONS" },
	{ SCOPE_REQUEST, "EDITS" },
	{ SCOPE_RESPONSE, "EDITS" },
	{ SCOPE_BACKEND, "BACKENDS" },
	{ SCOPE_ACME, "CERTIFICATE AUTHORITY" },
	{ SCOPE_GATEWAY, "GATEWAY" },
	{ SCOPE_STATUS, "STATUS" },
	{ SCOPE_SESSION, "SESSIONS" },
	{ SCOPE_DDNS, "DYNAMIC DNS" },
	{ SCOPE_MQTT, "MQTT" },
};

static void
test_rows_are_sound(void **state)
{
	const struct schema_row *row, *other;
	unsigned i, j;

	(void)state;
	for (i = 0; (row = schema_at(i)) != NULL; i++) {
		assert_true(row->scopes != 0);
		assert_true(row->min <= row->max || row->max == 0);
		if ((row->flags & NOT_TOLD) == 0) {
			assert_non_null(row->help);
			if (row->types[0] == VALUE_NONE)
				assert_null(row->def);
			assert_int_not_equal(row->id, WORD_OTHER);
		}
		for (j = 0; j < 2; j++)
			if (row->types[j] == VALUE_CHOICE)
				assert_non_null(row->choices);
		for (j = 0; j < i; j++) {
			other = schema_at(j);
			if ((row->scopes & other->scopes) != 0 &&
			    strcasecmp(row->word, other->word) == 0 &&
			    (row->flags & ROW_LATER) ==
			        (other->flags & ROW_LATER))
				fail_msg("%s is there twice", row->word);
		}
	}
}

static void
test_defaults_are_values(void **state)
{
	static const struct config_pos pos = { "t", 1, 1 };
	struct tree tree = { .arena = arena_new(0), .diag = diag_new() };
	const struct schema_row *row;
	unsigned i;

	(void)state;
	for (i = 0; (row = schema_at(i)) != NULL; i++) {
		struct directive *line = tree_add(&tree, NULL, "", pos);

		if (row->def == NULL)
			continue;
		line->row = row;
		tree_add_value(&tree, line, row->def, pos);
		if ((row->flags & ROW_OPTIONAL) != 0)
			tree_add_value(&tree, line, "https://x", pos);
		value_check(&tree, line);
		if (line->bad)
			fail_msg("%s", diag_line(tree.diag, 0));
	}
	assert_null(diag_line(tree.diag, 0));
	diag_free(tree.diag);
	arena_free(tree.arena);
}

static void
test_suggestions(void **state)
{
	static const struct {
		enum scope scope;
		const char *word, *meant;
	} cases[] = {
		{ SCOPE_GLOBAL, "Usr", "User" },
		{ SCOPE_GLOBAL, "lsitenhttps", "ListenHTTPS" },
		{ SCOPE_GLOBAL, "ListenHTTTP", "ListenHTTP" },
		{ SCOPE_GATEWAY, "Foward", "Forward" },
		{ SCOPE_BACKEND, "Prt", "Port" },
		{ SCOPE_BACKEND, "Pots", NULL },
		{ SCOPE_GLOBAL, "Sesion", NULL },
		{ SCOPE_SERVICE, "BackeEnds", "BackEnd" },
		{ SCOPE_SERVICE, "Frobnicate", NULL },
	};
	char long_word[200];
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		const struct schema_row *row =
		    schema_suggest(cases[i].scope, cases[i].word);

		if (cases[i].meant == NULL) {
			assert_null(row);
			continue;
		}
		assert_non_null(row);
		assert_string_equal(row->word, cases[i].meant);
	}
	memset(long_word, 'P', sizeof(long_word));
	long_word[sizeof(long_word) - 1] = '\0';
	assert_null(schema_suggest(SCOPE_GLOBAL, long_word));
}

/* The paragraph "[.It Ic word … next .It]" of a section, or NULL. */
static char *
paragraph(const char *page, const char *section, const char *word)
{
	char heading[64], item[64];
	const char *begin, *end, *next;

	snprintf(heading, sizeof(heading), "\n.Sh %s\n", section);
	begin = strstr(page, heading);
	assert_non_null(begin);
	end = strstr(begin + 1, "\n.Sh ");
	snprintf(item, sizeof(item), "\n.It Ic %s", word);
	for (begin = strstr(begin, item);
	     begin != NULL && strchr(" \n", begin[strlen(item)]) == NULL;)
		begin = strstr(begin + 1, item);
	if (begin == NULL || begin > end)
		return NULL;
	next = strstr(begin + 1, "\n.It Ic ");
	if (next == NULL || next > end)
		next = end;
	return strndup(begin, (size_t)(next - begin));
}

static void
assert_told(const char *text, const char *word, const char *section,
    const char *told, bool should)
{
	if ((strstr(text, told) != NULL) != should)
		fail_msg("%s: '%s' in %s should%s say '%s'", PAGE, word,
		    section, should ? "" : " not", told);
}

static void
check_paragraph(
    const char *page, const struct schema_row *row, const char *section)
{
	char *text = paragraph(page, section, row->word), told[64];

	if (text == NULL)
		fail_msg("%s: no '.It Ic %s' in %s", PAGE, row->word, section);
	assert_told(text, row->word, section, "Example:", true);
	snprintf(told, sizeof(told), "Ql %s", row->word);
	assert_told(text, row->word, section, told, true);
	assert_told(text, row->word, section, "This line is required.",
	    (row->flags & ROW_REQUIRED) != 0);
	if (strstr(text, "Another word for") == NULL)
		assert_told(text, row->word, section, "May be repeated",
		    (row->flags & ROW_REPEATABLE) != 0);
	assert_told(
	    text, row->word, section, "The default is", row->def != NULL);
	if (row->def != NULL)
		assert_told(text, row->word, section, row->def, true);
	free(text);
}

static char *
read_page(void)
{
	struct buf buf = { 0 };
	struct error err;

	if (file_read(PAGE, 1024 * 1024, &buf, &err) == -1)
		fail_msg("%s", err.msg);
	return buf_detach(&buf, NULL);
}

/* What stands in several sections for the same reason is told once. */
static unsigned
told_where(const struct schema_row *row)
{
	if (row->id == WORD_INCLUDE)
		return SCOPE_GLOBAL;
	if ((row->scopes & SCOPE_MATCH) != 0)
		return SCOPE_MATCH;
	if (row->opens == SCOPE_REQUEST)
		return SCOPE_REQUEST;
	return (row->scopes & SCOPE_REQUEST) != 0 ? SCOPE_REQUEST : row->scopes;
}

static void
test_every_word_is_in_the_manual(void **state)
{
	const struct schema_row *row;
	char *page = read_page();
	size_t i, j;

	(void)state;
	for (i = 0; (row = schema_at((unsigned)i)) != NULL; i++) {
		if ((row->flags & NOT_TOLD) != 0)
			continue;
		for (j = 0; j < COUNT(sections); j++)
			if ((told_where(row) & sections[j].scope) != 0)
				check_paragraph(page, row, sections[j].section);
	}
	free(page);
}

/* And nothing that is not there. */
static void
test_every_word_of_the_manual_is_one(void **state)
{
	char *page = read_page(), *line, *rest = page, word[64];
	unsigned scopes = 0;
	size_t i;

	(void)state;
	while ((line = strsep(&rest, "\n")) != NULL) {
		if (strncmp(line, ".Sh ", 4) == 0) {
			scopes = 0;
			for (i = 0; i < COUNT(sections); i++)
				if (strcmp(line + 4, sections[i].section) == 0)
					scopes |= sections[i].scope;
			if (scopes == (SCOPE_REQUEST | SCOPE_RESPONSE))
				scopes |= SCOPE_SERVICE;
		}
		if (strncmp(line, ".It Ic ", 7) != 0)
			continue;
		snprintf(word, sizeof(word), "%.*s",
		    (int)strcspn(line + 7, " "), line + 7);
		if ((schema_scopes(word) & scopes) == 0)
			fail_msg("%s: '%s' does not belong there", PAGE, word);
	}
	free(page);
}

/* The literal text behind a heading of the manual. */
static char *
literal(const char *page, const char *heading)
{
	static const char begin[] = "\n.Bd -literal -offset indent\n";
	const char *at = strstr(page, heading), *end;

	assert_non_null(at);
	at = strstr(at, begin);
	assert_non_null(at);
	at += strlen(begin);
	end = strstr(at, ".Ed\n");
	assert_non_null(end);
	return strndup(at, (size_t)(end - at));
}

static char *
expand(const char *text)
{
	struct config_text *read = config_text_new("t", text, strlen(text));
	struct diag *diag = diag_new();
	char *printed = config_expand(read, diag);

	assert_non_null(printed);
	diag_free(diag);
	config_text_free(read);
	return printed;
}

/* What the manual says that a Gateway stands for is what it stands for. */
static void
test_the_example_is_what_a_gateway_means(void **state)
{
	char *page = read_page();
	char *gateway = literal(page, "\n.Sh DESCRIPTION\n");
	char *example = literal(page, "\n.Sh EXAMPLES\n");
	char *expanded = expand(gateway), *same = expand(example), *user;

	(void)state;
	user = strstr(expanded, "User\t\"nobody\"\n\n");
	assert_non_null(user);
	memmove(user, user + 14, strlen(user + 14) + 1);
	assert_string_equal(expanded, same);
	free(same);
	free(expanded);
	free(example);
	free(gateway);
	free(page);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows_are_sound),
		cmocka_unit_test(test_defaults_are_values),
		cmocka_unit_test(test_suggestions),
		cmocka_unit_test(test_every_word_is_in_the_manual),
		cmocka_unit_test(test_every_word_of_the_manual_is_one),
		cmocka_unit_test(test_the_example_is_what_a_gateway_means),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
