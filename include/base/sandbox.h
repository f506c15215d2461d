#ifndef BASE_SANDBOX_H
#define BASE_SANDBOX_H

/*
 * What a child gives up before it meets its first foreign byte. Later layers
 * (seccomp, Landlock) belong behind the same call.
 */

#include <sys/types.h>

#include "base/error.h"

struct sandbox {
	const char *root; /* chroot here, then chdir to "/"; NULL = no jail */
	uid_t uid;        /* (uid_t)-1 = stay who we are */
	gid_t gid;        /* (gid_t)-1 = stay who we are */
};

/*
 * In this order: chroot and chdir, drop every supplementary group, setresgid,
 * setresuid, no new privileges, not dumpable. Checks that the way back is shut.
 */
int sandbox_enter(const struct sandbox *box, struct error *err);

/*
 * The process gets so many bytes more than it has, which is much where
 * addresses are sanitized: for a library that takes what a peer sends.
 */
void sandbox_bound_memory(size_t more);

#endif
