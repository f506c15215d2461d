/* The command `start`: see service.h. */

#include <stdio.h>

#include "command.h"
#include "commands.h"
#include "config/config.h"
#include "say.h"
#include "service.h"

int
command_start(const struct arguments *args)
{
	static const char *const done[] = {
		[SERVICE_SYSTEMD] = "by systemd, now and at each boot",
		[SERVICE_DAEMON] =
		    "in the background; no systemd starts it at the next boot",
		[SERVICE_CHILD] = "",
	};
	const char *file = args->option[OPTION_FILE];
	enum service_way way = service_choose(false);
	struct service *service;
	struct error err;

	if (service_start(way, file, &service, &err) == -1) {
		say("start: %s", err.msg);
		return EXIT_BAD;
	}
	printf("the gateway runs with %s, %s\n",
	    file != NULL ? file : CONFIG_DEFAULT_FILE, done[way]);
	service_end(service);
	return EXIT_GOOD;
}
