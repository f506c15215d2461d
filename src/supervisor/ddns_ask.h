#ifndef SUPERVISOR_DDNS_ASK_H
#define SUPERVISOR_DDNS_ASK_H

/*
 * What a person asks of dynamic DNS: to publish now, or to look and say what
 * was found. Answered when the jobs have ended.
 */

#include <stdbool.h>

#include "ipc/ddns.h"
#include "supervisor.h"

struct child;
struct ddns;
struct ddns_section;

/* The command; arg: "update [NAME]" or "test [NAME]". */
void ddns_ask(struct supervisor *sup, struct asker asker, const char *arg);

/* How a job for a section ended; the line is for people. */
void ddns_ask_report(const struct ddns_section *section, enum ddns_kind kind,
    bool ok, const char *line);

/* Whoever asked gets this answer now; the work goes on. */
void ddns_ask_dismiss(struct supervisor *sup, const char *text);

/* The monitor died, and who asked through it has gone with it. */
void ddns_ask_forget(struct supervisor *sup, const struct child *monitor);

/* The section is no longer served. */
void ddns_ask_forget_section(
    struct ddns *ddns, const struct ddns_section *section);

#endif
