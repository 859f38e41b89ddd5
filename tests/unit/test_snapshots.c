/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Snapshots: their tree as rows, the store's list of them, and the tab that shows them. */
#include "unit.h"

#include "nvirt/definition.h"
#include "nvirt/snapshot_rows.h"
#include "support/rich.h"

/* ---- rows ---- */

struct fixture {
	GPtrArray *rows;      /* struct snapshot_row * */
	GPtrArray *snapshots; /* struct snapshot * */
	GHashTable *folded;
	GArray *items;
	struct snapshot_row *last;
};

static struct fixture *begin(void)
{
	struct fixture *fixture = g_new0(struct fixture, 1);

	fixture->rows = rich_snapshots_new();
	fixture->snapshots = g_ptr_array_new_with_free_func(g_free);
	fixture->folded = g_hash_table_new(NULL, NULL);
	fixture->items = g_array_new(FALSE, FALSE, sizeof(struct snapshot_item));
	return fixture;
}

static void end(struct fixture *fixture)
{
	g_ptr_array_unref(fixture->rows);
	g_ptr_array_unref(fixture->snapshots);
	g_hash_table_unref(fixture->folded);
	g_array_unref(fixture->items);
	g_free(fixture);
}

static struct snapshot_row *add(struct fixture *fixture, const char *raw, const char *parent)
{
	struct snapshot *snapshot = g_new0(struct snapshot, 1);

	snapshot->row = fixture->last = rich_snapshot(fixture->rows, raw, parent);
	g_ptr_array_add(fixture->snapshots, snapshot);
	return snapshot->row;
}

/* "0a 1-b 0>": depth, '-' where a branch begins, '+' where folded, the name or '>' for now. */
static char *shape(struct fixture *fixture, const char *filter)
{
	GString *text = g_string_new(NULL);

	snapshot_rows_make(fixture->items, fixture->snapshots, fixture->folded, filter);
	for (guint i = 0; i < fixture->items->len; i++) {
		const struct snapshot_item *item = &g_array_index(fixture->items, struct snapshot_item, i);

		g_string_append_printf(text, "%s%u%s%s%s", i ? " " : "", item->depth, item->side ? "-" : "",
		        item->folded ? "+" : "", item->snapshot ? item->snapshot->row->name : ">");
	}
	return g_string_free(text, FALSE);
}

static void assert_shape(struct fixture *fixture, const char *filter, const char *wanted)
{
	g_autofree char *text = shape(fixture, filter);

	assert_string_equal(text, wanted);
}

static void a_chain_goes_straight_down_to_now(void **state)
{
	struct fixture *fixture = begin();

	(void)state;
	assert_shape(fixture, "", "0>");
	add(fixture, "a", NULL);
	add(fixture, "b", "a");
	add(fixture, "c", "b")->current = true;
	assert_shape(fixture, "", "0a 0b 0c 0>");
	end(fixture);
}

static void branches_are_set_in_and_the_way_to_now_is_not(void **state)
{
	struct fixture *fixture = begin();

	(void)state;
	add(fixture, "a", NULL);
	add(fixture, "b", "a")->current = true;
	add(fixture, "c", "a");
	add(fixture, "d", "a");
	add(fixture, "e", "c");
	add(fixture, "f", "c");
	add(fixture, "g", "b");
	assert_shape(fixture, "", "0a 1-c 2-e 1f 1-d 0b 1-g 0>");
	end(fixture);
}

static void now_that_stands_on_nothing_is_a_root(void **state)
{
	struct fixture *fixture = begin();

	(void)state;
	add(fixture, "a", NULL);
	add(fixture, "b", NULL);
	assert_shape(fixture, "", "1-a 1-b 0>");
	/* A parent that is not there, or that comes after its child, is none. */
	add(fixture, "c", "gone");
	fixture->last->current = true;
	add(fixture, "d", "e");
	add(fixture, "e", "d");
	assert_shape(fixture, "", "1-a 1-b 1-d 1e 0c 0>");
	end(fixture);
}

