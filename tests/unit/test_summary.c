/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The pages of host, guest, pool, volume and network; the first minutes with a host. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "support/rich.h"

static void open_object(struct screen *screen, struct obj_ref ref)
{
	app_open(&screen->app, &ref);
}

static void host_page_tells_load_guests_and_versions(void **state)
{
	struct screen *screen = screen_new(60, 120);

	(void)state;
	rich_host(screen);
	screen_assert_has(screen, "Load average  1.42  0.98  0.31");
	screen_assert_has(screen, "5.00 GiB of 8.00 GiB");
	screen_assert_has(screen, "7 of 8");
	screen_assert_has(screen, "3 running, 1 paused, 1 suspended, 1 shutting down, 1 crashed, 1 off");
	screen_assert_has(screen, "libvirt  9.0.0");
	screen_assert_has(screen, "QEMU     7.2.0");
	screen_assert_has(screen, "192.168.122.1/24");
	screen_free(screen);
}

static void guest_page_tells_everything_known(void **state)
{
	struct screen *screen = screen_new(60, 160);
	unsigned host = rich_host(screen);

	(void)state;
	open_object(screen, rich_ref(OBJ_GUEST, host, 1));
	screen_assert_has(screen, "running (booted)");
	screen_assert_has(screen, "1d 02h");
	screen_assert_has(screen, "50.0% of 2 vCPUs");
	screen_assert_has(screen, "/var/lib/libvirt/images/web1.qcow2");
	screen_assert_has(screen, "(empty)");
	screen_assert_has(screen, "192.168.122.7/24 (lease)");
	screen_assert_has(screen, "300 MiB of 1000 MiB");
	screen_assert_has(screen, "virtio, asked for figures every 2 s");
	screen_assert_has(screen, "Ask anna before a restart.");
	screen_assert_has(screen, "not connected");
	screen_free(screen);
}

static void emulated_guest_is_named_slow(void **state)
{
	struct screen *screen = screen_new(60, 120);
	unsigned host = rich_host(screen);

	(void)state;
	rich_detail(screen, host, 3);
	open_object(screen, rich_ref(OBJ_GUEST, host, 3));
	screen_assert_has(screen, "TCG: emulated, slow");
	screen_free(screen);
}

static void old_figures_say_their_age(void **state)
{
	struct screen *screen = screen_new(60, 120);
	unsigned host = rich_host(screen);
	int y, x;

	(void)state;
	open_object(screen, rich_ref(OBJ_GUEST, host, 1));
	screen_assert_lacks(screen, " s old");
	screen_advance(screen, 40 * G_USEC_PER_SEC);
	screen_assert_has(screen, "40 s old");
	assert_true(screen_find(screen, "50.0% of 2", &y, &x));
	assert_int_equal(screen_role(screen, y, x), ROLE_STALE);
	screen_assert_has(screen, "not answering for ");
	screen_free(screen);
}

static void tabs_turn_and_are_remembered_for_each_kind(void **state)
{
	struct screen *screen = screen_new(30, 120);
	unsigned host = rich_host(screen);

	(void)state;
	open_object(screen, rich_ref(OBJ_GUEST, host, 1));
	screen_keys(screen, "M-2 ] ] ] ] ]");
	screen_assert_has(screen, "[XML]");
	screen_assert_has(screen, "<name>web1</name>");
	open_object(screen, rich_ref(OBJ_HOST, host, 0));
	screen_assert_has(screen, "[Summary]");
	open_object(screen, rich_ref(OBJ_GUEST, host, 2));
	screen_assert_has(screen, "[XML]");
	screen_free(screen);
}

static void xml_is_searched_and_switched(void **state)
{
	struct screen *screen = screen_new(30, 120);
	unsigned host = rich_host(screen);
	int y, x;

	(void)state;
	open_object(screen, rich_ref(OBJ_GUEST, host, 1));
	screen_keys(screen, "M-2 ] ] ] ] ] / 'DISK' Enter");
	screen_assert_has(screen, "line 5 of 8");
	assert_true(screen_find(screen, "disk type", &y, &x));
	assert_int_equal(screen_role(screen, y, x), ROLE_MATCH);
	assert_int_equal(screen_role(screen, y, x - 1), ROLE_XML_TAG);
	screen_keys(screen, "v");
	screen_assert_has(screen, "stored definition");
	screen_assert_lacks(screen, "<memory");
	screen_free(screen);
}

static void pool_page_lists_its_volumes_with_their_users(void **state)
{
	struct screen *screen = screen_new(40, 140);
	unsigned host = rich_host(screen);

	(void)state;
	open_object(screen, rich_ref(OBJ_POOL, host, 1));
	screen_assert_has(screen, "210 GiB of 500 GiB");
	screen_assert_has(screen, "Volumes (2)");
	screen_assert_has(screen, "vda of web1");
	screen_free(screen);
}

static void network_page_lists_leases(void **state)
{
	struct screen *screen = screen_new(40, 100);
	unsigned host = rich_host(screen);

	(void)state;
	open_object(screen, rich_ref(OBJ_NETWORK, host, 1));
	screen_assert_has(screen, "192.168.122.2 - .254");
	screen_assert_has(screen, "52:54:00:12:34:56 web1");
	screen_assert_has(screen, "printer");
	screen_assert_has(screen, "reserved");
	screen_assert_has(screen, "192.168.122.7/24 (lease)");
	screen_free(screen);
}

