#ifndef CLI_SETUP_SPINNER_H
#define CLI_SETUP_SPINNER_H

/*
 * A process that draws one row of a terminal, over and over, while its parent
 * waits for something else. It ends with its parent, however that ends.
 */

#include <stddef.h>
#include <sys/types.h>

#define SETUP_LABEL 17 /* columns of the label of a row, … */
#define SETUP_MARK 4   /* … and of its mark, after two blanks */

struct setup_spinner {
	int fd; /* the pipe to it; -1: there is none, and nothing is drawn */
	pid_t pid;
};

/* tty: the terminal. */
void setup_spinner_start(
    struct setup_spinner *spinner, int tty, const char *label);

/* Shows this from now on. */
void setup_spinner_show(const struct setup_spinner *spinner, const char *doing);

/* What it draws: fits into one row. Returns its length. */
size_t setup_spinner_row(char *dst, size_t size, const char *label,
    const char *doing, unsigned turn);

/* Until it draws no more. */
void setup_spinner_stop(struct setup_spinner *spinner);

#endif
