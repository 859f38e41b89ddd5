/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The app with regions of its own: who gets a key, and how an action goes from
 * a key to a task.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "nvirt/text.h"
#include "support/rich.h"
#include "support/screen.h"
#include "ui/commands.h"
#include "ui/list.h"

/* ---- a region that lists guests and remembers what it was told --------------- */

struct probe {
	struct view view;
	struct list list;
	char *filter;
	GString *seen; /* keys no one else wanted */
	unsigned command_runs, last_count, updates;
};

static struct view *probe_create(struct app *app);

static struct probe *probe_of(struct screen *screen, enum region region)
{
	return (struct probe *)screen->app.regions[region];
}

static void probe_destroy(struct view *view)
{
	struct probe *probe = (struct probe *)view;
	g_string_free(probe->seen, TRUE);
	g_free(probe->filter);
	g_free(probe);
}

static const struct guest *probe_guest(struct view *view, unsigned n)
{
	struct probe *probe = (struct probe *)view;
	const struct host *host =
	        store_host_count(view->app->store) ? store_host_at(view->app->store, 0) : NULL;
	g_autofree char *fold = text_fold(probe->filter);
	for (guint i = 0; host && i < host->guests->len; i++) {
		const struct guest *guest = host->guests->pdata[i];
		if (filter_match(guest->fold, fold) && n-- == 0)
			return guest;
	}
	return NULL;
}

static void probe_draw(struct view *view, struct area area, bool focused)
{
	struct probe *probe = (struct probe *)view;
	unsigned n = 0;
	while (probe_guest(view, n))
		n++;
	list_set_height(&probe->list, (unsigned)area.rows);
	list_set_count(&probe->list, n);
	for (unsigned i = probe->list.top; i < n && (int)(i - probe->list.top) < area.rows; i++) {
		const struct guest *guest = probe_guest(view, i);
		int y = (int)(i - probe->list.top);
		area_textf(area, y, 0, -1, ROLE_TEXT, "%s%s", guest->marked ? "*" : " ", guest->name);
		if (focused && i == probe->list.cursor)
			area_set_role(area, y, 0, area.cols, ROLE_CURSOR);
	}
}

static void probe_command(struct view *view, unsigned count)
{
	((struct probe *)view)->command_runs++;
	((struct probe *)view)->last_count = count;
}

static const struct view_cmd probe_cmds[] = {
        {"probe", "Try the probe", "y C-y", "try", probe_command},
        {0},
};

static bool probe_key(struct view *view, keycode key, unsigned count)
{
	struct probe *probe = (struct probe *)view;
	char name[24];
	key_format(key, name, sizeof(name));
	g_string_append_printf(probe->seen, "%s ", name);
	return list_key(&probe->list, key, count);
}

static void probe_update(struct view *view, unsigned changes)
{
	(void)changes;
	((struct probe *)view)->updates++;
	view->dirty = true;
}

static bool probe_selected(struct view *view, struct obj_ref *ret_ref)
{
	const struct guest *guest = probe_guest(view, ((struct probe *)view)->list.cursor);
	if (guest)
		*ret_ref = guest->ref;
	return guest;
}

static bool probe_row(struct view *view, unsigned index, struct obj_ref *ret_ref)
{
	const struct guest *guest = probe_guest(view, index);
	if (guest)
		*ret_ref = guest->ref;
	return guest;
}

static unsigned probe_cursor(struct view *view)
{
	return ((struct probe *)view)->list.cursor;
}

static void probe_set_filter(struct view *view, const char *filter)
{
	struct probe *probe = (struct probe *)view;
	g_free(probe->filter);
	probe->filter = g_strdup(filter);
	view->dirty = true;
}

static const char *probe_filter(const struct view *view)
{
	return ((const struct probe *)view)->filter;
}

static const struct view_ops probe_view = {
        .name = "probe",
        .title = "Probe",
        .create = probe_create,
        .destroy = probe_destroy,
        .draw = probe_draw,
        .cmds = probe_cmds,
        .key = probe_key,
        .update = probe_update,
        .selected = probe_selected,
        .row = probe_row,
        .cursor = probe_cursor,
        .set_filter = probe_set_filter,
        .filter = probe_filter,
};

