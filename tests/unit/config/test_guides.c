/* The examples of the guides are configurations, and they are accepted. */

#include "reading.h"

#include <glob.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/xalloc.h"

/* Something to serve, behind what is said about names. */
#define SITE "ListenHTTP\nPort 8099\nService\nSuccess\nEnd\nEnd\n"

static bool families[DDNS_FAMILY_COUNT]; /* those that the guides show */

/* A token in a file of its own is not on this machine. */
static void
say_inline(char *text)
{
	char *at;

	while ((at = strstr(text, "TokenFile")) != NULL)
		memcpy(at, "Token    ", 9);
	while ((at = strstr(text, "PasswordFile")) != NULL)
		memcpy(at, "Password    ", 12);
}

static void
check_example(const char *guide, char *example)
{
	const struct config_ddns *ddns;
	struct reading reading;
	char *whole;

	say_inline(example);
	whole = xasprintf("%s%s", example,
	    strstr(example, "Gateway \"") != NULL ||
	            strstr(example, "Listen") != NULL
	        ? ""
	        : SITE);
	reading_init(&reading, whole);
	if (diag_line(reading.diag, 0) != NULL)
		fail_msg(
		    "%s: %s in\n%s", guide, diag_line(reading.diag, 0), whole);
	assert_non_null(reading.config);
	for (ddns = reading.config->ddns; ddns != NULL; ddns = ddns->next)
		families[ddns->provider->family] = true;
	reading_release(&reading);
	free(whole);
}

/* The blocks between ``` and ```; other languages are named, as ```nginx. */
static unsigned
check_guide(const char *guide)
{
	bool inside = false, ours = false;
	struct buf page = { 0 }, example = { 0 };
	struct error err;
	char *text, *line, *rest, *whole;
	unsigned n = 0;

	assert_int_equal(file_read(guide, 1024 * 1024, &page, &err), 0);
	rest = text = buf_detach(&page, NULL);
	while ((line = strsep(&rest, "\n")) != NULL) {
		if (strncmp(line, "```", 3) != 0) {
			if (ours)
				buf_printf(&example, "%s\n", line);
			continue;
		}
		if (ours) {
			whole = buf_detach(&example, NULL);
			check_example(guide, whole);
			free(whole);
			n++;
		}
		inside = !inside;
		ours = inside && line[3] == '\0';
	}
	assert_false(inside);
	free(text);
	return n;
}

/* Those about the program, and not for those who use it. */
static bool
is_guide(const char *path)
{
	return strcmp(path, "docs/architecture.md") != 0 &&
	    strcmp(path, "docs/threat-model.md") != 0;
}

static void
test_examples(void **state)
{
	unsigned n = check_guide("README.md");
	glob_t found;

	(void)state;
	assert_int_equal(glob("docs/*.md", 0, NULL, &found), 0);
	for (size_t i = 0; i < found.gl_pathc; i++)
		if (is_guide(found.gl_pathv[i]))
			n += check_guide(found.gl_pathv[i]);
	globfree(&found);
	assert_true(n > 30);
}

static void
test_every_family_of_providers_is_shown(void **state)
{
	(void)state;
	for (size_t i = 0; i < DDNS_FAMILY_COUNT; i++)
		if (!families[i] && i != DDNS_FAMILY_DDNSS)
			fail_msg("no guide shows family %zu", i);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_examples),
		cmocka_unit_test(test_every_family_of_providers_is_shown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
