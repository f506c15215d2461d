/* What a configuration comes to, Home Assistant's own one for Pound first. */

#include "reading.h"

#include <arpa/inet.h>
#include <syslog.h>

#define SEED "etc/pound-home-assistant.cfg"

static void
assert_addr(const struct addr *addr, const char *expected)
{
	char text[ADDR_TEXT_SIZE];

	assert_string_equal(addr_text(addr, text), expected);
}

static void
assert_is_host(const struct config_service *service, const char *host)
{
	assert_int_equal(service->conditions->kind, COND_HOST);
	assert_string_equal(service->conditions->patterns->text.p, host);
	assert_null(service->conditions->next);
}

static void
test_pound_of_home_assistant(void **state)
{
	struct error err;
	struct reading reading;
	const struct config *config;
	const struct config_listener *http, *https;

	(void)state;
	reading_of(&reading, config_text_read(SEED, &err));
	assert_messages(&reading,
	    SEED ":7:13: warning: 'deamon' is not a log facility; daemon is "
	         "used (did you mean 'daemon'?)\n");
	config = reading.config;
	assert_string_equal(config->user, "nobody");
	assert_string_equal(config->group, "nobody");
	assert_int_equal(config->group_pos.line, 3);
	assert_string_equal(config->root_jail, "/var/jail/pound/");
	assert_int_equal(config->log_facility, LOG_DAEMON);
	assert_int_equal(config->alive, 15);
	assert_int_equal(config->nlisteners, 2);

	http = config->listeners;
	assert_false(http->tls);
	assert_addr(&http->addr, "127.0.0.1:7080");
	assert_int_equal(http->methods, 2);
	assert_null(http->log_format);
	assert_non_null(http->head_remove);
	assert_null(http->head_remove->next);
	assert_is_host(http->services, "myhomeassistant.mydomain.com");
	assert_int_equal(http->services->redirect->status, 302);
	assert_string_equal(http->services->redirect->url,
	    "https://myhomeassistant.mydomain.com");
	assert_true(http->services->redirect->append);

	https = http->next;
	assert_null(https->next);
	assert_int_equal(https->index, 1);
	assert_true(https->tls);
	assert_addr(&https->addr, "127.0.0.1:7443");
	assert_int_equal(https->ncerts, 1);
	assert_int_equal(https->certs[0]->kind, CERT_FILE);
	assert_string_equal(https->certs[0]->file,
	    "/var/jail/pound/myhomeassistant.mydomain.com.all.pem");
	assert_int_equal(https->tls_min_version, 0x0303);
	assert_string_equal(https->ciphers, "ALL:!RC4:!ECDH:!DH");
	assert_int_equal(https->ciphers_pos.line, 34);
	assert_non_null(https->head_remove);
	assert_null(https->services);

	assert_is_host(config->services, "myhomeassistant.mydomain.com");
	assert_int_equal(config->services->nbackends, 1);
	assert_int_equal(config->nbackends, 1);
	assert_ptr_equal(config->services->backends[0], config->backends[0]);
	assert_true(config->backends[0]->numeric);
	assert_addr(&config->backends[0]->addr, "192.168.1.2:8123");
	reading_release(&reading);
}

