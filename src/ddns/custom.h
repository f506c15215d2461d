#ifndef CUSTOM_H
#define CUSTOM_H

/* A provider that we do not know, as its section describes it. */

#include "provider.h"

/*
 * Is this body (of an answer with a status of success) what `success` looks
 * for? "" = any is. 1, or -1.
 */
int custom_read(const char *body, const char *success, struct refusal *refusal);

#endif
