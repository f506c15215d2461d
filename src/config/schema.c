/*
 * The table of words. Whoever adds one adds its row here, its paragraph in
 * gatehouse.conf(5) (a test compares them), and the place that asks for it.
 */

#include "schema.h"

#include <assert.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "config/providers.def"

#define GLOBAL SCOPE_GLOBAL
#define HTTP SCOPE_HTTP
#define HTTPS SCOPE_HTTPS
#define LISTENER SCOPE_LISTENER
#define SERVICE SCOPE_SERVICE
#define BACKEND SCOPE_BACKEND
#define ACME SCOPE_ACME
#define GATEWAY SCOPE_GATEWAY
#define STATUS SCOPE_STATUS
#define DDNS SCOPE_DDNS
#define MQTT SCOPE_MQTT
#define EDITS (LISTENER | SERVICE | SCOPE_REQUEST)
#define REWRITES (SCOPE_REQUEST | SCOPE_RESPONSE)
#define CONDITIONS SCOPE_CONDITIONS
#define CONDITION (ROW_REPEATABLE | ROW_CONDITION)
#define PATTERN (CONDITION | ROW_PATTERN)
#define ANY (GLOBAL | LISTENER | SERVICE)

static const char *const protocols[] = { "SSLv2", "SSLv3", "TLSv1", "TLSv1_1",
	"TLSv1_2", NULL };

static const char *const redirects[] = { "permanent", "301", "302", "303",
	"307", "308", NULL };

static const char *const directions[] = { "request", "response", NULL };

/* As build_log_suppress() reads them: 1 to 5 are 1xx to 5xx. */
static const char *const classes[] = { "all", "info", "success", "redirect",
	"clterr", "srverr", "1", "2", "3", "4", "5", NULL };

static const char *const balancers[] = { "random", "iwrr", NULL };

static const char *const resolutions[] = { "first", "all", "srv", NULL };

static const char *const families[] = { "any", "inet", "inet6", NULL };

static const char *const sessions[] = { "IP", "BASIC", "URL", "PARM", "COOKIE",
	"HEADER", NULL };

static const char *const header_options[] = { "none", "forwarded", "ssl", "all",
	"no-forwarded", "no-ssl", NULL };

static const char *const operators[] = { "AND", "OR", NULL };

static const char *const challenges[] = { "http-01", "tls-alpn-01", "dns-01",
	NULL };

static const char *const key_types[] = { "P-256", "P-384", "RSA-2048",
	"RSA-3072", "RSA-4096", NULL };

#define NAME_OF(name, ...) name,
static const char *const providers[] = { PROVIDERS(NAME_OF) NULL };

/* As enum ddns_source counts them. */
static const char *const origins[] = { "no", "yes", "interface", "router",
	"service", NULL };

static const char *const methods[] = { "GET", "POST", "PUT", "PATCH", NULL };

static const char *const port_maps[] = { "off", "auto", NULL };

/* Err404 and its like. */
#define ERR(name, status)                                                      \
	{                                                                      \
		name, LISTENER, WORD_ERRORFILE, ROW_REPEATABLE,                \
		    .types = { VALUE_PATH }, .min = status, .max = status,     \
		    .help = "a page for this status"                           \
	}

/* Words of Pound that are harmless to leave out, and why. */
#define NO_THREADS "Gatehouse serves all connections without threads"

/* Words of later: lines, sections; with advice. */
#define LATER_BUT(name, in, advice)                                            \
	{                                                                      \
		name, in, .flags = ROW_LATER, .help = advice                   \
	}
#define LATER_SECTION_BUT(name, in, advice)                                    \
	{                                                                      \
		name, in, .flags = ROW_LATER, .opens = SCOPE_SKIPPED,          \
		          .help = advice                                       \
	}

/* What Pound needs and Gatehouse does not; and why. */
#define IGNORED(name, in, why)                                                 \
	{                                                                      \
		name, in, .flags = ROW_IGNORED | ROW_REPEATABLE, .help = why   \
	}
#define IGNORED_SECTION(name, in, why)                                         \
	{                                                                      \
		name, in, .flags = ROW_IGNORED | ROW_REPEATABLE,               \
		          .opens = SCOPE_SKIPPED, .help = why                  \
	}
#define RESOLVER "names are looked up as the system does it"
#define LUA                                                                    \
	"Gatehouse runs no programs of others; StringMatch, Rewrite and "      \
	"substitutions may do"