static struct view *probe_create(struct app *app)
{
	struct probe *probe = g_new0(struct probe, 1);
	probe->view = (struct view){.ops = &probe_view, .app = app};
	probe->filter = g_strdup("");
	probe->seen = g_string_new(NULL);
	return &probe->view;
}

static const struct view_ops *const probes[REGION_N] = {
        [REGION_TREE] = &probe_view, [REGION_CONTENT] = &probe_view, [REGION_TASKS] = &probe_view};

/* A host that is up, with db1 running, web1 running, web2 off. */
static struct screen *make(int rows, int cols)
{
	struct screen *screen = screen_new_regions(rows, cols, probes);
	unsigned host = screen_host(screen, "qemu:///system");
	screen_host_up(screen, host, "alpha");
	struct sample *sample = sample_new();
	rich_add_guest(sample, 1, "db1", GUEST_RUNNING, 1);
	rich_add_guest(sample, 2, "web1", GUEST_RUNNING, 1);
	rich_add_guest(sample, 3, "web2", GUEST_OFF, 1);
	rich_post_sample(screen, host, sample);
	screen_text(screen);
	return screen;
}

static const struct task *only_task(struct screen *screen, unsigned count)
{
	assert_int_equal(store_task_count(screen->app.store), count);
	return count ? store_task_at(screen->app.store, 0) : NULL;
}

/* ---- keys ------------------------------------------------------------------- */

static void tab_alt_digits_and_g_digits_move_the_focus(void **state)
{
	(void)state;
	struct screen *screen = make(24, 80);
	screen_keys(screen, "Tab");
	assert_int_equal(screen->app.focus, REGION_CONTENT);
	screen_keys(screen, "S-Tab S-Tab");
	assert_int_equal(screen->app.focus, REGION_TASKS);
	screen_keys(screen, "M-1");
	assert_int_equal(screen->app.focus, REGION_TREE);
	screen_keys(screen, "M-3");
	assert_int_equal(screen->app.focus, REGION_TASKS);
	screen_keys(screen, "g 2");
	assert_int_equal(screen->app.focus, REGION_CONTENT);
	screen_free(screen);
}

static void focus_shows_by_shape(void **state)
{
	(void)state;
	struct screen *screen = make(24, 80);
	g_autofree char *before = screen_line(screen, 2);
	assert_non_null(strstr(before, "═►Probe ═"));
	screen_keys(screen, "Tab");
	g_autofree char *after = screen_line(screen, 2);
	assert_non_null(strstr(after, "─ Probe ─"));
	screen_free(screen);
}

static void counts_reach_list_and_commands(void **state)
{
	(void)state;
	struct screen *screen = make(24, 80);
	struct probe *tree = probe_of(screen, REGION_TREE);
	screen_keys(screen, "5 y");
	assert_int_equal(tree->last_count, 5);
	for (unsigned n = 1; n <= 9; n++) {
		g_autofree char *keys = g_strdup_printf("%u 0 y", n);
		screen_keys(screen, keys);
		assert_int_equal(screen->app.focus, REGION_TREE);
		assert_int_equal(tree->last_count, n * 10);
	}
	screen_keys(screen, "2 j");
	assert_int_equal(tree->list.cursor, 2);
	screen_keys(screen, "1 k");
	assert_int_equal(tree->list.cursor, 1);
	screen_keys(screen, "y");
	assert_int_equal(tree->last_count, 0);
	screen_keys(screen, "G");
	assert_int_equal(tree->list.cursor, 2);
	screen_keys(screen, "g g");
	assert_int_equal(tree->list.cursor, 0);
	screen_free(screen);
}

static void a_views_commands_come_before_everything(void **state)
{
	(void)state;
	struct screen *screen = make(24, 80);
	screen_keys(screen, "y C-y");
	assert_int_equal(probe_of(screen, REGION_TREE)->command_runs, 2);
	assert_string_equal(probe_of(screen, REGION_TREE)->seen->str, "");
	screen_free(screen);
}

