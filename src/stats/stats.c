/*
 * The shared memory of the figures: a head with the names of the rows, then the
 * slots. Both begin at a multiple of 64 KiB, so that a worker can open its own
 * slot for writing and nothing else, whatever the size of a page. Only what was
 * touched takes memory.
 */

#include "stats/stats.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "shared.h"

#define STRIDE (64u * 1024)
#define SIZE ((size_t)STRIDE * (STATS_SLOTS + 1))
#define WORDS (sizeof(struct stats_figures) / sizeof(uint64_t))

struct head {
	uint32_t nslots; /* that were ever used: no other need be read */
	uint32_t nrows[STATS_KINDS]; /* beside row 0 */
	char names[STATS_KINDS][STATS_ROWS][STATS_NAME_SIZE];
};

_Static_assert(
    sizeof(struct head) <= STRIDE, "the head has outgrown its place");
_Static_assert(
    sizeof(struct stats_figures) <= STRIDE, "a slot has outgrown its place");

struct stats {
	unsigned char *base;
	int slot; /* our own, or STATS_READ */

	/* The supervisor's own copy: it believes nobody. */
	int writer, reader;
	struct head head;
	bool taken[STATS_SLOTS];
};

static struct head *
head_of(const struct stats *stats)
{
	return (struct head *)stats->base;
}

static struct stats_figures *
slot_of(const struct stats *stats, unsigned slot)
{
	return (
	    struct stats_figures *)(stats->base + (size_t)STRIDE * (slot + 1));
}

/* At most `limit`, whatever somebody wrote there. */
static unsigned
bounded(const uint32_t *figure, unsigned limit)
{
	unsigned n = __atomic_load_n(figure, __ATOMIC_ACQUIRE);

	return n < limit ? n : limit;
}

/* --- the supervisor ------------------------------------------------------ */

struct stats *
stats_new(struct error *err)
{
	struct stats *stats = xcalloc(1, sizeof(*stats));

	stats->slot = STATS_READ;
	stats->reader = -1;
	stats->writer = shared_new("gatehouse-stats", SIZE, err);
	if (stats->writer != -1)
		stats->reader = shared_reader(stats->writer, err);
	if (stats->reader != -1)
		stats->base = shared_map(
		    stats->writer, SIZE, PROT_READ | PROT_WRITE, err);
	if (stats->base != NULL)
		return stats;
	stats_free(stats);
	return NULL;
}

void
stats_free(struct stats *stats)
{
	if (stats == NULL)
		return;
	if (stats->base != NULL)
		munmap(stats->base, SIZE);
	if (stats->writer != -1)
		close(stats->writer);
	if (stats->reader != -1)
		close(stats->reader);
	free(stats);
}

int
stats_writer_fd(const struct stats *stats)
{
	return stats->writer;
}

int
stats_reader_fd(const struct stats *stats)
{
	return stats->reader;
}

static unsigned
find_row(const struct head *head, unsigned nrows, enum stats_kind kind,
    const char *name)
{
	for (unsigned row = 1; row <= nrows; row++)
		if (strncmp(
		        head->names[kind][row], name, STATS_NAME_SIZE - 1) == 0)
			return row;
	return STATS_ROW_OTHER;
}

void
stats_name(struct stats *stats, enum stats_kind kind, const char *name)
{
	struct head *own = &stats->head, *shared = head_of(stats);
	unsigned row = own->nrows[kind] + 1;

	if (row == STATS_ROWS ||
	    find_row(own, own->nrows[kind], kind, name) != STATS_ROW_OTHER)
		return;
	memcpy(own->names[kind][row], name, strnlen(name, STATS_NAME_SIZE - 1));
	memcpy(
	    shared->names[kind][row], own->names[kind][row], STATS_NAME_SIZE);
	own->nrows[kind] = row;
	__atomic_store_n(&shared->nrows[kind], row, __ATOMIC_RELEASE);
}

int
stats_take(struct stats *stats)
{
	struct head *own = &stats->head;
	int slot = 0;

	while (slot < STATS_SLOTS && stats->taken[slot])
		slot++;
	if (slot == STATS_SLOTS)
		return -1;
	stats->taken[slot] = true;
	if ((uint32_t)slot >= own->nslots)
		own->nslots = (uint32_t)slot + 1;
	__atomic_store_n(
	    &head_of(stats)->nslots, own->nslots, __ATOMIC_RELEASE);
	return slot;
}

void
stats_leave(struct stats *stats, int slot)
{
	uint64_t *open;

	if (slot == -1)
		return;
	open = (uint64_t *)&slot_of(stats, (unsigned)slot)->open;
	for (size_t i = 0; i < sizeof(struct stats_open) / sizeof(*open); i++)
		__atomic_store_n(&open[i], 0, __ATOMIC_RELAXED);
	stats->taken[slot] = false;
}

/* --- the others ---------------------------------------------------------- */

struct stats *
stats_open(int fd, int slot, struct error *err)
{
	struct stats *stats = xcalloc(1, sizeof(*stats));

	stats->slot = slot;
	stats->writer = stats->reader = -1;
	stats->base = shared_map(fd, SIZE, PROT_READ, err);
	if (stats->base != NULL &&
	    (slot == STATS_READ ||
	        mprotect(slot_of(stats, (unsigned)slot), STRIDE,
	            PROT_READ | PROT_WRITE) == 0))
		return stats;
	if (stats->base != NULL)
		error_sys(err, "opening a slot of the figures");
	stats_free(stats);
	return NULL;
}

struct stats_figures *
stats_own(struct stats *stats)
{
	assert(stats->slot != STATS_READ);
	return slot_of(stats, (unsigned)stats->slot);
}

unsigned
stats_row(const struct stats *stats, enum stats_kind kind, const char *name)
{
	const struct head *head = head_of(stats);

	return find_row(
	    head, bounded(&head->nrows[kind], STATS_ROWS - 1), kind, name);
}

bool
stats_row_name(const struct stats *stats, enum stats_kind kind, unsigned row,
    char dst[STATS_NAME_SIZE])
{
	const struct head *head = head_of(stats);

	if (row > bounded(&head->nrows[kind], STATS_ROWS - 1))
		return false;
	memcpy(dst, head->names[kind][row], STATS_NAME_SIZE - 1);
	dst[STATS_NAME_SIZE - 1] = '\0';
	return true;
}

void
stats_sum(const struct stats *stats, struct stats_figures *total)
{
	unsigned nslots = bounded(&head_of(stats)->nslots, STATS_SLOTS);
	uint64_t *to = (uint64_t *)total;

	memset(total, 0, sizeof(*total));
	for (unsigned slot = 0; slot < nslots; slot++) {
		const uint64_t *from = (const uint64_t *)slot_of(stats, slot);

		for (size_t i = 0; i < WORDS; i++)
			to[i] += __atomic_load_n(&from[i], __ATOMIC_RELAXED);
	}
}
