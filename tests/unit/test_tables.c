/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tables of pools, networks, volumes, and of a network's guests. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "nvirt/text.h"
#include "support/rich.h"

static const char *selected_name(struct screen *screen)
{
	struct obj_ref ref = {.kind = OBJ_NONE};

	screen_text(screen);
	app_selected(&screen->app, &ref);
	return store_name(screen->app.store, &ref);
}

/* Tab `tabs` to the right of the first one of that object. */
static struct screen *tab_of(int rows, int cols, enum obj_kind kind, unsigned number, int tabs, unsigned *ret_host)
{
	struct screen *screen = screen_new(rows, cols);
	struct obj_ref ref;

	*ret_host = rich_host(screen);
	ref = rich_ref(kind, *ret_host, number);
	if (kind == OBJ_HOST)
		ref = store_host(screen->app.store, *ret_host)->ref;
	app_open(&screen->app, &ref);
	screen_keys(screen, "M-2");
	for (int i = 0; i < tabs; i++)
		screen_keys(screen, "]");
	screen_text(screen);
	return screen;
}

static void set_sums(struct screen *screen, unsigned host)
{
	GPtrArray *pools = g_ptr_array_new_with_free_func((GDestroyNotify)pool_row_free);

	rich_pool(pools, 1, "default", POOL_RUNNING);
	rich_pool(pools, 2, "iso", POOL_INACTIVE);
	((struct pool_row *)pools->pdata[0])->virtual_bytes = 900ll << 30;
	((struct pool_row *)pools->pdata[0])->volumes = 12;
	rich_post_list(screen, host, MSG_POOLS, 0, pools);
}

static void pools_show_what_they_promised(void **state)
{
	unsigned host;
	struct screen *screen = tab_of(30, 200, OBJ_HOST, 0, 2, &host);

	(void)state;
	screen_assert_has(screen, "[Storage]");
	screen_assert_has(screen, "2 pools, 1 active");
	screen_assert_has(screen, "42%");
	screen_assert_has(screen, "/var/lib/libvirt/images");
	screen_assert_lacks(screen, "180%");
	set_sums(screen, host);
	screen_assert_has(screen, "180%");
	screen_free(screen);
}

static void pool_under_the_cursor_has_its_actions(void **state)
{
	unsigned host;
	struct screen *screen = tab_of(30, 120, OBJ_HOST, 0, 2, &host);
	struct obj_ref ref;

	(void)state;
	assert_string_equal(selected_name(screen), "default");
	screen_keys(screen, "j");
	assert_string_equal(selected_name(screen), "iso");
	assert_true(app_selected(&screen->app, &ref));
	assert_int_equal(ref.kind, OBJ_POOL);
	/* The cursor keeps to its pool when the order turns round. */
	screen_keys(screen, "i");
	assert_string_equal(selected_name(screen), "iso");
	screen_keys(screen, "/ 'DEF' Enter");
	assert_string_equal(selected_name(screen), "default");
	screen_keys(screen, "Enter");
	assert_int_equal(screen->app.open.kind, OBJ_POOL);
	screen_free(screen);
}

static void networks_are_a_table(void **state)
{
	unsigned host;
	struct screen *screen = tab_of(24, 120, OBJ_HOST, 0, 4, &host);

	(void)state;
	screen_assert_has(screen, "[Networks]");
	screen_assert_has(screen, "192.168.122.1/24");
	screen_assert_has(screen, "2 networks, 1 active");
	screen_keys(screen, "j Enter");
	assert_int_equal(screen->app.open.kind, OBJ_NETWORK);
	screen_free(screen);
}

/* ---- volumes ---- */

static void add_user(struct volume_row *row, const char *words)
{
	g_ptr_array_add(row->users, g_strdup(words));
}

static void add_layer(struct volume_row *row, const char *path, const char *pool)
{
	struct volume_layer *layer = g_new0(struct volume_layer, 1);

	layer->path = g_strdup(path);
	layer->format = g_strdup("qcow2");
	layer->pool = g_strdup(pool);
	if (!row->chain)
		row->chain = g_ptr_array_new_with_free_func((GDestroyNotify)volume_layer_free);
	g_ptr_array_add(row->chain, layer);
}

static void post_volumes(struct screen *screen, unsigned host, unsigned known, unsigned total)
{
	struct msg *msg = msg_new(MSG_VOLUMES, host, 1);
	struct obj_ref pool = rich_ref(OBJ_POOL, host, 1);
	GPtrArray *volumes = g_ptr_array_new_with_free_func((GDestroyNotify)volume_row_free);
	struct volume_row *row;

	rich_volume(volumes, "top.qcow2");
	row = volumes->pdata[0];
	g_free(row->used_by);
	row->used_by = g_strdup("vda of web1, vda of web2, snapshot s1 of web3");
	add_user(row, "disk vda of 'web2'");
	add_user(row, "disk vda of snapshot 's1' of 'web3'");
	add_layer(row, "/images/mid.qcow2", "default");
	add_layer(row, "/nfs/base.qcow2", "");
	rich_volume(volumes, "bad\nname\xff");
	row = volumes->pdata[1];
	g_ptr_array_set_size(row->users, 0);
	g_clear_pointer(&row->used_by, g_free);
	memcpy(msg->uuid, pool.uuid, sizeof(msg->uuid));
	msg->kind = OBJ_POOL;
	msg->list = volumes;
	msg->known = known;
	msg->total = total;
	screen_message(screen, msg);
}

