#ifndef CLI_PROCFS_H
#define CLI_PROCFS_H

/* Tables of the kernel, as text. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "http/message.h"

/* The next word of a row; an empty one at its end. */
struct slice procfs_word(const char **row);

/* So many digits, eight at most, and nothing else. */
bool procfs_hex(const char *digits, size_t len, uint32_t *value);

#endif