static void
test_defaults(void **state)
{
	struct reading reading;
	const struct config *config;
	const struct config_listener *listener;

	(void)state;
	reading_init_clean(&reading,
	    "ListenHTTP\nEnd\n"
	    "ListenHTTPS\nAutoCert a.example.org\nEnd\n"
	    "Service\nBackEnd\nAddress ha.local\nPort 8123\nEnd\nEnd\n");
	config = reading.config;
	assert_null(config->user);
	assert_null(config->group);
	assert_null(config->root_jail);
	assert_null(config->pid_file);
	assert_false(config->daemonize);
	assert_string_equal(config->state_dir, CONFIG_DEFAULT_STATE_DIR);
	assert_int_equal(config->log_facility, LOG_DAEMON);
	assert_in_range(config->workers, 1, 2);
	assert_int_equal(config->alive, 15);
	assert_int_equal(config->grace, 30);

	listener = config->listeners;
	assert_true(listener->dual);
	assert_addr(&listener->addr, "[::]:80");
	assert_int_equal(listener->methods, 0);
	assert_string_equal(listener->log_format->name, "regular");
	assert_int_equal(listener->client_timeout, 60);
	assert_null(listener->head_remove);

	listener = listener->next;
	assert_addr(&listener->addr, "[::]:443");
	assert_int_equal(listener->tls_min_version, 0x0303);
	assert_null(listener->ciphers);
	assert_false(listener->prefer_server_order);
	assert_string_equal(listener->certs[0]->acme->directory,
	    "https://acme-v02.api.letsencrypt.org/directory");
	assert_string_equal(listener->certs[0]->key_type, "P-256");
	assert_null(listener->certs[0]->acme->email);
	assert_null(listener->certs[0]->acme->ca_file);
	assert_null(listener->certs[0]->acme->eab_kid);

	assert_false(config->backends[0]->numeric);
	assert_string_equal(config->backends[0]->host, "ha.local");
	assert_int_equal(config->backends[0]->port, 8123);
	assert_int_equal(config->backends[0]->timeout, 300);
	assert_int_equal(config->backends[0]->connect_timeout, 5);
	assert_int_equal(config->backends[0]->ws_timeout, 0);
	reading_release(&reading);
}

static void
test_top_level(void **state)
{
	struct reading reading;
	const struct config *config;

	(void)state;
	reading_init_clean(&reading,
	    "User a\nGroup b\nRootJail /jail\nDaemon yes\nPIDFile /run/g.pid\n"
	    "StateDir /srv\nWorkers 7\nLogFacility -\nAlive 1m\nGrace 0\n"
	    "ListenHTTP\nEnd\n");
	config = reading.config;
	assert_string_equal(config->user, "a");
	assert_int_equal(config->user_pos.column, 6);
	assert_string_equal(config->group, "b");
	assert_string_equal(config->root_jail, "/jail");
	assert_int_equal(config->root_jail_pos.line, 3);
	assert_true(config->daemonize);
	assert_string_equal(config->pid_file, "/run/g.pid");
	assert_string_equal(config->state_dir, "/srv");
	assert_int_equal(config->workers, 7);
	assert_int_equal(config->log_facility, -1);
	assert_int_equal(config->alive, 60);
	assert_int_equal(config->grace, 0);
	reading_release(&reading);
}

static void
test_top_level_holds_for_all_until_narrowed(void **state)
{
	struct reading reading;
	const struct config *config;

	(void)state;
	reading_init_clean(&reading,
	    "ListenHTTP\nPort 1\nEnd\n"
	    "ListenHTTP\nPort 2\nClient 7\nLogLevel 2\nEnd\n"
	    "Service\n"
	    "BackEnd\nAddress a\nPort 1\nEnd\n"
	    "BackEnd\nAddress b\nPort 1\nTimeOut 4\nConnTO 5\nWSTimeOut "
	    "6\nEnd\n"
	    "End\n"
	    "Client 30\nTimeOut 1\nConnTO 2\nWSTimeOut 3\nLogLevel 5\n");
	config = reading.config;
	assert_int_equal(config->listeners->client_timeout, 30);
	assert_string_equal(config->listeners->log_format->name, "detailed");
	assert_int_equal(config->listeners->next->client_timeout, 7);
	assert_string_equal(
	    config->listeners->next->log_format->name, "extended");
	assert_int_equal(config->nbackends, 2);
	assert_int_equal(config->backends[0]->timeout, 1);
	assert_int_equal(config->backends[0]->connect_timeout, 2);
	assert_int_equal(config->backends[0]->ws_timeout, 3);
	assert_int_equal(config->backends[1]->id, 1);
	assert_int_equal(config->backends[1]->timeout, 4);
	assert_int_equal(config->backends[1]->connect_timeout, 5);
	assert_int_equal(config->backends[1]->ws_timeout, 6);
	reading_release(&reading);
}

