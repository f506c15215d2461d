/* The sockets of a generation, kept over the next one. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bind.h"
#include "config/config.h"
#include "net/listener.h"

struct made {
	struct config_text *text;
	struct config *config;
	struct diag *diag;
};

static struct made
read_text(const char *text)
{
	struct made made = { .diag = diag_new() };

	made.text = config_text_new("test.conf", text, strlen(text));
	made.config = config_parse(made.text, made.diag);
	if (made.config == NULL)
		fail_msg("%s", diag_line(made.diag, 0));
	return made;
}

/* Listeners on loopback with these ports; 0 lets the kernel choose. */
static struct made
make(unsigned workers, unsigned count, const unsigned *ports)
{
	char text[1024];
	int len = snprintf(text, sizeof(text), "Workers %u\n", workers);

	for (unsigned i = 0; i < count; i++)
		len += snprintf(text + len, sizeof(text) - (size_t)len,
		    "ListenHTTP\nAddress 127.0.0.1\nPort %u\nService\n"
		    "Redirect \"https://gw.test\"\nEnd\nEnd\n",
		    ports[i]);
	return read_text(text);
}

static void
release(struct made *made)
{
	config_free(made->config);
	config_text_free(made->text);
	diag_free(made->diag);
}

static struct bindings *
open_all(struct made *made, const struct bindings *old)
{
	struct bindings *bindings =
	    bindings_open(made->config, old, made->diag);

	if (bindings == NULL)
		fail_msg("%s", diag_line(made->diag, 0));
	return bindings;
}

/* The socket behind a descriptor: the same one behind every copy of it. */
static ino_t
socket_of(int fd)
{
	struct stat st;

	assert_int_equal(fstat(fd, &st), 0);
	return st.st_ino;
}

static unsigned
port_of(int fd)
{
	struct addr addr;

	assert_int_equal(listener_addr(fd, &addr), 0);
	return addr_port(&addr);
}

static void
test_one_port_for_all_workers(void **state)
{
	const unsigned ports[] = { 0, 0 };
	struct made made = make(3, 2, ports);
	struct bindings *bindings = open_all(&made, NULL);

	(void)state;
	assert_int_equal(bindings->count, 2);
	for (unsigned i = 0; i < 2; i++) {
		const struct binding *binding = &bindings->list[i];

		for (unsigned j = 0; j < 3; j++)
			assert_int_equal(port_of(binding->fds[j]),
			    addr_port(&binding->actual));
		assert_int_not_equal(
		    socket_of(binding->fds[0]), socket_of(binding->fds[1]));
	}
	assert_int_not_equal(addr_port(&bindings->list[0].actual),
	    addr_port(&bindings->list[1].actual));
	bindings_free(bindings);
	release(&made);
}

/* A reload keeps what stays, in whatever order, and every worker's queue. */
static void
test_kept(void **state)
{
	const unsigned none[] = { 0 };
	struct made lone = make(1, 1, none);
	struct bindings *spare = open_all(&lone, NULL);
	const unsigned fixed = addr_port(&spare->list[0].actual);
	const unsigned before[] = { fixed, 0 }, after[] = { 0, fixed };
	struct made first = make(2, 2, before), second = make(3, 2, after);
	struct bindings *old, *new;

	(void)state;
	bindings_free(spare);
	old = open_all(&first, NULL);
	new = open_all(&second, old);
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(socket_of(new->list[1].fds[i]),
		    socket_of(old->list[0].fds[i]));
		assert_int_equal(socket_of(new->list[0].fds[i]),
		    socket_of(old->list[1].fds[i]));
	}
	assert_int_equal(port_of(new->list[1].fds[2]), fixed);
	assert_int_not_equal(
	    socket_of(new->list[1].fds[2]), socket_of(new->list[1].fds[1]));

	/* They outlive the generation that opened them. */
	bindings_free(old);
	assert_int_equal(port_of(new->list[1].fds[0]), fixed);
	bindings_free(new);
	release(&lone);
	release(&first);
	release(&second);
}

/*
 * The port is another program's, and shared by it, as we share ours: it is
 * refused all the same, with the place in the file, and nothing stays open.
 */
static void
test_taken(void **state)
{
	struct addr addr;
	unsigned ports[2] = { 0 };
	struct made mine = make(1, 1, ports), both;
	struct bindings *held = open_all(&mine, NULL), *got;
	char expected[32];
	int foreign;

	(void)state;
	assert_true(addr_parse(&addr, "127.0.0.1", 0));
	foreign = listener_open(&addr, false, NULL);
	assert_int_not_equal(foreign, -1);
	ports[1] = port_of(foreign);
	both = make(1, 2, ports);
	got = bindings_open(both.config, held, both.diag);
	assert_null(got);
	assert_int_equal(diag_count(both.diag, DIAG_ERROR), 1);
	snprintf(
	    expected, sizeof(expected), "port %u is already in use", ports[1]);
	assert_non_null(strstr(diag_line(both.diag, 0), expected));
	assert_non_null(strstr(diag_line(both.diag, 0), "test.conf:9:"));
	close(foreign);
	bindings_free(held);
	release(&mine);
	release(&both);
}

#define HTTP "Workers 2\nListenHTTP\nAddress 127.0.0.1\nPort 0\nEnd\n"

/* One for the monitor, whatever there is for workers; kept, moved and gone. */
static void
test_status(void **state)
{
	struct made first = read_text(HTTP "Status\nPort 0\nEnd\n");
	struct made second =
	    read_text(HTTP "Status\nAddress 127.0.0.2\nPort 0\nEnd\n");
	struct made none = read_text(HTTP);
	struct bindings *old = open_all(&first, NULL), *new;
	unsigned port = addr_port(&old->status.actual);

	(void)state;
	assert_int_equal(port_of(old->status.fds[0]), port);
	new = open_all(&first, old);
	assert_int_equal(
	    socket_of(new->status.fds[0]), socket_of(old->status.fds[0]));
	bindings_free(old);
	assert_int_equal(port_of(new->status.fds[0]), port);
	old = new;
	new = open_all(&second, old);
	assert_int_not_equal(
	    socket_of(new->status.fds[0]), socket_of(old->status.fds[0]));
	bindings_free(old);
	old = new;
	new = open_all(&none, old);
	assert_null(new->status.fds);
	bindings_free(old);
	bindings_free(new);
	release(&first);
	release(&second);
	release(&none);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_port_for_all_workers),
		cmocka_unit_test(test_kept),
		cmocka_unit_test(test_taken),
		cmocka_unit_test(test_status),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