static void folding_hides_what_stands_on_it(void **state)
{
	struct fixture *fixture = begin();
	const struct snapshot_item *item;

	(void)state;
	add(fixture, "a", NULL);
	add(fixture, "b", "a");
	add(fixture, "c", "b")->current = true;
	add(fixture, "d", "a");
	g_hash_table_add(fixture->folded, (gpointer)g_intern_string("b"));
	assert_shape(fixture, "", "0a 1-d 0+b");
	item = &g_array_index(fixture->items, struct snapshot_item, 2);
	assert_int_equal(item->hidden, 1);
	assert_true(item->hides_now);
	/* A leaf can not be folded, and a filter finds what is. */
	g_hash_table_add(fixture->folded, (gpointer)g_intern_string("d"));
	assert_shape(fixture, "", "0a 1-d 0+b");
	assert_shape(fixture, "c", "0c");
	assert_shape(fixture, "now", "0>");
	assert_shape(fixture, "internal", "0a 1-d 0b 0c");
	end(fixture);
}

static void a_thousand_in_a_chain_need_no_width(void **state)
{
	struct fixture *fixture = begin();
	char name[32], parent[32] = "";

	(void)state;
	for (int i = 0; i < 1000; i++) {
		g_snprintf(name, sizeof(name), "s%d", i);
		add(fixture, name, i ? parent : NULL);
		g_strlcpy(parent, name, sizeof(parent));
	}
	fixture->last->current = true;
	g_free(shape(fixture, ""));
	assert_int_equal(fixture->items->len, 1001);
	for (guint i = 0; i < fixture->items->len; i++)
		assert_int_equal(g_array_index(fixture->items, struct snapshot_item, i).depth, 0);
	end(fixture);
}

/* GLib keeps an old table of its own beyond 2048 names, which would be taken for a leak. */
static void hundreds_set_in_are_all_there(void **state)
{
	struct fixture *fixture = begin();
	char name[32], parent[32] = "";

	(void)state;
	for (int i = 0; i < 400; i++) {
		g_snprintf(name, sizeof(name), "s%d", i);
		add(fixture, name, i ? parent : NULL);
		g_strlcpy(parent, name, sizeof(parent));
		g_snprintf(name, sizeof(name), "t%d", i);
		add(fixture, name, parent);
	}
	g_free(shape(fixture, ""));
	assert_int_equal(fixture->items->len, 801);
	end(fixture);
}

static void a_time_that_can_not_be_is_brought_back(void **state)
{
	struct snapshot_row row = {.created_unix_s = G_MAXINT64};

	(void)state;
	assert_true(snapshot_time_us(&row) > 0);
	row.created_unix_s = -5;
	assert_int_equal(snapshot_time_us(&row), 0);
}

/* ---- definitions ---- */

static void definitions_are_compared_in_one_form(void **state)
{
	g_autofree char *a = definition_lines("<domain type='kvm'><name>x</name><disk><backingStore/></disk></domain>");
	g_autofree char *b = definition_lines("<domain type=\"kvm\">\n    <name>x</name>\n <disk></disk></domain>");
	g_autofree char *broken = definition_lines("<domain");

	(void)state;
	assert_string_equal(a, b);
	assert_string_equal(a, "<domain type=\"kvm\">\n  <name>x</name>\n  <disk/>\n</domain>");
	assert_string_equal(broken, "<domain");
	assert_true(definition_is_live("<domain id='3'/>"));
	assert_false(definition_is_live("<domain/>"));
	assert_string_equal(definition_like("<domain/>", "live", "stored"), "stored");
	assert_string_equal(definition_like("<domain id='1'/>", "live", "stored"), "live");
	assert_string_equal(definition_like("<domain/>", "live", NULL), "live");
}

/* ---- the store ---- */

static struct obj_ref snapshot_ref(unsigned host, unsigned guest, const char *raw)
{
	struct obj_ref ref = rich_ref(OBJ_GUEST, host, guest);

	ref.kind = OBJ_SNAPSHOT;
	ref.name = g_intern_string(raw);
	return ref;
}

static void post(struct screen *screen, unsigned host, const char *first, const char *second)
{
	GPtrArray *list = rich_snapshots_new();

	rich_snapshot(list, first, NULL);
	if (second)
		rich_snapshot(list, second, first)->current = true;
	rich_post_snapshots(screen, host, 1, list);
}

