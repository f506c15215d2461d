/* Files: reading, including, sealing, and what stays secret. */

#include "reading.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

static char dir[] = "/tmp/gatehouse-config-XXXXXX";

static char *
path_of(const char *name)
{
	static char path[sizeof(dir) + 64];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static void
write_file(const char *name, const char *text)
{
	int fd = open(path_of(name), O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_int_not_equal(fd, -1);
	assert_int_equal(file_write_all(fd, text, strlen(text)), 0);
	close(fd);
}

static int
setup(void **state)
{
	(void)state;
	if (mkdtemp(dir) == NULL)
		return -1;
	return mkdir(path_of("sub"), 0700);
}

static int
teardown(void **state)
{
	static const char *const names[] = { "main", "sub/a", "sub/b" };
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(names); i++)
		unlink(path_of(names[i]));
	rmdir(path_of("sub"));
	return rmdir(dir);
}

/* The messages without the directory in front. */
static void
assert_messages_here(const struct reading *reading, const char *expected)
{
	char all[4096] = "";
	const char *line, *at;
	size_t len = 0;
	unsigned i;

	for (i = 0; (line = diag_line(reading->diag, i)) != NULL; i++) {
		while ((at = strstr(line, dir)) != NULL) {
			len += (size_t)snprintf(all + len, sizeof(all) - len,
			    "%.*s", (int)(at - line), line);
			line = at + sizeof(dir); /* the slash, too */
		}
		len += (size_t)snprintf(
		    all + len, sizeof(all) - len, "%s\n", line);
	}
	assert_string_equal(all, expected);
}

static void
read_main(struct reading *reading)
{
	struct error err;

	reading_of(reading, config_text_read(path_of("main"), &err));
}

static bool
path_matches(const struct config *config, const char *path)
{
	struct config_request req = {
		.host = "",
		.path = { path, strlen(path) },
	};

	return config_service_matches(config->services, &req);
}

/* What a file of patterns says is sealed with the configuration. */
static void
test_pattern_files(void **state)
{
	struct reading reading, sealed;
	struct error err;
	char *expanded;
	int fd;

	(void)state;
	write_file("main",
	    "ListenHTTP\nEnd\nService\nPath -beg -file sub/a\n"
	    "Redirect https://x\nEnd\n");
	write_file("sub/a", "# what is open\r\n\n  /open \r\n/#/\n/b c");
	read_main(&reading);
	assert_messages_here(&reading, "");
	fd = config_text_seal(reading.text, &err);
	expanded = config_expand(reading.text, reading.diag);
	unlink(path_of("sub/a"));
	reading_of(&sealed, config_text_unseal(fd, &err));
	close(fd);
	assert_messages_here(&sealed, "");
	assert_true(path_matches(sealed.config, "/opened"));
	assert_true(path_matches(sealed.config, "/#/x"));
	assert_true(path_matches(sealed.config, "/b c"));
	assert_false(path_matches(sealed.config, "/what"));
	assert_non_null(strstr(expanded, "Path\t-beg -file \"/"));
	free(expanded);
	reading_release(&sealed);
	reading_release(&reading);

	write_file("main",
	    "ListenHTTP\nEnd\nService\nPath -file sub/a\n"
	    "URL -file sub/none\nRedirect https://x\nEnd\n");
	write_file("sub/a", "good\n\n(\n");
	read_main(&reading);
	assert_messages_here(&reading,
	    "sub/a:3:1: 'Path' needs a regular expression, not '(' (Unmatched "
	    "( or \\()\n"
	    "main:5:11: cannot read sub/none: No such file or directory\n");
	reading_release(&reading);
}

static void
test_pages(void **state)
{
	const struct config_listener *listener;
	const struct config_reply *reply;
	struct reading reading;
	char *huge = malloc(CONFIG_PAGE_MAX + 2);

	(void)state;
	write_file("main",
	    "ListenHTTP\nErr404 sub/a\nErrorFile 500 sub/b\n"
	    "MaxRequest 3g\nMaxURI 100\n"
	    "Service\nError 404 sub/b\nEnd\nService\nSuccess\nEnd\nEnd\n");
	write_file("sub/a", "<p>none\n");
	write_file("sub/b", "text");
	read_main(&reading);
	assert_messages_here(&reading, "");
	listener = reading.config->listeners;
	assert_int_equal(listener->pages->status, 404);
	assert_string_equal(listener->pages->text.p, "<p>none\n");
	assert_string_equal(listener->pages->type, "text/html; charset=utf-8");
	assert_int_equal(listener->pages->next->status, 500);
	assert_string_equal(
	    listener->pages->next->type, "text/plain; charset=utf-8");
	assert_null(listener->pages->next->next);
	assert_true(listener->max_request == UINT64_C(3) << 30);
	assert_int_equal(listener->max_uri, 100);
	reply = listener->services->reply;
	assert_int_equal(reply->status, 404);
	assert_int_equal(reply->page->text.len, 4);
	reply = listener->services->next->reply;
	assert_int_equal(reply->status, 200);
	assert_null(reply->page);
	reading_release(&reading);

	memset(huge, 'a', CONFIG_PAGE_MAX + 1);
	huge[CONFIG_PAGE_MAX + 1] = '\0';
	write_file("main", "ListenHTTP\nErr404 sub/a\nEnd\n");
	write_file("sub/a", huge);
	read_main(&reading);
	assert_messages_here(
	    &reading, "main:2:8: 'sub/a' has more than 65536 bytes\n");
	reading_release(&reading);
	free(huge);
}

static void
test_address_files(void **state)
{
	const struct config_acl *acl;
	struct reading reading;

	(void)state;
	write_file("main",
	    "ListenHTTP\nEnd\nACL \"a\" -file sub/a\nService\nACL a\n"
	    "ACL -file sub/a\nRedirect https://x\nEnd\n");
	write_file("sub/a", "# home\n10.0.0.0/8 # lan\n\n::1\n");
	read_main(&reading);
	assert_messages_here(&reading, "");
	acl = reading.config->services->conditions->acl;
	assert_string_equal(acl->name, "a");
	assert_int_equal(acl->nnets, 2);
	assert_int_equal(acl->nets[0].bits, 8);
	assert_int_equal(acl->nets[1].bits, 128);
	acl = reading.config->services->conditions->next->acl;
	assert_null(acl->name);
	assert_int_equal(acl->nnets, 2);
	reading_release(&reading);

	write_file("sub/a", "10.0.0.1\nhome\n");
	read_main(&reading);
	assert_messages_here(&reading,
	    "sub/a:2:1: 'home' is neither an address nor a network such as "
	    "192.168.1.0/24\n");
	reading_release(&reading);
}

static void
test_includes(void **state)
{
	struct reading reading;
	const struct config *config;
	struct error err;

	(void)state;
	write_file("main", "Include \"sub/a\"\nPIDFile run/pid\n");
	write_file("sub/a", "ListenHTTPS\nInclude b\nCert a.pem\nEnd\n");
	write_file(
	    "sub/b", "Service\nRedirect https://x\nEnd\nCert ../b.pem\n");
	read_main(&reading);
	assert_messages_here(&reading, "");
	config = reading.config;
	assert_string_equal(config->pid_file, path_of("run/pid"));
	assert_string_equal(config->certs[0]->file, path_of("sub/../b.pem"));
	assert_string_equal(config->certs[1]->file, path_of("sub/a.pem"));
	assert_string_equal(
	    config->listeners->services->pos.file, path_of("sub/b"));
	assert_int_equal(config->listeners->services->pos.line, 1);
	reading_release(&reading);

	assert_null(config_text_read(path_of("none"), &err));
	assert_int_equal(err.kind, ERR_NOTFOUND);
}

static void
test_names_begin_at_the_include_dir(void **state)
{
	struct reading reading;
	const struct config *config;

	(void)state;
	write_file("main",
	    "Include sub/a\nIncludeDir sub\nInclude b\n"
	    "IncludeDir /etc\nListenHTTP\nEnd\n");
	write_file("sub/a", "PIDFile pid\n");
	write_file("sub/b",
	    "ListenHTTPS\nCert a.pem\nCert /b.pem\nEnd\n"
	    "Service\nSuccess\nEnd\n");
	read_main(&reading);
	assert_messages_here(&reading, "");
	config = reading.config;
	assert_string_equal(config->pid_file, path_of("sub/pid"));
	assert_string_equal(config->certs[0]->file, path_of("sub/a.pem"));
	assert_string_equal(config->certs[1]->file, "/b.pem");
	reading_release(&reading);
}

/* Sealed text and files are read to the same configuration. */
static void
test_patterns_include_all_that_match(void **state)
{
	struct reading reading;
	int fd;

	(void)state;
	write_file("main",
	    "Include \"sub/*.conf\"\nInclude \"none/*\"\nListenHTTP\n"
	    "Include \"[s]ub/?.in\"\nSuccess\nEnd\nEnd\n");
	write_file("sub/2.conf", "PIDFile two\n");
	write_file("sub/1.conf", "LogTag one\nInclude 3.in2\n");
	write_file("sub/3.in2", "Grace 7\n");
	write_file("sub/.4.conf", "nonsense\n");
	write_file("sub/5.conf~", "nonsense\n");
	write_file("sub/l.in", "Service\n");
	read_main(&reading);
	assert_messages_here(&reading,
	    "sub/l.in:1:1: 'Service' has no 'End'\n"
	    "main:5:1: 'Success' belongs in Service or in DDNS, not in "
	    "ListenHTTP\n"
	    "main:7:1: 'End' without a section that it could end\n");
	reading_release(&reading);

	write_file("main",
	    "Include \"sub/*.conf\"\nInclude \"none/*\"\nListenHTTP\n"
	    "Include \"[s]ub/?.in\"\nEnd\n");
	write_file("sub/l.in", "Service\nSuccess\nEnd\n");
	read_main(&reading);
	assert_messages_here(&reading, "");
	fd = config_text_seal(reading.text, NULL);
	assert_int_not_equal(fd, -1);
	reading_release(&reading);
	write_file("sub/6.conf", "nonsense\n");
	reading_of(&reading, config_text_unseal(fd, NULL));
	close(fd);
	assert_messages(&reading, "");
	assert_string_equal(reading.config->log_tag, "one");
	assert_string_equal(reading.config->pid_file, path_of("sub/two"));
	assert_int_equal(reading.config->grace, 7);
	assert_non_null(reading.config->listeners->services);
	reading_release(&reading);

	write_file("main", "Include \"ma*\"\nListenHTTP\nEnd\n");
	read_main(&reading);
	assert_messages_here(&reading, "main:1:9: 'ma*' includes itself\n");
	reading_release(&reading);
	for (const char *const *name = (const char *const[]){ "sub/1.conf",
	         "sub/2.conf", "sub/3.in2", "sub/.4.conf", "sub/5.conf~",
	         "sub/6.conf", "sub/l.in", NULL };
	     *name != NULL; name++)
		assert_int_equal(unlink(path_of(*name)), 0);
}

static void
test_relative_paths_of_a_relative_file(void **state)
{
	struct reading reading;
	struct error err;
	char cwd[4096];

	(void)state;
	write_file("main", "Include sub/a\nListenHTTP\nEnd\n");
	write_file("sub/a", "Usr x\nPIDFile pid\n");
	assert_non_null(getcwd(cwd, sizeof(cwd)));
	assert_int_equal(chdir(dir), 0);
	reading_of(&reading, config_text_read("main", &err));
	assert_messages(
	    &reading, "sub/a:1:1: unknown word 'Usr'; did you mean 'User'?\n");
	reading_release(&reading);
	write_file("sub/a", "PIDFile pid\n");
	reading_of(&reading, config_text_read("main", &err));
	assert_int_equal(chdir(cwd), 0);
	assert_messages(&reading, "");
	assert_string_equal(reading.config->pid_file, path_of("sub/pid"));
	reading_release(&reading);
}

static void
test_includes_that_fail(void **state)
{
	struct reading reading;

	(void)state;
	write_file("main", "Include main\nInclude none\nListenHTTP\nEnd\n");
	read_main(&reading);
	assert_messages_here(&reading,
	    "main:1:9: 'main' includes itself\n"
	    "main:2:9: cannot include none: No such file or directory\n");
	reading_release(&reading);

	write_file("main", "\nInclude sub/a\nListenHTTP\nEnd\n");
	write_file("sub/a", "Include b\n");
	write_file("sub/b", "Include ../sub/b\nInclude b\nInclude a\n");
	read_main(&reading);
	assert_null(reading.config);
	assert_non_null(strstr(diag_line(reading.diag, 0), "8 deep"));
	reading_release(&reading);

	write_file("sub/b", "\nInclude a\nListenHTTP\n");
	read_main(&reading);
	assert_messages_here(&reading,
	    "sub/b:2:9: 'a' includes itself; it is being read because of "
	    "main:2\n"
	    "sub/b:3:1: 'ListenHTTP' has no 'End'\n");
	reading_release(&reading);

	reading_init(&reading, "Include x\nListenHTTP\nEnd\n");
	assert_messages(
	    &reading, "t:1:9: cannot include x: this text stands for itself\n");
	reading_release(&reading);
}

/* The same file under many names is many files. */
static void
test_number_of_files_is_bounded(void **state)
{
	struct reading reading;
	char text[16384], dots[2 * CONFIG_FILES_MAX + 1] = "";
	size_t len = 0;
	unsigned i;

	(void)state;
	write_file("sub/a", "\n");
	for (i = 0; i < CONFIG_FILES_MAX; i++) {
		len += (size_t)snprintf(
		    text + len, sizeof(text) - len, "Include %ssub/a\n", dots);
		memcpy(dots + strlen(dots), "./", sizeof("./"));
	}
	write_file("main", text);
	read_main(&reading);
	assert_null(reading.config);
	assert_non_null(
	    strstr(diag_line(reading.diag, 1), ": more than 64 files"));
	reading_release(&reading);
}

static size_t
read_fd(int fd, char *dst, size_t size)
{
	ssize_t n = pread(fd, dst, size - 1, 0);

	assert_true(n >= 0);
	return (size_t)n;
}

static bool
holds(const char *bytes, size_t len, const char *text)
{
	return memmem(bytes, len, text, strlen(text)) != NULL;
}

static void
test_sealed_text(void **state)
{
	struct reading reading, sealed;
	struct error err;
	char bytes[4096];
	size_t len;
	int fd;

	(void)state;
	write_file("main",
	    "Include sub/a\nListenHTTP\nEnd\n"
	    "ListenHTTPS\nAutoCert a.example.org\nCert x.pem\nEnd\n"
	    "Service\nRedirect https://x\nEnd\n");
	write_file("sub/a",
	    "ACME\nEAB \"the-kid\" \"c2VjcmV0\"\nCAFile ca.pem\nEnd\n"
	    "LogFacility deamon\n");
	read_main(&reading);
	fd = config_text_seal(reading.text, &err);
	assert_int_not_equal(fd, -1);

	/* Not even the descriptor's owner changes it. */
	assert_int_equal(pwrite(fd, "x", 1, 0), -1);
	assert_int_equal(ftruncate(fd, 0), -1);
	assert_int_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	len = read_fd(fd, bytes, sizeof(bytes));
	assert_true(holds(bytes, len, "EAB \"the-kid\" \"********\""));
	assert_false(holds(bytes, len, "c2VjcmV0"));

	/* The files are gone, the positions are not. */
	unlink(path_of("main"));
	unlink(path_of("sub/a"));
	reading_of(&sealed, config_text_unseal(fd, &err));
	assert_messages_here(&sealed,
	    "sub/a:5:13: warning: 'deamon' is not a log facility; daemon is "
	    "used (did you mean 'daemon'?)\n");
	assert_non_null(sealed.config);
	assert_int_equal(sealed.config->nlisteners, reading.config->nlisteners);
	assert_int_equal(sealed.config->ncerts, reading.config->ncerts);
	assert_string_equal(sealed.config->certs[1]->file, path_of("x.pem"));
	assert_string_equal(
	    sealed.config->certs[0]->acme->ca_file, path_of("sub/ca.pem"));
	assert_string_equal(sealed.config->certs[0]->acme->eab_kid, "the-kid");
	assert_string_equal(
	    reading.config->certs[0]->acme->eab_key, "c2VjcmV0");
	assert_string_equal(sealed.config->certs[0]->acme->eab_key, "********");
	reading_release(&sealed);
	reading_release(&reading);
	close(fd);
}

static int
memfd_of(const void *data, size_t len, bool sealed)
{
	int fd = memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	assert_int_not_equal(fd, -1);
	assert_int_equal(file_write_all(fd, data, len), 0);
	if (sealed)
		assert_int_equal(fcntl(fd, F_ADD_SEALS,
		                     F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW |
		                         F_SEAL_WRITE),
		    0);
	return fd;
}

static void
test_what_is_no_sealed_text(void **state)
{
	struct config_text *text = config_text_new("t", "User a\n", 7);
	struct error err;
	char bytes[64];
	size_t len, cut;
	int fd;

	(void)state;
	fd = config_text_seal(text, &err);
	len = read_fd(fd, bytes, sizeof(bytes));
	close(fd);
	config_text_free(text);

	fd = memfd_of(bytes, len, false);
	assert_null(config_text_unseal(fd, &err));
	assert_string_equal(err.msg, "not a sealed configuration");
	close(fd);
	for (cut = 0; cut < len; cut++) {
		fd = memfd_of(bytes, cut, true);
		assert_null(config_text_unseal(fd, &err));
		assert_string_equal(
		    err.msg, "the sealed configuration is torn");
		close(fd);
	}
	fd = memfd_of(bytes, len, true);
	text = config_text_unseal(fd, &err);
	assert_non_null(text);
	config_text_free(text);
	close(fd);
	assert_null(config_text_unseal(-1, &err));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_includes),
		cmocka_unit_test(test_pages),
		cmocka_unit_test(test_address_files),
		cmocka_unit_test(test_pattern_files),
		cmocka_unit_test(test_names_begin_at_the_include_dir),
		cmocka_unit_test(test_patterns_include_all_that_match),
		cmocka_unit_test(test_relative_paths_of_a_relative_file),
		cmocka_unit_test(test_includes_that_fail),
		cmocka_unit_test(test_number_of_files_is_bounded),
		cmocka_unit_test(test_sealed_text),
		cmocka_unit_test(test_what_is_no_sealed_text),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
