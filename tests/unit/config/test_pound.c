/*
 * Every word of Pound 4, in every place where it may stand: that it is taken,
 * without a message unless it has no effect here, or else refused with words
 * that help.
 */

#include "reading.h"

#include <unistd.h>

/* Where a line is tried: each is a set of frames. */
enum place {
	TOP = 1 << 0,
	HTTP = 1 << 1,
	HTTPS = 1 << 2,
	SERVICE = 1 << 3, /* one with a backend */
	ANSWER = 1 << 4,  /* in place of it */
	MATCH = 1 << 5,
	REQUEST = 1 << 6,
	RESPONSE = 1 << 7,
	CONDITION = 1 << 8,
	BACKEND = 1 << 9,
	SHARED = 1 << 10,
	EMERGENCY = 1 << 11,
	SESSION = 1 << 12
};

#define LISTENER (HTTP | HTTPS)
#define SERVED (SERVICE | ANSWER)
#define TEST (SERVICE | MATCH | REQUEST | RESPONSE | CONDITION)
#define EDIT (LISTENER | SERVICE | REQUEST)
#define SERVER (BACKEND | SHARED | EMERGENCY)
#define HOME "BackEnd\nAddress 192.0.2.1\nPort 1\nEnd\n"
#define OK "Service\nSuccess\nEnd\n"

static const struct {
	enum place place;
	const char *before, *behind;
} frames[] = {
	{ TOP, "", "ListenHTTP\n" OK "End\n" },
	{ HTTP, "ListenHTTP\n", OK "End\n" },
	{ HTTPS, "ListenHTTPS\nCert \"/a\"\n", OK "End\n" },
	{ SERVICE, "ListenHTTPS\nCert \"/a\"\nService\n", HOME "End\nEnd\n" },
	{ ANSWER, "ListenHTTP\nService\n", "End\nEnd\n" },
	{ MATCH, "ListenHTTPS\nCert \"/a\"\nService\nMatch OR\n",
	    "End\nSuccess\nEnd\nEnd\n" },
	{ REQUEST, "ListenHTTPS\nCert \"/a\"\n" OK "Rewrite\n",
	    "SetPath \"/\"\nEnd\nEnd\n" },
	{ RESPONSE, "ListenHTTPS\nCert \"/a\"\n" OK "Rewrite response\n",
	    "SetHeader \"A: b\"\nEnd\nEnd\n" },
	{ CONDITION, "Condition \"c\"\n",
	    "End\nListenHTTPS\nCert \"/a\"\n" OK "End\n" },
	{ BACKEND, "ListenHTTP\nService\nBackEnd\nAddress 192.0.2.1\nPort 1\n",
	    "End\nEnd\nEnd\n" },
	{ SHARED, "Backend \"b\"\nAddress 192.0.2.1\nPort 1\n",
	    "End\nListenHTTP\nService\nUseBackend \"b\"\nEnd\nEnd\n" },
	{ EMERGENCY,
	    "ListenHTTP\nService\n" HOME
	    "Emergency\nAddress 192.0.2.1\nPort 2\n",
	    "End\nEnd\nEnd\n" },
	{ SESSION, "ListenHTTP\nService\n" HOME "Session\n",
	    "End\nEnd\nEnd\n" },
};

enum verdict {
	TAKEN,   /* and nothing is said */
	WARNED,  /* it has no effect, or another one: why is said */
	REFUSED, /* what to do instead is said */
};