static void
test_conditions(void **state)
{
	static const enum config_condition_kind kinds[] = { COND_HOST,
		COND_HOST, COND_FIELD, COND_FIELD, COND_FIELD, COND_URL };
	const struct config_condition *condition;
	struct reading reading;
	size_t i;

	(void)state;
	reading_init_clean(&reading,
	    "ListenHTTP\nEnd\nService\n"
	    "Host A.example.org\n"
	    "HeadRequire \"Host:A.example.org\"\n"
	    "HeadRequire \"Host: (a|b)\\.example\\.org\"\n"
	    "Header \"^Cookie:\"\n"
	    "HeadDeny \"^X-Evil:\"\n"
	    "URL ^/api/\n"
	    "Redirect https://x\nEnd\n");
	condition = reading.config->services->conditions;
	for (i = 0; i < COUNT(kinds); i++) {
		assert_int_equal(condition->kind, kinds[i]);
		if (condition->kind == COND_HOST)
			assert_string_equal(
			    condition->patterns->text.p, "a.example.org");
		condition = condition->next;
	}
	assert_null(condition);
	reading_release(&reading);
}

static void
test_header_options(void **state)
{
	static const struct {
		const char *top, *own;
		bool client, tls;
	} cases[] = {
		{ "", "", true, false },
		{ "HeaderOption none\n", "", false, false },
		{ "HeaderOption none\n", "HeaderOption ssl\n", true, true },
		{ "HeaderOption all\n", "", true, true },
		{ "HeaderOption all no-forwarded\n", "", false, true },
		{ "", "headeroption No-Forwarded SSL no-ssl\n", false, false },
		{ "", "HeaderOption none forwarded\n", true, false },
		{ "HeaderOption ssl\n", "HeaderOption forwarded\n", true,
		    false },
	};
	struct reading reading;
	char text[256];
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		snprintf(text, sizeof(text), "ListenHTTP\n%sEnd\n%s",
		    cases[i].own, cases[i].top);
		reading_init_clean(&reading, text);
		assert_int_equal(
		    reading.config->listeners->tells_client, cases[i].client);
		assert_int_equal(
		    reading.config->listeners->tells_tls, cases[i].tls);
		reading_release(&reading);
	}
}

static void
test_hsts(void **state)
{
	static const struct {
		const char *line, *value;
	} cases[] = {
		{ "", "max-age=86400" },
		{ "HSTS off\n", "" },
		{ "HSTS 0\n", "max-age=0" },
		{ "HSTS 300\n", "max-age=300" },
		{ "hsts 730d\n", "max-age=63072000" },
	};
	struct reading reading;
	char text[256];
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		snprintf(text, sizeof(text),
		    "Gateway a.example.org\nForward 10.0.0.1\n%sEnd\n"
		    "Service\n%sError 404\nEnd\n",
		    cases[i].line, cases[i].line);
		reading_init_clean(&reading, text);
		assert_int_equal(
		    reading.config->listeners->services->hsts.len, 0);
		assert_string_equal(
		    reading.config->listeners->next->services->hsts.p,
		    cases[i].value);
		assert_string_equal(reading.config->services->hsts.p,
		    i == 0 ? "" : cases[i].value);
		reading_release(&reading);
	}
}

static void
test_redirects(void **state)
{
	static const struct {
		const char *line, *url;
		unsigned status;
		bool append;
	} cases[] = {
		{ "https://x", "https://x", 302, true },
		{ "https://x/", "https://x", 302, true },
		{ "301 https://x:8443/", "https://x:8443", 301, true },
		{ "302 http://x/a", "http://x/a", 302, false },
		{ "303 https://x/?b", "https://x/?b", 303, false },
		{ "307 https://x?b", "https://x?b", 307, false },
		{ "308 HTTPS://X//", "HTTPS://X//", 308, false },
		{ "Permanent https://x", "https://x", CONFIG_REDIRECT_PERMANENT,
		    true },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		const struct config_redirect *redirect;
		struct reading reading;
		char text[256];

		snprintf(text, sizeof(text),
		    "ListenHTTP\nService\nRedirect %s\nEnd\nEnd\n",
		    cases[i].line);
		reading_init_clean(&reading, text);
		redirect = reading.config->listeners->services->redirect;
		assert_string_equal(redirect->url, cases[i].url);
		assert_int_equal(redirect->status, cases[i].status);
		assert_int_equal(redirect->append, cases[i].append);
		reading_release(&reading);
	}
}

