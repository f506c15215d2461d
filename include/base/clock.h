#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>
#include <time.h>

/* Milliseconds of CLOCK_MONOTONIC: for time-outs; never goes back. */
int64_t clock_mono_ms(void);

/* Seconds since the epoch: for dates; may jump either way. */
int64_t clock_wall(void);

#define CLOCK_DATE_SIZE 32

/* "2026-11-23 04:05:06Z" (RFC 3339 with a space), for people. Returns dst. */
char *clock_date(char dst[CLOCK_DATE_SIZE], int64_t wall);

#endif
