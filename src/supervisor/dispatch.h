#ifndef SUPERVISOR_DISPATCH_H
#define SUPERVISOR_DISPATCH_H

/*
 * What children say, and who hears it. The channel lets nothing pass that
 * msg.def does not allow; this table says where the rest goes.
 */

#include <stdbool.h>

#include "ipc/msg.h"

struct child;

void dispatch(struct child *child, const struct msg *msg);

/* Is there somebody to hear this kind from a child of this role? */
bool dispatch_hears(enum msg_kind kind, enum ipc_role role);

#endif