static void
test_certificates_have_one_slot_each(void **state)
{
	struct reading reading;
	const struct config *config;
	const struct config_listener *first, *second;

	(void)state;
	reading_init_clean(&reading,
	    "ListenHTTP\nEnd\nService\nRedirect https://x\nEnd\n"
	    "ListenHTTPS\nAutoCert a.example.org B.example.org A.example.org\n"
	    "Cert /a.pem\nCert /a.pem\nEnd\n"
	    "ListenHTTPS\nPort 444\nCert /b.pem\nCert /a.pem\n"
	    "AutoCert \"A.Example.org\" b.example.org\nEnd\n");
	config = reading.config;
	assert_int_equal(config->ncerts, 3);
	first = config->listeners->next;
	assert_int_equal(first->ncerts, 2);
	assert_int_equal(first->certs[0]->slot, 0);
	assert_int_equal(first->certs[0]->kind, CERT_AUTO);
	assert_int_equal(first->certs[0]->nnames, 2);
	assert_string_equal(first->certs[0]->names[0], "a.example.org");
	assert_string_equal(first->certs[0]->names[1], "b.example.org");
	assert_int_equal(first->certs[1]->slot, 1);
	second = first->next;
	assert_int_equal(second->ncerts, 3);
	assert_string_equal(second->certs[0]->file, "/b.pem");
	assert_ptr_equal(second->certs[1], first->certs[1]);
	assert_ptr_equal(second->certs[2], first->certs[0]);
	assert_ptr_equal(config->certs[2], second->certs[0]);
	reading_release(&reading);
}

static void
test_tls(void **state)
{
	struct reading reading;
	const struct config_listener *listener;

	(void)state;
	reading_init_clean(&reading,
	    "Service\nRedirect https://x\nEnd\n"
	    "ListenHTTPS\nCert a\nDisable TLSv1_1\nDisable SSLv2\n"
	    "SSLHonorCipherOrder 1\nEnd\n"
	    "ListenHTTPS\nPort 1\nCert a\nDisable TLSv1_2\nDisable "
	    "TLSv1\nEnd\n");
	listener = reading.config->listeners;
	assert_int_equal(listener->tls_min_version, 0x0303);
	assert_true(listener->prefer_server_order);
	assert_int_equal(listener->next->tls_min_version, 0x0304);
	reading_release(&reading);
}

static void
test_acme(void **state)
{
	struct reading reading;
	const struct config_acme *acme;

	(void)state;
	reading_init_clean(&reading,
	    "ListenHTTP\nEnd\nService\nRedirect https://x\nEnd\n"
	    "ListenHTTPS\nAutoCert ha.lan\nEnd\n"
	    "ACME\nDirectory https://ca.lan/dir\nEmail a@example.org\n"
	    "CAFile /etc/ca.pem\nKeyType rsa-4096\nEAB kid c2VjcmV0\nEnd\n");
	acme = reading.config->certs[0]->acme;
	assert_int_equal(acme->pos.line, 9);
	assert_string_equal(acme->directory, "https://ca.lan/dir");
	assert_string_equal(acme->email, "a@example.org");
	assert_string_equal(acme->ca_file, "/etc/ca.pem");
	assert_string_equal(acme->key_types[0], "RSA-4096");
	assert_string_equal(acme->eab_kid, "kid");
	assert_string_equal(acme->eab_key, "c2VjcmV0");
	reading_release(&reading);

	reading_init_clean(&reading,
	    "Gateway a.example.org\nForward 10.0.0.1\nEnd\n"
	    "ACME\nDirectory letsencrypt-staging\nEnd\n");
	assert_string_equal(reading.config->certs[0]->acme->directory,
	    "https://acme-staging-v02.api.letsencrypt.org/directory");
	assert_ptr_equal(reading.config->acmes, reading.config->certs[0]->acme);
	reading_release(&reading);
}

static void
test_acme_staging(void **state)
{
	static const char own[] = "https://ca.lan/dir";
	const char *staging;

	(void)state;
	staging = config_acme_staging(
	    "https://acme-v02.api.letsencrypt.org/directory");
	assert_string_equal(
	    staging, "https://acme-staging-v02.api.letsencrypt.org/directory");
	assert_string_equal(config_acme_staging(staging), staging);
	assert_string_equal(
	    config_acme_staging("https://dv.acme-v02.api.pki.goog/directory"),
	    "https://dv.acme-v02.test-api.pki.goog/directory");
	assert_ptr_equal(config_acme_staging(own), own);
}