static void filter_is_live_kept_by_enter_and_cleared_by_esc(void **state)
{
	(void)state;
	struct screen *screen = make(24, 80);
	screen_keys(screen, "/ 'web'");
	assert_string_equal(probe_of(screen, REGION_TREE)->filter, "web");
	screen_assert_has(screen, "/web");
	screen_keys(screen, "Enter");
	g_autofree char *title = screen_line(screen, 2);
	assert_non_null(strstr(title, "Probe  /web"));
	screen_keys(screen, "Esc");
	assert_string_equal(probe_of(screen, REGION_TREE)->filter, "");
	screen_keys(screen, "/ 'db' Esc");
	assert_string_equal(probe_of(screen, REGION_TREE)->filter, "");
	screen_free(screen);
}

static void q_types_q_while_a_field_is_edited(void **state)
{
	(void)state;
	struct screen *screen = make(24, 80);
	screen_keys(screen, "/ q");
	assert_false(screen->app.quitting);
	assert_string_equal(probe_of(screen, REGION_TREE)->filter, "q");
	screen_keys(screen, "Esc : q");
	assert_false(screen->app.quitting);
	assert_int_equal(screen->app.modals->len, 1);
	screen_keys(screen, "Esc q");
	assert_true(screen->app.quitting);
	screen_free(screen);
}

static void esc_peels_one_layer_and_never_quits(void **state)
{
	(void)state;
	struct screen *screen = make(24, 80);
	screen_keys(screen, "Space + / 'w' Enter m");
	assert_int_equal(screen->app.modals->len, 1);
	screen_keys(screen, "Esc");
	assert_int_equal(screen->app.modals->len, 0);
	assert_string_equal(probe_of(screen, REGION_TREE)->filter, "w");
	screen_keys(screen, "Esc");
	assert_string_equal(probe_of(screen, REGION_TREE)->filter, "");
	g_autoptr(GArray) marks = store_marks(screen->app.store, OBJ_NONE);
	assert_int_equal(marks->len, 1);
	screen_keys(screen, "Esc");
	g_autoptr(GArray) none = store_marks(screen->app.store, OBJ_NONE);
	assert_int_equal(none->len, 0);
	assert_true(screen->app.zoomed);
	screen_keys(screen, "Esc");
	assert_false(screen->app.zoomed);
	screen_keys(screen, "Esc Esc Esc");
	assert_false(screen->app.quitting);
	screen_free(screen);
}

/* ---- actions ---------------------------------------------------------------- */

static void action_without_questions_runs_on_its_key(void **state)
{
	(void)state;
	struct screen *screen = make(24, 80);
	screen_keys(screen, "G s");
	const struct task *task = only_task(screen, 1);
	assert_string_equal(task->verb, "start");
	assert_string_equal(task->object, "web2");
	assert_int_equal(screen->app.modals->len, 0);
	screen_free(screen);
}

static void refused_action_says_why(void **state)
{
	(void)state;
	struct screen *screen = make(24, 80);
	screen_keys(screen, "s");
	only_task(screen, 0);
	g_autofree char *status = screen_line(screen, 23);
	assert_non_null(strstr(status, "Start: "));
	assert_non_null(strstr(status, "running"));
	/* It goes by itself. */
	screen_advance(screen, 30 * G_USEC_PER_SEC);
	screen_assert_lacks(screen, "Start: ");
	screen_free(screen);
}

static void dangerous_action_proposes_not_to(void **state)
{
	(void)state;
	struct screen *screen = make(24, 80);
	screen_keys(screen, "D");
	screen_assert_has(screen, "Force off guest db1?");
	screen_assert_has(screen, "The guest loses power");
	screen_assert_has(screen, "Same as: virsh destroy db1");
	screen_keys(screen, "Enter");
	only_task(screen, 0);
	screen_keys(screen, "D y");
	assert_string_equal(only_task(screen, 1)->verb, "destroy");
	screen_free(screen);
}

