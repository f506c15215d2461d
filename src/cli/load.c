#include "load.h"

#include <stddef.h>

#include "config/config.h"
#include "say.h"

bool
load_config(struct load *load, const char *file)
{
	struct diag *diag;
	struct error err;

	*load =
	    (struct load){ .file = file != NULL ? file : CONFIG_DEFAULT_FILE };
	load->text = config_text_read(load->file, &err);
	if (load->text == NULL) {
		say("%s", err.msg);
		return false;
	}
	diag = diag_new();
	load->config = config_parse(load->text, diag);
	diag_free(diag);
	if (load->config != NULL)
		return true;
	say("there are errors in %s: see `gatehouse check`", load->file);
	load_release(load);
	return false;
}

void
load_release(struct load *load)
{
	config_free(load->config);
	config_text_free(load->text);
	*load = (struct load){ .file = load->file };
}
