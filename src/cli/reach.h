#ifndef CLI_REACH_H
#define CLI_REACH_H

/*
 * Does the internet reach us? A certificate authority is asked to look, through
 * the running gateway: at the staging directory of the one that the
 * configuration names for this certificate, so that no limit of its production
 * counts it. Nothing is issued, and what it proved is given up at once, so that
 * the next look is a look again. An authority that is publicly known and has no
 * staging is not asked at all.
 */

#define REACH_SECONDS 90 /* how long it may take */

enum reach_end {
	REACH_REACHED, /* the authority met us */
	REACH_NOT,     /* it looked, and did not */
	REACH_UNKNOWN  /* it was not asked, or gave no verdict */
};

struct reach {
	enum reach_end end;
	char *evidence; /* what the authority saw, or why there is no verdict */
	char *advice;   /* what can be done about that; "" = nothing */
};

/*
 * Asks the gateway that runs with this configuration (NULL: the default one)
 * about one host name, which an AutoCert of it has. challenge: "http-01" for
 * port 80, "tls-alpn-01" for port 443. Blocks.
 */
void reach_look(const char *file, const char *name, const char *challenge,
    struct reach *reach);
void reach_release(struct reach *reach);

#endif
