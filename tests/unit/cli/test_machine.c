/* What the machine says of a configuration, made by hand here. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../base/directory.h"
#include "base/clock.h"
#include "base/secret.h"
#include "base/xalloc.h"
#include "config/config.h"
#include "machine.h"
#include "pki/cert.h"
#include "pki/key.h"

#define AT(line_)                                                              \
	{                                                                      \
		"x.conf", line_, 1                                             \
	}

struct scene {
	struct config_acme acme;
	struct config_cert cert;
	const struct config_cert *certs[1];
	struct config_listener listener;
	struct config config;
	struct diag *diag;
	char file[64];
};

/* A configuration with one HTTPS listener and nothing to complain about. */
static int
set_up(void **state)
{
	static struct scene scene;

	memset(&scene, 0, sizeof(scene));
	scene.acme = (struct config_acme){ .pos = AT(1),
		.ca_pos = AT(9),
		.eab_pos = AT(10),
		.dns_hook_pos = AT(11),
		.hook_pos = AT(12) };
	scene.cert = (struct config_cert){ .pos = AT(2),
		.kind = CERT_AUTO,
		.key_type = "P-256",
		.acme = &scene.acme };
	scene.certs[0] = &scene.cert;
	scene.listener = (struct config_listener){ .tls = true,
		.certs = scene.certs,
		.ncerts = 1,
		.tls_min_version = 0x0303,
		.ciphers_pos = AT(3) };
	scene.config = (struct config){ .user_pos = AT(4),
		.group_pos = AT(5),
		.root_jail_pos = AT(6),
		.state_dir = directory,
		.state_dir_pos = AT(7),
		.listeners = &scene.listener,
		.nlisteners = 1,
		.acmes = &scene.acme,
		.certs = scene.certs,
		.ncerts = 1 };
	scene.diag = diag_new();
	snprintf(scene.file, sizeof(scene.file), "%s/cert.pem", directory);
	*state = &scene;
	return 0;
}

static int
tear_down(void **state)
{
	struct scene *scene = *state;

	unlink(scene->file);
	diag_free(scene->diag);
	return 0;
}

static void
assert_silent(struct scene *scene)
{
	machine_check(&scene->config, scene->diag);
	if (diag_line(scene->diag, 0) != NULL)
		fail_msg("%s", diag_line(scene->diag, 0));
}

/* Exactly one message, which begins like this. */
static void
assert_says(struct scene *scene, const char *want)
{
	const char *line;

	machine_check(&scene->config, scene->diag);
	line = diag_line(scene->diag, 0);
	if (line == NULL || strncmp(line, want, strlen(want)) != 0)
		fail_msg("not \"%s\" but \"%s\"", want,
		    line != NULL ? line : "nothing");
	if (diag_line(scene->diag, 1) != NULL)
		fail_msg("also: %s", diag_line(scene->diag, 1));
}

static void
write_file(const char *path, const char *a, const char *b)
{
	FILE *out = fopen(path, "w");

	assert_non_null(out);
	fprintf(out, "%s%s", a, b);
	assert_int_equal(fclose(out), 0);
}

/* Writes a pair that is valid from so many days ago until in so many. */
static void
write_pair(struct scene *scene, enum pki_key_type type, int from, int until)
{
	static const char *const names[] = { "x.org" };
	const int64_t day = 86400, now = clock_wall();
	struct error err;
	struct pki_key *key = pki_key_generate(type, &err);
	char *pem, *cert;

	assert_non_null(key);
	pem = pki_key_pem(key, &err);
	cert = pki_self_signed(
	    key, names, 1, now + from * day, now + until * day, &err);
	assert_non_null(pem);
	assert_non_null(cert);
	write_file(scene->file, cert, pem);
	scene->cert.kind = CERT_FILE;
	scene->cert.file = scene->file;
	secret_free(pem);
	free(cert);
	pki_key_free(key);
}

static void
test_nothing_to_say(void **state)
{
	struct scene *scene = *state;
	struct passwd *pw = getpwuid(getuid());
	char *user = xstrdup(pw->pw_name);
	char *group = xstrdup(getgrgid(pw->pw_gid)->gr_name);

	scene->config.user = user;
	scene->config.group = group;
	scene->config.root_jail = "/";
	assert_silent(scene);
	free(user);
	free(group);
}

static void
test_users_and_groups(void **state)
{
	struct scene *scene = *state;

	scene->config.user = "no-such-user";
	assert_says(scene,
	    "x.conf:4:1: there is no user \"no-such-user\" on this machine");
	tear_down(state);
	set_up(state);
	scene->config.group = "no-such-group";
	assert_says(scene,
	    "x.conf:5:1: there is no group \"no-such-group\" on this machine");
}

