#ifndef SUPERVISOR_DDNS_SHOW_H
#define SUPERVISOR_DDNS_SHOW_H

/* The row of a DDNS section in what `gatehouse status` shows. */

struct ddns_section;

/* To the monitor of the generation that serves, if there is one. */
void ddns_show(const struct ddns_section *section);

#endif
