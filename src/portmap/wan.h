#ifndef WAN_H
#define WAN_H

/* What the router's address outside says about who can reach us. */

/* Clients out there do not reach the router either. For people. */
struct wan_flaw {
	const char *why;
	const char *cure;
};

/* NULL: it is a public address. */
const struct wan_flaw *wan_flaw(const char *address);

/*
 * What to do where a router that does not say its address refuses in the way
 * of those that have no public one.
 */
extern const char wan_unsaid[];

#endif
