#ifndef CONFIG_BUILD_H
#define CONFIG_BUILD_H

/*
 * From tree to configuration. The tree holds plain Pound-style directives by
 * now. Parts of it may be bad; then only those errors are added that do not
 * follow from them.
 */

#include "config/config.h"
#include "tree.h"

struct named_condition;

struct build {
	struct tree *tree;
	struct diag *diag;
	struct arena *arena;
	struct config *config;
	struct config_acme *acmes;      /* the usual one first */
	unsigned nrates;                /* TBF lines so far */
	struct named_condition *named;  /* Conditions, last first */
	struct config_file *client_cas; /* config->client_cas */
	unsigned ncert_conditions;      /* seen so far */
	unsigned nglobal_cert_conditions;
	struct config_acl *acls; /* those with a name */
	struct shared *shared;   /* the backends of the top level */
	struct config_log_format *log_formats; /* given, and used built-ins */
	const struct config_acl *trusted;      /* TrustedIP of the top level */
	bool bad_ddns;                         /* there was an error in one */
};

/* A Condition. */
struct named_condition {
	const char *name;
	const struct config_condition *parts;
	unsigned number;
	struct named_condition *next;
};

/* Fills the zeroed configuration; what it points to is in the tree's arena. */
void build_config(struct tree *tree, struct config *config);

/* For the parts of it: */

/* The value of a section's directive; NULL if it has none, or a bad one. */
const struct value *build_value(const struct directive *section, enum word id);

/* The same as a text, or NULL. */
const char *build_text(const struct directive *section, enum word id);

/* What the section says, or else the top level, or else the schema. */
int build_number(
    struct build *build, const struct directive *section, enum word id);

/* What to call a directive in a message: it may stand for a Gateway. */
const char *build_name(const struct directive *directive);

/* The lines of a file that a directive names. */
struct file_lines {
	const char *rest; /* NULL past the last line */
	const char *end;
	struct config_pos pos; /* of the line that was returned last */
};

/* False, with an error given, if it cannot be read. */
bool build_open(struct build *build, const struct source *from,
    const struct value *path, struct file_lines *lines);

/* A change of the file that a line names asks for a reload, if it says so. */
void build_watch(struct build *build, const struct directive *line,
    const struct value *path);

/*
 * The next line, without blanks around it, that is neither empty nor a comment
 * (#). NULL past the last one.
 */
char *build_next_line(struct build *build, struct file_lines *lines);

/*
 * What the last value of a line matches: one pattern, or with -file those of a
 * file. `usual` is a set of enum option, for what the line leaves open. NULL,
 * unless the file is empty with an error given, if there is none.
 */
struct config_pattern *build_patterns(
    struct build *build, const struct directive *line, unsigned usual);

/* NULL if the line is no condition, or a bad one. */
struct config_condition *build_condition(
    struct build *build, const struct directive *line);

/* Whether it is a condition that one may refer to. */
bool build_is_regex(const struct directive *line);

/* The Conditions of the top level, which Eval names. */
void build_named(struct build *build);

/* All conditions of a section. */
struct config_condition *build_conditions(
    struct build *build, const struct directive *section);

/* The whole of a file of at most so many bytes; as build_open(). */
bool build_read(struct build *build, const struct source *from,
    const struct value *path, size_t max, struct slice *text);

/*
 * The one line of a file that a directive names, or of a credential, without
 * blanks around it. It is a secret, or only its last word is. NULL with an
 * error given.
 */
char *build_read_secret(struct build *build, const struct directive *line,
    size_t max, bool last_word);

/* A word whose text may stand in a file, which another word names. */
struct build_secret_words {
	enum word inlined, file;
	size_t max; /* bytes */
};

/*
 * What one of the two says, without control characters; NULL if neither does,
 * or, with an error given and *bad set, if that is not possible.
 */
const char *build_secret(struct build *build, const struct directive *section,
    const struct build_secret_words *words, bool *bad);