static void the_list_keeps_marks_and_drops_what_is_gone(void **state)
{
	struct screen *screen = screen_new(24, 80);
	unsigned host = rich_host(screen);
	struct store *store = screen->app.store;
	struct obj_ref a = snapshot_ref(host, 1, "a"), b = snapshot_ref(host, 1, "b");

	(void)state;
	post(screen, host, "a", "b");
	store_set_mark(store, &b, true);
	assert_string_equal(store_name(store, &b), "b");
	assert_false(store_has(store, &(struct obj_ref){.kind = OBJ_SNAPSHOT, .host = host}));
	post(screen, host, "a", "b");
	assert_true(store_marked(store, &b));
	assert_false(store_marked(store, &a));
	post(screen, host, "a", NULL);
	assert_false(store_has(store, &b));
	assert_false(store_marked(store, &b));
	assert_true(store_has(store, &a));
	/* Of a guest that is not there nothing is kept. */
	rich_post_snapshots(screen, host, 99, rich_snapshots_new());
	screen_free(screen);
}

/* ---- the tab ---- */

static struct screen *tab(int rows, int cols, bool ascii, unsigned *ret_host)
{
	struct screen *screen = ascii ? screen_new_ascii(rows, cols) : screen_new(rows, cols);
	struct obj_ref ref;

	*ret_host = rich_host(screen);
	ref = rich_ref(OBJ_GUEST, *ret_host, 1);
	app_open(&screen->app, &ref);
	screen_keys(screen, "M-2 ] ]");
	screen_assert_has(screen, "[Snapshots]");
	return screen;
}

static struct obj_ref selected(struct screen *screen)
{
	struct obj_ref ref = {.kind = OBJ_NONE};

	screen_text(screen);
	app_selected(&screen->app, &ref);
	return ref;
}

static void the_tab_shows_the_tree_and_now(void **state)
{
	unsigned host;
	struct screen *screen = tab(24, 80, false, &host);

	(void)state;
	screen_assert_has(screen, "▾ clean install");
	screen_assert_has(screen, "├─● try ä 漢字");
	screen_assert_has(screen, "▾ updates");
	screen_assert_has(screen, "► now");
	screen_assert_has(screen, "ext disk+RAM");
	screen_assert_has(screen, "3.00 MiB");
	screen_assert_has(screen, "3 snapshots, 9.00 MiB held");
	screen_free(screen);
	screen = tab(24, 80, true, &host);
	screen_assert_has(screen, "- clean install");
	screen_assert_has(screen, "+-o try");
	screen_assert_has(screen, "> now");
	screen_free(screen);
}

static void actions_act_on_the_snapshot_or_on_the_guest(void **state)
{
	unsigned host;
	struct screen *screen = tab(24, 80, false, &host);

	(void)state;
	assert_int_equal(selected(screen).kind, OBJ_GUEST);
	screen_keys(screen, "k");
	assert_int_equal(selected(screen).kind, OBJ_SNAPSHOT);
	assert_string_equal(selected(screen).name, "updates");
	/* The cursor keeps to its snapshot while others come and go. */
	GPtrArray *list = rich_snapshots_new();
	rich_snapshot(list, "new", NULL);
	rich_snapshot(list, "newer", "new");
	rich_snapshot(list, "updates", "newer")->current = true;
	rich_post_snapshots(screen, host, 1, list);
	assert_string_equal(selected(screen).name, "updates");
	rich_post_snapshots(screen, host, 1, rich_snapshots_new());
	screen_assert_has(screen, "No snapshots yet");
	assert_int_equal(selected(screen).kind, OBJ_GUEST);
	screen_free(screen);
}

static void what_can_be_done_to_its_guest_is_in_its_menu_too(void **state)
{
	unsigned host;
	struct screen *screen = tab(40, 100, false, &host);

	(void)state;
	screen_keys(screen, "k m");
	screen_assert_has(screen, "Actions on guest web1");
	screen_free(screen);
}