static void
test_acme_is_production(void **state)
{
	(void)state;
	assert_true(config_acme_is_production(
	    "https://acme-v02.api.letsencrypt.org/directory"));
	assert_true(
	    config_acme_is_production("https://acme.zerossl.com/v2/DV90"));
	assert_false(config_acme_is_production(
	    "https://acme-staging-v02.api.letsencrypt.org/directory"));
	assert_false(config_acme_is_production("https://ca.lan/dir"));
}

static void
test_acme_rehearsed(void **state)
{
	(void)state;
	assert_string_equal(
	    config_acme_rehearsed(
	        "https://acme-staging-v02.api.letsencrypt.org/directory"),
	    "letsencrypt");
	assert_string_equal(
	    config_acme_rehearsed(
	        "https://dv.acme-v02.test-api.pki.goog/directory"),
	    "google");
	assert_null(config_acme_rehearsed(
	    "https://acme-v02.api.letsencrypt.org/directory"));
	assert_null(config_acme_rehearsed("https://ca.lan/dir"));
}

static void
test_acme_of_a_name(void **state)
{
	struct reading reading;
	const struct config_acme *acme;
	const struct config *config;

	(void)state;
	reading_init_clean(&reading,
	    "ListenHTTP\nEnd\nService\nRedirect https://x\nEnd\n"
	    "ListenHTTPS\nAutoCert a.lan\nUse other\nAutoCert b.lan c.lan\n"
	    "Use default\nAutoCert d.lan\nEnd\n"
	    "ACME other\nDirectory https://ca.lan/dir\nProfile shortlived\n"
	    "KeyType P-384 RSA-2048\nReuseKey yes\nPreferredChain \"R 1\"\n"
	    "DNSHook /bin/hook\nChallenge dns-01 http-01\nHook /bin/tell\n"
	    "Webhook https://ha.lan/api/webhook/x\nFallback default\nEnd\n"
	    "ACME\nDirectory https://first.lan/\nEnd\n");
	config = reading.config;
	assert_int_equal(config->ncerts, 4);
	assert_string_equal(
	    config->certs[0]->acme->directory, "https://first.lan/");
	assert_string_equal(config->certs[1]->store, "b.lan");
	assert_string_equal(config->certs[1]->key_type, "P-384");
	assert_string_equal(config->certs[2]->store, "b.lan_rsa");
	assert_string_equal(config->certs[2]->key_type, "RSA-2048");
	assert_ptr_equal(config->certs[3]->acme, config->certs[0]->acme);
	acme = config->certs[1]->acme;
	assert_string_equal(acme->name, "other");
	assert_string_equal(acme->profile, "shortlived");
	assert_string_equal(acme->chain, "R 1");
	assert_true(acme->reuse_key);
	assert_int_equal(acme->nchallenges, 2);
	assert_int_equal(acme->challenges[0], CHALLENGE_DNS_01);
	assert_int_equal(acme->challenges[1], CHALLENGE_HTTP_01);
	assert_string_equal(acme->dns_hook, "/bin/hook");
	assert_string_equal(acme->hook, "/bin/tell");
	assert_string_equal(acme->webhook, "https://ha.lan/api/webhook/x");
	assert_ptr_equal(acme->fallback, config->certs[0]->acme);
	reading_release(&reading);
}

static void
test_gateways_of_different_authorities(void **state)
{
	struct reading reading;
	const struct config *config;

	(void)state;
	reading_init_clean(&reading,
	    "Gateway a.example.org\nForward 10.0.0.1\nEnd\n"
	    "Gateway b.example.org\nForward 10.0.0.1\nUse z\n"
	    "Email z@example.org\nEnd\n"
	    "Gateway c.example.org\nForward 10.0.0.1\nEnd\n"
	    "ACME z\nDirectory zerossl\nEAB kid c2VjcmV0\nEnd\n");
	config = reading.config;
	assert_int_equal(config->nlisteners, 2);
	assert_int_equal(config->ncerts, 3);
	assert_null(config->certs[0]->acme->name);
	assert_string_equal(config->certs[1]->acme->name, "z");
	assert_string_equal(config->certs[1]->acme->email, "z@example.org");
	assert_null(config->certs[2]->acme->name);
	reading_release(&reading);
}

