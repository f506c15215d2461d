#ifndef CLI_LOAD_H
#define CLI_LOAD_H

/* The configuration that a command is about. */

#include <stdbool.h>

struct config;
struct config_text;

struct load {
	const char *file;
	struct config_text *text;
	struct config *config;
};

/* NULL: the default file. False after saying what is wrong with it. */
bool load_config(struct load *load, const char *file);
void load_release(struct load *load);

#endif
