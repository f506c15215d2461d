/* Formats of the access log, and where their mistakes are. */

#include "reading.h"

#include "logformat.h"

#define LISTEN "ListenHTTP\n Port 80\n%s\nService\n%s\nError 404\nEnd\nEnd\n"

static const struct config_log_format *
format_of(struct arena *arena, const char *text)
{
	struct logformat_fault fault;
	const struct config_log_format *format =
	    logformat_read(arena, text, &fault);

	if (format == NULL)
		fail_msg("%s: at %zu: %s", text, fault.at, fault.what);
	return format;
}

static void
test_items(void **state)
{
	static const enum log_item_kind kinds[] = { LINE_CLIENT, LINE_TEXT,
		LINE_TEXT, LINE_FIELD, LINE_STATUS_LINE, LINE_STATUS,
		LINE_FIELD_OUT, LINE_DURATION, LINE_NAME, LINE_UPSTREAM };
	struct arena *arena = arena_new(0);
	const struct config_log_format *format = format_of(arena,
	    "%a 100%%%{User-Agent}i%>s%s%{Age}o%{ms}T%{backend}N%{upstream}x");
	size_t i;

	(void)state;
	assert_int_equal(format->nitems, COUNT(kinds));
	for (i = 0; i < COUNT(kinds); i++)
		assert_int_equal(format->items[i].kind, kinds[i]);
	assert_int_equal(format->items[1].text.len, 4);
	assert_memory_equal(format->items[2].text.p, "%", 1);
	assert_true(slice_eq(format->items[3].text, "User-Agent"));
	assert_int_equal(format->noutputs, 1);
	assert_true(slice_eq(format->outputs[0], "Age"));
	assert_int_equal(format->items[7].what, LINE_MILLIS);
	assert_int_equal(format->items[8].what, LINE_OF_BACKEND);
	assert_false(format->has_time);
	arena_free(arena);
}

static void
test_times(void **state)
{
	static const struct {
		const char *text;
		enum log_time how;
		bool end;
	} cases[] = {
		{ "%t", LINE_TIME_CLF, false },
		{ "%{end:}t", LINE_TIME_CLF, true },
		{ "%{begin:sec}t", LINE_TIME_SEC, false },
		{ "%{msec_frac}t", LINE_TIME_MSEC_FRAC, false },
		{ "%{end:%H:%M}t", LINE_TIME_STRFTIME, true },
	};
	struct arena *arena = arena_new(0);
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		const struct config_log_format *format =
		    format_of(arena, cases[i].text);

		assert_int_equal(format->nitems, 1);
		assert_int_equal(format->items[0].what, cases[i].how);
		assert_int_equal(format->items[0].end, cases[i].end);
		assert_true(format->has_time);
	}
	arena_free(arena);
}

static void
test_faults(void **state)
{
	static const struct {
		const char *text;
		size_t at;
	} cases[] = {
		{ "%a %y", 3 },
		{ "%", 0 },
		{ "ab%{x", 2 },
		{ "%{x}", 0 },
		{ "%i", 0 },
		{ "%{a b}i", 0 },
		{ "%{x}a", 0 },
		{ "%{min}T", 0 },
		{ "%{thread}N", 0 },
		{ "%{secret}x", 0 },
		{ "%>a", 0 },
	};
	struct arena *arena = arena_new(0);
	struct logformat_fault fault;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		fault = (struct logformat_fault){ .at = 99 };
		assert_null(logformat_read(arena, cases[i].text, &fault));
		if (fault.at != cases[i].at || fault.what[0] == '\0')
			fail_msg("%s: at %zu: %s", cases[i].text, fault.at,
			    fault.what);
	}
	arena_free(arena);
}

static void
test_bounds(void **state)
{
	struct arena *arena = arena_new(0);
	struct logformat_fault fault;
	char text[8 * 1000 + 1];
	size_t i;

	(void)state;
	for (i = 0; i < 1000; i++)
		memcpy(text + 8 * i, "%{aaaa}o", 8);
	text[8 * (size_t)LINE_OUTPUTS_MAX] = '\0';
	assert_non_null(logformat_read(arena, text, &fault));
	text[8 * (size_t)LINE_OUTPUTS_MAX] = '%';
	text[8 * (size_t)(LINE_OUTPUTS_MAX + 1)] = '\0';
	assert_null(logformat_read(arena, text, &fault));
	for (i = 0; i < 1000; i++)
		memcpy(text + 2 * i, "%a", 2);
	text[2000] = '\0';
	assert_null(logformat_read(arena, text, &fault));
	arena_free(arena);
}