/* Lines of Pound; in a quotation mark's place stands an apostrophe. */
static const struct {
	unsigned places;
	enum verdict verdict;
	const char *line;
} lines[] = {
	/* The top level. */
	{ TOP, TAKEN, "User 'nobody'\nGroup 'nogroup'\nRootJail '/jail'" },
	{ TOP, TAKEN, "LogFacility local1" },
	{ TOP, TAKEN, "Alive 15" },
	{ TOP, TAKEN, "Client 10\nTimeOut 15\nConnTO 15\nWSTimeOut 600" },
	{ TOP, TAKEN, "Include 'included'" },
	{ TOP, TAKEN, "Include 'inc*'" },
	{ TOP, TAKEN, "PIDFile '/run/pound.pid'" },
	{ TOP, TAKEN, "Daemon 0\nGrace 30\nIgnoreCase 1" },
	{ TOP, TAKEN, "ListenHTTP 'l'\nPort 81\nEnd" },
	{ TOP, TAKEN,
	    "ListenHTTPS 'l'\nCert '/a'\nEnd\nService 's'\nSuccess\nEnd" },
	{ TOP, TAKEN, "LogFormat 'f' '%a %r'\nLogLevel 'f'" },
	{ TOP, TAKEN, "LogTag 'pound'" },
	{ TOP, TAKEN, "Anonymise" },
	{ TOP, TAKEN, "Anonymize" },
	{ TOP | LISTENER, TAKEN, "HeaderOption no-forwarded ssl" },
	{ TOP | LISTENER, TAKEN, "ForwardedHeader 'X-Client'" },
	{ TOP | LISTENER, TAKEN, "TrustedIP\n'10.0.0.0/8'\nEnd" },
	{ TOP | LISTENER, TAKEN, "TrustedIP -file 'list'" },
	{ TOP | LISTENER, TAKEN, "TrustedIP -filewatch 'list'" },
	{ TOP, TAKEN, "ACL 'a'\n'10.0.0.0/8'\nEnd" },
	{ TOP, TAKEN, "ACL 'a' -file 'list'" },
	{ TOP, TAKEN, "ACL 'a' -filewatch 'list'" },
	{ TOP, TAKEN, "IncludeDir '/etc'" },
	{ TOP, WARNED, "Control '/run/pound.sock'" },
	{ TOP, TAKEN, "Backend 'b'\nAddress 192.0.2.1\nPort 1\nEnd" },
	{ TOP, TAKEN, "Condition 'c'\nPath '/'\nEnd" },
	{ TOP | LISTENER | SERVICE, TAKEN, "Constant 'a' 'b'" },
	{ TOP | LISTENER | SERVICE, TAKEN, "Constant 'a' -file 'text'" },
	{ TOP | LISTENER | SERVICE, TAKEN, "Constant 'a' -filewatch 'text'" },
	{ TOP, WARNED, "Threads 5" },
	{ TOP, WARNED, "WorkerMinCount 5" },
	{ TOP, WARNED, "WorkerMaxCount 5" },
	{ TOP, TAKEN, "RegexType posix" },
	{ TOP, REFUSED, "RegexType pcre" },
	{ TOP, WARNED, "Supervisor 1" },
	{ TOP, WARNED, "WorkerIdleTimeout 30" },
	{ TOP, WARNED, "WorkerStackSize 1m" },
	{ TOP, WARNED, "ConnectionQueueSize 5" },
	{ TOP, WARNED, "ReserveFD 5" },
	{ TOP | SERVICE, TAKEN, "Balancer iwrr" },
	{ TOP, WARNED, "CombineHeaders\n'Accept'\nEnd" },
	{ TOP, WARNED, "BackendStats 1" },
	{ TOP, WARNED, "WatcherTTL 5" },
	{ TOP, WARNED, "SSLEngine 'x'" },
	{ TOP | HTTPS, WARNED, "ECDHCurve 'x'" },
	{ TOP, WARNED,
	    "Resolver\nCNAMEChain 2\nConfigFile '/x'\nDebug 1\n"
	    "RetryInterval 5\nConfigText\nnameserver\nEnd\nEnd" },
	{ TOP, REFUSED, "Lua\nLoad 'x'\nEnd" },
	{ TOP, REFUSED, "Tunnel\nAddress 127.0.0.1\nPort 1\nEnd" },

	/* Listeners. */
	{ LISTENER, TAKEN, "Address 127.0.0.1\nPort 8080" },
	{ LISTENER, TAKEN, "xHTTP 2" },
	{ LISTENER, WARNED, "xHTTP 4" },
	{ LISTENER | SERVICE, TAKEN, "HeadRemove 'X-Forwarded-For'" },
	{ LISTENER | SERVICE, TAKEN, "HeaderRemove 'X-Forwarded-For'" },
	{ TOP | LISTENER, TAKEN, "LogLevel 3" },
	{ LISTENER, TAKEN, "Client 10" },
	{ LISTENER | SERVICE, TAKEN, "RewriteLocation 1" },
	{ LISTENER | SERVICE, TAKEN, "RewriteErrors on" },
	{ LISTENER, TAKEN, "MaxRequest 10m" },
	{ LISTENER, TAKEN, "MaxURI 4096" },
	{ LISTENER, TAKEN, "CheckURL '^/'" },
	{ HTTP, TAKEN, "ACME '/var/www'" },
	{ HTTPS, REFUSED, "ACME '/var/www'" },
	{ LISTENER, TAKEN, "ErrorFile 404 'text'" },
	{ LISTENER, TAKEN, "Err400 'text'\nErr401 'text'\nErr403 'text'" },
	{ LISTENER, TAKEN, "Err404 'text'\nErr413 'text'\nErr414 'text'" },
	{ LISTENER, TAKEN, "Err500 'text'\nErr501 'text'\nErr503 'text'" },
	{ LISTENER | SERVICE, WARNED, "RewriteDestination 1" },
	{ TOP | LISTENER, WARNED, "LineBufferSize 8192" },
	{ LISTENER | SERVICE, REFUSED, "LuaModify 'f'" },
	{ LISTENER, REFUSED, "SocketFrom '/x'" },
	{ HTTPS, TAKEN, "Cert '/b'\nDisable TLSv1_1" },
	{ HTTPS, TAKEN, "Ciphers 'HIGH'\nSSLHonorCipherOrder 1" },
	{ HTTPS, TAKEN, "Ciphers -ciphersuites 'TLS_AES_256_GCM_SHA384'" },
	{ HTTPS, TAKEN,
	    "ClientCert 2 9\nVerifyList '/a'\nCAlist '/a'\n"
	    "CRLlist '/a'" },
	{ HTTPS, WARNED, "SSLAllowClientRenegotiation 0" },
	{ HTTPS, WARNED, "NoHTTPS11 2" },

	/* Conditions. */
	{ TEST, TAKEN, "HeadRequire 'X-A: b'" },
	{ TEST, TAKEN, "Header 'X-A' -exact 'b'" },
	{ TEST, TAKEN, "HeadDeny 'X-A: b'" },
	{ TEST, TAKEN, "Host 'a.test'" },
	{ TEST, TAKEN, "Host -re -case '^a'\nHost -end -icase '.test'" },
	{ TEST, TAKEN, "URL '^/'\nURL -beg '/'\nURL -contain 'x'" },
	{ TEST, TAKEN, "Path -file 'text'\nPath -filewatch 'text'" },
	{ TEST, TAKEN, "Path -decode '^/'\nPath -tag a '^/'" },
	{ TEST, TAKEN, "Query -posix 'a=b'" },
	{ TEST, TAKEN, "QueryParam 'a' -decode 'b'" },
	{ TEST, TAKEN, "StringMatch '%[host]' 'a'" },
	{ TEST, TAKEN, "Method 'GET'" },
	{ TEST, TAKEN, "Not Path '/'\nMatch AND\nPath '/'\nURL '/'\nEnd" },
	{ TEST, TAKEN, "ACL\n'10.0.0.0/8'\nEnd\nACL -forwarded -file 'list'" },
	{ TEST, TAKEN, "BasicAuth '/users'" },
	{ TEST, TAKEN, "BasicAuth -filewatch '/users'" },
	{ TEST, TAKEN, "TBF '%[remoteip]' 5 10" },
	{ TEST & ~(unsigned)CONDITION, TAKEN, "ClientCert '/a'" },
	{ TEST, REFUSED, "Path -pcre '/'" },
	{ TEST, REFUSED, "LuaMatch 'f'" },

	/* Edits. */
	{ EDIT | RESPONSE, TAKEN, "AddHeader 'A: b'" },
	{ EDIT | RESPONSE, TAKEN, "HeaderAdd 'A: b'" },
	{ EDIT | RESPONSE, TAKEN, "SetHeader 'A: b'" },
	{ EDIT | RESPONSE, TAKEN, "DeleteHeader -beg 'A'" },
	{ EDIT, TAKEN, "SetURL '/a?b'" },
	{ EDIT, TAKEN, "SetPath '/a'\nSetPath -encode '/a b'" },
	{ EDIT, TAKEN, "SetQuery 'a=b'" },
	{ EDIT, TAKEN, "SetQueryParam 'a'\nSetQueryParam 'a' -encode 'b c'" },
	{ EDIT, TAKEN, "DeleteQuery" },
	{ LISTENER | SERVICE, TAKEN,
	    "Rewrite\nPath '/'\nSetPath '/a'\nElse\n"
	    "SetPath '/b'\nEnd" },
	{ LISTENER | SERVICE, TAKEN,
	    "Rewrite response\nSetHeader 'A: b'\nEnd" },

	/* Services. */
	{ ANSWER, TAKEN, "BackEnd\nAddress 192.0.2.1\nPort 1\nEnd" },
	{ ANSWER, TAKEN, "Redirect 'https://a'" },
	{ ANSWER, TAKEN, "Redirect 307 'https://a/$1'\nPath '(.*)'" },
	{ ANSWER, TAKEN, "Error 404" },
	{ ANSWER, TAKEN, "Error 404 'text'" },
	{ ANSWER, TAKEN, "Success" },
	{ ANSWER, TAKEN, "SendFile '/srv'" },
	{ ANSWER, TAKEN, "Metrics" },
	{ ANSWER, TAKEN, "SetPath '/'\nFallThrough" },
	{ ANSWER, REFUSED, "Control" },
	{ ANSWER, REFUSED, "LuaBackend 'f'" },
	{ SERVICE, TAKEN, "Emergency\nAddress 192.0.2.2\nPort 1\nEnd" },
	{ SERVICE, TAKEN, "Disabled no\nLogSuppress success 4\nIgnoreCase 1" },
	{ SERVICE, WARNED, "ContentCapture 10" },
	{ SESSION, TAKEN, "Type IP\nTTL 300" },
	{ SESSION, TAKEN, "Type BASIC\nTTL 300" },
	{ SESSION, TAKEN, "Type URL\nTTL 300\nID 'a'" },
	{ SESSION, TAKEN, "Type PARM\nTTL 300" },
	{ SESSION, TAKEN, "Type COOKIE\nTTL 300\nID 'a'" },
	{ SESSION, TAKEN, "Type HEADER\nTTL 300\nID 'a'" },

	/* Backends. */
	{ SERVER, TAKEN, "TimeOut 15\nConnTO 15\nWSTimeOut 600" },
	{ SERVER, TAKEN, "HTTPS\nServerName 'a'\nCert '/a'" },
	{ SERVER, TAKEN, "HTTPS\nCiphers 'HIGH'\nDisable TLSv1_2" },
	{ SERVER, TAKEN, "Disabled no\nPriority 9" },
	{ SERVER, TAKEN,
	    "Resolve first\nFamily inet\nOverrideTTL 60\n"
	    "RetryInterval 600" },
	{ SERVER, TAKEN, "Resolve all" },
	{ SERVER, REFUSED, "Resolve srv" },
	{ SERVER, WARNED, "IgnoreSRVWeight 1" },
};