static void
test_group_nobody(void **state)
{
	struct scene *scene = *state;

	scene->config.group = "nobody";
	if (getgrnam("nobody") != NULL)
		assert_silent(scene);
	else if (getgrnam("nogroup") != NULL)
		assert_says(scene,
		    "x.conf:5:1: warning: there is no group \"nobody\" on "
		    "this machine; taking \"nogroup\"");
	else
		assert_says(scene, "x.conf:5:1: there is no group");
}

static void
test_directories(void **state)
{
	struct scene *scene = *state;
	char path[128];

	scene->config.root_jail = "/nonexistent";
	assert_says(scene, "x.conf:6:1: RootJail /nonexistent: No such file");
	tear_down(state);
	set_up(state);
	scene->config.root_jail = "/dev/null";
	assert_says(scene, "x.conf:6:1: RootJail /dev/null is not a directory");
	tear_down(state);
	set_up(state);

	/* A state directory may have to be made, but nobody makes it here. */
	snprintf(path, sizeof(path), "%s/a/b", directory);
	scene->config.state_dir = path;
	assert_silent(scene);
	assert_int_equal(access(path, F_OK), -1);
	scene->config.state_dir = "/dev/null";
	assert_says(scene, "x.conf:7:1: StateDir /dev/null cannot be used");
	tear_down(state);
	set_up(state);
	scene->config.state_dir = "/dev/null/a";
	assert_says(scene, "x.conf:7:1: StateDir /dev/null/a cannot be used");
}

static void
test_certificate_files(void **state)
{
	struct scene *scene = *state;

	write_pair(scene, PKI_P256, -1, 1);
	assert_silent(scene);
	unlink(scene->file);
	assert_says(scene, "x.conf:2:1: Cert ");
	assert_non_null(strstr(diag_line(scene->diag, 0), scene->file));
	tear_down(state);
	set_up(state);

	write_file(scene->file, "no PEM", "");
	scene->cert.kind = CERT_FILE;
	scene->cert.file = scene->file;
	assert_says(scene, "x.conf:2:1: Cert ");
	assert_non_null(strstr(diag_line(scene->diag, 0), scene->file));
	assert_int_equal(diag_count(scene->diag, DIAG_ERROR), 1);
}

static void
test_foreign_key(void **state)
{
	struct scene *scene = *state;
	struct error err;
	struct pki_key *key = pki_key_generate(PKI_P256, &err);
	char *pem = pki_key_pem(key, &err);
	char content[4096];
	size_t len;
	FILE *in;

	write_pair(scene, PKI_P256, -1, 1);
	in = fopen(scene->file, "r");
	len = fread(content, 1, sizeof(content) - 1, in);
	fclose(in);
	content[len] = '\0';
	*strstr(content, "-----BEGIN PRIVATE KEY") = '\0';
	write_file(scene->file, content, pem);
	assert_says(scene, "x.conf:2:1: Cert ");
	assert_int_equal(diag_count(scene->diag, DIAG_ERROR), 1);
	secret_free(pem);
	pki_key_free(key);
}

static void
test_dates_are_worth_a_warning(void **state)
{
	struct scene *scene = *state;

	write_pair(scene, PKI_P256, -3, -1);
	assert_says(scene, "x.conf:2:1: warning: Cert ");
	assert_non_null(strstr(diag_line(scene->diag, 0), "expired"));
	tear_down(state);
	set_up(state);
	write_pair(scene, PKI_P256, 1, 2);
	assert_says(scene, "x.conf:2:1: warning: Cert ");
	assert_non_null(strstr(diag_line(scene->diag, 0), "not valid before"));
}

static void
test_ca_file(void **state)
{
	struct scene *scene = *state;

	write_pair(scene, PKI_P256, -1, 1);
	scene->cert.kind = CERT_AUTO;
	scene->acme.ca_file = scene->file;
	assert_silent(scene);
	write_file(scene->file, "no PEM", "");
	assert_says(scene, "x.conf:9:1: CAFile ");
	tear_down(state);
	set_up(state);
	scene->acme.ca_file = "/nonexistent.pem";
	assert_says(scene, "x.conf:9:1: CAFile /nonexistent.pem");
}

#define NO_SECRECY                                                             \
	"x.conf:3:1: warning: these Ciphers leave TLS 1.2 without forward"
#define NOTHING(kind)                                                          \
	"x.conf:3:1: warning: these Ciphers leave nothing for TLS 1.2 with "   \
	"an " kind " key"

