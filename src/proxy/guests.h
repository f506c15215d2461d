#ifndef PROXY_GUESTS_H
#define PROXY_GUESTS_H

/*
 * How much one address takes of a worker: its connections, and those of them
 * that have not made a request yet. With IPv6 an address is a /64, which is
 * what a house or a phone gets. Entries live as long as their connections, so
 * the table is bounded by these; finding one takes the same time however many
 * there are, and who sends cannot choose where it is put.
 */

#include <stdbool.h>

#include "net/addr.h"

struct guests;
struct guest;

/* What one address may have; 0: any number. */
struct guests_limits {
	unsigned connections;
	unsigned pending; /* … that have not made a request */
};

/* `expected`: for how many addresses the table is laid out. */
struct guests *guests_new(
    const struct guests_limits *limits, unsigned expected);
void guests_free(struct guests *guests); /* all have left; NULL is fine */

/* A connection comes, pending. NULL: its address has too many already. */
struct guest *guests_enter(struct guests *guests, const struct addr *addr);

/* It has made a request: it is pending no more. */
void guests_settle(struct guest *guest);

/* It ends; `pending`: without a request. */
void guests_leave(struct guests *guests, struct guest *guest, bool pending);

/* How many addresses are known now. */
unsigned guests_count(const struct guests *guests);

#endif
