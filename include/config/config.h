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

#include "config/diag.h"
#include "config/text.h"
#include "http/message.h"
#include "net/addr.h"

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

#define CONFIG_KEY_TYPES_MAX 2 /* one of each kind, EC and RSA */

/* An ACME section: who issues (RFC 8555), and how. */
struct config_acme {
	struct config_pos pos;
	const char *name;      /* NULL: the usual one */
	const char *directory; /* URL */
	const char *ca_file;   /* NULL: the system's */
	const char *email;     /* NULL: none */
	const char *eab_kid;   /* NULL: none (RFC 8555 section 7.3.4) */
	const char *eab_key;   /* base64url; blanked in a sealed text */
	const char *profile;   /* NULL: the authority's choice */
	const char *chain;     /* common name of a root; NULL: the first */
	const char *key_types[CONFIG_KEY_TYPES_MAX]; /* of PKI_KEY_TYPES */
	unsigned nkey_types;
	bool reuse_key;
	enum config_challenge challenges[CHALLENGE_COUNT];
	unsigned nchallenges; /* 0: what can work, by itself */
	const char *dns_hook; /* a program; NULL: none */
	const char *hook;     /* a program; NULL: none */
	const char *webhook;  /* URL; NULL: none; blanked in a sealed text */
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

struct config_backend {
	struct config_pos pos;
	unsigned id;      /* index in config->backends */
	const char *host; /* numeric or a name, without brackets */
	uint16_t port;
	bool numeric; /* `addr` is set; else the monitor resolves it */
	struct addr addr;
	bool tls;                 /* it speaks HTTPS */
	bool insecure;            /* its certificate is not looked at */
	const char *server_name;  /* of it, in SNI and Host; NULL: none said */
	const char *ca_file;      /* NULL: the system's */
	struct config_pos ca_pos; /* of ca_file, else of the section */
	unsigned timeout;         /* seconds to the first response byte */
	unsigned connect_timeout; /* seconds */
	unsigned ws_timeout;      /* idle seconds of a tunnel; 0 = no limit */
	const char *probe; /* what a GET must answer with 200; NULL: nothing */
};

/* What its certificate must be for. */
static inline const char *
config_backend_name(const struct config_backend *backend)
{
	return backend->server_name != NULL ? backend->server_name
	                                    : backend->host;
}

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
	COND_ALL,    /* of `parts` */
	COND_ANY,    /* of `parts` */
	COND_HOST,   /* the host, lower case and without port */
	COND_FIELD,  /* some field: "Name: value", or the value of `name` */
	COND_METHOD, /* or the method … */
	COND_PATH,
	COND_QUERY,     /* without '?' */
	COND_PARAMETER, /* the value of a query's parameter `name` */
	COND_URL        /* … or path and query match one of `patterns` */
};

struct config_condition {
	enum config_condition_kind kind;
	bool negated;      /* it holds if it would not */
	bool forwarded;    /* COND_CLIENT: also behind a trusted peer */
	struct slice name; /* COND_FIELD (or empty), COND_PARAMETER */
	const struct config_pattern *patterns;
	const struct config_acl *acl;
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
};

enum config_edit_kind {
	EDIT_ADD,    /* a field */
	EDIT_SET,    /* a field in place of all of its name */
	EDIT_DELETE, /* fields that match as "Name: value" */
	EDIT_URL,    /* path and query */
	EDIT_PATH,
	EDIT_QUERY,
	EDIT_PARAMETER, /* of the query */
	EDIT_NO_QUERY
};

struct config_edit {
	enum config_edit_kind kind;
	struct slice name; /* EDIT_ADD, EDIT_SET, EDIT_PARAMETER */
	struct slice value;
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
	bool append; /* the URL is a bare origin: path and query follow */
};

struct config_service {
	struct config_pos pos;
	const struct config_condition *conditions; /* all must hold */
	const struct config_pattern *head_remove;  /* as of a listener */
	const struct config_rule *request_rules;   /* after the listener's */
	const struct config_rule *response_rules;  /* before them */
	const struct config_redirect *redirect;    /* or … */
	const struct config_reply *reply;          /* … this, or … */
	const struct config_backend **backends; /* … these, in file order, */
	unsigned nbackends;
	unsigned nemergencies; /* with so many more for when all are down */
	struct config_service *next;
};

