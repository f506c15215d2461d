/* The table of what is heard, held against msg.def. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dispatch.h"

/* Every message that a child may send has somebody to hear it; no other has. */
static void
test_complete(void **state)
{
	const enum ipc_role roles[] = { IPC_PROXY, IPC_MONITOR, IPC_ACME,
		IPC_DDNS, IPC_PORTMAP, IPC_MQTT };

	(void)state;
	for (int kind = 0; kind < MSG_COUNT; kind++)
		for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++)
			if (dispatch_hears(kind, roles[i]) !=
			    msg_allowed(kind, roles[i], IPC_SUPERVISOR))
				fail_msg("%s from role %d: the table of "
				         "dispatch.c and msg.def differ",
				    msg_name(kind), roles[i]);
}

static void
test_not_from_itself(void **state)
{
	(void)state;
	for (int kind = 0; kind < MSG_COUNT; kind++)
		assert_false(dispatch_hears(kind, IPC_SUPERVISOR));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_complete),
		cmocka_unit_test(test_not_from_itself),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