static void volumes_say_how_many_users_are_known(void **state)
{
	unsigned host;
	struct screen *screen = tab_of(24, 160, OBJ_POOL, 1, 1, &host);

	(void)state;
	post_volumes(screen, host, 300, 10000);
	screen_assert_has(screen, "[Volumes]");
	screen_assert_has(screen, "users known for 300 of 10000 guests");
	screen_assert_has(screen, "mid.qcow2 < base.qcow2");
	post_volumes(screen, host, 10000, 10000);
	screen_assert_lacks(screen, "users known");
	screen_free(screen);
}

static void more_users_than_fit_are_counted(void **state)
{
	unsigned host;
	struct screen *screen = tab_of(24, 80, OBJ_POOL, 1, 1, &host);

	(void)state;
	post_volumes(screen, host, 1, 1);
	screen_assert_has(screen, "vda of web1 +2");
	screen_free(screen);
}

static void volume_of_any_name_is_chosen_and_opened(void **state)
{
	unsigned host;
	struct screen *screen = tab_of(24, 100, OBJ_POOL, 1, 1, &host);
	struct obj_ref ref;

	(void)state;
	post_volumes(screen, host, 1, 1);
	screen_keys(screen, "Home");
	screen_text(screen);
	assert_true(app_selected(&screen->app, &ref));
	assert_int_equal(ref.kind, OBJ_VOLUME);
	assert_string_equal(ref.name, "bad\nname\xff");
	screen_keys(screen, "Enter");
	assert_int_equal(screen->app.open.kind, OBJ_VOLUME);
	screen_assert_has(screen, "No guest, snapshot or image");
	screen_free(screen);
}

static void volume_page_has_users_and_chain(void **state)
{
	unsigned host;
	struct screen *screen = tab_of(40, 100, OBJ_POOL, 1, 1, &host);

	(void)state;
	post_volumes(screen, host, 2, 3);
	screen_keys(screen, "End Enter");
	screen_assert_has(screen, "disk vda of snapshot 's1' of 'web3'");
	screen_assert_has(screen, "Users are known for 2 of 3 guests.");
	screen_assert_has(screen, "/nfs/base.qcow2");
	screen_free(screen);
}

static void pool_is_refreshed_from_its_volumes(void **state)
{
	unsigned host;
	struct screen *screen = tab_of(24, 100, OBJ_POOL, 1, 1, &host);
	unsigned before = store_task_count(screen->app.store);

	(void)state;
	post_volumes(screen, host, 1, 1);
	screen_keys(screen, "r");
	assert_int_equal(store_task_count(screen->app.store), before + 1);
	screen_free(screen);
}

/* ---- a network's guests ---- */

static void guest_of_a_network_is_opened(void **state)
{
	unsigned host;
	struct screen *screen = tab_of(24, 120, OBJ_NETWORK, 1, 1, &host);

	(void)state;
	screen_assert_has(screen, "[Guests]");
	screen_assert_has(screen, "2 NICs, 2 plugged in");
	screen_assert_has(screen, "lease");
	screen_keys(screen, "j");
	assert_string_equal(selected_name(screen), "web2");
	screen_keys(screen, "Enter");
	assert_int_equal(screen->app.open.kind, OBJ_GUEST);
	screen_free(screen);
}

/* Every size from nothing on: no crash, nothing outside. */
static void tables_draw_at_any_size(void **state)
{
	static const struct {
		enum obj_kind kind;
		int tab;
	} tabs[] = {{OBJ_HOST, 2}, {OBJ_HOST, 3}, {OBJ_POOL, 1}, {OBJ_NETWORK, 1}};

	(void)state;
	for (unsigned i = 0; i < G_N_ELEMENTS(tabs); i++) {
		unsigned host;
		struct screen *screen = tab_of(24, 80, tabs[i].kind, 1, tabs[i].tab, &host);

		for (int cols = 1; cols < 220; cols += 7) {
			screen_resize(screen, 1 + cols % 30, cols);
			assert_non_null(screen_text(screen));
		}
		screen_free(screen);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(pools_show_what_they_promised),
	        cmocka_unit_test(pool_under_the_cursor_has_its_actions),
	        cmocka_unit_test(networks_are_a_table),
	        cmocka_unit_test(volumes_say_how_many_users_are_known),
	        cmocka_unit_test(more_users_than_fit_are_counted),
	        cmocka_unit_test(volume_of_any_name_is_chosen_and_opened),
	        cmocka_unit_test(volume_page_has_users_and_chain),
	        cmocka_unit_test(pool_is_refreshed_from_its_volumes),
	        cmocka_unit_test(guest_of_a_network_is_opened),
	        cmocka_unit_test(tables_draw_at_any_size),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
