#ifndef MONITOR_ATTENTION_H
#define MONITOR_ATTENTION_H

/*
 * Whether all is well: the one place that judges what the status says, for the
 * command, the page and Home Assistant alike.
 */

#include <stdint.h>

struct jsonout;
struct probe;
struct status;

/*
 * The member "problems": what is wrong and what to do about it, a line each,
 * for people. Empty: all is well. now: seconds since the epoch.
 */
void attention_render(const struct status *status, const struct probe *probes,
    int64_t now, struct jsonout *json);

#endif
