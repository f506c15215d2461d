/* `client-cert add`: a certificate in a file, its password on a terminal. */

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/secret.h"
#include "base/text.h"
#include "base/xalloc.h"
#include "clientindex.h"
#include "clientlines.h"
#include "clientstore.h"
#include "clienttask.h"
#include "command.h"
#include "pki/clientca.h"
#include "qr.h"
#include "say.h"

#define DAY 86400
#define DAYS_DEFAULT 1825 /* five years: telephones do not last longer */
#define PASSWORD_LENGTH 20

/* The file that it is put into: a directory that is there, and a name. */
struct target {
	char *path;
	char *name;
	int dirfd;
};

static int
target_open(
    struct target *target, const struct arguments *args, struct error *err)
{
	const char *out = args->option[OPTION_OUT];
	char *dir;

	target->path =
	    out != NULL ? xstrdup(out) : xasprintf("%s.p12", args->second);
	target->name = xstrdup(file_name(target->path));
	dir = file_parent(target->path);
	target->dirfd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (target->dirfd == -1)
		error_sys(err, "%s", dir);
	free(dir);
	if (target->dirfd == -1)
		return -1;
	if (faccessat(target->dirfd, target->name, F_OK, AT_SYMLINK_NOFOLLOW) ==
	    -1)
		return 0;
	return error_set(err, ERR_DENIED,
	    "%s is there already: move it away, or say --out FILE",
	    target->path);
}

static void
target_close(struct target *target)
{
	if (target->dirfd != -1)
		close(target->dirfd);
	free(target->name);
	free(target->path);
}

/* No letter that looks like another one. 99 bits. */
static void
make_password(char password[PASSWORD_LENGTH + 1])
{
	static const char letters[] = "abcdefghjkmnpqrstuvwxyz23456789";
	size_t len = 0;

	while (len < PASSWORD_LENGTH) {
		unsigned char byte;

		secret_random(&byte, 1);
		byte &= 31;
		if (byte < sizeof(letters) - 1)
			password[len++] = letters[byte];
	}
	password[len] = '\0';
}

static int
read_days(const struct arguments *args, uint64_t *days, struct error *err)
{
	const char *text = args->option[OPTION_DAYS];

	*days = DAYS_DEFAULT;
	if (text == NULL ||
	    (text_u64(text, strlen(text), PKI_CLIENTCA_DAYS, days) &&
	        *days > 0))
		return 0;
	return error_set(err, ERR_SYNTAX, "--days is a number from 1 to %d",
	    PKI_CLIENTCA_DAYS);
}

/* No certificate outlives its authority. */
static int
set_dates(const struct client_task *task, const struct client_store *store,
    uint64_t days, struct client_entry *entry, struct error *err)
{
	int64_t end = pki_clientca_not_after(store->ca);
	char date[CLOCK_DATE_SIZE];

	if (end < task->now + DAY)
		return error_set(err, ERR_DENIED,
		    "the authority ends at %s: move %s away and add a "
		    "certificate for every client anew",
		    clock_date(date, end), store->path);
	entry->from = task->now;
	entry->until = task->now + (int64_t)days * DAY;
	if (entry->until > end)
		entry->until = end;
	return 0;
}

static int
check_unused(const struct client_task *task, const struct client_store *store,
    struct error *err)
{
	const struct client_entry *entry =
	    client_index_find(&store->index, task->name, task->now);
	char date[CLOCK_DATE_SIZE];

	if (entry == NULL || !client_entry_is_good(entry, task->now))
		return 0;
	return error_set(err, ERR_DENIED,
	    "%s has a certificate that is good until %s: take another name, or "
	    "`gatehouse client-cert revoke` it first",
	    entry->name, clock_date(date, entry->until));
}

/*
 * The file first: without its password, which nobody has seen, it is nothing.
 * So no end at any moment leaves a certificate that is not in the book.
 */
