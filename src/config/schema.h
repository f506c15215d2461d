#ifndef CONFIG_SCHEMA_H
#define CONFIG_SCHEMA_H

/*
 * The language as one table: every word that a configuration may hold, where it
 * may stand, what values it takes, and the words of Pound that are known but
 * not supported yet.
 */

#include <stddef.h>

/* Where a directive stands, as a set of bits. */
enum scope {
	SCOPE_GLOBAL = 1 << 0,
	SCOPE_HTTP = 1 << 1,
	SCOPE_HTTPS = 1 << 2,
	SCOPE_SERVICE = 1 << 3,
	SCOPE_BACKEND = 1 << 4,
	SCOPE_ACME = 1 << 5,
	SCOPE_GATEWAY = 1 << 6,
	SCOPE_MATCH = 1 << 7,
	SCOPE_REQUEST = 1 << 8,  /* Rewrite request */
	SCOPE_RESPONSE = 1 << 9, /* Rewrite response */
	SCOPE_ACL = 1 << 10,
	SCOPE_STATUS = 1 << 11,
	SCOPE_DDNS = 1 << 12,
	SCOPE_MQTT = 1 << 13,
	SCOPE_SESSION = 1 << 14,
	SCOPE_SKIPPED = 1 << 20 /* in a section that is not understood */
};

#define SCOPE_LISTENER (SCOPE_HTTP | SCOPE_HTTPS)

/* Where conditions stand. */
#define SCOPE_CONDITIONS                                                       \
	(SCOPE_SERVICE | SCOPE_MATCH | SCOPE_REQUEST | SCOPE_RESPONSE)
#define SCOPE_ANYWHERE (SCOPE_SKIPPED - 1)

