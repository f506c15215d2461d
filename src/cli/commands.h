#ifndef CLI_COMMANDS_H
#define CLI_COMMANDS_H

/* What each row of the table in command.c does; returns an exit status. */

#include <stdbool.h>

struct arguments;

int command_setup(const struct arguments *args);
int command_run(const struct arguments *args);
int command_check(const struct arguments *args);
int command_status(const struct arguments *args);
int command_doctor(const struct arguments *args);
int command_ha_sensors(const struct arguments *args);
int command_ha_trust(const struct arguments *args);
int command_reload(const struct arguments *args);
int command_renew(const struct arguments *args);
int command_revoke(const struct arguments *args);
int command_account(const struct arguments *args);
int command_ddns(const struct arguments *args);
int command_import(const struct arguments *args);
int command_portmap(const struct arguments *args);
int command_client_cert(const struct arguments *args);
int command_reopen(const struct arguments *args);
int command_start(const struct arguments *args);
int command_stop(const struct arguments *args);
int command_uninstall(const struct arguments *args);
int command_completion(const struct arguments *args);
int command_help(const struct arguments *args);
int command_version(const struct arguments *args);

/*
 * Has the gateway carry out a request, and prints what it says. Frees the
 * request.
 */
int forward_text(const struct arguments *args, char *request);

/*
 * What cannot be undone is asked for once more: on a terminal, or by --yes.
 * Without either it is said how to mean it.
 */
bool command_is_meant(const struct arguments *args, const char *question);

#endif
