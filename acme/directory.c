/* The CA's directory object: see directory.h. */

#include "directory.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/xalloc.h"
#include "problem.h"
#include "json/json.h"

#define PROFILES_MAX 1024 /* bytes */

/* One word, printable: what else would a person write after Profile? */
static bool
is_word(const char *name)
{
	if (*name == '\0')
		return false;
	for (; *name != '\0'; name++)
		if (*name <= ' ' || *name > '~')
			return false;
	return true;
}

static char *
list_profiles(const struct json *profiles)
{
	const char *name = NULL;
	struct buf list;

	buf_init(&list, PROFILES_MAX);
	while ((name = json_next_member(profiles, name)) != NULL)
		if (is_word(name))
			buf_printf(
			    &list, "%s%s", buf_len(&list) > 0 ? " " : "", name);
	return buf_detach(&list, NULL);
}

/* The text of a member, "" if there is none. */
static char *
optional(const struct json *doc, const char *member)
{
	return xstrdup(json_said(doc, member));
}

int
directory_parse(struct directory *directory, const struct json *doc,
    struct problem *problem)
{
	const char *new_nonce = json_str(doc, "newNonce");
	const char *new_account = json_str(doc, "newAccount");
	const char *new_order = json_str(doc, "newOrder");
	const struct json *meta = json_get(doc, "meta");

	if (new_nonce == NULL || new_account == NULL || new_order == NULL)
		return problem_set(problem, PROBLEM_ANSWER,
		    "the CA's directory lacks newNonce, newAccount or "
		    "newOrder");
	*directory = (struct directory){
		.new_nonce = xstrdup(new_nonce),
		.new_account = xstrdup(new_account),
		.new_order = xstrdup(new_order),
		.key_change = optional(doc, "keyChange"),
		.revoke_cert = optional(doc, "revokeCert"),
		.renewal_info = optional(doc, "renewalInfo"),
		.terms = optional(meta, "termsOfService"),
		.profiles = list_profiles(json_get(meta, "profiles")),
	};
	return 0;
}

bool
directory_offers(const struct directory *directory, const char *profile)
{
	const char *name = directory->profiles;
	size_t len, want = strlen(profile);

	for (; *name != '\0'; name += len + (name[len] != '\0')) {
		len = strcspn(name, " ");
		if (len == want && strncmp(name, profile, len) == 0)
			return true;
	}
	return false;
}

void
directory_release(struct directory *directory)
{
	free(directory->new_nonce);
	free(directory->new_account);
	free(directory->new_order);
	free(directory->key_change);
	free(directory->revoke_cert);
	free(directory->renewal_info);
	free(directory->terms);
	free(directory->profiles);
	*directory = (struct directory){ 0 };
}