/* What the later stages ask for. Two words may mean the same. */
enum word {
	WORD_OTHER, /* nobody asks */
	WORD_ACCESSLOG,
	WORD_ACL,
	WORD_ACME,
	WORD_ACMEFILES,
	WORD_ADDHEADER,
	WORD_ADDRESS,
	WORD_ADDRESSSERVICE,
	WORD_ALIVE,
	WORD_ANONYMISE,
	WORD_AUTOCERT,
	WORD_BACKEND,
	WORD_BALANCER,
	WORD_BASICAUTH,
	WORD_BODY,
	WORD_CAFILE,
	WORD_CALIST,
	WORD_CERT,
	WORD_CHALLENGE,
	WORD_CHECKURL,
	WORD_CIDR,
	WORD_CIPHERS,
	WORD_CLIENT,
	WORD_CLIENTCERT,
	WORD_CONDITION,
	WORD_CONNTO,
	WORD_CONSTANT,
	WORD_CRLLIST,
	WORD_DAEMON,
	WORD_DDNS,
	WORD_DELETEHEADER,
	WORD_DELETEQUERY,
	WORD_DIRECTORY,
	WORD_DISABLE,
	WORD_DISABLED,
	WORD_DNSHOOK,
	WORD_EAB,
	WORD_EABFILE,
	WORD_ELSE,
	WORD_EMAIL,
	WORD_EMERGENCY,
	WORD_ERROR,
	WORD_ERRORFILE,
	WORD_EVAL,
	WORD_FALLBACK,
	WORD_FALLTHROUGH,
	WORD_FAMILY,
	WORD_FORWARD,
	WORD_FORWARDEDHEADER,
	WORD_GATEWAY,
	WORD_GRACE,
	WORD_GROUP,
	WORD_HEADDENY,
	WORD_HEADER,
	WORD_HEADEROPTION,
	WORD_HEADREMOVE,
	WORD_HEADREQUIRE,
	WORD_HOOK,
	WORD_HOST,
	WORD_HOSTNAME,
	WORD_HSTS,
	WORD_HTTPS,
	WORD_HTTPSPORT,
	WORD_ID,
	WORD_IGNORECASE,
	WORD_INCLUDE,
	WORD_INCLUDEDIR,
	WORD_INSECURE,
	WORD_INTERVAL,
	WORD_IPV4,
	WORD_IPV6,
	WORD_KEYTYPE,
	WORD_LISTENHTTP,
	WORD_LISTENHTTPS,
	WORD_LOGFACILITY,
	WORD_LOGFORMAT,
	WORD_LOGIN,
	WORD_LOGLEVEL,
	WORD_LOGSUPPRESS,
	WORD_LOGTAG,
	WORD_MATCH,
	WORD_MAXCONNECTIONS,
	WORD_MAXPENDING,
	WORD_MAXPERADDRESS,
	WORD_MAXREQUEST,
	WORD_MAXURI,
	WORD_METHOD,
	WORD_METRICS,
	WORD_MQTT,
	WORD_NOT,
	WORD_OVERRIDETTL,
	WORD_PASSWORD,
	WORD_PASSWORDFILE,
	WORD_PATH,
	WORD_PIDFILE,
	WORD_PORT,
	WORD_PORTMAP,
	WORD_PREFERREDCHAIN,
	WORD_PREFIX,
	WORD_PRIORITY,
	WORD_PROBE,
	WORD_PROFILE,
	WORD_QUERY,
	WORD_QUERYPARAM,
	WORD_REDIRECT,
	WORD_REGEXTYPE,
	WORD_REQUIRESNI,
	WORD_RESOLVE,
	WORD_RETRYINTERVAL,
	WORD_REUSEKEY,
	WORD_REWRITE,
	WORD_REWRITEERRORS,
	WORD_REWRITELOCATION,
	WORD_ROOTJAIL,
	WORD_SENDFILE,
	WORD_SERVER,
	WORD_SERVERNAME,
	WORD_SERVICE,
	WORD_SESSION,
	WORD_SETHEADER,
	WORD_SETPATH,
	WORD_SETQUERY,
	WORD_SETQUERYPARAM,
	WORD_SETURL,
	WORD_SSLHONORCIPHERORDER,
	WORD_STATEDIR,
	WORD_STATUS,
	WORD_STRINGMATCH,
	WORD_SUCCESS,
	WORD_TBF,
	WORD_TIMEOUT,
	WORD_TLS,
	WORD_TOKEN,
	WORD_TOKENFILE,
	WORD_TRUSTEDIP,
	WORD_TTL,
	WORD_TYPE,
	WORD_URL,
	WORD_USE,
	WORD_USEBACKEND,
	WORD_USER,
	WORD_VERIFYLIST,
	WORD_WEBHOOK,
	WORD_WORKERS,
	WORD_WSTIMEOUT,
	WORD_XHTTP,
	WORD_ZONE
};

