#ifndef CONFIG_CONFIG_H
#define CONFIG_CONFIG_H

/*
 * A configuration, checked and typed: what the gateway is to do. Made by
 * config_parse() in one arena, immutable after that, freed as a whole. Every
 * process of a gateway builds the same one from the same text, so listeners,
 * backends and certificate slots have the same numbers everywhere.
 */

#include <regex.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/ddns.h"
#include "config/diag.h"
#include "config/logformat.h"
#include "config/mqtt.h"
#include "config/text.h"
#include "http/message.h"
#include "net/addr.h"

struct arena;

/* How a name is proven (RFC 8555 section 8, RFC 8737). */
enum config_challenge {
	CHALLENGE_HTTP_01,
	CHALLENGE_TLS_ALPN_01,
	CHALLENGE_DNS_01,
	CHALLENGE_COUNT
};

/* "http-01" and its like. */
const char *config_challenge_word(enum config_challenge challenge);

/*
 * Where to rehearse for an authority: its staging directory if we know one,
 * else the directory itself.
 */
const char *config_acme_staging(const char *directory);

/* Is it one that we know, and no staging directory? Its limits are real. */
bool config_acme_is_production(const char *directory);

#define CONFIG_KEY_TYPES_MAX 2 /* one of each kind, EC and RSA */

/*
 * The word for the authority whose staging directory this is, "letsencrypt";
 * NULL: it is none that we know.
 */
const char *config_acme_rehearsed(const char *directory);

/* An ACME section: who issues (RFC 8555), and how. */
struct config_acme {
	struct config_pos pos;
	const char *name;      /* NULL: the usual one */
	const char *directory; /* URL */
	const char *ca_file;   /* NULL: the system's */
	struct config_pos ca_pos;
	const char *email;   /* NULL: none */
	const char *eab_kid; /* NULL: none (RFC 8555 section 7.3.4) */
	const char *eab_key; /* base64url; blanked in a sealed text */
	struct config_pos eab_pos;
	const char *profile; /* NULL: the authority's choice */
	const char *chain;   /* common name of a root; NULL: the first */
	const char *key_types[CONFIG_KEY_TYPES_MAX]; /* of PKI_KEY_TYPES */
	unsigned nkey_types;
	bool reuse_key;
	enum config_challenge challenges[CHALLENGE_COUNT];
	unsigned nchallenges; /* 0: what can work, by itself */
	const char *dns_hook; /* a program; NULL: none */
	struct config_pos dns_hook_pos;
	const char *hook; /* a program; NULL: none */
	struct config_pos hook_pos;
	const char *webhook; /* URL; NULL: none; blanked in a sealed text */
	const struct config_acme *fallback; /* NULL: none */
	struct config_acme *next;
};

enum config_cert_kind { CERT_FILE, CERT_AUTO };

/*
 * A certificate slot. The same Cert or AutoCert twice is one slot; an AutoCert
 * with two types of key is two.
 */
struct config_cert {
	struct config_pos pos;
	unsigned slot; /* index in config->certs */
	enum config_cert_kind kind;
	const char *file;   /* CERT_FILE */
	const char **names; /* CERT_AUTO */
	unsigned nnames;
	const char *key_type;           /* CERT_AUTO */
	const char *store;              /* CERT_AUTO: what it is stored as */
	const struct config_acme *acme; /* CERT_AUTO */
};

/* A file that a worker reads before it is jailed. */
struct config_file {
	const char *path; /* NULL: none was named */
	struct config_pos pos;
};

enum config_family { FAMILY_ANY, FAMILY_INET, FAMILY_INET6 };

