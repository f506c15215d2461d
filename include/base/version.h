#ifndef BASE_VERSION_H
#define BASE_VERSION_H

#define GATEHOUSE_VERSION "0.1.0"

/* 2026-11-01, in seconds since the epoch: no clock that is right says less. */
#define GATEHOUSE_MADE 1793491200

#endif
