#ifndef CLI_PORTMAP_H
#define CLI_PORTMAP_H

/* Port mapping in the status, for people. */

#include <stdint.h>
#include <stdio.h>

struct json;

/* Its part of the screen: nothing if it is off. */
void portmap_print(const struct json *status, int64_t now, FILE *out);

#endif
