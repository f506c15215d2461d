#ifndef CONFIG_ACL_H
#define CONFIG_ACL_H

/* Lists of addresses. */

#include "config/config.h"

/* "192.0.2.1", "192.0.2.0/24", "2001:db8::/32". */
bool acl_parse(struct config_net *net, const char *text);

#endif