/* The ErrorFile lines of a listener. */
struct config_page *build_pages(
    struct build *build, const struct directive *section);

/* The ACLs of the top level, which the others may name. */
void build_acls(struct build *build);

/* That of a condition; NULL with an error given. */
const struct config_acl *build_acl(
    struct build *build, const struct directive *line);

/* TrustedIP of a section, else that of the top level; NULL if there is none. */
const struct config_acl *build_trusted(
    struct build *build, const struct directive *section);

/* The HeadRemove lines of a section. */
struct config_pattern *build_removals(
    struct build *build, const struct directive *section);

/*
 * What a listener or a service changes, in file order: SCOPE_REQUEST for its
 * edits of requests, SCOPE_RESPONSE for those of responses.
 */
const struct config_rule *build_rules(
    struct build *build, const struct directive *section, enum scope scope);

/*
 * The parts of a text; NULL if it was refused before. What a reference is to
 * must be in a section around the line.
 */
const struct config_part *build_parts(struct build *build,
    const struct directive *line, const struct value *value, const char *text);

/*
 * The parts of a value that a request fills in; NULL if there are none, and
 * then *fixed is what it says.
 */
const struct config_part *build_template(struct build *build,
    const struct directive *line, const struct value *value, const char *text,
    struct slice *fixed);
/* The LogFormat lines, which LogLevel may name. */
void build_log_formats(struct build *build);

/* What LogLevel in the section or at the top level comes to; NULL: nothing. */
const struct config_log_format *build_log_format(
    struct build *build, const struct directive *section);

/* The classes of LogSuppress in a section, a bit each. */
unsigned build_log_suppress(const struct directive *section);

/* The backends of the top level, which services may share. */
void build_shared(struct build *build);

/* Those of a service, and how its requests are shared among them. */
void build_backends(struct build *build, const struct directive *section,
    struct config_service *service);

/* The oldest version of TLS that the Disable lines of a section leave. */
unsigned build_min_version(const struct directive *section);

/* The services of a section, in file order. */
struct config_service *build_services(
    struct build *build, const struct directive *section);

/* Whether a Service is as if it were not there. */
bool build_is_disabled(const struct directive *section);

/* The DDNS sections, and PortMap. */
void build_ddns(struct build *build);

/*
 * Whether nobody can publish the record that proves a name. False also if that
 * is not known because of an error.
 */
bool build_lacks_proof(const struct build *build,
    const struct config_acme *acme, const char *name);

/* Whether dns-01 can be, where Challenge says it; after the listeners. */
void build_check_proofs(struct build *build);

/* The ACME sections, which AutoCert lines may name. */
void build_acmes(struct build *build);

/* The one that a Use line names; NULL with an error given. */
const struct config_acme *build_use(
    struct build *build, const struct value *name);

/* Is it an authority that browsers trust, or its staging? */
bool build_is_public(const struct config_acme *acme);

/* Every listener, and what they must have from each other. */
void build_listeners(struct build *build);

/* Notes the file of a ClientCert condition; its index, or -1 with an error. */
int build_client_ca(struct build *build, const struct directive *line);

/*
 * What a ListenHTTPS says of clients' certificates. `wanted`: a condition for
 * its requests is about them.
 */
void build_client_cert(struct build *build, const struct directive *section,
    bool wanted, struct config_listener *listener);
/* The MQTT section; NULL if there is none, or a bad one. */
const struct config_mqtt *build_mqtt(struct build *build);

/* A listener that would take what is for this address; NULL if none does. */
const struct config_listener *build_collision(
    const struct build *build, const struct addr *addr);

/* The Status section; after the listeners. NULL if there is none. */
const struct config_status *build_status(struct build *build);

/* The directory that a line names; NULL if the line is bad. */
const struct config_directory *build_directory(
    struct build *build, const struct directive *line);

/* The certificates of a ListenHTTPS. */
void build_certs(struct build *build, const struct directive *section,
    struct config_listener *listener);

#endif
