/* What a Gateway stands for, and that the printed text says the same. */

#include "reading.h"

#include <dirent.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/xalloc.h"
#include "schema.h"

#define CORPUS "tests/fuzz/corpus/config"

static char *
expand(const char *text)
{
	struct config_text *read = config_text_new("t", text, strlen(text));
	struct diag *diag = diag_new();
	char *printed = config_expand(read, diag);

	diag_free(diag);
	config_text_free(read);
	return printed;
}

/* It is printed so, and what is printed is printed the same again. */
static void
assert_expands(const char *text, const char *expected)
{
	char *printed = expand(text), *again;

	assert_non_null(printed);
	assert_string_equal(printed, expected);
	again = expand(printed);
	assert_non_null(again);
	assert_string_equal(again, expected);
	free(again);
	free(printed);
}

static void
test_the_five_lines(void **state)
{
	(void)state;
	assert_expands("Gateway \"Home.example.org\"\n"
	               "\tForward \"192.168.1.2:8123\"\n"
	               "\tEmail you@example.org\n"
	               "End\n",
	    "ACME\n"
	    "\tEmail\t\"you@example.org\"\n"
	    "End\n"
	    "\n"
	    "ListenHTTP\n"
	    "\tPort\t80\n"
	    "\txHTTP\t2\n"
	    "\tService\n"
	    "\t\tHost\t\"home.example.org\"\n"
	    "\t\tRedirect\tpermanent \"https://home.example.org\"\n"
	    "\tEnd\n"
	    "End\n"
	    "\n"
	    "ListenHTTPS\n"
	    "\tPort\t443\n"
	    "\txHTTP\t2\n"
	    "\tRequireSNI\tyes\n"
	    "\tAutoCert\t\"home.example.org\"\n"
	    "\tService\n"
	    "\t\tHost\t\"home.example.org\"\n"
	    "\t\tHSTS\t1d\n"
	    "\t\tBackEnd\n"
	    "\t\t\tAddress\t192.168.1.2\n"
	    "\t\t\tPort\t8123\n"
	    "\t\t\tProbe\t\"/manifest.json\"\n"
	    "\t\tEnd\n"
	    "\tEnd\n"
	    "End\n");
}

static void
test_forward_over_tls(void **state)
{
	char *printed;

	(void)state;
	printed = expand("Gateway a.example.org\nForward https://ha.lan\n"
	                 "Insecure\nServerName ha.lan\nProbe TCP\nEnd\n");
	assert_non_null(printed);
	assert_non_null(strstr(printed,
	    "\t\tHSTS\t1d\n"
	    "\t\tBackEnd\n"
	    "\t\t\tAddress\tha.lan\n"
	    "\t\t\tPort\t8123\n"
	    "\t\t\tHTTPS\n"
	    "\t\t\tServerName\t\"ha.lan\"\n"
	    "\t\t\tInsecure\n"
	    "\t\t\tProbe\t\"tcp\"\n"
	    "\t\tEnd\n"));
	assert_expands(printed, printed);
	free(printed);
}

static void
test_certificates_of_clients(void **state)
{
	char *printed;

	(void)state;
	printed = expand("Gateway a.example.org\nForward h\n"
	                 "CRLlist \"/r.pem\"\nVerifyList /v.pem\n"
	                 "ClientCert 2 3\nCAlist /c.pem\nEnd\n"
	                 "ListenHTTPS\nPort 1\nCert /x\n"
	                 "Ciphers -ciphersuites TLS_AES_128_GCM_SHA256\n"
	                 "Service\nNot ClientCert /v.pem\nSendFile /w\n"
	                 "End\nEnd\n");
	assert_non_null(strstr(printed,
	    "\tAutoCert\t\"a.example.org\"\n"
	    "\tClientCert\t2 3\n"
	    "\tVerifyList\t\"/v.pem\"\n"
	    "\tCAlist\t\"/c.pem\"\n"
	    "\tCRLlist\t\"/r.pem\"\n"));
	assert_non_null(strstr(printed,
	    "\tCiphers\t-ciphersuites \"TLS_AES_128_GCM_SHA256\"\n"
	    "\tService\n"
	    "\t\tNot ClientCert\t\"/v.pem\"\n"
	    "\t\tSendFile\t\"/w\"\n"));
	free(printed);
}

static void
test_forward_to_a_socket(void **state)
{
	char *printed;

	(void)state;
	printed = expand("Gateway a.example.org\nForward UNIX:/run/ha.sock\n"
	                 "End\n");
	assert_non_null(printed);
	assert_non_null(strstr(printed,
	    "\t\tBackEnd\n"
	    "\t\t\tAddress\t/run/ha.sock\n"
	    "\t\t\tProbe\t\"/manifest.json\"\n"
	    "\t\tEnd\n"));
	assert_expands(printed, printed);
	free(printed);
}

