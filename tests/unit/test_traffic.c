/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rates and addresses of guests that are on screen but not open. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "support/rich.h"
#include "support/screen.h"

struct told {
	gint64 net_us, disk_us;
	int64_t bytes;
	const char *address;
};

static void tell(struct screen *screen, unsigned host, const struct guest *guest, struct told told)
{
	struct msg *msg = msg_new(MSG_TRAFFIC, host, 1);
	struct guest_traffic *traffic = guest_traffic_new();

	memcpy(traffic->uuid, guest->ref.uuid, sizeof(traffic->uuid));
	traffic->net_us = told.net_us;
	traffic->disk_us = told.disk_us;
	if (told.net_us)
		traffic->rx_bytes = traffic->tx_bytes = told.bytes;
	if (told.disk_us)
		traffic->rd_bytes = traffic->wr_bytes = told.bytes;
	traffic->address = g_strdup(told.address);
	msg->list = g_ptr_array_new_with_free_func((GDestroyNotify)guest_traffic_free);
	g_ptr_array_add(msg->list, traffic);
	screen_message(screen, msg);
}

static const struct guest *a_guest(struct screen *screen, unsigned *ret_host)
{
	struct sample *sample = sample_new();

	*ret_host = rich_host(screen);
	rich_add_guest(sample, 30, "one", GUEST_RUNNING, 1);
	rich_post_sample(screen, *ret_host, sample);
	return store_host_at(screen->app.store, 0)->guests->pdata[0];
}

static void two_looks_give_a_rate_that_is_told_for_a_while(void **state)
{
	struct screen *screen = screen_new(24, 120);
	const gint64 second = G_USEC_PER_SEC, now = SCREEN_NOW_US;
	unsigned host;
	const struct guest *guest = a_guest(screen, &host);

	(void)state;
	assert_true(guest_net_bps(guest, now) < 0);
	tell(screen, host, guest, (struct told){.net_us = now - 5 * second, .bytes = 1000});
	assert_true(guest_net_bps(guest, now) < 0);
	tell(screen, host, guest, (struct told){.net_us = now, .bytes = 6000});
	assert_float_equal(guest_net_bps(guest, now), 2000, 0.01);
	/* Of the disks nothing was told, and a later word of them leaves the other rate as it is. */
	assert_true(guest_disk_bps(guest, now) < 0);
	tell(screen, host, guest, (struct told){.disk_us = now - 10 * second, .bytes = 0});
	tell(screen, host, guest, (struct told){.disk_us = now, .bytes = 500});
	assert_float_equal(guest_disk_bps(guest, now), 100, 0.01);
	assert_float_equal(guest_net_bps(guest, now), 2000, 0.01);
	/* Nobody looks any more: it is no rate of now. */
	assert_float_equal(guest_net_bps(guest, now + 29 * second), 2000, 0.01);
	assert_true(guest_net_bps(guest, now + 31 * second) < 0);
	/* Counters begin anew with a new QEMU; an answer that was overtaken changes nothing. */
	tell(screen, host, guest, (struct told){.net_us = now + 5 * second, .bytes = 10});
	assert_true(guest_net_bps(guest, now + 5 * second) < 0);
	tell(screen, host, guest, (struct told){.net_us = now + 4 * second, .bytes = 99999});
	assert_true(guest_net_bps(guest, now + 5 * second) < 0);
	screen_free(screen);
}

static void unknown_guests_and_other_counters_do_no_harm(void **state)
{
	struct screen *screen = screen_new(24, 120);
	struct guest nobody = {.ref = {.kind = OBJ_GUEST, .uuid = {9, 9, 9}}};
	unsigned host;

	(void)state;
	a_guest(screen, &host);
	tell(screen, host, &nobody, (struct told){.net_us = SCREEN_NOW_US, .bytes = 1, .address = "10.0.0.1"});
	screen_assert_has(screen, "one");
	screen_free(screen);
}

static void addresses_are_in_the_table(void **state)
{
	struct screen *screen = screen_new(24, 160);
	unsigned host;
	const struct guest *guest = a_guest(screen, &host);

	(void)state;
	tell(screen, host, guest, (struct told){.address = "192.0.2.77 +"});
	/* Only a round without addresses came since. */
	tell(screen, host, guest, (struct told){.net_us = SCREEN_NOW_US, .bytes = 1});
	screen_keys(screen, "M-1 Home M-2 ]");
	screen_assert_lacks(screen, "192.0.2.77");
	screen_keys(screen, "o G k k k k k k Space Esc");
	screen_assert_has(screen, "192.0.2.77 +");
	screen_free(screen);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(two_looks_give_a_rate_that_is_told_for_a_while),
	        cmocka_unit_test(unknown_guests_and_other_counters_do_no_harm),
	        cmocka_unit_test(addresses_are_in_the_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