struct config_backend {
	struct config_pos pos;
	unsigned id;       /* index in config->backends */
	const char *host;  /* numeric or a name, without brackets; or path */
	const char *path;  /* of its UNIX socket, seen from outside the jail */
	const char *place; /* host and port, or path, for people */
	uint16_t port;     /* 0 with a path */
	bool numeric;      /* `addr` is set, or path; else it is resolved */
	struct addr addr;
	bool tls;                  /* it speaks HTTPS */
	bool insecure;             /* its certificate is not looked at */
	const char *server_name;   /* of it, in SNI and Host; NULL: none said */
	const char *ca_file;       /* NULL: the system's */
	struct config_pos ca_pos;  /* of ca_file, else of the section */
	struct config_file cert;   /* that it is shown, with its key */
	unsigned min_version;      /* of TLS: 0x0303 or 0x0304 */
	const char *ciphers;       /* of TLS 1.2; NULL: ours */
	unsigned timeout;          /* seconds to the first response byte */
	unsigned connect_timeout;  /* seconds */
	unsigned ws_timeout;       /* idle seconds of a tunnel; 0 = no limit */
	enum config_family family; /* of the addresses of a name */
	bool all_addresses;        /* its connections are shared among them */
	unsigned lookup_every;     /* seconds between look-ups of a name … */
	unsigned lookup_retry;     /* … and after one that failed */
	bool used;                 /* a service may pass requests to it */
	const char *probe; /* what a GET must answer with 200; NULL: nothing */
};

/* What its certificate must be for. */
static inline const char *
config_backend_identity(const struct config_backend *backend)
{
	if (backend->server_name != NULL)
		return backend->server_name;
	return backend->path != NULL ? "localhost" : backend->host;
}

/*
 * The path as seen from within the directory `root`: a part of `path`. NULL if
 * it is not below it.
 */
const char *config_path_within(const char *path, const char *root);

enum config_match {
	MATCH_REGEX,
	MATCH_EXACT,
	MATCH_BEGIN,
	MATCH_END,
	MATCH_CONTAIN
};

/* What a text may look like: one of these. */
struct config_pattern {
	enum config_match how;
	bool ignore_case;
	struct slice text;
	regex_t regex; /* with MATCH_REGEX */
	struct config_pattern *next;
};

enum config_part_kind {
	PART_TEXT,  /* `text` */
	PART_GROUP, /* what a part of a regular expression matched */
	PART_HOST,  /* of the request, in brackets if it needs them */
	PART_PORT,  /* of its Host, with the colon; or nothing */
	PART_URL,   /* path and query */
	PART_PATH,
	PART_QUERY,     /* without '?' */
	PART_PARAMETER, /* of the query, by the name in `text` */
	PART_FIELD,     /* the value of the field of this name */
	PART_CLIENT,    /* its address */
	PART_CONSTANT,  /* `text`, of the configuration */
	PART_USER       /* the name that it sends with a password */
};

/* A text is made of such parts. What they say is put one behind the other. */
struct config_part {
	enum config_part_kind kind;
	struct slice text; /* with PART_GROUP the tag of a condition, or … */
	unsigned back;     /* … so many before the last that matched */
	unsigned group;    /* 0..9 */
	struct config_part *next;
};

/* Addresses that begin with the same bits. */
struct config_net {
	struct addr addr;
	unsigned bits; /* 0..32 or 0..128 */
};

struct config_acl {
	const char *name; /* NULL: of one condition */
	const struct config_net *nets;
	unsigned nnets;
	struct config_acl *next;
};

enum config_condition_kind {
	COND_CLIENT, /* the peer's or the client's address is in `acl` */
	COND_NAMED,  /* all of `parts`, seen once for a request */
	COND_ALL,    /* of `parts` */
	COND_ANY,    /* of `parts` */
	COND_HOST,   /* the host, lower case and without port */
	COND_CERT,   /* of the client; bit `ca` of the request's */
	COND_FIELD,  /* some field: "Name: value", or the value of `name` */
	COND_USER,   /* one of `users` has sent name and password */
	COND_RATE,   /* a bucket that `text` names has a token */
	COND_METHOD, /* or the method … */
	COND_PATH,
	COND_QUERY,     /* without '?' */
	COND_PARAMETER, /* the value of a query's parameter `name` */
	COND_TEXT,      /* `text`, filled in */
	COND_URL        /* … or path and query match one of `patterns` */
};

/* A file whose change asks for a reload. */
struct config_watched {
	const char *path;
	struct config_watched *next;
};

/* A file of users and passwords (BasicAuth). The same file twice is one. */
struct config_users {
	struct config_pos pos;
	unsigned index; /* in the order of config->users */
	const char *file;
	struct config_users *next;
};

