#include "pki/users.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/secret.h"
#include "base/xalloc.h"
#include "pki/password.h"

struct user {
	const char *name;
	const char *kept;
};

struct pki_users {
	char *text; /* the file; what the users point into */
	size_t len;
	struct user user[PKI_USERS_MAX];
	unsigned count;
	unsigned plain;
};

static int
add_user(
    struct pki_users *users, char *line, unsigned number, struct error *err)
{
	char *colon = strchr(line, ':');
	bool plain;

	if (colon == NULL || colon == line)
		return error_set(
		    err, ERR_SYNTAX, "a line is a name, ':' and a password");
	if (users->count == PKI_USERS_MAX)
		return error_set(
		    err, ERR_LIMIT, "more than %d users", PKI_USERS_MAX);
	if (pki_password_check(colon + 1, &plain, err) == -1)
		return -1;
	if (plain && users->plain == 0)
		users->plain = number;
	*colon = '\0';
	users->user[users->count++] = (struct user){ line, colon + 1 };
	return 0;
}

static int
parse(struct pki_users *users, const char *path, struct error *err)
{
	char *rest = users->text, *line;
	unsigned number = 0;

	while ((line = strsep(&rest, "\n")) != NULL) {
		number++;
		line[strcspn(line, "\r")] = '\0';
		if (line[0] == '\0' || line[0] == '#')
			continue;
		if (add_user(users, line, number, err) == -1)
			return error_wrap(err, "%s:%u", path, number);
	}
	if (users->count == 0)
		return error_set(err, ERR_SYNTAX, "%s: nobody is in it", path);
	return 0;
}

struct pki_users *
pki_users_read(const char *path, struct error *err)
{
	struct pki_users *users;
	struct buf buf;

	buf_init(&buf, PKI_USERS_FILE_MAX + 1);
	if (file_read(path, PKI_USERS_FILE_MAX, &buf, err) == -1) {
		buf_wipe(&buf);
		return NULL;
	}
	users = xcalloc(1, sizeof(*users));
	users->len = buf_len(&buf);
	users->text = xstrndup((const char *)buf_data(&buf), users->len);
	buf_wipe(&buf);
	if (parse(users, path, err) == 0)
		return users;
	pki_users_free(users);
	return NULL;
}

void
pki_users_free(struct pki_users *users)
{
	if (users == NULL)
		return;
	secret_wipe(users->text, users->len);
	free(users->text);
	free(users);
}

unsigned
pki_users_plain(const struct pki_users *users)
{
	return users->plain;
}

bool
pki_users_know(
    const struct pki_users *users, const char *name, const char *password)
{
	const struct user *user = &users->user[0];
	bool found = false, is;

	for (unsigned i = 0; i < users->count; i++)
		if (strcmp(users->user[i].name, name) == 0) {
			user = &users->user[i];
			found = true;
			break;
		}
	is = pki_password_is(user->kept, password);
	return found && is;
}
