/* Whom this machine knows by the names of a configuration. */

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <sys/stat.h>

#include "config/config.h"

static void
find_user(const struct config *config, struct config_rights *rights,
    struct diag *diag)
{
	const struct passwd *pw;

	if (config->user == NULL)
		return;
	pw = getpwnam(config->user);
	if (pw == NULL) {
		diag_add(diag, DIAG_ERROR, config->user_pos,
		    "there is no user \"%s\" on this machine", config->user);
		return;
	}
	rights->uid = pw->pw_uid;
	rights->gid = pw->pw_gid;
}

/* Debian calls the group of "nobody" differently from everyone else. */
static void
find_group(const struct config *config, struct config_rights *rights,
    struct diag *diag)
{
	const struct group *gr;

	if (config->group == NULL)
		return;
	gr = getgrnam(config->group);
	if (gr == NULL && strcmp(config->group, "nobody") == 0) {
		gr = getgrnam("nogroup");
		if (gr != NULL)
			diag_add(diag, DIAG_WARNING, config->group_pos,
			    "there is no group \"nobody\" on this machine; "
			    "taking \"nogroup\"");
	}
	if (gr == NULL)
		diag_add(diag, DIAG_ERROR, config->group_pos,
		    "there is no group \"%s\" on this machine", config->group);
	else
		rights->gid = gr->gr_gid;
}

static void
find_root(const struct config *config, struct config_rights *rights,
    struct diag *diag)
{
	struct stat st;

	if (config->root_jail == NULL)
		return;
	if (stat(config->root_jail, &st) == -1)
		diag_add(diag, DIAG_ERROR, config->root_jail_pos,
		    "RootJail %s: %s", config->root_jail, strerror(errno));
	else if (!S_ISDIR(st.st_mode))
		diag_add(diag, DIAG_ERROR, config->root_jail_pos,
		    "RootJail %s is not a directory", config->root_jail);
	else
		rights->root = config->root_jail;
}

void
config_find_rights(const struct config *config, struct config_rights *rights,
    struct diag *diag)
{
	*rights = (struct config_rights){
		.uid = (uid_t)-1, .gid = (gid_t)-1, .root = ""
	};
	find_user(config, rights, diag);
	find_group(config, rights, diag);
	find_root(config, rights, diag);
}
