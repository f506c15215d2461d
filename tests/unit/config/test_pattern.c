/* Patterns: what is compiled, what is refused, what is a host name. */

#include "reading.h"

#include "pattern.h"

static void
test_compile(void **state)
{
	static const struct {
		const char *pattern, *why; /* NULL: it compiles */
	} cases[] = {
		{ "X-Forwarded-For", NULL },
		{ "^(a|b){1,3}[[:digit:]]+\\.$", NULL },
		{ "a{1000}", NULL },
		{ "[{]x", NULL },
		{ "\\\\1", NULL },
		{ "(", "Unmatched ( or \\(" },
		{ "[a", "Unmatched [, [^, [:, [., or [=" },
		{ "a{1001}", "it repeats too much" },
		{ "a{,1001}", "it repeats too much" },
		{ "(a{2,40}){40}", "it repeats too much" },
		{ "a{99999999999999999999}", "it repeats too much" },
		{ "(a+b+)+c+d+e+f+g+h+i+j+k+", NULL },
		{ "a+++++++++++", "it repeats too much" },
		{ "((((((((((a)+)+)+)+)+)+)+)+)+)+", "it repeats too much" },
		{ "(a)\\1", "it refers back to a part of itself" },
	};
	char long_one[2000];
	struct error err;
	regex_t regex;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		if (pattern_compile(
		        &regex, cases[i].pattern, false, false, &err) == 0) {
			assert_null(cases[i].why);
			regfree(&regex);
		} else {
			assert_non_null(cases[i].why);
			assert_string_equal(err.msg, cases[i].why);
		}
	}
	memset(long_one, 'a', sizeof(long_one));
	long_one[sizeof(long_one) - 1] = '\0';
	assert_int_equal(
	    pattern_compile(&regex, long_one, false, false, &err), -1);
	assert_string_equal(err.msg, "longer than 1024 bytes");
}

static void
test_hosts(void **state)
{
	static const struct {
		const char *pattern, *host; /* NULL: a pattern like others */
	} cases[] = {
		{ "Host: my.example.org", "my.example.org" },
		{ "host:MY.example.org", "my.example.org" },
		{ "Host  : \t my.example.org ", "my.example.org" },
		{ "^Host: my\\.example\\.org$", "my.example.org" },
		{ "Host: 192.168.1.2", "192.168.1.2" },
		{ "Host: ha", "ha" },
		{ "Host: (a|b)\\.example\\.org", NULL },
		{ "Host: .*", NULL },
		{ "Host: ", NULL },
		{ "Host: my.example.org:8443", NULL },
		{ "Host: my\\-example", NULL },
		{ "Host my.example.org", NULL },
		{ "X-Host: my.example.org", NULL },
		{ "my.example.org", NULL },
	};
	char host[PATTERN_HOST_SIZE], long_one[400];
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		assert_int_equal(pattern_is_host(cases[i].pattern, host),
		    cases[i].host != NULL);
		if (cases[i].host != NULL)
			assert_string_equal(host, cases[i].host);
	}
	memset(long_one, 'a', sizeof(long_one));
	memcpy(long_one, "Host: ", strlen("Host: "));
	long_one[sizeof(long_one) - 1] = '\0';
	assert_false(pattern_is_host(long_one, host));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_compile),
		cmocka_unit_test(test_hosts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
