#ifndef CONFIG_EXPAND_H
#define CONFIG_EXPAND_H

#include "tree.h"

/*
 * Replaces every Gateway section of the tree by the listeners, services and the
 * ACME section that it stands for. Their positions are those of its lines.
 */
void expand_gateways(struct tree *tree);

#endif
