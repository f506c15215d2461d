#ifndef CONFIG_OPTION_H
#define CONFIG_OPTION_H

/*
 * The options of patterns: -exact, -icase, -file … They stand among the values
 * of a directive and say how the last one is meant.
 */

#include "tree.h"

enum option {
	OPTION_RE = 1 << 0,
	OPTION_EXACT = 1 << 1,
	OPTION_BEG = 1 << 2,
	OPTION_END = 1 << 3,
	OPTION_CONTAIN = 1 << 4,
	OPTION_ICASE = 1 << 5,
	OPTION_CASE = 1 << 6,
	OPTION_FILE = 1 << 7,
	OPTION_FORWARDED = 1 << 8,
	OPTION_CIPHERSUITES = 1 << 9,
	OPTION_DECODE = 1 << 10,
	OPTION_TAG = 1 << 11,   /* the value behind it is directive->tag */
	OPTION_POSIX = 1 << 12, /* the same as OPTION_RE */
	OPTION_WATCH = 1 << 13, /* OPTION_FILE, and its changes matter */
	OPTION_ENCODE = 1 << 14
};

/* One of these at most. */
#define OPTIONS_HOW                                                            \
	(OPTION_RE | OPTION_EXACT | OPTION_BEG | OPTION_END | OPTION_CONTAIN)
#define OPTIONS_CASE (OPTION_ICASE | OPTION_CASE)

/*
 * Takes the options of a directive off its values. One that its row does not
 * have, or that does not go with another, is an error and makes it bad.
 */
void options_take(struct tree *tree, struct directive *directive);

/* The option with this bit number as it is written; NULL past the last. */
const char *option_word(unsigned n);

#endif