static int
issue(struct client_store *store, const struct target *target,
    const char *password, struct client_entry *entry, struct error *err)
{
	const struct pki_client client = { entry->name, password, entry->from,
		entry->until };
	unsigned char *p12 = NULL;
	size_t len = 0;
	int rc;

	if (pki_clientca_issue(
	        store->ca, &client, entry->serial, &p12, &len, err) == -1 ||
	    client_index_add(&store->index, entry, entry->from, err) == -1) {
		free(p12);
		return -1;
	}
	rc = file_create_at(target->dirfd, target->name, p12, len, 0600, err);
	free(p12);
	if (rc == -1)
		return error_wrap(err, "%s", target->path);
	rc = client_store_save(store, entry->from, err);
	if (rc == -1)
		unlinkat(target->dirfd, target->name, 0);
	return rc;
}

static void
print_secret(const struct target *target, const char *password)
{
	printf("File      %s\nPassword  %s\n", target->path, password);
	if (qr_is_possible(stdout)) {
		puts(
		    "\nThe same password, to be scanned with the telephone:\n");
		qr_print(password, stdout);
	}
	puts("\nThe password is kept nowhere. Carry the file to the telephone "
	     "by cable or memory\ncard, or send it without the password, and "
	     "delete it when it is imported.\n\n"
	     "Android        in the settings of the system, install it as a "
	     "\"VPN & app user\n"
	     "               certificate\"; the Home Assistant app asks which "
	     "one to show\n"
	     "iPhone, iPad   import it in the Home Assistant app (2026.3 or "
	     "later), in the\n"
	     "               settings of the server; one that is installed in "
	     "the system is\n"
	     "               for Safari only\n"
	     "Computer       import it in the browser or the keychain\n");
}

static void
print_lines(const struct client_task *task)
{
	if (task->config == NULL)
		say("client-cert: there are errors in %s: see `gatehouse "
		    "check`",
		    task->file);
	client_lines_print(task->config, task->file, task->dir, stdout);
}

static void
print_added(const struct client_task *task, const struct client_entry *entry)
{
	char date[CLOCK_DATE_SIZE];

	if (entry->until < task->now + DAYS_DEFAULT * DAY &&
	    task->args->option[OPTION_DAYS] == NULL)
		puts("The authority ends soon, and the certificate with it.");
	printf("%s: certificate %s, good until %s\n", entry->name,
	    entry->serial, clock_date(date, entry->until));
}

static int
add_to(struct client_task *task, struct client_store *store,
    const struct target *target, uint64_t days)
{
	struct client_entry entry = { .from = 0 };
	char password[PASSWORD_LENGTH + 1];
	struct error err = { 0 };
	int rc;

	snprintf(entry.name, sizeof(entry.name), "%s", task->name);
	if (check_unused(task, store, &err) == -1 ||
	    set_dates(task, store, days, &entry, &err) == -1)
		return client_failed(&err);
	make_password(password);
	rc = issue(store, target, password, &entry, &err);
	if (rc == 0) {
		if (store->is_new)
			printf("%s: an authority for clients was made; keep a "
			       "backup of it\n",
			    store->path);
		print_added(task, &entry);
		print_secret(target, password);
		print_lines(task);
	}
	secret_wipe(password, sizeof(password));
	return rc == 0 ? EXIT_GOOD : client_failed(&err);
}

int
client_add(struct client_task *task)
{
	struct target target = { .dirfd = -1 };
	struct client_store store = { 0 };
	struct error err = { 0 };
	uint64_t days;
	int status;

	if (client_name_check(task->name, &err) == -1 ||
	    read_days(task->args, &days, &err) == -1) {
		client_failed(&err);
		return EXIT_USAGE;
	}
	if (target_open(&target, task->args, &err) == -1 ||
	    client_store_open(&store, task->dir, true, task->now, &err) == -1)
		status = client_failed(&err);
	else
		status = add_to(task, &store, &target, days);
	client_store_close(&store);
	target_close(&target);
	return status;
}