/* Token buckets (TBF). */
struct config_rate {
	unsigned id;       /* from 0; a key means another bucket in each */
	uint64_t interval; /* microseconds until there is a token more */
	unsigned burst;    /* 1..1000000: those that a bucket holds */
};

#define CONFIG_NAMED_MAX 64 /* Conditions */

struct config_condition {
	enum config_condition_kind kind;
	bool negated;      /* it holds if it would not */
	bool decoded;      /* COND_PATH, COND_PARAMETER: what it stands for */
	bool captures;     /* somebody refers to what its patterns match … */
	const char *tag;   /* … perhaps by this name */
	bool forwarded;    /* COND_CLIENT: also behind a trusted peer */
	struct slice name; /* COND_FIELD (or empty), COND_PARAMETER */
	const struct config_part *text; /* COND_TEXT, COND_RATE */
	unsigned named; /* COND_NAMED: which, below CONFIG_NAMED_MAX */
	const struct config_users *users;
	const struct config_rate *rate;
	const struct config_pattern *patterns;
	const struct config_acl *acl;
	unsigned ca; /* COND_CERT: index in config->client_cas */
	const struct config_condition *parts;
	struct config_condition *next;
};

/* A page of the configuration, for an answer with this status. */
struct config_page {
	unsigned status;
	struct slice text;
	const char *type; /* of its content */
	struct config_page *next;
};

#define CONFIG_PAGE_MAX (64u * 1024) /* bytes of a page */

/* An answer of the gateway's own. */
struct config_reply {
	unsigned status;
	const struct config_page *page; /* NULL: the usual one */
	bool challenge; /* a 401 that asks for a name and a password */
	bool metrics;   /* the figures, as OpenMetrics */
};

enum config_edit_kind {
	EDIT_ADD,    /* a field */
	EDIT_SET,    /* a field in place of all of its name */
	EDIT_DELETE, /* fields that match as "Name: value" */
	EDIT_URL,    /* path and query */
	EDIT_PATH,
	EDIT_QUERY,
	EDIT_PARAMETER, /* of the query */
	EDIT_NO_PARAMETER,
	EDIT_NO_QUERY
};

struct config_edit {
	enum config_edit_kind kind;
	struct slice name; /* EDIT_ADD, EDIT_SET, EDIT_PARAMETER */
	struct slice value;
	bool encode; /* the value is put as PLACE_ENCODED_… */
	const struct config_part *parts;       /* of a value to be filled in */
	const struct config_pattern *patterns; /* EDIT_DELETE */
	struct config_edit *next;
};

/* What is changed when conditions hold. */
struct config_rule {
	const struct config_condition *conditions;
	const struct config_edit *edits;
	const struct config_rule *otherwise; /* Else; or NULL */
	struct config_rule *next;
};

/* Redirect "permanent": 301 for GET and HEAD, 308 for everything else. */
#define CONFIG_REDIRECT_PERMANENT 0

struct config_redirect {
	unsigned status; /* 301 302 303 307 308 or CONFIG_REDIRECT_PERMANENT */
	const char *url;
	const struct config_part *parts; /* of a URL to be filled in */
	bool append; /* the URL is a bare origin: path and query follow */
};

/* A directory that files are sent from. */
struct config_directory {
	unsigned id;      /* index in config->directories */
	const char *word; /* that names it: SendFile or ACME */
	struct config_file file;
};

/* A set of classes of statuses: 1 << status / 100. */
#define CONFIG_LOG_SUPPRESS_ALL 0x3ffu

/* In proportion to their priorities, by chance or as evenly as can be. */
enum config_balancer { BALANCE_RANDOM, BALANCE_IWRR };

#define CONFIG_BACKENDS_MAX 64u /* of a service */

enum config_session_type {
	SESSION_IP,     /* the client's address */
	SESSION_BASIC,  /* the user in its Authorization, if that is Basic */
	SESSION_URL,    /* the parameter `id` of the query */
	SESSION_PARM,   /* what is behind a ';' in the path */
	SESSION_COOKIE, /* the cookie `id` … */
	SESSION_HEADER  /* … or the field, of either side */
};

/* What the requests have in common that one backend is to have. */
struct config_session {
	enum config_session_type type;
	unsigned ttl; /* seconds after the last request */
	struct slice id;
};