static void
test_ciphers(void **state)
{
	static const struct {
		const char *ciphers, *rsa, *ecdsa; /* NULL: nothing to say */
	} cases[] = {
		{ "ALL:!RC4:!ECDH:!DH", NO_SECRECY, NOTHING("ECDSA") },
		{ "AES128-GCM-SHA256", NO_SECRECY, NOTHING("ECDSA") },
		{ "ECDHE-RSA-AES128-GCM-SHA256", NULL, NOTHING("ECDSA") },
		{ "ECDHE-ECDSA-AES128-GCM-SHA256", NOTHING("RSA"), NULL },
		{ "ECDHE+AESGCM", NULL, NULL },
		{ "nonsense", "x.conf:3:1: Ciphers \"nonsense\": ",
		    "x.conf:3:1: Ciphers \"nonsense\": " },
	};
	struct scene *scene = *state;

	for (size_t i = 0; i < 2 * sizeof(cases) / sizeof(cases[0]); i++) {
		bool rsa = i % 2 == 0;
		const char *want = rsa ? cases[i / 2].rsa : cases[i / 2].ecdsa;

		scene->cert.key_type = rsa ? "RSA-2048" : "P-384";
		scene->listener.ciphers = cases[i / 2].ciphers;
		if (want != NULL)
			assert_says(scene, want);
		else
			assert_silent(scene);
		tear_down(state);
		set_up(state);
	}
	scene->listener.ciphers = "AES128-GCM-SHA256";
	scene->listener.tls_min_version = 0x0304;
	assert_silent(scene);
}

static void
test_ciphers_with_a_certificate_file(void **state)
{
	struct scene *scene = *state;

	write_pair(scene, PKI_P256, -1, 1);
	scene->listener.ciphers = "ALL:!RC4:!ECDH:!DH";
	assert_says(scene, NOTHING("ECDSA"));
	tear_down(state);
	set_up(state);
	write_pair(scene, PKI_RSA2048, -1, 1);
	scene->listener.ciphers = "ALL:!RC4:!ECDH:!DH";
	assert_says(scene, NO_SECRECY);
}

#define scene_test(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

static void
test_users(void **state)
{
	struct scene *scene = *state;
	struct config_users users = { .pos = AT(8), .file = scene->file };

	scene->config.users = &users;
	write_file(scene->file, "a:", "{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=\n");
	assert_silent(scene);
	write_file(scene->file, "a:", "b\n");
	assert_says(scene, "x.conf:8:1: warning: BasicAuth /tmp/");
	diag_free(scene->diag);
	scene->diag = diag_new();
	users.file = "/nonexistent";
	assert_says(scene, "x.conf:8:1: BasicAuth /nonexistent");
}

static void
test_blanked_key(void **state)
{
	struct scene *scene = *state;

	scene->acme.eab_kid = "kid";
	scene->acme.eab_key = "c2VjcmV0";
	assert_silent(scene);
	scene->acme.eab_key = "********";
	assert_says(scene, "x.conf:10:1: the key of EAB is blanked");
}

static void
test_dynamic_dns(void **state)
{
	struct config_ddns ddns = { .pos = AT(13),
		.ca_pos = AT(14),
		.provider = ddns_provider("custom"),
		.url = "https://x/",
		.token = "token" };
	struct scene *scene = *state;

	scene->config.ddns = &ddns;
	assert_silent(scene);
	ddns.ca_file = "/nonexistent";
	assert_says(scene, "x.conf:14:1: CAFile /nonexistent: No such file");
	ddns.ca_file = NULL;
	tear_down(state);
	scene->diag = diag_new();
	ddns.url = "**********";
	assert_says(scene, "x.conf:13:1: a secret of 'DDNS custom' is blanked");
}

/* Weeks may pass before a program is run for the first time. */
static void
test_programs(void **state)
{
	struct scene *scene = *state;

	write_file(scene->file, "#!/bin/sh\n", "");
	assert_int_equal(chmod(scene->file, 0755), 0);
	scene->acme.dns_hook = scene->file;
	scene->acme.hook = scene->file;
	assert_silent(scene);
	assert_int_equal(chmod(scene->file, 0644), 0);
	scene->acme.dns_hook = NULL;
	assert_says(scene, "x.conf:12:1: Hook /tmp/");
	assert_non_null(strstr(diag_line(scene->diag, 0), "is no program"));
	tear_down(state);
	set_up(state);
	scene->acme.hook = directory;
	assert_says(scene, "x.conf:12:1: Hook /tmp/");
	tear_down(state);
	set_up(state);
	scene->acme.dns_hook = "/nonexistent";
	assert_says(scene, "x.conf:11:1: DNSHook /nonexistent: No such file");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		scene_test(test_nothing_to_say),
		scene_test(test_users_and_groups),
		scene_test(test_group_nobody),
		scene_test(test_directories),
		scene_test(test_certificate_files),
		scene_test(test_foreign_key),
		scene_test(test_dates_are_worth_a_warning),
		scene_test(test_ca_file),
		scene_test(test_blanked_key),
		scene_test(test_dynamic_dns),
		scene_test(test_programs),
		scene_test(test_users),
		scene_test(test_ciphers),
		scene_test(test_ciphers_with_a_certificate_file),
	};

	return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