static void an_object_that_went_away_says_so(void **state)
{
	struct screen *screen = screen_new(24, 120);
	unsigned host = rich_host(screen);
	struct obj_ref ref = rich_ref(OBJ_GUEST, host, 77);
	struct view *content = screen->app.regions[REGION_CONTENT];

	(void)state;
	content->ops->set_object(content, &ref);
	screen_assert_has(screen, "no longer there");
	screen_free(screen);
}

/* ---- the first minutes ---- */

static void post_status(struct screen *screen, unsigned host, struct host_status *status)
{
	struct msg *msg = msg_new(MSG_HOST, host, status->epoch);

	msg->status = status;
	screen_message(screen, msg);
}

static void failed_connection_says_what_to_do(void **state)
{
	struct screen *screen = screen_new(30, 100);
	struct host_status *status = host_status_new();
	unsigned host = screen_host(screen, "qemu:///system");

	(void)state;
	status->link = HOST_FAILED;
	status->uri = g_strdup("qemu:///system");
	status->tried = g_strdup("qemu:///system by /run/libvirt/libvirt-sock");
	status->error = g_strdup("Failed to connect socket: No such file or directory");
	status->advice = g_strdup("libvirtd is not running.");
	status->command = g_strdup("sudo systemctl start libvirtd");
	status->since_us = app_now_us(&screen->app);
	status->retry_at_us = app_now_us(&screen->app) + 4 * G_USEC_PER_SEC;
	status->attempt = 2;
	post_status(screen, host, status);
	screen_assert_has(screen, "No connection to libvirt");
	screen_assert_has(screen, "by /run/libvirt/libvirt-sock");
	screen_assert_has(screen, "No such file or directory");
	screen_assert_has(screen, "sudo systemctl start libvirtd");
	screen_assert_has(screen, "retry in 4 s");
	screen_assert_has(screen, "R try again now");
	screen_advance(screen, G_USEC_PER_SEC);
	screen_assert_has(screen, "retry in 3 s");
	screen_free(screen);
}

static void first_frame_says_that_it_connects(void **state)
{
	struct screen *screen = screen_new(24, 80);

	(void)state;
	screen_host(screen, "");
	screen_assert_has(screen, "libvirt's default");
	screen_free(screen);
}

static void host_without_guests_shows_a_checklist(void **state)
{
	struct screen *screen = screen_new(40, 120);
	unsigned host = screen_host(screen, "qemu:///system");
	struct host_status *status;

	(void)state;
	screen_host_up(screen, host, "kvm1");
	status = host_status_copy(store_host(screen->app.store, host)->status);
	status->local = true;
	status->kvm = KVM_NO_PERMISSION;
	status->in_libvirt_group = false;
	post_status(screen, host, status);
	rich_post_sample(screen, host, sample_new());
	screen_assert_has(screen, "No guests yet");
	screen_assert_has(screen, "[!]  /dev/kvm may not be used by you");
	screen_assert_has(screen, "n: define and start it");
	screen_assert_has(screen, "p: define and start");
	screen_keys(screen, "M-2 L");
	screen_assert_has(screen, "sudo usermod -aG libvirt");
	screen_free(screen);
}

static void empty_session_points_at_the_system_daemon(void **state)
{
	struct screen *screen = screen_new(40, 120);
	unsigned host = screen_host(screen, "qemu:///session");
	struct host_status *status;

	(void)state;
	screen_host_up(screen, host, "kvm1");
	status = host_status_copy(store_host(screen->app.store, host)->status);
	status->session = status->system_socket_exists = true;
	post_status(screen, host, status);
	rich_post_sample(screen, host, sample_new());
	screen_assert_has(screen, "your own session daemon");
	screen_assert_has(screen, "o open qemu:///system instead");
	screen_free(screen);
}

static void readonly_is_badged(void **state)
{
	struct screen *screen = screen_new(24, 60);
	struct host_status *status;
	unsigned host = rich_host(screen);

	(void)state;
	status = host_status_copy(store_host(screen->app.store, host)->status);
	status->readonly = true;
	post_status(screen, host, status);
	screen_assert_has(screen, "READ-ONLY");
	screen_free(screen);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(host_page_tells_load_guests_and_versions),
	        cmocka_unit_test(guest_page_tells_everything_known),
	        cmocka_unit_test(emulated_guest_is_named_slow),
	        cmocka_unit_test(old_figures_say_their_age),
	        cmocka_unit_test(tabs_turn_and_are_remembered_for_each_kind),
	        cmocka_unit_test(xml_is_searched_and_switched),
	        cmocka_unit_test(pool_page_lists_its_volumes_with_their_users),
	        cmocka_unit_test(network_page_lists_leases),
	        cmocka_unit_test(an_object_that_went_away_says_so),
	        cmocka_unit_test(failed_connection_says_what_to_do),
	        cmocka_unit_test(first_frame_says_that_it_connects),
	        cmocka_unit_test(host_without_guests_shows_a_checklist),
	        cmocka_unit_test(empty_session_points_at_the_system_daemon),
	        cmocka_unit_test(readonly_is_badged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
