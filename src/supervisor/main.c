/*
 * gatehoused: the command line, and the way to being a daemon. Everything else
 * is in supervisor.c.
 */

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/version.h"
#include "base/xalloc.h"
#include "config/config.h"
#include "plan.h"
#include "supervisor.h"

#define PROGRAM "gatehoused"

static const char usage[] =
    "usage: gatehoused [-cdvVh] [-f file] [-p file]\n"
    "\n"
    "The TLS gateway for Home Assistant, as a service. People use "
    "gatehouse(1).\n"
    "\n"
    "  -f, --file FILE      the configuration "
    "(" CONFIG_DEFAULT_FILE ")\n"
    "  -c, --check          read the configuration, say what is wrong, exit\n"
    "  -d, --daemon         go to the background when it serves\n"
    "  -p, --pid-file FILE  write the process id there\n"
    "  -v, --verbose        log for those who read the code\n"
    "  -V, --version        say which version this is\n"
    "  -h, --help           say this\n"
    "\n"
    "SIGHUP reloads the configuration, SIGUSR1 opens the access log anew,\n"
    "SIGINT lets connections end, SIGTERM stops. It stays in the foreground\n"
    "unless the configuration says Daemon 1, or --daemon is given.\n";

static const struct option options[] = {
	{ "file", required_argument, NULL, 'f' },
	{ "check", no_argument, NULL, 'c' },
	{ "daemon", no_argument, NULL, 'd' },
	{ "pid-file", required_argument, NULL, 'p' },
	{ "verbose", no_argument, NULL, 'v' },
	{ "version", no_argument, NULL, 'V' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

struct command_line {
	const char *file;
	const char *pid_file;
	bool check;
	bool daemon;
	bool verbose;
};

static void
read_command_line(struct command_line *line, int argc, char **argv)
{
	int c;

	*line = (struct command_line){ .file = CONFIG_DEFAULT_FILE };
	while ((c = getopt_long(argc, argv, "f:cdp:vVh", options, NULL)) != -1)
		switch (c) {
		case 'f':
			line->file = optarg;
			break;
		case 'c':
			line->check = true;
			break;
		case 'd':
			line->daemon = true;
			break;
		case 'p':
			line->pid_file = optarg;
			break;
		case 'v':
			line->verbose = true;
			break;
		case 'V':
			puts(PROGRAM " " GATEHOUSE_VERSION);
			exit(EXIT_SUCCESS);
		case 'h':
			fputs(usage, stdout);
			exit(EXIT_SUCCESS);
		default:
			fputs("Try `gatehoused --help`.\n", stderr);
			exit(EXIT_FAILURE);
		}
	if (optind == argc)
		return;
	fprintf(stderr,
	    PROGRAM ": \"%s\" is not an option; to name the "
	            "configuration, use -f\n",
	    argv[optind]);
	exit(EXIT_FAILURE);
}

/* The same on every machine: no user, jail or certificate is looked up. */
static int
check(const char *file)
{
	struct diag *diag = diag_new();
	struct error err = { 0 };
	struct config_text *text = config_text_read(file, &err);
	struct config *config = NULL;
	const char *said;
	int status;

	if (text != NULL)
		config = config_parse(text, diag);
	else
		fprintf(stderr, "%s\n", err.msg);
	for (unsigned n = 0; (said = diag_line(diag, n)) != NULL; n++)
		fprintf(stderr, "%s\n", said);
	status = config == NULL ? EXIT_FAILURE : EXIT_SUCCESS;
	config_free(config);
	config_text_free(text);
	diag_free(diag);
	return status;
}

/*
 * Forks. The parent waits until the child says that it serves, and exits with
 * what became of it; the child returns with the descriptor to say it on. The
 * working directory stays: a reload may read relative paths.
 */
static int
become_daemon(void)
{
	int fds[2];
	char byte;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) == -1)
		fatal("pipe: %s", strerror(errno));
	pid = fork();
	if (pid == -1)
		fatal("fork: %s", strerror(errno));
	if (pid > 0) {
		close(fds[1]);
		_exit(
		    read(fds[0], &byte, 1) == 1 ? EXIT_SUCCESS : EXIT_FAILURE);
	}
	close(fds[0]);
	setsid();
	log_open(PROGRAM, LOG_TO_STDERR, 0);
	return fds[1];
}

static struct plan *
load(const char *file)
{
	struct diag *diag = diag_new();
	struct error err = { 0 };
	struct plan *plan = plan_load(file, diag, &err);

	supervisor_log_diag(diag);
	if (err.msg[0] != '\0')
		log_err("%s", err.msg);
	diag_free(diag);
	return plan;
}

int
main(int argc, char **argv)
{
	struct supervisor_options opts = { .ready_fd = -1 };
	struct command_line line;
	struct plan *plan;
	char *tag;
	int status;

	log_open(PROGRAM, LOG_TO_STDERR, 0);
	read_command_line(&line, argc, argv);
	if (line.check)
		return check(line.file);
	umask(022);
	opts.file = line.file;
	opts.pid_file = line.pid_file;
	opts.log.level = line.verbose ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO;
	log_set_level(opts.log.level);
	plan = load(line.file);
	if (plan == NULL)
		return EXIT_FAILURE;
	tag =
	    xstrdup(plan->config->log_tag != NULL ? plan->config->log_tag : "");
	log_set_tag(tag);
	opts.log.tag = tag;
	if (line.daemon || plan->config->daemonize) {
		if (plan->config->log_facility != -1) {
			opts.log.target = LOG_TO_SYSLOG;
			opts.log.facility = plan->config->log_facility;
		}
		opts.ready_fd = become_daemon();
	}
	status = supervisor_run(&opts, plan);
	free(tag);
	return status;
}