static const struct schema_row rows[] = {

	/* Sections. */

	{ "Gateway", GLOBAL, WORD_GATEWAY, ROW_REPEATABLE, SCOPE_GATEWAY,
	    { VALUE_HOSTNAME },
	    .help = "a public name, served over HTTPS for one backend" },
	{ "ListenHTTP", GLOBAL, WORD_LISTENHTTP, ROW_REPEATABLE | ROW_OPTIONAL,
	    SCOPE_HTTP, { VALUE_TEXT },
	    .help = "an address and port for plain HTTP" },
	{ "ListenHTTPS", GLOBAL, WORD_LISTENHTTPS,
	    ROW_REPEATABLE | ROW_OPTIONAL, SCOPE_HTTPS, { VALUE_TEXT },
	    .help = "an address and port for HTTPS" },
	{ "Service", GLOBAL | LISTENER, WORD_SERVICE,
	    ROW_REPEATABLE | ROW_OPTIONAL, SCOPE_SERVICE, { VALUE_TEXT },
	    .help = "which requests go where" },
	{ "BackEnd", SERVICE, WORD_BACKEND, ROW_REPEATABLE | ROW_OPTIONAL,
	    SCOPE_BACKEND, { VALUE_TEXT },
	    .help = "a server that requests are passed to" },
	{ "Backend", GLOBAL, WORD_BACKEND, ROW_REPEATABLE, SCOPE_BACKEND,
	    { VALUE_TEXT }, .needs = "a name",
	    .help = "a server that services may share" },
	{ "ACME", GLOBAL, WORD_ACME, ROW_REPEATABLE | ROW_OPTIONAL, SCOPE_ACME,
	    { VALUE_TEXT },
	    .help = "the authority that issues certificates for AutoCert" },

	{ "Status", GLOBAL, WORD_STATUS, 0, SCOPE_STATUS,
	    .help = "where the status is told over HTTP" },

	{ "ACL", GLOBAL, WORD_ACL, ROW_REPEATABLE | ROW_SHORT | ROW_FILE,
	    SCOPE_ACL, { VALUE_TEXT, VALUE_ACL }, .needs = "a name",
	    .help = "a list of addresses" },
	{ "ACL", SCOPE_ACL, WORD_CIDR, ROW_REPEATABLE | ROW_MANY | ROW_BARE,
	    .types = { VALUE_CIDR }, .help = "addresses of the list" },

	{ "Condition", GLOBAL, WORD_CONDITION, ROW_REPEATABLE, SCOPE_MATCH,
	    { VALUE_TEXT }, .needs = "a name",
	    .help = "conditions that Eval can name" },

	/* Everywhere. */

	{ "Include", SCOPE_ANYWHERE, WORD_INCLUDE, ROW_REPEATABLE,
	    .types = { VALUE_TEXT }, .needs = "the path of a file",
	    .help = "directives from another file" },

	{ "IncludeDir", GLOBAL, WORD_INCLUDEDIR, ROW_REPEATABLE,
	    .types = { VALUE_PATH }, .needs = "the path of a directory",
	    .help = "where the names of files begin from here on" },
	{ "Constant", ANY, WORD_CONSTANT, ROW_REPEATABLE | ROW_FILE,
	    .types = { VALUE_TEXT, VALUE_ACL },
	    .needs = "a name and a text, or -file and a file",
	    .help = "a text that substitutions can name" },

	/* Top level. */

	{ "User", GLOBAL, WORD_USER, .types = { VALUE_TEXT },
	    .needs = "the name of a user", .help = "who the workers run as" },
	{ "Group", GLOBAL, WORD_GROUP, .types = { VALUE_TEXT },
	    .needs = "the name of a group",
	    .help = "the group the workers run as" },
	{ "RootJail", GLOBAL, WORD_ROOTJAIL, .types = { VALUE_DIR },
	    .help = "the directory the workers are locked into" },
	{ "Daemon", GLOBAL, WORD_DAEMON, .types = { VALUE_BOOL }, .def = "no",
	    .help = "run in the background" },
	{ "PIDFile", GLOBAL, WORD_PIDFILE, .types = { VALUE_PATH },
	    .help = "a file for the process number" },
	{ "StateDir", GLOBAL, WORD_STATEDIR, .types = { VALUE_DIR },
	    .def = "/var/lib/gatehouse",
	    .help = "where keys and certificates are kept" },
	{ "Workers", GLOBAL, WORD_WORKERS, .types = { VALUE_WORKERS },
	    .max = 64, .def = "auto", .help = "how many processes serve" },
	{ "LogFacility", GLOBAL, WORD_LOGFACILITY, .types = { VALUE_FACILITY },
	    .def = "daemon", .help = "the syslog facility" },
	{ "LogTag", GLOBAL, WORD_LOGTAG, .types = { VALUE_TAG },
	    .help = "what syslog calls the gateway" },
	{ "LogFormat", GLOBAL, WORD_LOGFORMAT, ROW_REPEATABLE,
	    .types = { VALUE_TEXT, VALUE_TEXT }, .needs = "a name and a format",
	    .help = "what LogLevel may name" },
	{ "AccessLog", GLOBAL, WORD_ACCESSLOG, .types = { VALUE_PATH },
	    .help = "a file for what is logged of requests" },
	{ "RegexType", GLOBAL, WORD_REGEXTYPE, ROW_REPEATABLE,
	    .types = { VALUE_REGEX }, .def = "posix",
	    .help = "the kind of regular expressions" },
	{ "Alive", GLOBAL, WORD_ALIVE, .types = { VALUE_DURATION }, .min = 1,
	    .def = "15", .help = "the time between two looks at a backend" },
	{ "Grace", GLOBAL, WORD_GRACE, .types = { VALUE_DURATION }, .def = "30",
	    .help = "how long requests may finish when the gateway stops" },

	/* Time-outs, case and log level: where they are narrowed down. */

	{ "Client", GLOBAL | LISTENER, WORD_CLIENT, .types = { VALUE_DURATION },
	    .min = 1, .def = "60",
	    .help = "how long a client's connection may be idle" },
	{ "TimeOut", GLOBAL | BACKEND, WORD_TIMEOUT,
	    .types = { VALUE_DURATION }, .min = 1, .def = "300",
	    .help = "how long a backend may take to begin its answer" },
	{ "ConnTO", GLOBAL | BACKEND, WORD_CONNTO, .types = { VALUE_DURATION },
	    .min = 1, .def = "5",
	    .help = "how long connecting to a backend may take" },
	{ "WSTimeOut", GLOBAL | BACKEND, WORD_WSTIMEOUT,
	    .types = { VALUE_DURATION }, .def = "0",
	    .help = "how long a WebSocket may be silent, 0 = for ever" },
	{ "IgnoreCase", GLOBAL | SERVICE, WORD_IGNORECASE,
	    .types = { VALUE_BOOL }, .def = "no",
	    .help = "whether URL patterns ignore case" },
	{ "LogLevel", GLOBAL | LISTENER, WORD_LOGLEVEL,
	    .types = { VALUE_LOGLEVEL }, .max = 5, .def = "1",
	    .help = "what is logged of each request" },
	{ "LogSuppress", LISTENER | SERVICE, WORD_LOGSUPPRESS, ROW_MANY,
	    .types = { VALUE_CHOICE }, .choices = classes,
	    .help = "the requests that are not logged, by their answers" },

	/* Whom we believe. */

	{ "TrustedIP", GLOBAL | LISTENER, WORD_TRUSTEDIP, ROW_SHORT | ROW_FILE,
	    SCOPE_ACL, { VALUE_ACL },
	    .help = "addresses of proxies that tell who the client is" },
	{ "ForwardedHeader", GLOBAL | LISTENER, WORD_FORWARDEDHEADER,
	    .types = { VALUE_NAME }, .def = "X-Forwarded-For",
	    .help = "the header field in which they tell it" },

	{ "HeaderOption", GLOBAL | LISTENER, WORD_HEADEROPTION, ROW_MANY,
	    .types = { VALUE_CHOICE }, .choices = header_options,
	    .def = "forwarded", .help = "what backends are told of clients" },
	{ "Anonymise", GLOBAL, WORD_ANONYMISE,
	    .help = "leave the end of addresses out of the access log" },
	{ "Anonymize", GLOBAL, WORD_ANONYMISE,
	    .help = "the same as Anonymise" },

	/* How much one may take. */

	{ "MaxConnections", GLOBAL | LISTENER, WORD_MAXCONNECTIONS,
	    .types = { VALUE_NUMBER }, .max = 1000000, .def = "0",
	    .help = "how many clients a listener serves at once" },
	{ "MaxPerAddress", GLOBAL, WORD_MAXPERADDRESS,
	    .types = { VALUE_NUMBER }, .max = 1000000, .def = "4096",
	    .help = "how many connections a client's address may have" },
	{ "MaxPending", GLOBAL, WORD_MAXPENDING, .types = { VALUE_NUMBER },
	    .max = 1000000, .def = "2048",
	    .help = "how many of them may be without a request yet" },

	/* Listeners. */

	{ "Address", LISTENER, WORD_ADDRESS, .types = { VALUE_IP },
	    .help = "the address to listen on" },
	{ "Port", HTTP, WORD_PORT, .types = { VALUE_NUMBER }, .max = 65535,
	    .def = "80", .help = "the port to listen on" },
	{ "Port", HTTPS, WORD_PORT, .types = { VALUE_NUMBER }, .max = 65535,
	    .def = "443", .help = "the port to listen on" },
	{ "xHTTP", LISTENER, WORD_XHTTP, .types = { VALUE_NUMBER }, .max = 4,
	    .def = "0", .help = "which request methods are allowed" },
	{ "HeadRemove", LISTENER | SERVICE, WORD_HEADREMOVE,
	    ROW_REPEATABLE | ROW_PATTERN, .types = { VALUE_PATTERN },
	    .help = "header fields of the client to take out" },
	{ "HeaderRemove", LISTENER | SERVICE, WORD_HEADREMOVE,
	    ROW_REPEATABLE | ROW_PATTERN, .types = { VALUE_PATTERN },
	    .help = "the same as HeadRemove" },

	{ "RewriteErrors", LISTENER | SERVICE, WORD_REWRITEERRORS,
	    .types = { VALUE_BOOL }, .def = "no",
	    .help = "whether our pages stand in for those of backends" },
	{ "RewriteLocation", LISTENER | SERVICE, WORD_REWRITELOCATION,
	    .types = { VALUE_NUMBER }, .max = 2, .def = "1",
	    .help = "which URLs of backends are made ours" },
	{ "MaxRequest", LISTENER, WORD_MAXREQUEST, .types = { VALUE_SIZE },
	    .def = "0", .help = "the largest body of a request" },
	{ "ACME", HTTP, WORD_ACMEFILES, .types = { VALUE_PATH },
	    .needs = "the path of a directory",
	    .help = "where others put their answers to HTTP-01 challenges" },
	{ "MaxURI", LISTENER, WORD_MAXURI, .types = { VALUE_NUMBER },
	    .max = 32768, .def = "0",
	    .help = "the longest path and query, in bytes" },
	{ "CheckURL", LISTENER, WORD_CHECKURL, ROW_REPEATABLE | ROW_PATTERN,
	    .types = { VALUE_PATTERN },
	    .help = "a pattern that every URL must match" },
	{ "ErrorFile", LISTENER, WORD_ERRORFILE, ROW_REPEATABLE,
	    .types = { VALUE_NUMBER, VALUE_PATH }, .min = 400, .max = 599,
	    .needs = "a status from 400 to 599 and the path of a file",
	    .help = "a page for a status" },
	ERR("Err400", 400),
	ERR("Err401", 401),
	ERR("Err403", 403),
	ERR("Err404", 404),
	ERR("Err405", 405),
	ERR("Err413", 413),
	ERR("Err414", 414),
	ERR("Err500", 500),
	ERR("Err501", 501),
	ERR("Err502", 502),
	ERR("Err503", 503),

	{ "Cert", HTTPS, WORD_CERT, ROW_REPEATABLE, .types = { VALUE_PATH },
	    .help = "a PEM file with certificate chain and private key" },
	{ "AutoCert", HTTPS, WORD_AUTOCERT, ROW_REPEATABLE | ROW_MANY,
	    .types = { VALUE_HOSTNAME },
	    .help = "the names of a certificate to obtain" },
	{ "Use", HTTPS, WORD_USE, ROW_REPEATABLE, .types = { VALUE_TEXT },
	    .needs = "the name of an ACME section, or default",
	    .help = "who issues the certificates of the AutoCert lines below" },
	{ "Disable", HTTPS | BACKEND, WORD_DISABLE, ROW_REPEATABLE,
	    .types = { VALUE_CHOICE }, .choices = protocols,
	    .help = "the newest protocol version that is refused" },
	{ "Ciphers", HTTPS | BACKEND, WORD_CIPHERS, .types = { VALUE_TEXT },
	    .needs = "an OpenSSL cipher list",
	    .help = "the ciphers of TLS 1.2; with -ciphersuites of TLS 1.3" },
	{ "SSLHonorCipherOrder", HTTPS, WORD_SSLHONORCIPHERORDER,
	    .types = { VALUE_BOOL }, .def = "no",
	    .help = "whether our order of ciphers counts, not the client's" },

	{ "ClientCert", HTTPS | GATEWAY, WORD_CLIENTCERT, ROW_SHORT,
	    .types = { VALUE_NUMBER, VALUE_NUMBER }, .max = 9, .def = "0",
	    .needs = "a level from 0 to 3, and perhaps a depth up to 9",
	    .help = "whether clients are asked for a certificate" },
	{ "VerifyList", HTTPS | GATEWAY, WORD_VERIFYLIST,
	    .types = { VALUE_PATH },
	    .help = "whom to trust for the certificates of clients" },
	{ "CAlist", HTTPS | GATEWAY, WORD_CALIST, .types = { VALUE_PATH },
	    .help = "authorities that clients are told to choose from" },
	{ "CRLlist", HTTPS | GATEWAY, WORD_CRLLIST, .types = { VALUE_PATH },
	    .help = "which certificates of clients have been revoked" },
	{ "RequireSNI", HTTPS, WORD_REQUIRESNI, .types = { VALUE_BOOL },
	    .def = "no",
	    .help = "whether clients must ask for a name of a certificate" },

	/* Services. */

	{ "Redirect", SERVICE, WORD_REDIRECT, ROW_OPTIONAL,
	    .types = { VALUE_CHOICE, VALUE_URL }, .choices = redirects,
	    .def = "302", .help = "the URL that the client is sent to" },

	{ "Disabled", SERVICE, WORD_DISABLED, .types = { VALUE_BOOL },
	    .def = "no", .help = "whether it is as if it were not there" },
	{ "Error", SERVICE, WORD_ERROR, ROW_SHORT,
	    .types = { VALUE_NUMBER, VALUE_PATH }, .min = 400, .max = 599,
	    .needs = "a status from 400 to 599, and perhaps a file",
	    .help = "an answer that refuses" },
	{ "Success", SERVICE, WORD_SUCCESS, ROW_SHORT, .types = { VALUE_PATH },
	    .help = "an answer that all is well" },
	{ "SendFile", SERVICE, WORD_SENDFILE, .types = { VALUE_PATH },
	    .needs = "the path of a directory",
	    .help = "a directory whose files are the answers" },
	{ "Metrics", SERVICE, WORD_METRICS,
	    .help = "an answer that tells the figures of the gateway" },
	{ "Emergency", SERVICE, WORD_EMERGENCY, ROW_REPEATABLE | ROW_OPTIONAL,
	    SCOPE_BACKEND, { VALUE_TEXT },
	    .help = "a server for when all others are down" },

	{ "FallThrough", SERVICE, WORD_FALLTHROUGH,
	    .help = "edits of requests that the services after it serve" },
	{ "HSTS", SERVICE, WORD_HSTS, .types = { VALUE_MEMORY }, .def = "off",
	    .help = "how long browsers are to come by HTTPS only" },
	{ "UseBackend", SERVICE, WORD_USEBACKEND, ROW_REPEATABLE,
	    .types = { VALUE_TEXT }, .needs = "the name of a Backend",
	    .help = "a server of the top level" },
	{ "Balancer", GLOBAL | SERVICE, WORD_BALANCER,
	    .types = { VALUE_CHOICE }, .choices = balancers, .def = "iwrr",
	    .help = "how requests are shared among backends" },

	{ "Session", SERVICE, WORD_SESSION, .opens = SCOPE_SESSION,
	    .help = "requests that are to have the same backend" },

	/* Sessions. */

	{ "Type", SCOPE_SESSION, WORD_TYPE, ROW_REQUIRED,
	    .types = { VALUE_CHOICE }, .choices = sessions,
	    .help = "what the requests of a session have in common" },
	{ "TTL", SCOPE_SESSION, WORD_TTL, ROW_REQUIRED,
	    .types = { VALUE_DURATION }, .min = 1,
	    .help = "how long a session lasts after its last request" },
	{ "ID", SCOPE_SESSION, WORD_ID, .types = { VALUE_SESSION },
	    .help = "the name of the parameter, cookie or header field" },

	/* Conditions. */

	{ "Host", CONDITIONS, WORD_HOST, ROW_CONDITION | ROW_PATTERN,
	    .types = { VALUE_PATTERN }, .needs = "a host name",
	    .help = "the host name that the request must be for" },
	{ "URL", CONDITIONS, WORD_URL, PATTERN, .types = { VALUE_PATTERN },
	    .help = "a pattern that path and query must match" },
	{ "Path", CONDITIONS, WORD_PATH, PATTERN, .types = { VALUE_PATTERN },
	    .help = "a pattern that the path must match" },
	{ "Query", CONDITIONS, WORD_QUERY, PATTERN, .types = { VALUE_PATTERN },
	    .help = "a pattern that the query must match" },
	{ "QueryParam", CONDITIONS, WORD_QUERYPARAM, PATTERN,
	    .types = { VALUE_PARAMETER, VALUE_PATTERN },
	    .needs = "the name of a parameter and a pattern",
	    .help = "a pattern that a parameter of the query must match" },
	{ "Method", CONDITIONS, WORD_METHOD, PATTERN,
	    .types = { VALUE_PATTERN }, .needs = "a request method",
	    .help = "the method that the request must have" },
	{ "Header", CONDITIONS, WORD_HEADREQUIRE, PATTERN | ROW_OPTIONAL,
	    .types = { VALUE_NAME, VALUE_PATTERN },
	    .help = "a pattern that some header field must match" },
	{ "HeadRequire", CONDITIONS, WORD_HEADREQUIRE, PATTERN | ROW_OPTIONAL,
	    .types = { VALUE_NAME, VALUE_PATTERN },
	    .help = "the same as Header" },
	{ "HeadDeny", CONDITIONS, WORD_HEADDENY, PATTERN | ROW_OPTIONAL,
	    .types = { VALUE_NAME, VALUE_PATTERN },
	    .help = "a pattern that no header field may match" },
	{ "ACL", CONDITIONS, WORD_ACL, CONDITION | ROW_SHORT | ROW_FILE,
	    SCOPE_ACL, { VALUE_ACL },
	    .help = "addresses of which one must be the client's" },
	{ "StringMatch", CONDITIONS, WORD_STRINGMATCH, PATTERN,
	    .types = { VALUE_TEMPLATE, VALUE_PATTERN },
	    .needs = "a text and a pattern",
	    .help = "a pattern that a text filled in must match" },
	{ "BasicAuth", CONDITIONS, WORD_BASICAUTH, CONDITION | ROW_FILE,
	    .types = { VALUE_PATH },
	    .help = "users of whom one must have sent name and password" },
	{ "TBF", CONDITIONS, WORD_TBF, CONDITION,
	    .types = { VALUE_TEMPLATE, VALUE_RATE, VALUE_NUMBER }, .min = 1,
	    .max = 1000000,
	    .needs = "a text, a rate such as 5 or 1/2s, and a number from 1 to "
	             "1000000",
	    .help = "how many requests a token bucket lets through" },
	{ "Eval", CONDITIONS, WORD_EVAL, CONDITION, .types = { VALUE_TEXT },
	    .needs = "the name of a Condition",
	    .help = "conditions that stand at the top level" },
	{ "ClientCert", CONDITIONS, WORD_CLIENTCERT, CONDITION,
	    .types = { VALUE_PATH },
	    .help = "whom to trust for the certificate that the client must "
	            "have" },
	{ "Not", CONDITIONS, WORD_NOT, ROW_REPEATABLE, .types = { VALUE_TEXT },
	    .needs = "a condition", .help = "turns a condition round" },
	{ "Match", CONDITIONS, WORD_MATCH, CONDITION, SCOPE_MATCH,
	    { VALUE_CHOICE }, .choices = operators,
	    .help = "conditions of which all or one must hold" },

	/* Edits. */

	{ "AddHeader", EDITS | SCOPE_RESPONSE, WORD_ADDHEADER, ROW_REPEATABLE,
	    .types = { VALUE_FIELD }, .help = "a header field to add" },
	{ "HeaderAdd", EDITS | SCOPE_RESPONSE, WORD_ADDHEADER, ROW_REPEATABLE,
	    .types = { VALUE_FIELD }, .help = "the same as AddHeader" },
	{ "SetHeader", EDITS | SCOPE_RESPONSE, WORD_SETHEADER, ROW_REPEATABLE,
	    .types = { VALUE_FIELD },
	    .help = "a header field in place of all of its name" },
	{ "DeleteHeader", EDITS | SCOPE_RESPONSE, WORD_DELETEHEADER,
	    ROW_REPEATABLE | ROW_PATTERN, .types = { VALUE_PATTERN },
	    .help = "header fields to take out, also our own" },
	{ "SetURL", EDITS, WORD_SETURL, ROW_REPEATABLE,
	    .types = { VALUE_TARGET }, .help = "another path and query" },
	{ "SetPath", EDITS, WORD_SETPATH, ROW_REPEATABLE,
	    .types = { VALUE_TARGET }, .help = "another path" },
	{ "SetQuery", EDITS, WORD_SETQUERY, ROW_REPEATABLE,
	    .types = { VALUE_TARGET }, .help = "another query" },
	{ "SetQueryParam", EDITS, WORD_SETQUERYPARAM,
	    ROW_REPEATABLE | ROW_SHORT,
	    .types = { VALUE_PARAMETER, VALUE_TARGET },
	    .needs = "the name of a parameter and perhaps its value",
	    .help = "another value for a parameter of the query" },
	{ "DeleteQuery", EDITS, WORD_DELETEQUERY, ROW_REPEATABLE,
	    .help = "takes the query away" },
	{ "Rewrite", LISTENER | SERVICE, WORD_REWRITE,
	    ROW_REPEATABLE | ROW_OPTIONAL, SCOPE_REQUEST, { VALUE_CHOICE },
	    .choices = directions,
	    .help = "edits of requests or responses, under conditions" },
	{ "Else", REWRITES, WORD_ELSE, ROW_REPEATABLE,
	    .help = "what is done otherwise" },

	/* Backends. */

	{ "Address", BACKEND, WORD_ADDRESS, .types = { VALUE_HOST },
	    .help = "the address or name of the backend" },
	{ "Port", BACKEND, WORD_PORT, .types = { VALUE_NUMBER }, .min = 1,
	    .max = 65535, .help = "the port of the backend" },

	{ "Use", BACKEND, WORD_USE, .types = { VALUE_TEXT },
	    .needs = "the name of a Backend",
	    .help = "a server of the top level" },
	{ "Priority", BACKEND, WORD_PRIORITY, .types = { VALUE_NUMBER },
	    .min = 1, .max = 65535, .def = "5",
	    .help = "its share of the requests" },
	{ "Disabled", BACKEND, WORD_DISABLED, ROW_SHORT,
	    .types = { VALUE_BOOL }, .def = "no",
	    .help = "whether it gets no requests" },
	{ "Resolve", BACKEND, WORD_RESOLVE, .types = { VALUE_CHOICE },
	    .choices = resolutions, .def = "first",
	    .help = "which addresses of a name are used" },
	{ "Family", BACKEND, WORD_FAMILY, .types = { VALUE_CHOICE },
	    .choices = families, .def = "any",
	    .help = "whether a name is looked up for IPv4 or IPv6" },
	{ "OverrideTTL", BACKEND, WORD_OVERRIDETTL, .types = { VALUE_DURATION },
	    .min = 1, .def = "60",
	    .help = "how long a look-up of a name is good for" },
	{ "RetryInterval", BACKEND, WORD_RETRYINTERVAL,
	    .types = { VALUE_DURATION }, .min = 1, .def = "5",
	    .help = "how long until a name is looked up again in vain" },
	{ "HTTPS", BACKEND, WORD_HTTPS,
	    .help = "whether the backend speaks TLS" },
	{ "Probe", BACKEND, WORD_PROBE, .types = { VALUE_PROBE }, .def = "tcp",
	    .help = "how it is found out whether the backend is up" },
	{ "ServerName", BACKEND | GATEWAY, WORD_SERVERNAME,
	    .types = { VALUE_VHOST },
	    .help = "the name in the certificate of the backend" },
	{ "CAFile", BACKEND | GATEWAY, WORD_CAFILE, .types = { VALUE_PATH },
	    .help = "whom to trust for the backend's certificate, instead of "
	            "the system's list" },
	{ "Cert", BACKEND, WORD_CERT, .types = { VALUE_PATH },
	    .help = "a PEM file with the certificate and private key that the "
	            "backend is shown" },
	{ "Insecure", BACKEND | GATEWAY, WORD_INSECURE,
	    .help = "take any certificate of the backend" },

	/* Status. */

	{ "Address", STATUS, WORD_ADDRESS, .types = { VALUE_IP },
	    .def = "127.0.0.1", .help = "the address to listen on" },
	{ "Port", STATUS, WORD_PORT, .types = { VALUE_NUMBER }, .max = 65535,
	    .def = "9123", .help = "the port to listen on" },
	{ "ACL", STATUS, WORD_ACL, ROW_SHORT | ROW_FILE, SCOPE_ACL,
	    { VALUE_ACL }, .help = "who may ask" },
	{ "ServerName", STATUS, WORD_SERVERNAME, ROW_REPEATABLE,
	    .types = { VALUE_VHOST },
	    .help = "a name that it may be asked for by" },

	/* ACME. */

	{ "Directory", ACME, WORD_DIRECTORY, .types = { VALUE_DIRECTORY },
	    .def = "letsencrypt", .help = "the authority" },
	{ "Email", ACME, WORD_EMAIL, .types = { VALUE_EMAIL },
	    .help = "where the authority can reach you" },
	{ "CAFile", ACME, WORD_CAFILE, .types = { VALUE_PATH },
	    .help = "whom to trust as the authority, instead of the system's "
	            "list" },
	{ "KeyType", ACME, WORD_KEYTYPE, ROW_MANY, .types = { VALUE_CHOICE },
	    .choices = key_types, .def = "P-256",
	    .help = "the private keys of certificates" },
	{ "ReuseKey", ACME, WORD_REUSEKEY, .types = { VALUE_BOOL }, .def = "no",
	    .help = "renewals keep the private key" },
	{ "EAB", ACME, WORD_EAB, ROW_SECRET,
	    .types = { VALUE_TEXT, VALUE_BASE64URL },
	    .needs = "a key identifier and a base64url key",
	    .help = "the account that the authority gave you" },
	{ "EABFile", ACME, WORD_EABFILE, .types = { VALUE_SECRETFILE },
	    .help = "the same in a file of its own" },
	{ "Profile", ACME, WORD_PROFILE, .types = { VALUE_TEXT },
	    .needs = "the name of a profile",
	    .help = "which kind of certificate the authority is to issue" },
	{ "PreferredChain", ACME, WORD_PREFERREDCHAIN, .types = { VALUE_TEXT },
	    .needs = "the common name of a root",
	    .help = "which of the authority's chains to serve" },
	{ "Challenge", ACME, WORD_CHALLENGE, ROW_MANY,
	    .types = { VALUE_CHOICE }, .choices = challenges,
	    .help = "how a name is proven, in the order of preference" },
	{ "DNSHook", ACME, WORD_DNSHOOK, .types = { VALUE_PATH },
	    .help = "a program that publishes TXT records, for dns-01" },
	{ "Fallback", ACME, WORD_FALLBACK, .types = { VALUE_TEXT },
	    .needs = "the name of an ACME section",
	    .help = "who issues when this authority keeps failing" },
	{ "Hook", ACME, WORD_HOOK, .types = { VALUE_PATH },
	    .help = "a program that is told what becomes of certificates" },
	{ "Webhook", ACME, WORD_WEBHOOK, ROW_SECRET, .types = { VALUE_URL },
	    .help = "a URL that is told the same" },

	/* Gateway. */

	{ "Forward", GATEWAY, WORD_FORWARD, ROW_REQUIRED,
	    .types = { VALUE_FORWARD },
	    .help = "where Home Assistant is; port 8123 unless given" },
	{ "Use", GATEWAY, WORD_USE, .types = { VALUE_TEXT },
	    .needs = "the name of an ACME section",
	    .help = "who issues the certificate" },
	{ "Email", GATEWAY, WORD_EMAIL, .types = { VALUE_EMAIL },
	    .help = "where the certificate authority can reach you" },
	{ "Address", GATEWAY, WORD_ADDRESS, .types = { VALUE_IP },
	    .help = "the address to listen on" },
	{ "Port", GATEWAY, WORD_PORT, .types = { VALUE_NUMBER }, .max = 65535,
	    .def = "80", .help = "the port for plain HTTP" },
	{ "Probe", GATEWAY, WORD_PROBE, .types = { VALUE_PROBE },
	    .def = "/manifest.json",
	    .help = "how it is found out whether Home Assistant is up" },
	{ "HTTPSPort", GATEWAY, WORD_HTTPSPORT, .types = { VALUE_NUMBER },
	    .max = 65535, .def = "443", .help = "the port for HTTPS" },

	{ "RequireSNI", GATEWAY, WORD_REQUIRESNI, .types = { VALUE_BOOL },
	    .def = "yes",
	    .help = "whether clients must ask for a name of a certificate" },
	{ "HSTS", GATEWAY, WORD_HSTS, .types = { VALUE_MEMORY }, .def = "1d",
	    .help = "how long browsers are to come by HTTPS only" },

	/* Dynamic DNS. */

	{ "DDNS", GLOBAL | GATEWAY, WORD_DDNS, ROW_REPEATABLE, SCOPE_DDNS,
	    { VALUE_PROVIDER }, .choices = providers,
	    .help = "who publishes our addresses in the DNS" },
	{ "Hostname", DDNS, WORD_HOSTNAME, ROW_MANY,
	    .types = { VALUE_HOSTNAME }, .help = "the names to publish" },
	{ "Token", DDNS, WORD_TOKEN, ROW_SECRET, .types = { VALUE_SECRET },
	    .needs = "a token", .help = "what the provider knows you by" },
	{ "TokenFile", DDNS, WORD_TOKENFILE, .types = { VALUE_SECRETFILE },
	    .help = "the same in a file of its own" },
	{ "Login", DDNS, WORD_LOGIN, .types = { VALUE_SECRET },
	    .needs = "the name of an account",
	    .help = "the account at the provider" },
	{ "Password", DDNS, WORD_PASSWORD, ROW_SECRET,
	    .types = { VALUE_SECRET }, .needs = "a password",
	    .help = "of the account" },
	{ "PasswordFile", DDNS, WORD_PASSWORDFILE,
	    .types = { VALUE_SECRETFILE },
	    .help = "the same in a file of its own" },
	{ "Zone", DDNS, WORD_ZONE, .types = { VALUE_HOSTNAME },
	    .help = "the domain that the names belong to" },
	{ "Server", DDNS, WORD_SERVER, .types = { VALUE_SERVER },
	    .help = "whom to tell, instead of the provider's own server" },
	{ "CAFile", DDNS, WORD_CAFILE, .types = { VALUE_PATH },
	    .help = "whom to trust as the provider, instead of the system's "
	            "list" },
	{ "IPv4", DDNS, WORD_IPV4, .types = { VALUE_CHOICE },
	    .choices = origins, .def = "yes",
	    .help = "whether an IPv4 address is published, and from where" },
	{ "IPv6", DDNS, WORD_IPV6, .types = { VALUE_CHOICE },
	    .choices = origins, .def = "yes",
	    .help = "whether an IPv6 address is published, and from where" },
	{ "Interval", DDNS, WORD_INTERVAL, .types = { VALUE_DURATION },
	    .min = 60, .def = "300",
	    .help = "how often we look for other addresses" },
	{ "AddressService", DDNS, WORD_ADDRESSSERVICE,
	    ROW_REPEATABLE | ROW_MANY, .types = { VALUE_HTTPS },
	    .help = "who says from which address it was asked" },
	{ "URL", DDNS, WORD_URL, ROW_SECRET, .types = { VALUE_HTTPS },
	    .help = "what publishes an address when it is asked for" },
	{ "Method", DDNS, WORD_METHOD, .types = { VALUE_CHOICE },
	    .choices = methods, .def = "GET", .help = "how it is asked for" },
	{ "Header", DDNS, WORD_HEADER, ROW_REPEATABLE | ROW_SECRET,
	    .types = { VALUE_HEADER },
	    .help = "a header field of the request" },
	{ "Body", DDNS, WORD_BODY, ROW_SECRET, .types = { VALUE_TEXT },
	    .help = "the body of the request" },
	{ "Success", DDNS, WORD_SUCCESS, .types = { VALUE_TEXT },
	    .needs = "a regular expression",
	    .help = "what the answer holds if all is well" },
	{ "PortMap", GLOBAL, WORD_PORTMAP, .types = { VALUE_CHOICE },
	    .choices = port_maps, .def = "off",
	    .help = "whether the router is asked to let clients through" },

	/* Home Assistant, through a broker. */

	{ "MQTT", GLOBAL, WORD_MQTT, 0, SCOPE_MQTT, { VALUE_SERVER },
	    .help = "the broker through which Home Assistant is told" },
	{ "Login", MQTT, WORD_LOGIN, .types = { VALUE_SECRET },
	    .needs = "the name of a user", .help = "the user at the broker" },
	{ "Password", MQTT, WORD_PASSWORD, ROW_SECRET,
	    .types = { VALUE_SECRET }, .needs = "a password",
	    .help = "of that user" },
	{ "PasswordFile", MQTT, WORD_PASSWORDFILE,
	    .types = { VALUE_SECRETFILE },
	    .help = "the same in a file of its own" },
	{ "TLS", MQTT, WORD_TLS, .types = { VALUE_BOOL },
	    .help = "whether the broker is spoken to over TLS" },
	{ "CAFile", MQTT, WORD_CAFILE, .types = { VALUE_PATH },
	    .help = "whom to trust as the broker, instead of the system's "
	            "list" },
	{ "Prefix", MQTT, WORD_PREFIX, .types = { VALUE_TEXT },
	    .needs = "a topic", .def = "homeassistant",
	    .help = "where Home Assistant listens for what is discovered" },
	{ "ID", MQTT, WORD_ID, .types = { VALUE_TAG },
	    .help = "what tells this gateway from others at the broker" },
	{ "Interval", MQTT, WORD_INTERVAL, .types = { VALUE_DURATION },
	    .min = 30, .def = "300",
	    .help = "how often Home Assistant is told when nothing changes" },

	/* Of Pound, without meaning here. */

	IGNORED("Threads", GLOBAL, NO_THREADS),
	IGNORED("WorkerMinCount", GLOBAL, NO_THREADS),
	IGNORED("WorkerMaxCount", GLOBAL, NO_THREADS),
	IGNORED("WorkerIdleTimeout", GLOBAL, NO_THREADS),
	IGNORED("WorkerStackSize", GLOBAL, NO_THREADS),
	IGNORED("ConnectionQueueSize", GLOBAL,
	    "connections wait in the kernel, or are served"),
	IGNORED("ReserveFD", GLOBAL,
	    "descriptors are kept in reserve by themselves"),
	IGNORED("Supervisor", GLOBAL, "there always is a supervisor"),
	IGNORED("LineBufferSize", GLOBAL | LISTENER,
	    "lines of 24 KiB and more pass"),
	IGNORED("WatcherTTL", GLOBAL, "the kernel tells when a file changes"),
	IGNORED("SSLEngine", GLOBAL,
	    "OpenSSL finds out by itself what the processor can do"),
	IGNORED("ECDHCurve", GLOBAL | HTTPS,
	    "all groups for key exchange that are safe are offered"),
	IGNORED(
	    "SSLAllowClientRenegotiation", HTTPS, "no client may renegotiate"),
	IGNORED("NoHTTPS11", HTTPS,
	    "every client is answered in the version that it speaks"),
	IGNORED("RewriteDestination", LISTENER | SERVICE,
	    "a Destination goes on as the client sent it; SetHeader can change "
	    "it"),
	IGNORED("ContentCapture", SERVICE, "it is for Lua"),
	IGNORED_SECTION("CombineHeaders", GLOBAL,
	    "fields go on as they came, which means the same"),
	IGNORED_SECTION("Resolver", GLOBAL, RESOLVER),
	IGNORED("IgnoreSRVWeight", BACKEND, "SRV records are not read"),
	IGNORED(
	    "BackendStats", GLOBAL, "the figures of backends are always kept"),
	{ "Control", GLOBAL, .flags = ROW_IGNORED | ROW_MAYBE,
	    .help = "the gatehouse command asks over a socket in StateDir" },

	/* Not supported yet. */

	LATER_BUT("Control", SERVICE,
	    "nobody manages the gateway over HTTP: the gatehouse command does "
	    "it, and Status and Metrics tell the figures"),
	LATER_BUT("CNAMEChain", GLOBAL, RESOLVER),
	LATER_BUT("ConfigFile", GLOBAL, RESOLVER),
	LATER_SECTION_BUT("ConfigText", GLOBAL, RESOLVER),
	LATER_BUT("Debug", GLOBAL, RESOLVER),
	LATER_SECTION_BUT("Lua", GLOBAL, LUA),
	LATER_SECTION_BUT("Tunnel", GLOBAL,
	    "a program such as systemd-socket-proxyd does it beside "
	    "Gatehouse"),

	LATER_BUT("ACME", HTTPS,
	    "authorities ask over plain HTTP: it belongs in ListenHTTP, and "
	    "with AutoCert nothing of the kind is needed"),
	LATER_BUT("LuaModify", LISTENER | SERVICE, LUA),
	LATER_BUT("SocketFrom", LISTENER, "it is for the tests of Pound"),

	LATER_BUT("LuaMatch", CONDITIONS, LUA),
	LATER_BUT("LuaBackend", SERVICE, LUA),

	LATER_BUT("RetryInterval", GLOBAL, "it may stand in BackEnd"),
};

