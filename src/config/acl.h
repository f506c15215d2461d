#ifndef CONFIG_ACL_H
#define CONFIG_ACL_H

/* Lists of addresses. */

#include "config/config.h"

/* "192.0.2.1", "192.0.2.0/24", "2001:db8::/32". */
bool acl_parse(struct config_net *net, const char *text);

/* Whether the address is in the list. One that is none is in no list. */
bool acl_holds(const struct config_acl *acl, const char *address);

#endif
