#ifndef MONITOR_TRAFFIC_H
#define MONITOR_TRAFFIC_H

/*
 * What goes through the gateway, for the status: sums since it was started,
 * the last hour by the minute, the last events. Times are in milliseconds.
 */

struct journal;
struct jsonout;
struct stats;

/* Members "traffic", "hour" and "events" of an open object. */
void traffic_render(const struct stats *stats, const struct journal *journal,
    struct jsonout *json);

#endif