static void
test_gateways_share_listeners(void **state)
{
	struct reading reading;
	const struct config *config;
	const struct config_listener *http, *https, *other;

	(void)state;
	reading_init_clean(&reading,
	    "Gateway a.example.org\nForward 10.0.0.1\nEnd\n"
	    "Gateway b.example.org\nForward [::1]:80\nHTTPSPort 8443\nEnd\n"
	    "Gateway c.example.org\nForward ha.local:81\n"
	    "Address 127.0.0.2\nPort 81\nHTTPSPort 444\nEnd\n");
	config = reading.config;
	assert_int_equal(config->nlisteners, 5);
	assert_int_equal(config->ncerts, 3);
	assert_int_equal(config->nbackends, 3);

	http = config->listeners;
	https = http->next;
	other = https->next;
	assert_int_equal(addr_port(&http->addr), 80);
	assert_string_equal(
	    http->services->redirect->url, "https://a.example.org");
	assert_string_equal(
	    http->services->next->redirect->url, "https://b.example.org:8443");
	assert_null(http->services->next->next);
	assert_int_equal(addr_port(&https->addr), 443);
	assert_null(https->services->next);
	assert_int_equal(https->ncerts, 1);
	assert_int_equal(https->services->backends[0]->port, 8123);
	assert_int_equal(addr_port(&other->addr), 8443);
	assert_string_equal(other->services->backends[0]->host, "::1");
	other = other->next;
	assert_false(other->dual);
	assert_int_equal(addr_port(&other->addr), 81);
	assert_string_equal(
	    other->next->services->backends[0]->host, "ha.local");
	reading_release(&reading);
}

static void
test_one_gateway_lets_everybody_in(void **state)
{
	static const struct {
		const char *first, *second;
		bool required;
	} cases[] = {
		{ "", "", true },
		{ "RequireSNI no\n", "", false },
		{ "", "RequireSNI off\n", false },
		{ "RequireSNI 0\n", "RequireSNI yes\n", false },
		{ "RequireSNI yes\n", "RequireSNI yes\n", true },
	};
	char text[256];
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		struct reading reading;
		char *printed;

		snprintf(text, sizeof(text),
		    "Gateway a.example.org\nForward 10.0.0.1\n%sEnd\n"
		    "Gateway b.example.org\nForward 10.0.0.2\n%sEnd\n",
		    cases[i].first, cases[i].second);
		reading_init_clean(&reading, text);
		assert_int_equal(reading.config->listeners->next->require_sni,
		    cases[i].required);
		reading_release(&reading);
		printed = expand(text);
		reading_init_clean(&reading, printed);
		assert_int_equal(reading.config->listeners->next->require_sni,
		    cases[i].required);
		reading_release(&reading);
		free(printed);
	}
}

static void
test_positions_are_those_of_the_gateway(void **state)
{
	struct reading reading;
	const struct config *config;

	(void)state;
	reading_init_clean(&reading,
	    "\n  Gateway a.example.org\n\tPort 8080\n\tForward "
	    "10.0.0.1\nEnd\n");
	config = reading.config;
	assert_int_equal(config->listeners->pos.line, 2);
	assert_int_equal(config->listeners->pos.column, 3);
	assert_int_equal(config->certs[0]->pos.line, 2);
	assert_int_equal(config->backends[0]->pos.line, 4);
	reading_release(&reading);
}

static void
test_email_comes_to_the_one_account(void **state)
{
	struct reading reading;

	(void)state;
	reading_init_clean(&reading,
	    "Gateway a.example.org\nForward 10.0.0.1\nEmail "
	    "a@example.org\nEnd\n"
	    "Gateway b.example.org\nForward 10.0.0.1\nEmail "
	    "a@example.org\nEnd\n"
	    "ACME\nDirectory letsencrypt-staging\nEnd\n");
	assert_string_equal(
	    reading.config->certs[0]->acme->email, "a@example.org");
	assert_string_equal(reading.config->certs[0]->acme->directory,
	    "https://acme-staging-v02.api.letsencrypt.org/directory");
	assert_ptr_equal(
	    reading.config->certs[0]->acme, reading.config->certs[1]->acme);
	reading_release(&reading);
}