/* Uses of what has to be there first. */
static const char *const texts[] = {
	"Condition 'c'\nPath '/'\nEnd\nListenHTTP\nService\nEval 'c'\n"
	"Success\nEnd\nEnd\n",
	"ACL 'a'\n'10.0.0.0/8'\nEnd\nListenHTTP\nService\nACL 'a'\n"
	"Success\nEnd\nEnd\n",
	"Backend 'b'\nAddress 192.0.2.1\nPort 1\nEnd\nListenHTTP\nService\n"
	"BackEnd\nUse 'b'\nPriority 3\nDisabled no\nEnd\nEnd\nEnd\n",
	"Backend 'b'\nAddress 192.0.2.1\nPort 1\nEnd\nListenHTTP\nService\n"
	"BackEnd 'b'\nPriority 3\nEnd\nEnd\nEnd\n",
	"Constant 'c' 'd'\nListenHTTP\nSetHeader 'A: %[const c]'\n" OK "End\n",
};

static char directory[] = "/tmp/test_pound.XXXXXX";

static void
write_file(const char *name, const char *text)
{
	FILE *file = fopen(name, "w");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static int
set_up(void **state)
{
	(void)state;
	if (mkdtemp(directory) == NULL || chdir(directory) == -1)
		return -1;
	write_file("included", "Grace 5\n");
	write_file("list", "10.0.0.0/8\n");
	write_file("text", "text\n");
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	unlink("main");
	unlink("included");
	unlink("list");
	unlink("text");
	return rmdir(directory);
}

static enum verdict
verdict_of(const struct reading *reading)
{
	if (reading->config == NULL)
		return REFUSED;
	return diag_line(reading->diag, 0) != NULL ? WARNED : TAKEN;
}

/* One message, which goes on behind what it says is wrong. */
static bool
helps(const struct reading *reading)
{
	const char *said = diag_line(reading->diag, 0);

	return diag_line(reading->diag, 1) == NULL &&
	    (strchr(said, ';') != NULL ||
	        strstr(said, "has no effect: ") != NULL ||
	        strstr(said, " is not supported: ") != NULL ||
	        strstr(said, "' is 'xHTTP 3' here: ") != NULL);
}

static void
check(char *text, enum verdict expected, const char *what)
{
	struct reading reading;

	for (char *c = text; *c != '\0'; c++)
		if (*c == '\'')
			*c = '"';
	write_file("main", text);
	reading_of(&reading, config_text_read("main", NULL));
	if (verdict_of(&reading) != expected ||
	    (expected != TAKEN && !helps(&reading)))
		fail_msg("%s: %s", what,
		    diag_line(reading.diag, 0) != NULL
		        ? diag_line(reading.diag, 0)
		        : "no message");
	reading_release(&reading);
}

static void
test_every_word_in_every_place(void **state)
{
	char text[1024];

	(void)state;
	for (size_t i = 0; i < COUNT(lines); i++)
		for (size_t j = 0; j < COUNT(frames); j++) {
			if ((lines[i].places & frames[j].place) == 0)
				continue;
			snprintf(text, sizeof(text), "%s%s\n%s",
			    frames[j].before, lines[i].line, frames[j].behind);
			check(text, lines[i].verdict, lines[i].line);
		}
}

static void
test_uses_of_what_has_a_name(void **state)
{
	char text[1024];

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		snprintf(text, sizeof(text), "%s", texts[i]);
		check(text, TAKEN, texts[i]);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_word_in_every_place),
		cmocka_unit_test(test_uses_of_what_has_a_name),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
