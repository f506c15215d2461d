/* Certificates over years: decisions without a process or a real clock. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "agenda.h"
#include "authority.h"
#include "base/buf.h"
#include "base/xalloc.h"
#include "config/config.h"
#include "renewal.h"
#include "slot.h"

#define MINUTE 60
#define HOUR ((int64_t)3600)
#define DAY (24 * HOUR)
#define T0 ((int64_t)1800000000)
#define A "https://a.test/dir"
#define B "https://b.test/dir"

static const char *names[] = { "gw.test" };
static const struct config_acme second = { .directory = B };
static const struct config_acme first = { .directory = A, .fallback = &second };
static const struct config_cert cert = { .kind = CERT_AUTO,
	.names = names,
	.nnames = 1,
	.key_type = "P-256",
	.store = "gw.test",
	.acme = &first };

/* One gateway, its CAs and the weather. */
struct world {
	struct slot slot;
	int64_t now;
	int64_t lifetime;
	uint32_t state;     /* of the randomness: the same in every run */
	unsigned percent;   /* of all jobs fail */
	int64_t down_until; /* no CA answers */
	unsigned issued;    /* certificates */
	unsigned attempts;  /* since the last one */
	int64_t attempted;  /* the last one */
	unsigned polls;     /* of the window */
	int64_t polled;     /* the last one */
	int64_t window[2];  /* what the CA says now */
	unsigned fallbacks; /* certificates of the second CA */
};

/* xorshift32 */
static uint32_t
draw(struct world *world)
{
	world->state ^= world->state << 13;
	world->state ^= world->state >> 17;
	world->state ^= world->state << 5;
	return world->state;
}

static bool
happens(struct world *world, unsigned percent)
{
	return draw(world) % 100 < percent;
}

static struct schedule_moment
moment(struct world *world)
{
	return (struct schedule_moment){ world->now, draw(world) };
}

/* As Boulder has it: about 2/3 of the life, 1/2 of a short one. */
static void
suggest(struct world *world)
{
	const struct schedule_dates *dates = &world->slot.facts.dates;
	int64_t life = world->lifetime;
	int64_t middle = dates->not_before +
	    (life < 10 * DAY ? life / 2 : life / 3 * 2) -
	    (int64_t)(draw(world) % 3) * life / 20;

	world->window[0] = middle - life / 100;
	world->window[1] = middle + life / 100;
}

static void
serve(struct world *world)
{
	struct slot_facts *facts = &world->slot.facts;

	free(facts->serial);
	facts->known = true;
	facts->dates = (struct schedule_dates){ world->now - HOUR,
		world->now - HOUR + world->lifetime };
	facts->serial = xasprintf("%u", ++world->issued);
	facts->names = (char[]){ "gw.test" };
	world->slot.source = SLOT_CURRENT;
	world->polled = 0; /* of this one, never */
	suggest(world);
}

/* Never sooner than the ladder has it, whatever happened in between. */
static void
check_pace(struct world *world)
{
	const int64_t steps[] = { 0, 48, 480, 4800, 2880 };
	int64_t failures = world->slot.record.schedule.failures;
	int64_t least = steps[failures < 4 ? failures : 4];

	if (world->attempts > 0)
		assert_true(world->now - world->attempted >= least);
	world->attempts++;
	world->attempted = world->now;
}

static void
attempt(struct world *world)
{
	struct slot *slot = &world->slot;
	const char *directory = authority_next(slot, world->now)->directory;
	struct renewal_failure failure = { .kind = JOB_LADDER,
		.problem = "test",
		.detail = "the weather",
		.retry_after = -1,
		.directory = directory };

	assert_true(authority_gate(&slot->record, directory) <= world->now);
	check_pace(world);
	agenda_started(slot, world->now);
	slot->record.schedule.saved_at = world->now;
	world->now += 10;
	if (world->now < world->down_until || happens(world, world->percent)) {
		failure.kind = happens(world, 20) ? JOB_GATE : JOB_LADDER;
		failure.retry_after = failure.kind == JOB_GATE ? HOUR : -1;
		agenda_failed(slot, &failure, moment(world));
		return;
	}
	serve(world);
	record_set(&slot->issuer, directory);
	slot->informed = happens(world, 80);
	slot->info = (struct schedule_info){ world->window[0], world->window[1],
		6 * HOUR };
	agenda_succeeded(slot, moment(world));
	world->attempts = 0;
	world->fallbacks += strcmp(directory, B) == 0;
}

static void
poll_window(struct world *world)
{
	struct schedule *schedule = &world->slot.record.schedule;
	struct schedule_info info;

	assert_true(world->now - world->polled >= MINUTE);
	world->polled = world->now;
	world->polls++;
	if (world->now < world->down_until || happens(world, world->percent)) {
		schedule_informed(schedule, NULL, moment(world));
		return;
	}
	if (happens(world, 2))
		suggest(world);
	info = (struct schedule_info){ world->window[0], world->window[1],
		6 * HOUR };
	schedule_informed(schedule, &info, moment(world));
}