struct config_service {
	struct config_pos pos;
	int rewrite_location; /* as of a listener; -1: that of the listener */
	int rewrite_errors;   /* the same */
	const char *name;     /* NULL: none */
	bool falls_through;   /* it only edits; one after it has the request */
	unsigned log_suppress;
	const struct config_condition *conditions; /* all must hold */
	const struct config_pattern *head_remove;  /* as of a listener */
	const struct config_rule *request_rules;   /* after the listener's */
	const struct config_rule *response_rules;  /* before them */
	struct slice hsts; /* Strict-Transport-Security; empty: none */
	const struct config_redirect *redirect; /* or … */
	const struct config_reply *reply;       /* … this, or … */
	const struct config_directory
	    *directory; /* … the files in this, or … */
	const struct config_backend **backends; /* … these, in file order, */
	unsigned nbackends;
	unsigned nemergencies; /* with so many more for when all are down */
	unsigned *priorities;  /* of all of these; 0: disabled */
	unsigned first_place;  /* of them, in a count over all services */
	enum config_balancer balancer;
	const struct config_session *session; /* NULL: none */
	struct config_service *next;
};

/* As ClientCert counts them. */
enum config_client_cert {
	CLIENT_CERT_NONE,
	CLIENT_CERT_ASK,
	CLIENT_CERT_REQUIRE,
	CLIENT_CERT_UNVERIFIED
};

#define CONFIG_CLIENT_CAS_MAX 64 /* files that conditions name */

struct config_listener {
	struct config_pos pos;
	const char *name; /* NULL: none */
	unsigned index;   /* in config->listeners */
	bool tls;
	struct addr addr;   /* port 0: the kernel chooses */
	bool dual;          /* no Address given: IPv6 and IPv4 wildcard */
	unsigned methods;   /* xHTTP level 0..3 */
	struct slice allow; /* the same as an Allow field has it */
	const struct config_pattern *head_remove; /* client's fields to drop */
	const struct config_acl *trusted; /* peers that are believed, or NULL */
	const char *forwarded_header;     /* where they say who the client is */
	bool tells_client; /* X-Forwarded-For and its like, to backends */
	bool tells_tls;    /* X-SSL-… */
	const struct config_rule *request_rules;
	const struct config_rule *response_rules;
	const struct config_log_format *log_format; /* NULL: no access log */
	unsigned log_suppress;
	unsigned max_connections;  /* for all workers; 0: no limit */
	unsigned client_timeout;   /* seconds a client may idle */
	unsigned rewrite_location; /* 0 no, 1 yes, 2 a backend's URL only */
	bool rewrite_errors;       /* pages stand in for a backend's */
	const struct config_page *pages;
	const struct config_condition *check_url; /* else 501 */
	const struct config_directory *acme; /* answers of others, or NULL */
	uint64_t max_request;                /* bytes of a body; 0: no limit */
	unsigned max_uri; /* bytes; 0: no limit but the codec's */
	struct config_service *services;

	/* With tls: */
	const struct config_cert **certs; /* the first is the default */
	unsigned ncerts;
	unsigned tls_min_version; /* 0x0303 or 0x0304 */
	const char *ciphers;      /* NULL: ours */
	const char *ciphersuites; /* of TLS 1.3; NULL: ours */
	struct config_pos ciphers_pos, ciphersuites_pos;
	bool prefer_server_order;
	enum config_client_cert client_cert;
	unsigned client_depth; /* authorities above a client's certificate */
	struct config_file verify_list, ca_list, crl_list;
	bool require_sni; /* whoever asks for none of our names is refused */

	struct config_listener *next;
};

/* Where the monitor tells the status over HTTP. */
struct config_status {
	struct config_pos pos;
	struct addr addr;             /* port 0: the kernel chooses */
	const struct config_acl *acl; /* who may ask; NULL: everybody */
	const char **names; /* it may be asked for by, beside its addresses */
	unsigned nnames;
};

