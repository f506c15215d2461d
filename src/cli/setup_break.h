#ifndef CLI_SETUP_BREAK_H
#define CLI_SETUP_BREAK_H

/*
 * An end by a signal, at any moment: the terminal is left as it was, and it is
 * said that a second run goes on. What a handler needs is kept here.
 */

#include <sys/types.h>
#include <termios.h>

/* From now on. */
void setup_break_arm(void);

/* The process that draws on the terminal; 0: none. It is ended with us. */
void setup_break_drawer(pid_t pid);

/* What the terminal is set back to; NULL: it is as it was. */
void setup_break_terminal(const struct termios *saved);

#endif
