#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <malloc.h>
#include <string.h>

#include "base/arena.h"

static void
test_memory_is_zeroed_and_aligned(void **state)
{
	static const unsigned char zero[9000];
	struct arena *arena = arena_new(0);
	size_t size;

	(void)state;
	for (size = 0; size < sizeof(zero); size += 1 + size / 3) {
		unsigned char *p = arena_alloc(arena, size);

		assert_non_null(p);
		assert_int_equal((uintptr_t)p % _Alignof(max_align_t), 0);
		assert_memory_equal(p, zero, size);
		memset(p, 0xff, size);
	}
	arena_free(arena);
}

static void
test_pieces_do_not_overlap(void **state)
{
	struct arena *arena = arena_new(0);
	unsigned *pieces[3000], i;

	(void)state;
	for (i = 0; i < 3000; i++) {
		pieces[i] = arena_alloc(arena, i % 100 == 7 ? 5000 : 24);
		*pieces[i] = i;
	}
	for (i = 0; i < 3000; i++)
		assert_int_equal(*pieces[i], i);
	arena_free(arena);
}

static void
test_cap(void **state)
{
	struct arena *arena = arena_new(100);

	(void)state;
	assert_non_null(arena_alloc(arena, 60));
	assert_null(arena_alloc(arena, 41));
	assert_null(arena_alloc(arena, SIZE_MAX));
	assert_null(arena_printf(arena, "%60d", 1));
	assert_non_null(arena_alloc(arena, 40));
	assert_null(arena_strdup(arena, ""));
	arena_free(arena);
}

static void
test_strings(void **state)
{
	struct arena *arena = arena_new(0);

	(void)state;
	assert_string_equal(arena_strdup(arena, "one"), "one");
	assert_string_equal(arena_strndup(arena, "twofold", 3), "two");
	assert_string_equal(arena_strndup(arena, NULL, 0), "");
	assert_string_equal(arena_printf(arena, "%d%s", 3, "!"), "3!");
	arena_free(arena);
}

struct note {
	struct arena *arena; /* to register another hook from a hook */
	const char *text;
	char *order; /* where the hooks sign */
};

static void
sign(void *arg)
{
	struct note *note = arg;

	strncat(note->order, note->text, 1);
	if (note->arena != NULL) {
		struct note *last = arena_alloc(note->arena, sizeof(*last));

		*last = (struct note){ NULL, "z", note->order };
		arena_on_free(note->arena, sign, last);
	}
}

static void
test_hooks_run_latest_first(void **state)
{
	struct arena *arena = arena_new(sizeof(struct note));
	char order[8] = "";
	struct note a = { NULL, "a", order }, b = { arena, "b", order };

	(void)state;
	arena_on_free(arena, sign, &a);
	arena_on_free(arena, sign, &b);
	arena_free(arena);
	assert_string_equal(order, "bza");
	arena_free(NULL);
}

/* As long as a WebSocket lives, so does the arena of its handshake. */
static void
test_a_small_arena_is_half_a_page(void **state)
{
	size_t before = mallinfo2().uordblks;
	struct arena *arena = arena_new(0);

	(void)state;
	arena_alloc(arena, 400);
	arena_alloc(arena, 400);
	arena_alloc(arena, 400);
	arena_alloc(arena, 400);
	assert_in_range(mallinfo2().uordblks - before, 0, 2048);
	arena_free(arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_memory_is_zeroed_and_aligned),
		cmocka_unit_test(test_pieces_do_not_overlap),
		cmocka_unit_test(test_cap),
		cmocka_unit_test(test_a_small_arena_is_half_a_page),
		cmocka_unit_test(test_strings),
		cmocka_unit_test(test_hooks_run_latest_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
