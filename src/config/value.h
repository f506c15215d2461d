#ifndef CONFIG_VALUE_H
#define CONFIG_VALUE_H

/* The values of directives: how many, of what form, what they come to. */

#include <stdbool.h>

#include "tree.h"

/*
 * Checks a directive's values against its row and fills in what they come to.
 * What is wrong is said and makes the directive bad.
 */
void value_check(struct tree *tree, struct directive *directive);

/* What a row's default comes to, of types that are a number; else 0. */
int value_default(struct tree *tree, const struct schema_row *row);

/* Whether the n-th value is written between quotation marks. */
bool value_is_quoted(const struct directive *directive, unsigned n);

#define VALUE_NEEDS_SIZE 256

/* "a number from 1 to 65535": what the row's n-th type takes. Returns dst. */
char *value_needs(
    const struct schema_row *row, unsigned n, char dst[VALUE_NEEDS_SIZE]);

#endif