#define NROWS (sizeof(rows) / sizeof(rows[0]))

static const struct {
	enum scope scope;
	const char *place;
} places[] = {
	{ SCOPE_GLOBAL, "at the top level" },
	{ SCOPE_HTTP, "in ListenHTTP" },
	{ SCOPE_HTTPS, "in ListenHTTPS" },
	{ SCOPE_SERVICE, "in Service" },
	{ SCOPE_MATCH, "in Match" },
	{ SCOPE_ACL, "in ACL" },
	{ SCOPE_SESSION, "in Session" },
	{ SCOPE_REQUEST, "in Rewrite" },
	{ SCOPE_RESPONSE, "in Rewrite response" },
	{ SCOPE_BACKEND, "in BackEnd" },
	{ SCOPE_ACME, "in ACME" },
	{ SCOPE_GATEWAY, "in Gateway" },
	{ SCOPE_STATUS, "in Status" },
	{ SCOPE_DDNS, "in DDNS" },
	{ SCOPE_MQTT, "in MQTT" },
};

const struct schema_row *
schema_at(unsigned n)
{
	return n < NROWS ? &rows[n] : NULL;
}

const struct schema_row *
schema_find(unsigned scopes, const char *word)
{
	size_t len = strlen(word), i;

	for (i = 0; i < NROWS; i++)
		if ((rows[i].scopes & scopes) != 0 &&
		    (rows[i].flags & ROW_BARE) == 0 &&
		    text_ieq(word, len, rows[i].word))
			return &rows[i];
	return NULL;
}