static void
test_words_without_case_and_sections_with_names(void **state)
{
	struct reading reading;

	(void)state;
	reading_init_clean(&reading,
	    "listenhttp \"plain\"\nPORT 8080\nxhttp 3\nservice \"to ha\"\n"
	    "backend ha\naddress 10.0.0.1\nport 80\nend\nEND\nEnD\n");
	assert_int_equal(reading.config->listeners->methods, 3);
	assert_int_equal(reading.config->nbackends, 1);
	reading_release(&reading);
}

static void
test_backends_over_tls(void **state)
{
	struct config_backend *const *backends;
	struct reading reading;

	(void)state;
	reading_init_clean(&reading,
	    "ListenHTTP\nPort 1\nEnd\nService\n"
	    "BackEnd\nAddress a\nPort 1\nEnd\n"
	    "BackEnd\nAddress a\nPort 1\nHTTPS\nServerName HA.test\n"
	    "CAFile /ca.pem\nEnd\n"
	    "End\n"
	    "Gateway g.example.org\nForward https://[::1]:444\n"
	    "ServerName g.example.org\nCAFile /b.pem\nEnd\n"
	    "Gateway h.example.org\nForward HTTPS://10.0.0.1\nEnd\n");
	backends = reading.config->backends;
	assert_int_equal(reading.config->nbackends, 4);
	assert_false(backends[0]->tls);
	assert_null(backends[0]->server_name);
	assert_null(backends[0]->ca_file);
	assert_true(backends[1]->tls);
	assert_false(backends[1]->insecure);
	assert_string_equal(backends[1]->server_name, "ha.test");
	assert_string_equal(backends[1]->ca_file, "/ca.pem");
	assert_int_equal(backends[1]->ca_pos.line, 14);
	assert_true(backends[2]->tls);
	assert_string_equal(backends[2]->host, "::1");
	assert_int_equal(backends[2]->port, 444);
	assert_string_equal(backends[2]->server_name, "g.example.org");
	assert_string_equal(backends[2]->ca_file, "/b.pem");
	assert_true(backends[3]->tls);
	assert_string_equal(backends[3]->host, "10.0.0.1");
	assert_int_equal(backends[3]->port, 8123);
	assert_null(backends[3]->server_name);
	reading_release(&reading);
}

static void
test_certificates_of_clients(void **state)
{
	const struct config_listener *listener;
	const struct config_service *service;
	struct reading reading;

	(void)state;
	reading_init_clean(&reading,
	    "ListenHTTPS\nPort 1\nCert a\nCRLlist /r.pem\n"
	    "VerifyList /v.pem\nCAlist /c.pem\nClientCert 2 3\nEnd\n"
	    "ListenHTTPS\nPort 2\nCert a\n"
	    "Service\nNot ClientCert /x.pem\nClientCert /y.pem\nError "
	    "403\nEnd\n"
	    "Service\nMatch OR\nClientCert /y.pem\nPath "
	    "/\nEnd\nSuccess\nEnd\nEnd\n"
	    "ListenHTTPS\nPort 3\nCert a\nClientCert 0\n"
	    "Service\nClientCert /x.pem\nSuccess\nEnd\nEnd\n"
	    "ListenHTTPS\nPort 4\nCert a\nEnd\n"
	    "Gateway g.example.org\nForward h\nClientCert 1\n"
	    "VerifyList /v.pem\nPort 5\nHTTPSPort 6\nEnd\n"
	    "Gateway h.example.org\nForward h\nVerifyList /v.pem\n"
	    "ClientCert 1\nPort 5\nHTTPSPort 6\nEnd\n"
	    "Service\nSuccess\nEnd\n");
	listener = reading.config->listeners;
	assert_int_equal(listener->client_cert, CLIENT_CERT_REQUIRE);
	assert_int_equal(listener->client_depth, 3);
	assert_string_equal(listener->verify_list.path, "/v.pem");
	assert_int_equal(listener->verify_list.pos.line, 5);
	assert_string_equal(listener->ca_list.path, "/c.pem");
	assert_string_equal(listener->crl_list.path, "/r.pem");
	listener = listener->next;
	assert_int_equal(listener->client_cert, CLIENT_CERT_ASK);
	assert_int_equal(listener->client_depth, 9);
	assert_null(listener->verify_list.path);
	service = listener->services;
	assert_int_equal(service->conditions->kind, COND_CERT);
	assert_true(service->conditions->negated);
	assert_int_equal(service->conditions->ca, 0);
	assert_int_equal(service->conditions->next->ca, 1);
	assert_int_equal(service->next->conditions->parts->ca, 1);
	listener = listener->next;
	assert_int_equal(listener->client_cert, CLIENT_CERT_NONE);
	listener = listener->next;
	assert_int_equal(listener->client_cert, CLIENT_CERT_NONE);
	listener = listener->next->next;
	assert_int_equal(listener->client_cert, CLIENT_CERT_ASK);
	assert_string_equal(listener->verify_list.path, "/v.pem");
	assert_int_equal(reading.config->nclient_cas, 2);
	assert_string_equal(reading.config->client_cas[1].path, "/y.pem");
	reading_release(&reading);

	reading_init_clean(&reading,
	    "ListenHTTPS\nPort 1\nCert a\nEnd\n"
	    "ListenHTTP\nPort 2\nEnd\n"
	    "Service\nClientCert /x.pem\nSuccess\nEnd\n");
	assert_int_equal(
	    reading.config->listeners->client_cert, CLIENT_CERT_ASK);
	reading_release(&reading);
}

