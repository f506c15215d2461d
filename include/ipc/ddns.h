#ifndef IPC_DDNS_H
#define IPC_DDNS_H

/*
 * What the jobs of dynamic DNS and of port mapping, and the supervisor must
 * agree on beyond msg.def.
 *
 * A DDNS_JOB says DDNS_FOUND once it knows (not for a record), and ends with
 * DDNS_DONE (exit 0) or DDNS_FAILED (exit 1). Lists have one space between two;
 * headers one newline. DDNS_JOB.router: the public address that the router
 * says, "" = unknown. listens: DDNS_IPV4 | DDNS_IPV6 (config/ddns.h), the
 * families that a listener is reached by. known4, known6: what was published
 * last, at `published` (0: never); "" = none. name, value: of a TXT record.
 * DDNS_FOUND.source4, .source6: "none" = there is no such address for sure.
 *
 * DDNS_FOUND.dns4 and .dns6: what the zone's own servers say, "" = no record;
 * visible: 1 if they say what we have, 0 if not, 2 if they could not be asked.
 * DDNS_DONE.updated: 1 if the provider was asked and has it, perhaps had it
 * before; 0 if there was no need to ask.
 *
 * A PORTMAP_JOB ends with PORTMAP_DONE (exit 0) or PORTMAP_FAILED (exit 1).
 * PORTMAP_JOB.ports: "80:8080 443:8443", of the router and our own; .gateway:
 * the router's address, "" = the default route's; .root: the jail, "" = none;
 * .nonce: PORTMAP_NONCE_SIZE bytes, the same for as long as what they were
 * mapped with is ours (RFC 6887 section 11.2). PORTMAP_DONE.wan: the
 * router's address outside, "" = it does not say; .ports: the same list, as far
 * as it was mapped; .lifetime: seconds, 0 = for ever.
 */

enum ddns_kind {
	DDNS_LOOK,      /* finds and compares, publishes nothing */
	DDNS_UPDATE,    /* … and publishes what is not published */
	DDNS_FORCE,     /* … even if it is */
	DDNS_TXT_SET,   /* `name` gets `value`: beside others, if it can */
	DDNS_TXT_CLEAR, /* this value is gone */
	DDNS_KIND_COUNT
};

/* DDNS_FAILED.kind. */
enum ddns_failure {
	DDNS_AGAIN,   /* later; retry_after seconds if the provider said so */
	DDNS_STOP,    /* not until the configuration changes */
	DDNS_NOWHERE, /* no address was found; the provider was not asked */
	DDNS_FAILURE_COUNT
};

#define PORTMAP_NONCE_SIZE 12

enum portmap_kind {
	PORTMAP_MAP,     /* or renews */
	PORTMAP_UNMAP,   /* what we mapped */
	PORTMAP_ADDRESS, /* only asks for the address outside */
	PORTMAP_KIND_COUNT
};

/* PORTMAP_FAILED.kind. */
enum portmap_failure {
	PORTMAP_SILENT,  /* no router speaks any of the protocols */
	PORTMAP_REFUSED, /* it does, and says no */
	PORTMAP_FAILURE_COUNT
};

#endif