/* What the disk holds of it is enough. */
static void
restart(struct world *world)
{
	struct record *record = &world->slot.record;
	struct buf text = { 0 };

	record->schedule.saved_at = world->now;
	record_print(record, &text);
	record_release(record);
	record_parse(record, (const char *)buf_data(&text), buf_len(&text));
	schedule_loaded(&record->schedule, false, moment(world));
	buf_release(&text);
}

static void
live(struct world *world, int64_t until)
{
	while (world->now < until) {
		struct slot *slot = &world->slot;
		struct errand errand = agenda_first(&slot, 1, world->now);

		assert_ptr_equal(errand.slot, slot);
		if (happens(world, 1))
			restart(world);
		else if (errand.when > world->now)
			world->now += errand.when - world->now < 10 * MINUTE
			    ? errand.when - world->now
			    : 10 * MINUTE;
		else if (errand.kind == JOB_ISSUE)
			attempt(world);
		else
			poll_window(world);
		if (slot->facts.known && world->now > world->down_until + DAY)
			assert_true(slot->facts.dates.not_after - world->now >
			    world->lifetime / 20);
	}
}

static void
begin(struct world *world, int64_t lifetime, uint32_t seed)
{
	*world = (struct world){ .slot = { .config = &cert },
		.now = T0,
		.lifetime = lifetime,
		.percent = 20,
		.state = seed };
	record_set(&world->slot.record.wanted, A " P-256 gw.test");
}

static void
end(struct world *world)
{
	free(world->slot.facts.serial);
	free(world->slot.issuer);
	record_release(&world->slot.record);
}

static const int64_t lifetimes[] = { 90 * DAY, 64 * DAY, 45 * DAY, 160 * HOUR };

#define NLIFETIMES (sizeof(lifetimes) / sizeof(lifetimes[0]))

/* Every fifth job fails: never within a twentieth of the expiry. */
static void
test_400_days(void **state)
{
	(void)state;
	for (uint32_t seed = 1; seed <= 20; seed++)
		for (size_t i = 0; i < NLIFETIMES; i++) {
			struct world world;

			begin(&world, lifetimes[i], seed);
			live(&world, T0 + 400 * DAY);
			assert_in_range(world.issued, 400 * DAY / lifetimes[i],
			    3 * 400 * DAY / lifetimes[i]);
			assert_in_range(world.polls, 400, 400 * 24 * 4);
			end(&world);
		}
}

/* Both CAs are down for long: it is there a day after they are back. */
static void
test_outage(void **state)
{
	(void)state;
	for (uint32_t seed = 1; seed <= 20; seed++)
		for (size_t i = 0; i < NLIFETIMES; i++) {
			struct world world;
			unsigned before;

			begin(&world, lifetimes[i], seed);
			live(&world, T0 + 30 * DAY);
			world.down_until = world.now + lifetimes[i];
			before = world.issued;
			live(&world, world.down_until);
			assert_in_range(world.issued - before, 0, 1);
			live(&world, world.down_until + 60 * DAY);
			assert_true(world.issued > before);
			end(&world);
		}
}

/* A CA that wants everything renewed at once gets no more than a hundred. */
static void
test_window_that_is_always_over(void **state)
{
	struct world world;

	(void)state;
	begin(&world, 90 * DAY, 1);
	for (world.percent = 0; world.now < T0 + 90 * DAY;) {
		live(&world, world.now + HOUR);
		world.window[0] = T0 - 2 * DAY;
		world.window[1] = T0 - DAY;
		schedule_informed(&world.slot.record.schedule,
		    &(struct schedule_info){
		        world.window[0], world.window[1], HOUR },
		    moment(&world));
	}
	assert_in_range(world.issued, 40, 100);
	end(&world);
}

/* Nothing is ordered for an address that is on its way, even if asked for. */
static void
test_address_on_its_way(void **state)
{
	struct slot slot = { .config = &cert,
		.settled_at = T0 + 60,
		.settling = SCHEDULE_ADDRESS };
	struct slot *const slots[] = { &slot };
	enum schedule_reason reason;
	struct errand errand;

	(void)state;
	for (int asked = 0; asked < 2; asked++) {
		slot.asked = asked != 0;
		errand = agenda_first(slots, 1, T0);
		assert_int_equal(errand.kind, JOB_ISSUE);
		assert_int_equal(errand.when, T0 + 60);
		agenda_next(&slot, T0, &reason);
		assert_int_equal(reason, SCHEDULE_ADDRESS);
		assert_int_equal(agenda_next(&slot, T0 + 60, &reason), 0);
		assert_int_equal(
		    reason, asked != 0 ? SCHEDULE_ASKED : SCHEDULE_MISSING);
	}

	/* A longer wait is a longer wait. */
	slot.asked = false;
	slot.record.schedule.retry_at = T0 + 600;
	assert_int_equal(agenda_next(&slot, T0, &reason), T0 + 600);
	assert_int_equal(reason, SCHEDULE_RETRY);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_400_days),
		cmocka_unit_test(test_outage),
		cmocka_unit_test(test_window_that_is_always_over),
		cmocka_unit_test(test_address_on_its_way),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
