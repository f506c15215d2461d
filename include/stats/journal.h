#ifndef STATS_JOURNAL_H
#define STATS_JOURNAL_H

/*
 * What happened lately: the figures of the last hour, minute by minute, and
 * the last events. It lies in memory that the supervisor makes and shares with
 * the monitor, so it outlives a reload and a monitor that dies, and nothing
 * else. Both write events; the monitor takes the samples. Whoever reads trusts
 * none of it. No text in it is a secret or was chosen by a client.
 */

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "stats/stats.h"

#define JOURNAL_MINUTES 60
#define JOURNAL_EVENTS 64
#define JOURNAL_KIND_SIZE 24
#define JOURNAL_TEXT_SIZE 224

struct journal;

/*
 * The supervisor's, with a sample of nothing; others open its descriptor.
 */
struct journal *journal_new(struct error *err);
struct journal *journal_open(int fd, struct error *err);
void journal_free(struct journal *journal); /* NULL is fine */

/* To hand on. */
int journal_fd(const struct journal *journal);

/*
 * Events: a word such as "backend-down", and a line for people, cut if it is
 * too long.
 */
void journal_event(struct journal *journal, const char *kind, const char *fmt,
    ...) __attribute__((format(printf, 3, 4)));

struct journal_event {
	int64_t when; /* seconds since the epoch */
	char kind[JOURNAL_KIND_SIZE];
	char text[JOURNAL_TEXT_SIZE];
};

/* The last events, the newest first; returns their number. */
unsigned journal_events(
    const struct journal *journal, struct journal_event list[JOURNAL_EVENTS]);

/*
 * Notes the figures for the minute that `now` is in, unless that was done: at
 * least once a minute. What is noted are sums, so it does not matter who takes
 * a sample, or that one is missing.
 */
void journal_sample(
    struct journal *journal, int64_t now, const struct stats_figures *total);

/* What happened from one sample to the next, or until now. */
struct journal_point {
	int64_t from; /* seconds since the epoch */
	int64_t to;
	uint64_t requests;
	uint64_t errors; /* answered with 5xx */
	uint64_t received;
	uint64_t sent;
	uint64_t times[STATS_BUCKETS];
};

#define JOURNAL_POINTS (JOURNAL_MINUTES + 1)

/* The last hour, the oldest first; returns the number of points. */
unsigned journal_hour(const struct journal *journal, int64_t now,
    const struct stats_figures *total,
    struct journal_point list[JOURNAL_POINTS]);

/* All points in one. */
struct journal_point journal_total(
    const struct journal_point *list, unsigned n);

#endif