static void
test_builtins_are_formats(void **state)
{
	static const char *const names[] = { "regular", "extended",
		"vhost_combined", "combined", "detailed", "full", "json" };
	struct arena *arena = arena_new(0);
	size_t i;

	(void)state;
	assert_null(logformat_builtin("null")->text);
	assert_null(logformat_builtin("nothing"));
	assert_null(logformat_level(6));
	for (i = 0; i < COUNT(names); i++) {
		format_of(arena, logformat_builtin(names[i])->text);
		if (i < 5)
			assert_string_equal(
			    logformat_level((unsigned)i + 1)->name, names[i]);
	}
	arena_free(arena);
}

static void
test_level_by_name(void **state)
{
	struct reading reading;
	const struct config_listener *listener;

	(void)state;
	reading_init(&reading,
	    "LogLevel \"mine\"\n"
	    "ListenHTTP \"front\"\nPort 80\n"
	    "Service \"s\"\nLogSuppress success 3\nError 404\nEnd\nEnd\n"
	    "ListenHTTP\nPort 81\nLogLevel json\nLogSuppress all\n"
	    "Service\nError 404\nEnd\nEnd\n"
	    "ListenHTTP\nPort 82\nLogLevel \"null\"\n"
	    "Service\nError 404\nEnd\nEnd\n"
	    "LogFormat \"mine\" \"%a \\\"%r\\\"\"\n"
	    "AccessLog \"/var/log/access.log\"\nLogTag \"ha\"\n");
	assert_messages(&reading, "");
	listener = reading.config->listeners;
	assert_string_equal(listener->name, "front");
	assert_string_equal(listener->log_format->name, "mine");
	assert_false(listener->log_format->json);
	assert_int_equal(listener->log_suppress, 0);
	assert_string_equal(listener->services->name, "s");
	assert_int_equal(listener->services->log_suppress, 1 << 2 | 1 << 3);
	listener = listener->next;
	assert_true(listener->log_format->json);
	assert_int_equal(listener->log_suppress, CONFIG_LOG_SUPPRESS_ALL);
	assert_null(listener->next->log_format);
	assert_string_equal(reading.config->access_log, "/var/log/access.log");
	assert_string_equal(reading.config->log_tag, "ha");
	reading_release(&reading);
}

static void
test_messages_have_their_place(void **state)
{
	static const struct {
		const char *line, *message;
	} cases[] = {
		{ "LogFormat \"m\" \"\\\"%r\\\" %y\"",
		    "t:1:23: 'LogFormat': '%y' stands for nothing that is "
		    "known\n" },
		{ "LogFormat \"json\" \"%a\"",
		    "t:1:11: there is a log format 'json' already\n" },
		{ "LogFormat \"7\" \"%a\"",
		    "t:1:11: 'LogFormat' needs a name of at most 32 letters, "
		    "digits, '_', '-' and '.', not '7'\n" },
		{ "LogLevel jsn",
		    "t:1:10: there is no LogFormat 'jsn'; built in are null, "
		    "regular, extended, vhost_combined, combined, detailed, "
		    "full and json\n" },
		{ "LogLevel 6",
		    "t:1:10: 'LogLevel' needs a number from 0 to 5 or the name "
		    "of a format, not '6'\n" },
		{ "LogTag \"a b\"",
		    "t:1:8: 'LogTag' needs a name of at most 32 letters, "
		    "digits, '_', '-' and '.', not 'a b'\n" },
	};
	char text[512];
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		struct reading reading;

		snprintf(
		    text, sizeof(text), "%s\n" LISTEN, cases[i].line, "", "");
		reading_init(&reading, text);
		assert_messages(&reading, cases[i].message);
		reading_release(&reading);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_items),
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_faults),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_builtins_are_formats),
		cmocka_unit_test(test_level_by_name),
		cmocka_unit_test(test_messages_have_their_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