static void bulk_asks_once_and_names_whom_it_leaves_out(void **state)
{
	(void)state;
	struct screen *screen = make(24, 80);
	screen_keys(screen, "Space Space Space S");
	screen_assert_has(screen, "Shut down 2 guests?");
	screen_assert_has(screen, "db1, web1");
	screen_assert_has(screen, "1 left out:");
	screen_assert_has(screen, "web2: ");
	screen_keys(screen, "y");
	only_task(screen, 2);
	g_autoptr(GArray) marks = store_marks(screen->app.store, OBJ_NONE);
	assert_int_equal(marks->len, 0);
	screen_free(screen);
}

static void bulk_asks_even_where_one_would_not(void **state)
{
	(void)state;
	struct screen *screen = make(24, 80);
	screen_keys(screen, "Space Space p");
	screen_assert_has(screen, "Pause 2 guests?");
	screen_keys(screen, "Esc");
	only_task(screen, 0);
	screen_free(screen);
}

static void star_marks_what_passes_the_filter_and_then_none(void **state)
{
	(void)state;
	struct screen *screen = make(24, 80);
	screen_keys(screen, "/ 'web' Enter *");
	g_autoptr(GArray) marks = store_marks(screen->app.store, OBJ_GUEST);
	assert_int_equal(marks->len, 2);
	screen_assert_has(screen, "2 marked");
	screen_keys(screen, "*");
	g_autoptr(GArray) none = store_marks(screen->app.store, OBJ_GUEST);
	assert_int_equal(none->len, 0);
	screen_free(screen);
}

static void form_shows_what_is_wrong_and_keeps_what_was_typed(void **state)
{
	(void)state;
	struct screen *screen = make(24, 80);
	screen_keys(screen, "G F2");
	screen_assert_has(screen, "Rename: guest web2");
	screen_keys(screen, "C-u 'a/b' Enter");
	assert_int_equal(screen->app.modals->len, 1);
	screen_assert_has(screen, "a/b");
	screen_keys(screen, "C-u 'web9' Enter");
	assert_int_equal(screen->app.modals->len, 0);
	assert_string_equal(only_task(screen, 1)->verb, "rename");
	screen_free(screen);
}

static void menu_asks_for_the_options_that_a_key_takes_for_granted(void **state)
{
	(void)state;
	struct screen *screen = make(24, 80);
	screen_keys(screen, "G m s");
	screen_assert_has(screen, "Paused");
	screen_keys(screen, "Space Enter");
	assert_string_equal(only_task(screen, 1)->verb, "start");
	screen_free(screen);
}

static void menu_shows_the_reason_of_what_can_not_be_done(void **state)
{
	(void)state;
	struct screen *screen = make(30, 100);
	screen_keys(screen, "m s");
	assert_int_equal(screen->app.modals->len, 1);
	screen_assert_has(screen, "Start: ");
	only_task(screen, 0);
	screen_free(screen);
}

static void post_plan(struct screen *screen, unsigned plan_id, const char *refused)
{
	struct msg *msg = msg_new(MSG_PLAN, 1, 1);
	msg->plan_id = plan_id;
	msg->plan = plan_new();
	msg->plan->refused = g_strdup(refused);
	struct plan_item *disk = plan_add(msg->plan, "disk:vda", "disk vda", "/images/web2.qcow2");
	disk->chosen = false;
	struct plan_item *base = plan_add(msg->plan, "disk:vdb", "disk vdb", "/images/base.qcow2");
	base->refused = g_strdup("web1 uses it too");
	plan_add(msg->plan, "nvram", "NVRAM", "/nvram/web2.fd")->chosen = true;
	screen_message(screen, msg);
}

