/* What is remembered of the router's table. */

#include "mapped.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"

#define NONCE "nonce: YWJjZGVmZ2hpamts\n"

struct place {
	char path[32];
	int fd;
};

static int
set_up(void **state)
{
	static struct place place;

	memcpy(place.path, "/tmp/mapped.XXXXXX", 19);
	assert_non_null(mkdtemp(place.path));
	place.fd = open(place.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_not_equal(place.fd, -1);
	*state = &place;
	return 0;
}

static int
tear_down(void **state)
{
	struct place *place = *state;

	unlinkat(place->fd, MAPPED_FILE, 0);
	close(place->fd);
	return rmdir(place->path);
}

static void
test_there_and_back(void **state)
{
	struct place *place = *state;
	struct mapped before, after;

	mapped_read(&before, place->fd);
	assert_string_equal(before.ports, "");
	mapped_set(&before, "80:8080 443:8443");
	assert_int_equal(mapped_write(&before, place->fd, NULL), 0);
	mapped_read(&after, place->fd);
	assert_string_equal(after.ports, "80:8080 443:8443");
	assert_memory_equal(after.nonce, before.nonce, sizeof(before.nonce));
	mapped_release(&before);
	mapped_release(&after);
}

/* Without its nonce a mapping cannot be taken away. */
static void
test_what_is_damaged_was_never_written(void **state)
{
	static const char *const texts[] = { "", "\n", "ports: 80:80\n",
		"nonce: short\nports: 80:80\n", NONCE, NONCE "port: 80:80\n",
		NONCE "ports: 80:80" };
	struct place *place = *state;
	struct mapped mapped;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		assert_int_equal(file_write_at(place->fd, MAPPED_FILE, texts[i],
		                     strlen(texts[i]), 0600, NULL),
		    0);
		mapped_read(&mapped, place->fd);
		assert_string_equal(mapped.ports, "");
		if (strncmp(texts[i], NONCE, strlen(NONCE)) == 0)
			assert_memory_equal(mapped.nonce, "abcdefghijkl", 12);
		mapped_release(&mapped);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    test_there_and_back, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    test_what_is_damaged_was_never_written, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
