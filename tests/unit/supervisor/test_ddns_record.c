/* What is remembered of a DDNS section, as people find it on disk. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "config/ddns.h"
#include "ddns_record.h"
#include "record.h"

static const char *hosts[] = { "a.duckdns.org", "b.duckdns.org" };

static struct config_ddns
section(const char *token)
{
	return (struct config_ddns){ .provider = ddns_provider("duckdns"),
		.hosts = hosts,
		.nhosts = 1,
		.token = token };
}

static struct ddns_record
copy_of(const struct ddns_record *record)
{
	struct ddns_record copy = { 0 };
	struct buf text = { 0 };

	ddns_record_print(record, &text);
	ddns_record_parse(&copy, (const char *)buf_data(&text), buf_len(&text));
	buf_release(&text);
	return copy;
}

static void
test_round_trip(void **state)
{
	const struct config_ddns config = section("secret");
	struct ddns_record record = { 0 }, copy;

	(void)state;
	assert_true(ddns_record_adopt(&record, &config));
	record.schedule = (struct ddns_schedule){ .requested_at = 1800000001,
		.published_at = 1800000002,
		.repeats = 3,
		.changed_at = 1800000004,
		.failures = 5,
		.not_before = 1800000006,
		.stopped_at = 1800000007 };
	record_set(&record.known4, "203.0.113.9");
	ddns_record_problem(&record, "badauth", "the token\nis wrong", "");
	copy = copy_of(&record);
	assert_memory_equal(
	    &copy.schedule, &record.schedule, sizeof(copy.schedule));
	assert_string_equal(copy.known4, "203.0.113.9");
	assert_null(copy.known6);
	assert_string_equal(copy.problem, "badauth");
	assert_string_equal(copy.detail, "the token is wrong");
	assert_null(copy.advice);
	assert_true(ddns_record_is_of(&copy, &config));
	assert_false(ddns_record_adopt(&copy, &config));
	ddns_record_release(&record);
	ddns_record_release(&copy);
}

/* Another token: what was refused is forgotten, what was published is not. */
static void
test_other_words(void **state)
{
	const struct config_ddns old = section("secret"),
	                         new = section("other");
	struct ddns_record record = { 0 };

	(void)state;
	ddns_record_adopt(&record, &old);
	record_set(&record.known4, "203.0.113.9");
	ddns_record_problem(&record, "badauth", "KO", "Check it.");
	assert_true(ddns_record_is_of(&record, &new));
	assert_true(ddns_record_adopt(&record, &new));
	assert_null(record.problem);
	assert_string_equal(record.known4, "203.0.113.9");
	assert_false(ddns_record_adopt(&record, &new));
	ddns_record_release(&record);
}

/* Other names are another section: nothing of it is known. */
static void
test_other_section(void **state)
{
	struct config_ddns config = section("secret");
	struct ddns_record record = { 0 };

	(void)state;
	ddns_record_adopt(&record, &config);
	record_set(&record.known4, "203.0.113.9");
	record.schedule.requested_at = 1800000000;
	config.nhosts = 2;
	assert_false(ddns_record_is_of(&record, &config));
	assert_true(ddns_record_adopt(&record, &config));
	assert_null(record.known4);
	assert_int_equal(record.schedule.requested_at, 0);
	config.login = "me";
	assert_false(ddns_record_is_of(&record, &config));
	ddns_record_release(&record);
}

/* No word of the section can be read from it. */
static void
test_no_secret(void **state)
{
	struct config_ddns config = section("secret-token");
	struct ddns_record record = { 0 };
	struct buf text = { 0 };

	(void)state;
	config.login = "somebody";
	config.password = "secret-password";
	ddns_record_adopt(&record, &config);
	ddns_record_print(&record, &text);
	buf_append(&text, "", 1);
	assert_null(strstr((const char *)buf_data(&text), "secret"));
	assert_null(strstr((const char *)buf_data(&text), "somebody"));
	buf_release(&text);
	ddns_record_release(&record);
}

/* What cannot be read is as if it had never been written. */
static void
test_damage(void **state)
{
	static const char *const texts[] = { "", "key: x\nsection: y\n",
		"key: AAAAAAAAAAAAAAAAAAAAAA\n", "\n\n\n", "key: \xff\xfe\n" };
	static const char numbers[] = "requested-at: -5\npublished-at: 12x\n"
	                              "nonsense\nfailures: 2\nipv4: 192.0.2.1";
	const struct config_ddns config = section("secret");
	struct ddns_record record = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		ddns_record_parse(&record, texts[i], strlen(texts[i]));
		assert_false(ddns_record_is_of(&record, &config));
		assert_true(ddns_record_adopt(&record, &config));
		assert_true(ddns_record_is_of(&record, &config));
		ddns_record_release(&record);
	}
	ddns_record_parse(&record, numbers, sizeof(numbers) - 1);
	assert_int_equal(record.schedule.requested_at, 0);
	assert_int_equal(record.schedule.published_at, 0);
	assert_int_equal(record.schedule.failures, 2);
	assert_null(record.known4); /* its line has no end */
	ddns_record_release(&record);
}

static void
test_on_disk(void **state)
{
	const struct config_ddns config = section("secret");
	char dir[] = "/tmp/ddns.XXXXXX";
	struct ddns_record record = { 0 }, copy;
	struct stat st;
	int fd;

	(void)state;
	assert_non_null(mkdtemp(dir));
	fd = open(dir, O_RDONLY | O_DIRECTORY);
	ddns_record_adopt(&record, &config);
	assert_int_equal(ddns_record_write(fd, "x", &record, NULL), 0);
	assert_int_equal(fstatat(fd, "x", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	ddns_record_read(fd, "x", &copy);
	assert_true(ddns_record_is_of(&copy, &config));
	ddns_record_release(&copy);
	ddns_record_read(fd, "y", &copy);
	assert_null(copy.key);
	unlinkat(fd, "x", 0);
	close(fd);
	rmdir(dir);
	ddns_record_release(&record);
}

static void
assert_name(const char *host, unsigned n, const char *wanted)
{
	const char *one[] = { host };
	struct config_ddns config = section("secret");
	char *name;

	config.hosts = one;
	name = ddns_record_name(&config, n);
	assert_string_equal(name, wanted);
	free(name);
}

static void
test_names(void **state)
{
	(void)state;
	assert_name("a.duckdns.org", 1, "duckdns-a.duckdns.org");
	assert_name("a.duckdns.org", 3, "duckdns-a.duckdns.org-3");
	assert_name("*.duckdns.org", 1, "duckdns-_.duckdns.org");
	assert_name("../../etc/passwd", 1, "duckdns-.._.._etc_passwd");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_other_words),
		cmocka_unit_test(test_other_section),
		cmocka_unit_test(test_no_secret),
		cmocka_unit_test(test_damage),
		cmocka_unit_test(test_on_disk),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
