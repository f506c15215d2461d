#ifndef HTTP_MESSAGE_H
#define HTTP_MESSAGE_H

/*
 * An HTTP message as a struct (RFC 9110): what every codec reads into and what
 * the proxy regenerates from. All text is borrowed from the bytes that were
 * parsed; nothing here allocates and nothing is NUL-terminated.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct slice {
	const char *p;
	size_t len;
};

/*
 * Field names that the gateway itself looks at. HTTP_FIELD(enum, "name"), in
 * lower case, sorted by name.
 */
#define HTTP_FIELDS(X)                                                         \
	X(ACCEPT, "accept")                                                    \
	X(CONNECTION, "connection")                                            \
	X(CONTENT_LENGTH, "content-length")                                    \
	X(DATE, "date")                                                        \
	X(EXPECT, "expect")                                                    \
	X(FORWARDED, "forwarded")                                              \
	X(HOST, "host")                                                        \
	X(HTTP2_SETTINGS, "http2-settings")                                    \
	X(KEEP_ALIVE, "keep-alive")                                            \
	X(PROXY_AUTHENTICATE, "proxy-authenticate")                            \
	X(PROXY_AUTHORIZATION, "proxy-authorization")                          \
	X(PROXY_CONNECTION, "proxy-connection")                                \
	X(REFERER, "referer")                                                  \
	X(TE, "te")                                                            \
	X(TRAILER, "trailer")                                                  \
	X(TRANSFER_ENCODING, "transfer-encoding")                              \
	X(UPGRADE, "upgrade")                                                  \
	X(USER_AGENT, "user-agent")                                            \
	X(X_REAL_IP, "x-real-ip")

enum http_field_id {
	HTTP_OTHER = 0,
#define HTTP_FIELD_ENUM(id, name) HTTP_##id,
	HTTP_FIELDS(HTTP_FIELD_ENUM)
#undef HTTP_FIELD_ENUM
	    HTTP_FIELD_COUNT
};

struct http_field {
	struct slice name;  /* as sent */
	struct slice value; /* without surrounding OWS */
	enum http_field_id id;
};

enum http_version { HTTP_1_0, HTTP_1_1 };

struct http_request {
	struct slice method;
	struct slice target; /* as sent */
	enum http_version version;
	struct http_field *fields; /* the caller's array */
	unsigned nfields;
};

struct http_response {
	enum http_version version;
	unsigned status; /* 100..999 */
	struct slice reason;
	struct http_field *fields;
	unsigned nfields;
};

/* How the body ends (RFC 9112 section 6.3). */
enum http_framing {
	HTTP_NO_BODY,
	HTTP_BY_LENGTH,
	HTTP_CHUNKED,
	HTTP_BY_CLOSE /* responses only */
};

struct http_body {
	enum http_framing framing;
	uint64_t length; /* with HTTP_BY_LENGTH only */
};

enum http_field_id http_field_id(const char *name, size_t len);

bool slice_eq(struct slice s, const char *with);
bool slice_ieq(struct slice s, const char *with); /* ASCII case ignored */

/* A token (RFC 9110 section 5.6.2), such as a field name or a method. */
bool http_is_token(struct slice s);

/* Bytes that a field's value may hold, blanks around it aside. */
bool http_is_text(const char *s);

/* The first field with this id, or NULL. */
const struct http_field *http_find(
    const struct http_field *fields, unsigned nfields, enum http_field_id id);

/* The first field of this name (case ignored), or NULL. */
const struct http_field *http_find_name(
    const struct http_field *fields, unsigned nfields, struct slice name);

/* Its value; no bytes if there is none. */
struct slice http_value(
    const struct http_field *fields, unsigned nfields, struct slice name);

/*
 * Walks the elements of a comma-separated list (RFC 9110 section 5.6.1),
 * skipping empty ones and surrounding OWS. *rest starts as the field's value.
 * False at the end. For lists of tokens: a comma in quotes separates as well.
 */
bool http_list_next(struct slice *rest, struct slice *element);

/* Whether any field with this id lists the token (case ignored). */
bool http_has_token(const struct http_field *fields, unsigned nfields,
    enum http_field_id id, const char *token);

#define HTTP_CONNECTION_MAX 1024

/*
 * Whether the name, or a Connection option of this message, makes the field
 * one for this hop only (RFC 9110 section 7.6.1): never forwarded. Options are
 * read from the first HTTP_CONNECTION_MAX bytes of Connection values: longer
 * lists only serve to make every field cost a walk through them.
 */
bool http_is_hop_by_hop(const struct http_field *field,
    const struct http_field *fields, unsigned nfields);

/* "Not Found" for 404; "" for codes without a name in RFC 9110 ff. */
const char *http_reason(unsigned status);

#endif