const struct schema_row *
schema_row(unsigned scopes, enum word id)
{
	size_t i = 0;

	while (
	    i < NROWS && (rows[i].id != id || (rows[i].scopes & scopes) == 0))
		i++;
	assert(i < NROWS);
	return &rows[i];
}

/* In a short word two wrong letters are another word. */
static unsigned
tolerance(const char *word)
{
	return strlen(word) < 5 ? 1 : 2;
}

const struct schema_row *
schema_suggest(enum scope scope, const char *word)
{
	unsigned least = tolerance(word) + 1;
	const struct schema_row *best = NULL;
	size_t i;

	for (i = 0; i < NROWS; i++) {
		unsigned distance;

		if ((rows[i].scopes & scope) == 0 ||
		    (rows[i].flags & (ROW_LATER | ROW_BARE)) != 0)
			continue;
		distance = text_distance(word, rows[i].word);
		if (distance < least) {
			least = distance;
			best = &rows[i];
		}
	}
	return best;
}

unsigned
schema_scopes(const char *word)
{
	size_t len = strlen(word), i;
	unsigned scopes = 0;

	for (i = 0; i < NROWS; i++)
		if ((rows[i].flags & (ROW_LATER | ROW_BARE)) == 0 &&
		    text_ieq(word, len, rows[i].word))
			scopes |= rows[i].scopes;
	return scopes;
}

char *
schema_places(unsigned scopes, char dst[SCHEMA_PLACES_SIZE])
{
	size_t len = 0, i;

	for (i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		const char *before = ", ";

		if ((scopes & places[i].scope) == 0)
			continue;
		scopes &= ~(unsigned)places[i].scope;
		if (len == 0)
			before = "";
		else if (scopes == 0)
			before = " or ";
		len += (size_t)snprintf(dst + len, SCHEMA_PLACES_SIZE - len,
		    "%s%s", before, places[i].place);
	}
	return dst;
}
