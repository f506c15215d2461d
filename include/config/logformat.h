#ifndef CONFIG_LOGFORMAT_H
#define CONFIG_LOGFORMAT_H

/*
 * What a line of the access log says: a LogFormat as a program of items, made
 * when the configuration is read. Each item is a piece of literal text or
 * stands for something that is known of an exchange.
 */

#include <stdbool.h>
#include <stddef.h>

#include "http/message.h"

enum log_item_kind {
	LINE_TEXT,         /* literal */
	LINE_CLIENT,       /* %a: where the request comes from */
	LINE_PEER,         /* %h: who is at the other end of the connection */
	LINE_LISTENER,     /* %A: the address of the listener */
	LINE_BYTES,        /* %B: of the response's body */
	LINE_BYTES_CLF,    /* %b: the same, '-' for none */
	LINE_NOTHING,      /* %l: what nobody knows any more */
	LINE_USER,         /* %u: whom the gateway has authenticated */
	LINE_TIME,         /* %t, %{…}t */
	LINE_DURATION,     /* %D, %T, %{…}T */
	LINE_REQUEST_LINE, /* %r */
	LINE_STATUS,       /* %s */
	LINE_STATUS_LINE,  /* %>s */
	LINE_METHOD,       /* %m */
	LINE_PATH,         /* %U */
	LINE_QUERY,        /* %q: with its '?' */
	LINE_PROTOCOL,     /* %H */
	LINE_FIELD,        /* %{…}i, %{…}I: of the request */
	LINE_FIELD_OUT,    /* %{…}o: of the response */
	LINE_NAME,         /* %{…}N, %v: of a listener, service or backend */
	LINE_PLACE,        /* %{…}L: where that is in the configuration */
	LINE_PROCESS,      /* %P */
	LINE_HOST,         /* %{host}x: that the request is for */
	LINE_SNI,          /* %{sni}x: the name in the TLS handshake */
	LINE_TLS,          /* %{tls}x: its version */
	LINE_RECEIVED,     /* %{received}x: bytes of the request's body */
	LINE_UPSTREAM      /* %{upstream}x: ms until the backend's answer */
};

/* With LINE_TIME, of the moment that is meant. */
enum log_time {
	LINE_TIME_CLF, /* [18/Sep/2011:19:18:28 +0200] */
	LINE_TIME_ISO, /* 2011-09-18T17:18:28.000Z */
	LINE_TIME_SEC, /* since the epoch … */
	LINE_TIME_MSEC,
	LINE_TIME_USEC,
	LINE_TIME_MSEC_FRAC, /* … and what is more than whole seconds */
	LINE_TIME_USEC_FRAC,
	LINE_TIME_STRFTIME /* as the item's text says */
};

enum log_unit { LINE_SECONDS, LINE_SECONDS_FRAC, LINE_MILLIS, LINE_MICROS };

enum log_object { LINE_OF_LISTENER, LINE_OF_SERVICE, LINE_OF_BACKEND };

struct config_log_item {
	enum log_item_kind kind;
	/* log_time, log_unit, log_object; with LINE_FIELD_OUT: which output */
	unsigned what;
	bool end; /* LINE_TIME: when the exchange ended, not when it began */
	/* LINE_TEXT; the name of a field; strftime(3), with its NUL */
	struct slice text;
};

#define LINE_OUTPUTS_MAX 16 /* %{…}o in one format */

struct config_log_format {
	const char *name;
	bool json;     /* values bring their quotation marks: "…", 7, null */
	bool has_time; /* a line says when it was */
	const struct config_log_item *items;
	unsigned nitems;
	const struct slice *outputs; /* the fields of LINE_FIELD_OUT */
	unsigned noutputs;
	struct config_log_format *next;
};

#endif
