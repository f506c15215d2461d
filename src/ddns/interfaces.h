#ifndef INTERFACES_H
#define INTERFACES_H

/* The addresses of this machine's interfaces, as the kernel lists them. */

#include <stddef.h>

#include "address.h"
#include "base/error.h"

#define INTERFACES_MAX 64

/* Only public ones; more than so many are left out. -1: it cannot be seen. */
int interfaces_list(
    struct candidate list[INTERFACES_MAX], size_t *n, struct error *err);

/*
 * Adds those of a piece of the kernel's list (rtnetlink(7), RTM_NEWADDR). 1 if
 * the list ends in it, 0 if not, -1 if it is an error.
 */
int interfaces_read(
    void *data, size_t len, struct candidate list[INTERFACES_MAX], size_t *n);

#endif
