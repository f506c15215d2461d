#ifndef CLI_SETUP_BREAK_H
#define CLI_SETUP_BREAK_H

/*
 * An end by a signal, at any moment: nothing is drawn any more, and it is said
 * that a second run goes on. What a handler needs is kept here.
 */

#include <sys/types.h>

/* From now on. */
void setup_break_arm(void);

/* The process that draws on the terminal; 0: none. It is ended with us. */
void setup_break_drawer(pid_t pid);

#endif
