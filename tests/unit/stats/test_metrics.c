/* The text that a scraper reads; tests/e2e holds all of it to the grammar. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "stats/metrics.h"

static char *
finish(struct buf *out)
{
	metrics_end(out);
	return buf_detach(out, NULL);
}

static void
test_a_family(void **state)
{
	struct buf out = { 0 };
	char *text;

	(void)state;
	metrics_family(&out, "up", METRICS_GAUGE, "", "Whether it is there.");
	metrics_sample(&out, "up", "", METRICS_NO_LABELS, -3);
	metrics_family(&out, "a_bytes", METRICS_COUNTER, "bytes", "Bytes.");
	metrics_sample(&out, "a_bytes", "_total",
	    (const struct metrics_label[]){
	        { "x", "1" }, { "y", "a\"b\\c\n\x80" }, { NULL, NULL } },
	    INT64_MAX);
	text = finish(&out);
	assert_string_equal(text,
	    "# TYPE up gauge\n"
	    "# HELP up Whether it is there.\n"
	    "up -3\n"
	    "# TYPE a_bytes counter\n"
	    "# UNIT a_bytes bytes\n"
	    "# HELP a_bytes Bytes.\n"
	    "a_bytes_total{x=\"1\",y=\"a\\\"b\\\\c??\"} "
	    "9223372036854775807\n"
	    "# EOF\n");
	free(text);
}

static void
test_a_histogram(void **state)
{
	uint64_t times[STATS_BUCKETS] = { 1, 2, 0, 4 };
	struct buf out = { 0 };
	char *text;

	(void)state;
	times[STATS_BUCKETS - 1] = 1;
	metrics_times(&out, "t_seconds", METRICS_NO_LABELS, times, 70025);
	text = finish(&out);
	assert_non_null(strstr(text, "t_seconds_bucket{le=\"0.001\"} 1\n"));
	assert_non_null(strstr(text, "t_seconds_bucket{le=\"0.002\"} 3\n"));
	assert_non_null(strstr(text, "t_seconds_bucket{le=\"0.008\"} 7\n"));
	assert_non_null(strstr(text, "t_seconds_bucket{le=\"65.536\"} 7\n"));
	assert_non_null(strstr(text,
	    "t_seconds_bucket{le=\"+Inf\"} 8\n"
	    "t_seconds_count 8\n"
	    "t_seconds_sum 70.025\n"
	    "# EOF\n"));
	free(text);
}

static void
test_the_figures(void **state)
{
	struct stats *stats = stats_new(NULL), *worker;
	struct stats_figures *own;
	struct buf out = { 0 };
	char *text;

	(void)state;
	stats_name(stats, STATS_BACKENDS, "ha:8123");
	stats_name(stats, STATS_LISTENERS, "https *:443");
	worker = stats_open(stats_writer_fd(stats), stats_take(stats), NULL);
	own = stats_own(worker);
	stats_answer(own, 200);
	stats_answer(own, 431);
	stats_refusal(own, 431);
	stats_turn_away(own);
	stats_add(&own->backends[1].requests, 9);
	stats_add(&own->backends[STATS_ROW_OTHER].errors, 2);
	stats_add(&own->open.listeners[1], 4);
	stats_time(&own->backends[1], 20);
	metrics_figures(&out, stats);
	text = finish(&out);
#define SHOWS(sample) assert_non_null(strstr(text, "\n" sample "\n"))
	SHOWS("gatehouse_requests_total{class=\"2xx\"} 1");
	SHOWS("gatehouse_refusals_total{status=\"431\"} 1");
	SHOWS("gatehouse_refusals_total{status=\"other\"} 0");
	SHOWS("gatehouse_connections_refused_total 1");
	SHOWS("gatehouse_backend_requests_total{backend=\"ha:8123\"} 9");
	SHOWS("gatehouse_backend_errors_total{backend=\"other\"} 2");
	SHOWS(
	    "gatehouse_listener_connections_open{listener=\"https *:443\"} 4");
	SHOWS("gatehouse_backend_response_seconds_bucket{backend=\"ha:8123\","
	      "le=\"0.032\"} 1");
	SHOWS("gatehouse_backend_response_seconds_sum{backend=\"ha:8123\"} "
	      "0.020");
	free(text);
	stats_free(worker);
	stats_free(stats);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_family),
		cmocka_unit_test(test_a_histogram),
		cmocka_unit_test(test_the_figures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