struct config {
	const char *user;      /* NULL: stay who we are */
	const char *group;     /* NULL: the user's */
	const char *root_jail; /* NULL: none */
	struct config_pos user_pos, group_pos, root_jail_pos;
	int log_facility;       /* LOG_DAEMON …; -1 for "-" (stderr) */
	const char *log_tag;    /* what syslog calls us; NULL: the program */
	const char *access_log; /* a file; NULL: where the log goes */
	struct config_pos access_log_pos;
	bool daemonize;
	const char *pid_file; /* NULL: none */
	const char *state_dir;
	struct config_pos state_dir_pos; /* the file's start if it says none */
	unsigned workers;                /* 1..64 */
	unsigned alive; /* seconds between probes of a backend */
	unsigned grace; /* seconds that SIGINT lets connections finish */
	unsigned max_per_address; /* connections, for all workers; 0: any */
	unsigned max_pending;     /* … of these, without a request yet */
	bool anonymise; /* the access log shows networks, not addresses */

	const struct config_acme *acmes; /* the usual one first */
	const struct config_ddns *ddns;  /* the first of them, or NULL */
	unsigned nddns;
	bool port_map; /* the router is to let clients through to us */
	struct config_pos port_map_pos;
	const struct config_mqtt *mqtt;     /* NULL: by MQTT to nobody */
	const struct config_status *status; /* NULL: over HTTP to nobody */
	struct config_listener *listeners;
	unsigned nlisteners;
	struct config_service *services; /* for every listener, after its own */
	struct config_users *users;
	unsigned nusers;
	struct config_watched *watched;
	struct config_backend **backends;
	unsigned nbackends;
	unsigned nplaces;   /* of backends in services */
	unsigned nsessions; /* services that have some */
	const struct config_cert **certs;
	unsigned ncerts;
	const struct config_file *client_cas; /* of ClientCert conditions */
	unsigned nclient_cas;
	const struct config_directory **directories;
	unsigned ndirectories;
};

#define CONFIG_DEFAULT_FILE "/etc/gatehouse/gatehouse.conf"
#define CONFIG_DEFAULT_STATE_DIR "/var/lib/gatehouse"

/* In the state directory: */
#define CONFIG_CONTROL_SOCKET "control.sock"
#define CONFIG_CERTS_DIR "certs"
#define CONFIG_ACCOUNTS_DIR "accounts"
#define CONFIG_IMPORT_DIR "import"
#define CONFIG_DDNS_DIR "ddns"

/*
 * Parses and checks a text and everything it includes. Errors and warnings are
 * added to diag; NULL if there is an error in it. Names of the file system, of
 * users and of the network are not looked up here: this is the same on every
 * machine. The text must outlive the configuration.
 */
struct config *config_parse(struct config_text *text, struct diag *diag);
void config_free(struct config *config);

/*
 * The state directory that a text names, or the default one, even if there are
 * errors in it: a gateway may be running on what the file said before. The
 * caller frees.
 */
char *config_find_state_dir(struct config_text *text);

/*
 * What the account with the CA that has this directory URL is kept as, beneath
 * CONFIG_ACCOUNTS_DIR. The caller frees.
 */
char *config_account_dir(const char *directory);

/*
 * The configuration as plain Pound-style text with every Gateway section
 * expanded, every Include in place, and secrets blanked; itself a valid
 * configuration. Errors as of config_parse(). The caller frees.
 */
char *config_expand(struct config_text *text, struct diag *diag);

#define CONFIG_GROUPS 10 /* the whole, and nine parts */

/* What the regular expression of a condition matched. */
struct config_found {
	const char *tag; /* of the condition, or NULL */
	struct slice groups[CONFIG_GROUPS];
	const struct config_found *before;
};

/* Those of a request's conditions that held, in the arena of the request. */
struct config_memory {
	struct arena *arena;
	const struct config_found *last;
	bool failed; /* the arena is full: one is missing */

	/* Bits of the Conditions that were looked at, and that hold. */
	uint64_t seen;
	uint64_t held;
};

/* What conditions ask whoever has the request. */
struct config_asked {
	bool (*knows)(void *arg, const struct config_users *users);
	bool (*take)(
	    void *arg, const struct config_rate *rate, struct slice key);
};
#define CONFIG_LABEL_SIZE 128

/* Who the children are: (uid_t)-1 = who we are; root "" = no jail. */
struct config_rights {
	uid_t uid;
	gid_t gid;
	const char *root; /* borrowed */
};