static void delete_shows_its_plan_and_wants_the_name_typed(void **state)
{
	(void)state;
	struct screen *screen = make(24, 80);
	screen_keys(screen, "G U");
	screen_assert_has(screen, "Looking at what belongs to guest web2");
	post_plan(screen, screen->app.plan_id, NULL);
	screen_assert_has(screen, "[ ] disk vda");
	screen_assert_has(screen, "kept: web1 uses it too");
	screen_assert_has(screen, "[x] NVRAM");
	screen_keys(screen, "Space");
	screen_assert_has(screen, "[x] disk vda");
	screen_keys(screen, "Enter");
	screen_assert_has(screen, "Type web2 to confirm");
	screen_keys(screen, "'web' Enter");
	only_task(screen, 0);
	screen_keys(screen, "2 Enter");
	assert_string_equal(only_task(screen, 1)->verb, "undefine");
	screen_free(screen);
}

static void refused_plan_is_shown(void **state)
{
	(void)state;
	struct screen *screen = make(24, 80);
	screen_keys(screen, "G U");
	post_plan(screen, screen->app.plan_id, "it has snapshots that can not be removed");
	screen_assert_has(screen, "it has snapshots that can not be removed");
	screen_keys(screen, "Space");
	assert_int_equal(screen->app.modals->len, 0);
	only_task(screen, 0);
	screen_free(screen);
}

/* The guest under the cursor, which runs, gets a snapshot: a row with parameters and a plan. */
static struct screen *taking(void)
{
	struct screen *screen = make(40, 100);
	screen_keys(screen, "G f");
	screen_assert_has(screen, "Take a snapshot: guest web2");
	return screen;
}

static void post_notes(struct screen *screen, const char *refused, const char *note)
{
	struct msg *msg = msg_new(MSG_PLAN, 1, 1);
	msg->plan_id = screen->app.plan_id;
	msg->plan = plan_new();
	msg->plan->refused = g_strdup(refused);
	msg->plan->diff = g_strdup("-old\n+new\n");
	plan_add(msg->plan, "overlay:vda", "overlay of vda", "/images/web2.snap")->does = PLAN_MAKE;
	plan_note(msg->plan, "%s", note);
	screen_message(screen, msg);
}

static void plan_of_what_was_typed_is_shown_before_it_is_done(void **state)
{
	(void)state;
	struct screen *screen = taking();
	screen_keys(screen, "C-u 'snap1' Enter");
	screen_assert_has(screen, "Looking at what belongs to guest web2");
	post_notes(screen, NULL, "Space needed: 3 GiB.");
	screen_assert_has(screen, "make   overlay of vda  /images/web2.snap");
	screen_assert_has(screen, "Space needed: 3 GiB.");
	screen_assert_lacks(screen, "[x]");
	screen_keys(screen, "d");
	screen_assert_has(screen, "What changes in the definition.");
	screen_keys(screen, "Esc");
	only_task(screen, 0);
	screen_keys(screen, "Enter");
	assert_string_equal(only_task(screen, 1)->verb, "snapshot-create");
	screen_free(screen);
}

static void refused_and_going_back_lead_to_what_was_typed(void **state)
{
	(void)state;
	struct screen *screen = taking();
	screen_keys(screen, "C-u 'snap1' Enter");
	post_notes(screen, "there is no space", "");
	screen_assert_has(screen, "there is no space");
	screen_keys(screen, "Space");
	screen_assert_has(screen, "Take a snapshot: guest web2");
	screen_assert_has(screen, "snap1");
	screen_keys(screen, "Enter");
	post_notes(screen, NULL, "Fine.");
	screen_assert_has(screen, "> Continue <");
	screen_keys(screen, "Esc");
	screen_assert_has(screen, "Take a snapshot: guest web2");
	screen_assert_has(screen, "snap1");
	screen_keys(screen, "Esc");
	assert_int_equal(screen->app.modals->len, 0);
	only_task(screen, 0);
	screen_free(screen);
}

static void a_form_says_what_would_come_of_it(void **state)
{
	(void)state;
	struct screen *screen = taking();
	screen_assert_has(screen, "Looking at what would come of it");
	post_notes(screen, NULL, "Kind: internal, as the tree is.");
	screen_assert_has(screen, "Kind: internal, as the tree is.");
	post_notes(screen, "its disk is raw", "not this");
	screen_assert_has(screen, "Not possible so: its disk is raw");
	screen_assert_lacks(screen, "not this");
	/* An answer that comes when the form is gone is for nobody. */
	screen_keys(screen, "Esc");
	post_notes(screen, NULL, "late");
	screen_assert_lacks(screen, "late");
	screen_free(screen);
}

