#ifndef CONFIG_BUILD_DDNS_H
#define CONFIG_BUILD_DDNS_H

/* What the files that read a DDNS section have in common. */

#include "build.h"

/* One section being read. */
struct section {
	struct build *build;
	const struct directive *at;
	struct config_ddns *ddns;
};

/* An error about a section; what depends on all of them is not judged then. */
void section_refuse(const struct section *section, struct config_pos pos,
    const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* All values of all lines with this word, up to so many. */
const char **section_list(
    const struct section *section, enum word id, unsigned most, unsigned *n);

/* What only `custom` has: the request itself. */
void section_custom(const struct section *section);

#endif
