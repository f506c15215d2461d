#include "setup_break.h"

#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static const char farewell[] =
    "\ngatehouse: setup was ended; say `gatehouse setup` again, and it goes "
    "on\n";

static volatile sig_atomic_t drawer;

static void
on_end(int sig)
{
	if (drawer != 0) {
		kill((pid_t)drawer, SIGKILL);
		waitpid((pid_t)drawer, NULL, 0);
	}
	if (write(STDERR_FILENO, farewell, sizeof(farewell) - 1) == -1)
		_exit(EXIT_FAILURE);
	signal(sig, SIG_DFL);
	raise(sig);
}

void
setup_break_arm(void)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };

	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		struct sigaction action = { .sa_handler = on_end };

		sigfillset(&action.sa_mask);
		sigaction(signals[i], &action, NULL);
	}
}

void
setup_break_drawer(pid_t pid)
{
	drawer = pid;
}
