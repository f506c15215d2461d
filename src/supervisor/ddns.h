#ifndef SUPERVISOR_DDNS_H
#define SUPERVISOR_DDNS_H

/*
 * Dynamic DNS: all sections of the configuration in service, and when each of
 * them is due. Whatever a provider does or does not do, serving goes on; a
 * renewal waits for a new address to be visible, and not for long.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

struct ddns_proof;
struct supervisor;

/* After a generation took over: serves its sections. */
void ddns_update(struct supervisor *sup);

/* Our addresses may have changed: looks. */
void ddns_look(struct supervisor *sup);

/* Something ended: what is due goes on, when all callbacks have returned. */
void ddns_go_on(struct supervisor *sup);

/* Nothing new begins; what is under way is ended. */
void ddns_stop(struct supervisor *sup);
void ddns_release(struct supervisor *sup);

/* The public address as the world sees it; "" = unknown. */
const char *ddns_public_ipv4(const struct supervisor *sup);

/*
 * Until when an order with these names waits for an address to be visible;
 * 0 = it need not.
 */
int64_t ddns_settled(const struct supervisor *sup, const char *const *names,
    unsigned nnames, int64_t now);

/*
 * The section that publishes a TXT record of this name, "_acme-challenge."
 * before the name that it proves; NULL: none. Its name stays the same over
 * reloads that keep it.
 */
const char *ddns_prover(const struct supervisor *sup, const char *record);

/* 0; 1: its section is busy, ask again after ddns_go_on(); -1. */
int ddns_publish(
    struct supervisor *sup, const struct ddns_proof *txt, struct error *err);

/* Rows for a new monitor. */
void ddns_show_all(struct supervisor *sup);

#endif