static void marks_fold_and_filter(void **state)
{
	unsigned host;
	struct screen *screen = tab(24, 80, false, &host);

	(void)state;
	screen_keys(screen, "Home Space");
	screen_assert_has(screen, "1 marked");
	screen_keys(screen, "*");
	screen_assert_has(screen, "2 marked");
	screen_keys(screen, "Home h");
	screen_assert_has(screen, "(+2, now)");
	screen_assert_lacks(screen, "► now");
	screen_keys(screen, "l");
	screen_assert_has(screen, "► now");
	screen_keys(screen, "/ 'upd' Enter");
	screen_assert_has(screen, "1 match \"upd\"");
	screen_assert_lacks(screen, "► now");
	screen_free(screen);
}

static void two_are_compared(void **state)
{
	unsigned host;
	struct screen *screen = tab(24, 80, false, &host);

	(void)state;
	screen_keys(screen, "Home Space j Space =");
	screen_assert_has(screen, "clean install and updates");
	screen_assert_has(screen, "-  <title>0</title>");
	screen_assert_has(screen, "+  <title>2</title>");
	screen_keys(screen, "Esc");
	/* Now against what it goes on from. */
	screen_keys(screen, "Home Space j Space End =");
	screen_assert_has(screen, "updates and now");
	screen_free(screen);
}

static void a_missing_file_is_an_alarm(void **state)
{
	unsigned host;
	struct screen *screen = tab(24, 80, false, &host);
	GPtrArray *list = rich_snapshots_new();
	struct snapshot_row *row = rich_snapshot(list, "a", NULL);

	(void)state;
	g_free(row->missing);
	row->missing = g_strdup("/images/web1.a.qcow2");
	rich_post_snapshots(screen, host, 1, list);
	screen_assert_has(screen, "1 with a file missing");
	screen_keys(screen, "Home Enter");
	screen_assert_has(screen, "/images/web1.a.qcow2: it can not be gone back to");
	screen_assert_has(screen, "Snapshot a");
	screen_keys(screen, "Esc");
	assert_int_equal(screen->app.modals->len, 0);
	screen_free(screen);
}

static void hostile_names_and_times_are_drawn(void **state)
{
	unsigned host;
	struct screen *screen = tab(24, 80, false, &host);
	GPtrArray *list = rich_snapshots_new();
	struct snapshot_row *row = rich_snapshot(list, "a\x1b[2J\n\xff", NULL);

	(void)state;
	row->created_unix_s = G_MAXINT64;
	g_free(row->description);
	row->description = g_strdup("one\ntwo");
	rich_snapshot(list, "", row->raw)->created_unix_s = G_MININT64;
	rich_post_snapshots(screen, host, 1, list);
	screen_assert_lacks(screen, "\x1b");
	screen_keys(screen, "Home Enter");
	screen_assert_has(screen, "\\x1b[2J");
	screen_resize(screen, 60, 200);
	screen_keys(screen, "Esc");
	screen_assert_has(screen, "\\x1b[2J");
	screen_free(screen);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_chain_goes_straight_down_to_now),
	        cmocka_unit_test(branches_are_set_in_and_the_way_to_now_is_not),
	        cmocka_unit_test(now_that_stands_on_nothing_is_a_root),
	        cmocka_unit_test(folding_hides_what_stands_on_it),
	        cmocka_unit_test(a_thousand_in_a_chain_need_no_width),
	        cmocka_unit_test(hundreds_set_in_are_all_there),
	        cmocka_unit_test(a_time_that_can_not_be_is_brought_back),
	        cmocka_unit_test(definitions_are_compared_in_one_form),
	        cmocka_unit_test(the_list_keeps_marks_and_drops_what_is_gone),
	        cmocka_unit_test(the_tab_shows_the_tree_and_now),
	        cmocka_unit_test(actions_act_on_the_snapshot_or_on_the_guest),
	        cmocka_unit_test(what_can_be_done_to_its_guest_is_in_its_menu_too),
	        cmocka_unit_test(marks_fold_and_filter),
	        cmocka_unit_test(two_are_compared),
	        cmocka_unit_test(a_missing_file_is_an_alarm),
	        cmocka_unit_test(hostile_names_and_times_are_drawn),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