static void plan_that_nobody_waits_for_opens_nothing(void **state)
{
	(void)state;
	struct screen *screen = make(24, 80);
	screen_keys(screen, "G U");
	unsigned id = screen->app.plan_id;
	screen_keys(screen, "Esc");
	post_plan(screen, id, NULL);
	assert_int_equal(screen->app.modals->len, 0);
	screen_free(screen);
}

static void object_that_changed_meanwhile_is_left_out(void **state)
{
	(void)state;
	struct screen *screen = make(24, 80);
	screen_keys(screen, "D");
	struct sample *sample = sample_new();
	rich_add_guest(sample, 1, "db1", GUEST_OFF, 1);
	rich_post_sample(screen, 1, sample);
	screen_keys(screen, "y");
	only_task(screen, 0);
	screen_assert_has(screen, "left out");
	screen_free(screen);
}

/* ---- the rest --------------------------------------------------------------- */

static void quitting_with_running_tasks_asks(void **state)
{
	(void)state;
	struct screen *screen = make(24, 80);
	screen_keys(screen, "G s q");
	assert_false(screen->app.quitting);
	screen_assert_has(screen, "Quit nvirt?");
	screen_keys(screen, "n");
	assert_false(screen->app.quitting);
	screen_keys(screen, "q y");
	assert_true(screen->app.quitting);
	screen_free(screen);
}

static void open_object_that_goes_is_replaced(void **state)
{
	(void)state;
	struct screen *screen = make(24, 80);
	struct obj_ref ref = rich_ref(OBJ_GUEST, 1, 3);
	app_open(&screen->app, &ref);
	rich_post_sample(screen, 1, sample_new());
	assert_true(store_has(screen->app.store, &screen->app.open));
	assert_false(obj_ref_equal(&screen->app.open, &ref));
	screen_free(screen);
}

static void help_lists_every_command_and_action(void **state)
{
	(void)state;
	struct screen *screen = make(120, 100);
	screen_keys(screen, "?");
	for (const struct app_command *cmd = app_commands; cmd->name; cmd++)
		screen_assert_has(screen, cmd->title);
	for (unsigned i = 0; i < action_count; i++)
		if (action_table[i].kind == OBJ_GUEST)
			screen_assert_has(screen, action_table[i].title);
	screen_assert_has(screen, "Try the probe");
	screen_assert_has(screen, "guest running");
	screen_free(screen);
}

static void palette_finds_by_name_and_runs(void **state)
{
	(void)state;
	struct screen *screen = make(24, 80);
	screen_keys(screen, ": 'next region' Enter");
	assert_int_equal(screen->app.modals->len, 0);
	assert_int_equal(screen->app.focus, REGION_CONTENT);
	screen_free(screen);
}

static void no_key_means_two_things(void **state)
{
	(void)state;
	for (const struct app_command *cmd = app_commands; cmd->name; cmd++) {
		g_auto(GStrv) keys = g_strsplit(cmd->keys, " ", -1);
		for (int k = 0; keys[k]; k++) {
			assert_int_not_equal(key_parse(keys[k]), K_NONE);
			for (const struct app_command *other = cmd + 1; other->name; other++)
				assert_false(key_in(other->keys, key_parse(keys[k])));
			for (unsigned i = 0; i < action_count; i++)
				if (strcmp(keys[k], "R") != 0 && key_in(action_table[i].key, key_parse(keys[k])))
					fail_msg("%s: both %s and %s", keys[k], cmd->name, action_table[i].verb);
		}
	}
	for (unsigned i = 0; i < action_count; i++)
		if (action_table[i].key)
			assert_int_not_equal(key_parse(action_table[i].key), K_NONE);
}