/* Looks on this machine; what is not there is an error of its place. */
void config_find_rights(const struct config *config,
    struct config_rights *rights, struct diag *diag);

/*
 * What to call a backend or a listener where their figures are told: the same
 * after a reload that leaves them as they are. "192.0.2.1:8123", "https *:443".
 * Cut if it is too long. Both return dst.
 */
char *config_backend_label(
    const struct config_backend *backend, char dst[CONFIG_LABEL_SIZE]);
char *config_listener_label(
    const struct config_listener *listener, char dst[CONFIG_LABEL_SIZE]);

/* Is there one that speaks TLS, or one that does not? */
bool config_has_listener(const struct config *config, bool tls);

/* Does an earlier one have its label? Two services may have one backend. */
bool config_backend_repeats(const struct config *config, unsigned index);

/* What conditions are about. */
struct config_request {
	const char *host;       /* lower case, without port; "" if none */
	const char *peer;       /* the connection's other end, as text */
	const char *client;     /* the same, or who a trusted peer says it is */
	struct slice authority; /* what Host says */
	struct slice method;
	struct slice path;
	struct slice query; /* with its '?', or empty */
	const struct http_field *fields;
	unsigned nfields;
	struct config_memory *memory; /* NULL: nobody refers to them */

	/* Who knows of COND_USER and COND_RATE. NULL: they do not hold. */
	const struct config_asked *asked;
	void *arg;
	uint64_t client_cas; /* those that vouch for its certificate */
};

/* The query without its '?', and the first parameter of this name in it. */
struct slice config_query(const struct config_request *req);
struct slice config_parameter(
    const struct config_request *req, const char *name);

/* Where a text goes that is filled in: what must not stand there as it is. */
enum config_place {
	PLACE_TEXT,  /* within the gateway: everything may */
	PLACE_FIELD, /* a header field: no controls */
	PLACE_URL,   /* an absolute URL, which has to have a host */
	PLACE_TARGET,
	PLACE_PATH,
	PLACE_QUERY,
	PLACE_PARAMETER, /* the value of one */

	/* The same, with all encoded but letters, digits and "-._~" … */
	PLACE_ENCODED_PATH, /* … and '/' */
	PLACE_ENCODED_PARAMETER
};

#define CONFIG_FILLED_MAX (32u * 1024)

/*
 * Fills in what the parts ask of the request; bytes of it that must not stand
 * in this place are percent-encoded. False if the result is longer than
 * CONFIG_FILLED_MAX, is no URL where one must be, or does not fit the arena.
 */
bool config_fill(const struct config_part *parts,
    const struct config_request *req, enum config_place place,
    struct arena *arena, struct slice *filled);

/*
 * Do all of them hold? If so, req->memory has what they matched before what
 * was there; if not, nothing more than that.
 */
/*
 * Whether the address is in the list; a zone ("%eth0") does not count. What is
 * no address is in no list.
 */
bool config_acl_holds(const struct config_acl *acl, const char *address);

/* Do all of them hold? */
bool config_conditions_hold(const struct config_condition *conditions,
    const struct config_request *req);

/*
 * What a rule changes, in order; NULL for nothing. Header conditions are about
 * the fields in `req`, which may be those of a response.
 */
const struct config_edit *config_rule_edits(
    const struct config_rule *rule, const struct config_request *req);

/* Is this service for a request? */
bool config_service_matches(
    const struct config_service *service, const struct config_request *req);

/*
 * The first service for it that does not fall through: the listener's own, then
 * the global ones.
 */
const struct config_service *config_find_service(const struct config *config,
    const struct config_listener *listener, const struct config_request *req);

/* Does any of the patterns match the field as "Name: value"? */
bool config_pattern_matches(
    const struct config_pattern *patterns, const struct http_field *field);

/* Is the request method allowed at this xHTTP level? */
enum config_method { METHOD_ALLOWED, METHOD_NOT_ALLOWED, METHOD_UNKNOWN };
enum config_method config_method_allowed(
    unsigned level, const char *method, size_t len);

/* The n-th known method and the lowest level that allows it; NULL past them. */
const char *config_method(unsigned n, unsigned *level);

#endif
