#ifndef STATUS_H
#define STATUS_H

/* The states of orders, authorizations and challenges (RFC 8555, 7.1.6). */

#define ACME_STATUSES(X)                                                       \
	X(PENDING, "pending")                                                  \
	X(READY, "ready")                                                      \
	X(PROCESSING, "processing")                                            \
	X(VALID, "valid")                                                      \
	X(INVALID, "invalid")                                                  \
	X(DEACTIVATED, "deactivated")                                          \
	X(EXPIRED, "expired")                                                  \
	X(REVOKED, "revoked")

enum acme_status {
#define ACME_STATUS_ENUM(id, word) ACME_##id,
	ACME_STATUSES(ACME_STATUS_ENUM)
#undef ACME_STATUS_ENUM
	    ACME_STATUS_COUNT /* none of them */
};

/* NULL and unknown words give ACME_STATUS_COUNT. */
enum acme_status acme_status_parse(const char *word);

/* "unknown" for ACME_STATUS_COUNT. */
const char *acme_status_word(enum acme_status status);

#endif
