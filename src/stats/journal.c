/*
 * Two rings in shared memory. That of the minutes is indexed by the minute
 * itself; that of the events by tickets, which two processes may take at once.
 */

#include "stats/journal.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/xalloc.h"
#include "shared.h"

/* The oldest sample begins the first minute. */
#define SAMPLES (JOURNAL_MINUTES + 1)

struct sample {
	int64_t when; /* 0: none */
	uint64_t requests, errors, received, sent;
	uint64_t times[STATS_BUCKETS];
};

struct rings {
	uint32_t ticket;                             /* of the next event */
	struct journal_event events[JOURNAL_EVENTS]; /* when = 0: none */
	struct sample samples[SAMPLES];
};

struct journal {
	struct rings *rings;
	int fd; /* the supervisor's; else -1 */
};

static struct journal *
map(int fd, int keep, struct error *err)
{
	struct journal *journal = xcalloc(1, sizeof(*journal));

	journal->fd = keep;
	journal->rings = shared_map(
	    fd, sizeof(*journal->rings), PROT_READ | PROT_WRITE, err);
	if (journal->rings != NULL)
		return journal;
	journal_free(journal);
	return NULL;
}

struct journal *
journal_new(struct error *err)
{
	static const struct stats_figures nothing;
	int fd = shared_new("gatehouse-journal", sizeof(struct rings), err);
	struct journal *journal = fd == -1 ? NULL : map(fd, fd, err);

	if (journal != NULL)
		journal_sample(journal, clock_wall(), &nothing);
	return journal;
}

struct journal *
journal_open(int fd, struct error *err)
{
	return map(fd, -1, err);
}

void
journal_free(struct journal *journal)
{
	if (journal == NULL)
		return;
	if (journal->rings != NULL)
		munmap(journal->rings, sizeof(*journal->rings));
	if (journal->fd != -1)
		close(journal->fd);
	free(journal);
}

int
journal_fd(const struct journal *journal)
{
	return journal->fd;
}

/* --- events -------------------------------------------------------------- */

void
journal_event(struct journal *journal, const char *kind, const char *fmt, ...)
{
	struct rings *rings = journal->rings;
	uint32_t ticket =
	    __atomic_fetch_add(&rings->ticket, 1, __ATOMIC_RELAXED);
	struct journal_event *event = &rings->events[ticket % JOURNAL_EVENTS];
	va_list ap;

	/* Without a date it does not count, until it is complete. */
	__atomic_store_n(&event->when, 0, __ATOMIC_RELEASE);
	snprintf(event->kind, sizeof(event->kind), "%s", kind);
	va_start(ap, fmt);
	vsnprintf(event->text, sizeof(event->text), fmt, ap);
	va_end(ap);
	__atomic_store_n(&event->when, clock_wall(), __ATOMIC_RELEASE);
}

unsigned
journal_events(
    const struct journal *journal, struct journal_event list[JOURNAL_EVENTS])
{
	const struct rings *rings = journal->rings;
	uint32_t ticket = __atomic_load_n(&rings->ticket, __ATOMIC_ACQUIRE);
	unsigned n = 0;

	for (unsigned i = 1; i <= JOURNAL_EVENTS; i++) {
		struct journal_event *event = &list[n];

		*event = rings->events[(ticket - i) % JOURNAL_EVENTS];
		event->kind[JOURNAL_KIND_SIZE - 1] = '\0';
		event->text[JOURNAL_TEXT_SIZE - 1] = '\0';
		if (event->when > 0)
			n++;
	}
	return n;
}

/* --- minutes ------------------------------------------------------------- */

/* Also before 1970, where a clock without a battery may begin. */
static struct sample *
place_of(const struct journal *journal, int64_t minute)
{
	return &journal->rings->samples[(uint64_t)minute % SAMPLES];
}

static struct sample
sample_of(int64_t now, const struct stats_figures *total)
{
	struct sample sample = { .when = now,
		.errors = total->answers[4],
		.received = total->received,
		.sent = total->sent };

	for (unsigned i = 0; i < 5; i++)
		sample.requests += total->answers[i];
	for (unsigned row = 0; row < STATS_ROWS; row++)
		for (unsigned i = 0; i < STATS_BUCKETS; i++)
			sample.times[i] += total->backends[row].times[i];
	return sample;
}

void
journal_sample(
    struct journal *journal, int64_t now, const struct stats_figures *total)
{
	struct sample *sample = place_of(journal, now / 60);

	if (sample->when <= 0 || sample->when / 60 != now / 60)
		*sample = sample_of(now, total);
}

/* Of this minute, and not of an earlier or later hour; else NULL. */
static const struct sample *
find_sample(const struct journal *journal, int64_t minute)
{
	const struct sample *sample = place_of(journal, minute);

	return sample->when > 0 && sample->when / 60 == minute ? sample : NULL;
}

/* Sums that went back are somebody's mischief, and no difference at all. */
static uint64_t
grown(uint64_t from, uint64_t to)
{
	return to > from ? to - from : 0;
}

static struct journal_point
difference(const struct sample *from, const struct sample *to)
{
	struct journal_point point = { .from = from->when,
		.to = to->when,
		.requests = grown(from->requests, to->requests),
		.errors = grown(from->errors, to->errors),
		.received = grown(from->received, to->received),
		.sent = grown(from->sent, to->sent) };

	for (unsigned i = 0; i < STATS_BUCKETS; i++)
		point.times[i] = grown(from->times[i], to->times[i]);
	return point;
}

unsigned
journal_hour(const struct journal *journal, int64_t now,
    const struct stats_figures *total,
    struct journal_point list[JOURNAL_POINTS])
{
	const struct sample *last = NULL;
	struct sample present = sample_of(now, total);
	int64_t minute = now / 60 - JOURNAL_MINUTES;
	unsigned n = 0;

	for (; minute <= now / 60; minute++) {
		const struct sample *sample = find_sample(journal, minute);

		if (sample == NULL || sample->when > now)
			continue;
		if (last != NULL)
			list[n++] = difference(last, sample);
		last = sample;
	}
	if (last != NULL)
		list[n++] = difference(last, &present);
	return n;
}

struct journal_point
journal_total(const struct journal_point *list, unsigned n)
{
	struct journal_point all = { 0 };

	for (unsigned i = 0; i < n; i++) {
		if (i == 0)
			all.from = list[i].from;
		all.to = list[i].to;
		all.requests += list[i].requests;
		all.errors += list[i].errors;
		all.received += list[i].received;
		all.sent += list[i].sent;
		for (unsigned j = 0; j < STATS_BUCKETS; j++)
			all.times[j] += list[i].times[j];
	}
	return all;
}