static void any_keys_at_any_size_draw(void **state)
{
	(void)state;
	static const keycode keys[] = {'j', 'k', 'm', ':', '?', '/', 'D', 'S', 's', 'U', 'y', 'n', 'a', K_ENTER, K_ESC,
	        K_TAB, KEY_SHIFT | K_TAB, K_SPACE, '*', '+', '_', '1', '2', '3', '9', 'g', 'G', K_UP, K_DOWN, K_F1 + 1,
	        'd', K_LEFT, K_RIGHT, K_BACKSPACE, 't', 0x6f22};
	g_autoptr(GRand) rand = g_rand_new_with_seed(5);
	struct screen *screen = make(24, 80);
	for (int i = 0; i < 6000; i++) {
		app_key(&screen->app, keys[g_rand_int_range(rand, 0, G_N_ELEMENTS(keys))]);
		if (i % 7 == 0)
			screen_resize(screen, g_rand_int_range(rand, 0, 60), g_rand_int_range(rand, 0, 120));
		if (i % 50 == 0)
			post_plan(screen, screen->app.plan_id, i % 100 ? NULL : "no");
		app_draw(&screen->app);
		assert_false(app_needs_draw(&screen->app));
	}
	screen_free(screen);
}

static void too_small_a_terminal_says_so(void **state)
{
	(void)state;
	struct screen *screen = make(4, 30);
	screen_assert_has(screen, "terminal too small 30x4 (need");
	screen_resize(screen, 1, 1);
	assert_string_equal(screen_text(screen), "t\n");
	screen_free(screen);
}

static void small_terminal_switches_regions(void **state)
{
	(void)state;
	struct screen *screen = make(12, 40);
	screen_assert_has(screen, "[g1 Tree]");
	screen_keys(screen, "Tab");
	screen_assert_has(screen, "[g2 Object]");
	screen_free(screen);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(tab_alt_digits_and_g_digits_move_the_focus),
	        cmocka_unit_test(focus_shows_by_shape),
	        cmocka_unit_test(counts_reach_list_and_commands),
	        cmocka_unit_test(a_views_commands_come_before_everything),
	        cmocka_unit_test(filter_is_live_kept_by_enter_and_cleared_by_esc),
	        cmocka_unit_test(q_types_q_while_a_field_is_edited),
	        cmocka_unit_test(esc_peels_one_layer_and_never_quits),
	        cmocka_unit_test(action_without_questions_runs_on_its_key),
	        cmocka_unit_test(refused_action_says_why),
	        cmocka_unit_test(dangerous_action_proposes_not_to),
	        cmocka_unit_test(bulk_asks_once_and_names_whom_it_leaves_out),
	        cmocka_unit_test(bulk_asks_even_where_one_would_not),
	        cmocka_unit_test(star_marks_what_passes_the_filter_and_then_none),
	        cmocka_unit_test(form_shows_what_is_wrong_and_keeps_what_was_typed),
	        cmocka_unit_test(menu_asks_for_the_options_that_a_key_takes_for_granted),
	        cmocka_unit_test(menu_shows_the_reason_of_what_can_not_be_done),
	        cmocka_unit_test(delete_shows_its_plan_and_wants_the_name_typed),
	        cmocka_unit_test(refused_plan_is_shown),
	        cmocka_unit_test(plan_of_what_was_typed_is_shown_before_it_is_done),
	        cmocka_unit_test(refused_and_going_back_lead_to_what_was_typed),
	        cmocka_unit_test(a_form_says_what_would_come_of_it),
	        cmocka_unit_test(plan_that_nobody_waits_for_opens_nothing),
	        cmocka_unit_test(object_that_changed_meanwhile_is_left_out),
	        cmocka_unit_test(quitting_with_running_tasks_asks),
	        cmocka_unit_test(open_object_that_goes_is_replaced),
	        cmocka_unit_test(help_lists_every_command_and_action),
	        cmocka_unit_test(palette_finds_by_name_and_runs),
	        cmocka_unit_test(no_key_means_two_things),
	        cmocka_unit_test(any_keys_at_any_size_draw),
	        cmocka_unit_test(too_small_a_terminal_says_so),
	        cmocka_unit_test(small_terminal_switches_regions),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
