#ifndef STATS_SHARED_H
#define STATS_SHARED_H

/* Memory of a fixed size that processes share by its descriptor. */

#include <stddef.h>

#include "base/error.h"

/* A memfd of this size that can neither grow nor shrink. */
int shared_new(const char *name, size_t size, struct error *err);

/* Another descriptor of it, through which nobody can write. */
int shared_reader(int fd, struct error *err);

/* Maps it, if it is of this size and sealed: reading it cannot fail then. */
void *shared_map(int fd, size_t size, int protection, struct error *err);

#endif
