#ifndef WAN_H
#define WAN_H

/* What the router's address outside says about who can reach us. */

/*
 * NULL: it is a public address. Otherwise a line for people: clients out there
 * do not reach the router either, why, and what can be done.
 */
const char *wan_warning(const char *address);

#endif
