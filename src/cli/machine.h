#ifndef CLI_MACHINE_H
#define CLI_MACHINE_H

/*
 * The questions about a configuration that only this machine can answer: do the
 * users, directories and certificates that it names exist, and would a worker
 * take them? Only looks; for whoever runs the command.
 */

struct config;
struct diag;

void machine_check(const struct config *config, struct diag *diag);

#endif