static void
test_directories(void **state)
{
	const struct config_service *service;
	struct reading reading;

	(void)state;
	reading_init_clean(&reading,
	    "ListenHTTP\nPort 1\nService\nSendFile /b\nEnd\nEnd\n"
	    "Service\nSendFile \"/a\"\nPath x\nEnd\n");
	service = reading.config->services;
	assert_int_equal(reading.config->ndirectories, 2);
	assert_ptr_equal(service->directory, reading.config->directories[0]);
	assert_string_equal(service->directory->file.path, "/a");
	assert_int_equal(service->directory->file.pos.line, 8);
	service = reading.config->listeners->services;
	assert_ptr_equal(service->directory, reading.config->directories[1]);
	assert_int_equal(service->directory->id, 1);
	reading_release(&reading);
}

static void
test_status(void **state)
{
	struct reading reading;
	const struct config_status *status;
	char name[CONFIG_LABEL_SIZE];

	(void)state;
	reading_init_clean(
	    &reading, "ListenHTTP\nPort 8080\nEnd\nStatus\nEnd\n");
	status = reading.config->status;
	assert_addr(&status->addr, "127.0.0.1:9123");
	assert_null(status->acl);
	assert_int_equal(status->nnames, 0);
	assert_string_equal(
	    config_listener_label(reading.config->listeners, name),
	    "http *:8080");
	reading_release(&reading);

	reading_init_clean(&reading,
	    "ListenHTTP\nAddress 192.0.2.1\nPort 99\nEnd\n"
	    "Service\nBackEnd\nAddress ::1\nPort 7\nEnd\nEnd\n"
	    "ACL home\n192.0.2.0/24\nEnd\n"
	    "Status\nAddress 192.0.2.2\nPort 99\nACL home\n"
	    "ServerName GW.local\nServerName b.local\nEnd\n");
	status = reading.config->status;
	assert_addr(&status->addr, "192.0.2.2:99");
	assert_true(config_acl_holds(status->acl, "192.0.2.77"));
	assert_false(config_acl_holds(status->acl, "192.0.3.77"));
	assert_int_equal(status->nnames, 2);
	assert_string_equal(status->names[0], "gw.local");
	assert_string_equal(
	    config_listener_label(reading.config->listeners, name),
	    "http 192.0.2.1:99");
	assert_string_equal(
	    config_backend_label(reading.config->backends[0], name), "[::1]:7");
	reading_release(&reading);
}

