#ifndef MONITOR_PROCESS_H
#define MONITOR_PROCESS_H

#include <stdint.h>

/* The memory of a process that is in RAM, in bytes; 0 = not to be known. */
int64_t process_memory(int64_t pid);

#endif