static void
test_everything_else_is_printed_as_it_is(void **state)
{
	(void)state;
	assert_expands("user nobody # who\n"
	               "LogFacility LOCAL1\n"
	               "Client 1m\n"
	               "TrustedIP\n::1 10.0.0.1\nEnd\n"
	               "Service\nNot ACL -forwarded\n::1\nEnd\n"
	               "Path -tag \"t\" -icase \"/x\"\nSuccess\nEnd\n"
	               "listenhttp front\n"
	               "HeaderRemove \"^X-\\\"\\\\.\"\n"
	               "Address [::1]\n"
	               "Service\nRedirect 301 https://x/\nEnd\n"
	               "END\n"
	               "ACME\nEAB \"my kid\" c2VjcmV0\nEnd\n",
	    "ACME\n"
	    "\tEAB\t\"my kid\" \"********\"\n"
	    "End\n"
	    "User\t\"nobody\"\n"
	    "LogFacility\tLOCAL1\n"
	    "Client\t1m\n"
	    "\n"
	    "TrustedIP\n"
	    "\t\"::1\" \"10.0.0.1\"\n"
	    "End\n"
	    "\n"
	    "Service\n"
	    "\tNot ACL\t-forwarded\n"
	    "\t\t\"::1\"\n"
	    "\tEnd\n"
	    "\tPath\t-icase -tag \"t\" \"/x\"\n"
	    "\tSuccess\n"
	    "End\n"
	    "\n"
	    "ListenHTTP\t\"front\"\n"
	    "\tHeaderRemove\t\"^X-\\\"\\\\.\"\n"
	    "\tAddress\t::1\n"
	    "\tService\n"
	    "\t\tRedirect\t301 \"https://x/\"\n"
	    "\tEnd\n"
	    "End\n");
}

static void
test_errors_print_nothing(void **state)
{
	static const char text[] = "Gateway a.example.org\nEnd\n";
	struct config_text *read = config_text_new("t", text, strlen(text));
	struct reading reading = { .diag = diag_new() };

	(void)state;
	assert_null(config_expand(read, reading.diag));
	assert_messages(&reading,
	    "t:1:1: 'Gateway' needs a line 'Forward' with an address such as "
	    "\"192.168.1.2:8123\"\n");
	/* Not said twice by who asks both. */
	assert_null(config_parse(read, reading.diag));
	assert_int_equal(diag_count(reading.diag, DIAG_ERROR), 1);
	diag_free(reading.diag);
	config_text_free(read);
}

/* Adds the text if it is accepted: then what it expands to is printed again. */
static void
check_text(const struct buf *text, struct buf *accepted)
{
	struct config_text *read =
	    config_text_new("t", (const char *)buf_data(text), buf_len(text));
	struct reading reading;
	char *printed;

	reading_of(&reading, read);
	if (reading.config != NULL) {
		printed = config_expand(read, reading.diag);
		assert_non_null(printed);
		assert_expands(printed, printed);
		reading_release(&reading);
		reading_init(&reading, printed);
		if (reading.config == NULL)
			fail_msg("%s\n%s", diag_line(reading.diag, 0), printed);
		buf_append(accepted, buf_data(text), buf_len(text));
		free(printed);
	}
	reading_release(&reading);
}

/* Nor does it name a file that is read at once. */
static bool
needs_no_file(const struct schema_row *row)
{
	return (row->flags & (ROW_LATER | ROW_BARE)) == 0 &&
	    row->id != WORD_INCLUDE && row->id != WORD_INCLUDEDIR &&
	    row->id != WORD_EABFILE && row->id != WORD_ERRORFILE &&
	    row->id != WORD_TOKENFILE && row->id != WORD_PASSWORDFILE;
}

/* So that the fuzzer, which holds the same, has all words to play with. */
static void
test_every_word_is_in_a_text_that_expands(void **state)
{
	struct buf accepted = { 0 }, text = { 0 };
	DIR *corpus = opendir(CORPUS);
	const struct schema_row *row;
	struct dirent *entry;
	unsigned i;

	(void)state;
	assert_non_null(corpus);
	while ((entry = readdir(corpus)) != NULL) {
		char *path = xasprintf(CORPUS "/%s", entry->d_name);
		struct error err;

		buf_clear(&text);
		if (entry->d_name[0] != '.') {
			assert_int_equal(
			    file_read(path, 1024 * 1024, &text, &err), 0);
			check_text(&text, &accepted);
		}
		free(path);
	}
	closedir(corpus);
	buf_append(&accepted, "", 1);
	for (i = 0; (row = schema_at(i)) != NULL; i++)
		if (needs_no_file(row) &&
		    strcasestr((const char *)buf_data(&accepted), row->word) ==
		        NULL)
			fail_msg("no accepted text has '%s'", row->word);
	buf_release(&accepted);
	buf_release(&text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forward_over_tls),
		cmocka_unit_test(test_forward_to_a_socket),
		cmocka_unit_test(test_the_five_lines),
		cmocka_unit_test(test_certificates_of_clients),
		cmocka_unit_test(test_gateways_share_listeners),
		cmocka_unit_test(test_one_gateway_lets_everybody_in),
		cmocka_unit_test(test_positions_are_those_of_the_gateway),
		cmocka_unit_test(test_email_comes_to_the_one_account),
		cmocka_unit_test(test_everything_else_is_printed_as_it_is),
		cmocka_unit_test(test_errors_print_nothing),
		cmocka_unit_test(test_every_word_is_in_a_text_that_expands),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