static void
test_backends_that_are_shared(void **state)
{
	struct reading reading;
	const struct config_service *first, *second;
	const struct config *config;

	(void)state;
	reading_init_clean(&reading,
	    "ListenHTTP\nPort 1\nEnd\nBalancer random\n"
	    "Service\nURL x\nUseBackend ha\n"
	    "BackEnd\nUse \"ha\"\nPriority 9\nEnd\n"
	    "BackEnd \"ha\"\nDisabled no\nEnd\n"
	    "Emergency\nAddress a\nPort 2\nEnd\nEnd\n"
	    "Service\nBalancer IWRR\n"
	    "BackEnd \"ha\"\nAddress a\nPort 2\nEnd\n"
	    "BackEnd\nAddress a\nPort 3\nDisabled\nEnd\n"
	    "End\n"
	    "Backend ha\nAddress a\nPort 1\nPriority 2\nDisabled\nEnd\n");
	config = reading.config;
	first = config->services;
	second = first->next;
	assert_int_equal(config->nbackends, 3);
	assert_int_equal(config->nplaces, 6);
	assert_int_equal(first->nbackends, 3);
	assert_int_equal(first->nemergencies, 1);
	assert_int_equal(first->balancer, BALANCE_RANDOM);
	for (unsigned i = 0; i < 3; i++)
		assert_ptr_equal(first->backends[i], config->backends[0]);
	assert_int_equal(first->priorities[0], 0);
	assert_int_equal(first->priorities[1], 0);
	assert_int_equal(first->priorities[2], 2);
	assert_int_equal(first->priorities[3], 5);
	assert_int_equal(first->backends[0]->port, 1);
	assert_true(first->backends[0]->used);

	assert_int_equal(second->first_place, 4);
	assert_int_equal(second->balancer, BALANCE_IWRR);
	assert_ptr_equal(second->backends[0], first->backends[3]);
	assert_int_equal(second->priorities[1], 0);
	assert_false(second->backends[1]->used);
	reading_release(&reading);
}

static void
test_a_disabled_service_uses_nothing(void **state)
{
	struct reading reading;

	(void)state;
	reading_init_clean(&reading,
	    "ListenHTTP\nService\nDisabled yes\n"
	    "BackEnd\nAddress a\nPort 1\nEnd\n"
	    "BackEnd\nAddress a\nPort 2\nEnd\nEnd\n"
	    "Service\nBackEnd\nAddress a\nPort 2\nEnd\nEnd\nEnd\n");
	assert_false(reading.config->backends[0]->used);
	assert_true(reading.config->backends[1]->used);
	reading_release(&reading);
}

/* Who is to send a password is asked for it, wherever the condition stands. */
static void
test_a_401_asks_who_it_is(void **state)
{
	static const struct {
		const char *conditions;
		bool asks;
	} cases[] = {
		{ "Not BasicAuth \"u\"\n", true },
		{ "Match OR\nHost \"a\"\nNot BasicAuth \"u\"\nEnd\n", true },
		{ "Not Eval \"known\"\n", true },
		{ "Not Eval \"here\"\n", false },
		{ "Path \"/\"\n", false },
	};
	char text[512];
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		struct reading reading;

		snprintf(text, sizeof(text),
		    "Condition known\nBasicAuth \"u\"\nEnd\n"
		    "Condition here\nPath \"/\"\nEnd\n"
		    "ListenHTTP\nService\n%sError 401\nEnd\nEnd\n",
		    cases[i].conditions);
		reading_init_clean(&reading, text);
		assert_int_equal(
		    reading.config->listeners->services->reply->challenge,
		    cases[i].asks);
		reading_release(&reading);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_directories),
		cmocka_unit_test(test_a_disabled_service_uses_nothing),
		cmocka_unit_test(test_a_401_asks_who_it_is),
		cmocka_unit_test(test_certificates_of_clients),
		cmocka_unit_test(test_backends_over_tls),
		cmocka_unit_test(test_backends_that_are_shared),
		cmocka_unit_test(test_pound_of_home_assistant),
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_top_level),
		cmocka_unit_test(test_top_level_holds_for_all_until_narrowed),
		cmocka_unit_test(test_conditions),
		cmocka_unit_test(test_header_options),
		cmocka_unit_test(test_hsts),
		cmocka_unit_test(test_redirects),
		cmocka_unit_test(test_certificates_have_one_slot_each),
		cmocka_unit_test(test_tls),
		cmocka_unit_test(test_acme),
		cmocka_unit_test(test_acme_staging),
		cmocka_unit_test(test_acme_is_production),
		cmocka_unit_test(test_acme_rehearsed),
		cmocka_unit_test(test_acme_of_a_name),
		cmocka_unit_test(test_gateways_of_different_authorities),
		cmocka_unit_test(test_status),
		cmocka_unit_test(
		    test_words_without_case_and_sections_with_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
