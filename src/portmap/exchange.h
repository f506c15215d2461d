#ifndef EXCHANGE_H
#define EXCHANGE_H

/* One request to the router's port 5351, sent again until it is answered. */

#include <netinet/in.h>
#include <stddef.h>

#include "base/error.h"
#include "pmp.h"

struct order;

/* A UDP socket to the gateway, or -1; `own` is the address that it has. */
int exchange_open(
    struct in_addr gateway, struct in_addr *own, struct error *err);

/* A datagram that came: PMP_FOREIGN = not the one that is waited for. */
typedef enum pmp_verdict exchange_judge(
    void *arg, const unsigned char *data, size_t len);

/*
 * Sends it after 0, 250, 750 and 1750 ms, and waits 2 s after the last: the
 * verdict on the answer, or PMP_SILENT. Ends the process if the supervisor
 * hangs up.
 */
enum pmp_verdict exchange(const struct order *order, int fd,
    const unsigned char *data, size_t len, exchange_judge *judge, void *arg);

#endif