struct config_listener {
	struct config_pos pos;
	unsigned index; /* in config->listeners */
	bool tls;
	struct addr addr; /* port 0: the kernel chooses */
	bool dual;        /* no Address given: IPv6 and IPv4 wildcard */
	unsigned methods; /* xHTTP level 0..3 */
	const struct config_pattern *head_remove; /* client's fields to drop */
	const struct config_acl *trusted; /* peers that are believed, or NULL */
	const char *forwarded_header;     /* where they say who the client is */
	bool tells_client; /* X-Forwarded-For and its like, to backends */
	bool tells_tls;    /* X-SSL-Cipher */
	const struct config_rule *request_rules;
	const struct config_rule *response_rules;
	unsigned log_level;        /* 0..5 */
	unsigned client_timeout;   /* seconds a client may idle */
	unsigned rewrite_location; /* 0 no, 1 yes, 2 a backend's URL only */
	const struct config_page *pages;
	const struct config_condition *check_url; /* else 501 */
	uint64_t max_request; /* bytes of a body; 0: no limit */
	unsigned max_uri;     /* bytes; 0: no limit but the codec's */
	struct config_service *services;

	/* With tls: */
	const struct config_cert **certs; /* the first is the default */
	unsigned ncerts;
	unsigned tls_min_version; /* 0x0303 or 0x0304 */
	const char *ciphers;      /* NULL: ours */
	struct config_pos ciphers_pos;
	bool prefer_server_order;

	struct config_listener *next;
};

struct config {
	const char *user;      /* NULL: stay who we are */
	const char *group;     /* NULL: the user's */
	const char *root_jail; /* NULL: none */
	struct config_pos user_pos, group_pos, root_jail_pos;
	int log_facility; /* LOG_DAEMON …; -1 for "-" (stderr) */
	bool daemonize;
	const char *pid_file; /* NULL: none */
	const char *state_dir;
	struct config_pos state_dir_pos; /* the file's start if it says none */
	unsigned workers;                /* 1..64 */
	unsigned alive; /* seconds between probes of a backend */
	unsigned grace; /* seconds that SIGINT lets connections finish */
	bool anonymise; /* the access log shows networks, not addresses */

	const struct config_acme *acmes; /* the usual one first */
	struct config_listener *listeners;
	unsigned nlisteners;
	struct config_service *services; /* for every listener, after its own */
	const struct config_backend **backends;
	unsigned nbackends;
	const struct config_cert **certs;
	unsigned ncerts;
};

#define CONFIG_DEFAULT_FILE "/etc/gatehouse/gatehouse.conf"
#define CONFIG_DEFAULT_STATE_DIR "/var/lib/gatehouse"
#define CONFIG_CONTROL_SOCKET "control.sock" /* in the state directory */

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
 * The configuration as plain Pound-style text with every Gateway section
 * expanded, every Include in place, and secrets blanked; itself a valid
 * configuration. Errors as of config_parse(). The caller frees.
 */
char *config_expand(struct config_text *text, struct diag *diag);

/* What conditions are about. */
struct config_request {
	const char *host;   /* lower case, without port; "" if none */
	const char *peer;   /* the connection's other end, as text */
	const char *client; /* the same, or who a trusted peer says it is */
	struct slice method;
	struct slice path;
	struct slice query; /* with its '?', or empty */
	const struct http_field *fields;
	unsigned nfields;
};

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

/* The first service for it: the listener's own, then the global ones. */
const struct config_service *config_find_service(const struct config *config,
    const struct config_listener *listener, const struct config_request *req);

/* Does any of the patterns match the field as "Name: value"? */
bool config_pattern_matches(
    const struct config_pattern *patterns, const struct http_field *field);

/* Is the request method allowed at this xHTTP level? */
enum config_method { METHOD_ALLOWED, METHOD_NOT_ALLOWED, METHOD_UNKNOWN };
enum config_method config_method_allowed(
    unsigned level, const char *method, size_t len);

#endif
