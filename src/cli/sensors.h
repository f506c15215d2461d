#ifndef CLI_SENSORS_H
#define CLI_SENSORS_H

/* Sensors of Home Assistant that ask the Status section, as YAML. */

#include <stdio.h>

struct config;

/* The configuration has a Status section, with a port. */
void sensors_print(const struct config *config, FILE *out);

#endif
