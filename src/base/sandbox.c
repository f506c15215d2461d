/*
 * What a child gives up, in the order in which each step still has the right
 * to be made; then the proof that it cannot be taken back.
 */

#include "base/sandbox.h"

#include <errno.h>
#include <grp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/text.h"

#define NO_UID ((uid_t)-1)
#define NO_GID ((gid_t)-1)

/* LeakSanitizer inspects its own process with ptrace, which this forbids. */
#ifndef __has_feature
#define __has_feature(feature) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer)
#define DUMPABLE 1
#else
#define DUMPABLE 0
#endif

static int
change_root(const char *root, struct error *err)
{
	if (chroot(root) == -1)
		return error_sys(err, "chroot %s", root);
	if (chdir("/") == -1)
		return error_sys(err, "chdir to the root of %s", root);
	return 0;
}

/*
 * A process that was never privileged and stays who it is (a person trying
 * Gatehouse out) keeps its groups: it has no means to drop them.
 */
static int
drop_groups(const struct sandbox *box, struct error *err)
{
	bool stays = (box->uid == NO_UID || box->uid == geteuid()) &&
	    (box->gid == NO_GID || box->gid == getegid());

	if (setgroups(0, NULL) == 0)
		return 0;
	if (errno == EPERM && stays)
		return 0;
	return error_sys(err, "setgroups");
}

static int
change_ids(const struct sandbox *box, struct error *err)
{
	if (box->gid != NO_GID && setresgid(box->gid, box->gid, box->gid) == -1)
		return error_sys(err, "setresgid %lu", (unsigned long)box->gid);
	if (box->uid != NO_UID && setresuid(box->uid, box->uid, box->uid) == -1)
		return error_sys(err, "setresuid %lu", (unsigned long)box->uid);
	return 0;
}

static int
check_ids(const struct sandbox *box, struct error *err)
{
	uid_t ruid, euid, suid;
	gid_t rgid, egid, sgid;

	if (getresuid(&ruid, &euid, &suid) == -1 ||
	    getresgid(&rgid, &egid, &sgid) == -1)
		return error_sys(err, "getresuid");
	if (box->gid != NO_GID &&
	    (rgid != box->gid || egid != box->gid || sgid != box->gid))
		return error_set(err, ERR_DENIED, "the group did not change");
	if (box->uid == NO_UID)
		return 0;
	if (ruid != box->uid || euid != box->uid || suid != box->uid)
		return error_set(err, ERR_DENIED, "the user did not change");
	if (box->uid == 0)
		return 0;
	/* Also what a capability that stayed with us would allow. */
	if (setuid(0) == 0 || setresuid(NO_UID, 0, NO_UID) == 0)
		return error_set(err, ERR_DENIED, "could become root again");
	if (box->gid != NO_GID && box->gid != 0 &&
	    (setgid(0) == 0 || setresgid(NO_GID, 0, NO_GID) == 0))
		return error_set(err, ERR_DENIED, "could regain group 0");
	return 0;
}

int
sandbox_enter(const struct sandbox *box, struct error *err)
{
	if (box->root != NULL && change_root(box->root, err) == -1)
		return -1;
	if (drop_groups(box, err) == -1 || change_ids(box, err) == -1 ||
	    check_ids(box, err) == -1)
		return -1;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
		return error_sys(err, "no_new_privs");
	if (prctl(PR_SET_DUMPABLE, DUMPABLE, 0, 0, 0) == -1)
		return error_sys(err, "dumpable");
	return 0;
}

void
sandbox_bound_memory(size_t more)
{
	FILE *file = fopen("/proc/self/statm", "re");
	struct rlimit limit;
	char text[128];
	uint64_t pages;

	if (file == NULL)
		return;
	if (fgets(text, sizeof(text), file) != NULL &&
	    text_u64(text, strcspn(text, " "), INT64_MAX >> 16, &pages)) {
		limit.rlim_cur = limit.rlim_max =
		    pages * (uint64_t)sysconf(_SC_PAGESIZE) + more;
		setrlimit(RLIMIT_AS, &limit);
	}
	fclose(file);
}