enum value_type {
	VALUE_NONE,
	VALUE_TEXT,
	VALUE_NUMBER,    /* min..max */
	VALUE_BOOL,      /* 1/0 yes/no true/false on/off */
	VALUE_SIZE,      /* bytes, or 64k, 10m, 2g */
	VALUE_DURATION,  /* seconds, or 1m30s; min..DURATION_MAX */
	VALUE_MEMORY,    /* the same up to MEMORY_MAX, or "off" */
	VALUE_CHOICE,    /* one of the row's choices */
	VALUE_FACILITY,  /* of syslog, or "-" */
	VALUE_LOGLEVEL,  /* 0..max, or the name of a format: -1 */
	VALUE_TAG,       /* of syslog */
	VALUE_WORKERS,   /* "auto" or 1..max */
	VALUE_PATH,      /* seen from the directory of its file */
	VALUE_DIR,       /* an absolute path */
	VALUE_IP,        /* a numeric address */
	VALUE_HOST,      /* where to connect to: numeric, or any name */
	VALUE_FORWARD,   /* the same with a port */
	VALUE_VHOST,     /* what a Host field says */
	VALUE_HOSTNAME,  /* what a certificate is for */
	VALUE_PATTERN,   /* how it is meant is for the options to say */
	VALUE_NAME,      /* of a header field: a token */
	VALUE_PARAMETER, /* of a query: its name */
	VALUE_ACL,       /* the name of one, or a file */
	VALUE_CIDR,      /* an address, or a network of them */
	VALUE_FIELD,     /* "Name: value" that may be set */
	VALUE_REGEX,     /* which kind of regular expressions */
	VALUE_RATE,      /* so many in a time; in microseconds for one */
	VALUE_TEMPLATE,  /* text that a request may fill in */
	VALUE_TARGET,    /* path and query, what may be of them */
	VALUE_SESSION,   /* the name of what a session is known by */
	VALUE_PROBE,     /* tcp, or a path to ask for */
	VALUE_URL,
	VALUE_DIRECTORY, /* of an ACME server: URL or known name */
	VALUE_EMAIL,
	VALUE_BASE64URL,
	VALUE_PROVIDER,   /* of dynamic DNS: one of the row's choices */
	VALUE_SECRETFILE, /* a path, or the name of a credential */
	VALUE_SECRET,     /* goes into a header field; may hold blanks */
	VALUE_SERVER,     /* a host and perhaps a port, asked over TLS */
	VALUE_HTTPS,      /* a URL that is taken as it is */
	VALUE_HEADER      /* a field of a request of our own */
};

#define DURATION_MAX (30 * 86400)
#define ROW_TYPES 3
#define MEMORY_MAX (730 * 86400)
#define PROBE_TCP "tcp"
#define UNIX_SCHEME "unix:"
#define ROW_VALUES_MAX 100 /* with ROW_MANY */

enum row_flag {
	ROW_REPEATABLE = 1 << 0, /* may stand in its section more than once */
	ROW_REQUIRED = 1 << 1,   /* its section must hold it */
	ROW_OPTIONAL = 1 << 2,   /* the first value may be left out */
	ROW_MANY = 1 << 3,       /* the last value may be repeated */
	ROW_SECRET = 1 << 4,     /* the last value is a secret */
	ROW_IGNORED = 1 << 5,    /* accepted, has no meaning here */
	ROW_LATER = 1 << 6,      /* known, not supported yet */
	ROW_MAYBE = 1 << 8,      /* opens a section in one of its forms */
	ROW_PATTERN = 1 << 9,    /* options say how its last value is meant */
	ROW_CONDITION = 1 << 10, /* may stand behind Not */
	ROW_SHORT = 1 << 11,     /* the last value may be left out */
	ROW_FILE = 1 << 12,      /* -file says that its last value is a file */
	ROW_BARE = 1 << 13       /* stands without its word */
};

struct schema_row {
	const char *word;
	unsigned scopes;
	enum word id;
	unsigned flags;
	enum scope opens; /* a section: where its directives stand; else 0 */
	enum value_type types[ROW_TYPES];
	int min;
	int max;
	const char *const *choices;
	const char *def;   /* as it would be written; NULL = none */
	const char *needs; /* the value in words, where the type is too vague */
	/* What it is for; with ROW_LATER: what to do; ROW_IGNORED: why not. */
	const char *help;
};

/* The row of a word in any of these scopes, or NULL. Case is ignored. */
const struct schema_row *schema_find(unsigned scopes, const char *word);

/* The row of this meaning, which must exist in these scopes. */
const struct schema_row *schema_row(unsigned scopes, enum word id);

/* The supported word of this scope that was probably meant, or NULL. */
const struct schema_row *schema_suggest(enum scope scope, const char *word);

/* Where the word is supported; 0 = nowhere. */
unsigned schema_scopes(const char *word);

#define SCHEMA_PLACES_SIZE 256

/* "at the top level, in ListenHTTP or in ListenHTTPS". Returns dst. */
char *schema_places(unsigned scopes, char dst[SCHEMA_PLACES_SIZE]);

/* The n-th row; NULL past the end. */
const struct schema_row *schema_at(unsigned n);

#endif
