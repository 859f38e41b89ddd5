/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Snapshots and clones from their beginning to their end, by keys at 80x24, on real guests of the lab. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "support/lab.h"
#include "support/leftovers.h"
#include "support/pty.h"
#include "support/session.h"

static struct lab *lab;
static struct pty *pty;

static int open_all(void **state)
{
	(void)state;
	lab = lab_start(1);
	lab_do(lab, "define", "h1", "tree", "boot");
	lab_do(lab, "define", "h1", "auto", "boot");
	lab_do(lab, "define", "h1", "web", "boot");
	lab_do(lab, "virsh", "h1", "pool-refresh", "default");
	lab_do(lab, "virsh", "h1", "start", "auto");
	pty = session_start(lab_uri(lab, "h1"), 24, 80);
	return 0;
}

static int close_all(void **state)
{
	(void)state;
	session_quit(pty);
	lab_stop(lab);
	return 0;
}

/* ---- what is there ---- */

static virDomainPtr guest(const char *name)
{
	return virDomainLookupByName(lab_connection(lab, "h1"), name);
}

static bool is_defined(void *data)
{
	virDomainPtr dom = guest(data);

	if (dom)
		virDomainFree(dom);
	return dom != NULL;
}

static int snapshot_count(const char *name)
{
	virDomainPtr dom = guest(name);
	int count = dom ? virDomainSnapshotNum(dom, 0) : -1;

	if (dom)
		virDomainFree(dom);
	return count;
}

static bool stands_on(const char *name, const char *base)
{
	g_autofree char *pool_xml = lab_run(lab, "virsh", "h1", "vol-dumpxml", name, "--pool", "default");

	return strstr(pool_xml, "<backingStore>") && strstr(pool_xml, base);
}

/* ---- keys ---- */

/* The newest task of that verb is done. */
static void wait_ok(const char *verb, const char *object)
{
	g_autofree char *done = g_strdup_printf("%s +%s +. OK", object, verb);

	pty_wait_text(pty, done);
}

static void enter_plan(const char *shows)
{
	pty_keys(pty, "Enter");
	pty_wait_text(pty, "Enter continues");
	if (shows)
		pty_wait_text(pty, shows);
	pty_keys(pty, "Enter");
}

static void confirm(const char *question)
{
	pty_wait_text(pty, question);
	pty_keys(pty, "y");
}

static void type_over(const char *text)
{
	pty_keys(pty, "C-u");
	pty_type(pty, text);
}

static void open_tab(const char *name, const char *tab)
{
	g_autofree char *title = g_strdup_printf("guest %s", name);
	g_autofree char *shown = g_strdup_printf("\\[%s\\]", tab);

	session_open(pty, title);
	pty_keys(pty, "M-2");
	for (int i = 0; i < 8 && !pty_shows(pty, shown); i++)
		pty_keys(pty, "]");
	pty_wait_text(pty, shown);
}

static void take(const char *name)
{
	g_autofree char *made = g_strdup_printf("make +snapshot +%s", name);
	g_autofree char *row = g_strdup_printf("[▾├└●] ?%s", name);
	/* As the task log has it at this width. */
	g_autofree char *done = g_strdup_printf("snapshot-create +. OK +snapshot '%s'", name);

	pty_keys(pty, "f");
	pty_wait_text(pty, "Take a snapshot: guest");
	type_over(name);
	pty_wait_text(pty, "Kind: (internal|external)");
	enter_plan(made);
	pty_wait_gone(pty, "Enter continues");
	pty_wait_text(pty, row);
	pty_wait_text(pty, done);
}

/* ---- the workflows ---- */

static void snapshots_are_compared_and_deleted_with_their_children(void **state)
{
	(void)state;
	open_tab("tree", "Snapshots");
	take("one");
	take("two");
	assert_int_equal(snapshot_count("tree"), 2);
	pty_keys(pty, "Home", "=");
	pty_wait_text(pty, "What changed in the definition from one \\(-\\) to");
	pty_keys(pty, "Esc");
	pty_keys(pty, "Home", "U");
	pty_wait_text(pty, "Delete: snapshot one");
	pty_keys(pty, "Right");
	pty_wait_text(pty, "< with-children >");
	enter_plan("remove +snapshot +two");
	confirm("Delete snapshot one of tree\\?");
	pty_wait_text(pty, "No snapshots yet");
	assert_int_equal(snapshot_count("tree"), 0);
}

static void without_memory_back_and_pruned(void **state)
{
	(void)state;
	open_tab("auto", "Snapshots");
	pty_keys(pty, "f");
	pty_wait_text(pty, "Take a snapshot: guest auto");
	type_over("auto-1");
	pty_keys(pty, "Tab", "Tab", "Space");
	pty_wait_text(pty, "Kind: external, without memory");
	enter_plan("make +snapshot +auto-1");
	wait_ok("snapshot-create", "auto");
	take("auto-2");
	pty_keys(pty, "Home", "B");
	pty_wait_text(pty, "Roll back: snapshot auto-1");
	enter_plan("disk vda");
	confirm("Roll back snapshot auto-1 of auto\\?");
	wait_ok("snapshot-revert", "auto-1");
	lab_wait_state(lab, "h1", "auto", VIR_DOMAIN_RUNNING);
	session_act_named(pty, "snapshot-prune");
	pty_wait_text(pty, "Prune snapshots: guest auto");
	type_over("1");
	enter_plan("remove +snapshot +auto-1");
	confirm("Prune snapshots");
	wait_ok("snapshot-prune", "auto");
	assert_int_equal(snapshot_count("auto"), 1);
}

static void clone(const char *name, unsigned kind, const char *count, const char *plan)
{
	pty_keys(pty, "c");
	pty_wait_text(pty, "Clone: guest");
	type_over(name);
	pty_keys(pty, "Tab");
	for (unsigned i = 0; i < kind; i++)
		pty_keys(pty, "Right");
	pty_keys(pty, "Tab");
	type_over(count);
	enter_plan(plan);
}

static void cloned_whole_linked_and_many(void **state)
{
	(void)state;
	open_tab("web", "Summary");
	clone("whole", 1, "1", "make +disk vda of 'whole'");
	lab_wait_for(is_defined, (void *)"whole", "the clone", PTY_DEADLINE_MS);
	assert_false(stands_on("whole.qcow2", "web.qcow2"));
	wait_ok("clone", "web");
	clone("link-#", 2, "2", "make +overlay for vda of 'link-1'");
	lab_wait_for(is_defined, (void *)"link-2", "the linked clones", PTY_DEADLINE_MS);
	assert_true(stands_on("link-1.qcow2", "web.qcow2"));
	assert_true(stands_on("link-2.qcow2", "web.qcow2"));
}

static void act_planned(const char *verb, const char *form, const char *plan, const char *object)
{
	session_act_named(pty, verb);
	if (form) {
		pty_wait_text(pty, form);
		pty_keys(pty, "Enter");
	}
	pty_wait_text(pty, "Enter continues");
	pty_wait_text(pty, plan);
	pty_keys(pty, "Enter");
	pty_wait_gone(pty, "Enter continues");
	if (g_str_equal(verb, "template"))
		confirm("Make a template guest web\\?");
	wait_ok(verb, object);
}

static void the_base_gets_an_overlay_and_clones_stand_alone(void **state)
{
	(void)state;
	open_tab("web", "Summary");
	act_planned("own-overlay", "Own overlay: guest web", "make +overlay for vda", "web");
	open_tab("link-1", "Summary");
	act_planned("flatten", "Flatten: guest link-1", "change +disk vda", "link-1");
	assert_false(stands_on("link-1.qcow2", "web.qcow2"));
	open_tab("whole", "Summary");
	session_act_named(pty, "template");
	pty_wait_text(pty, "marked as a template");
	pty_keys(pty, "Enter");
	confirm("Make a template guest whole\\?");
	wait_ok("template", "whole");
	act_planned("untemplate", "Make a guest again: guest whole", "no template any more", "whole");
}

static void open_images(void)
{
	session_open(pty, "host [^ ]+");
	pty_keys(pty, "M-2");
	for (int i = 0; i < 8 && !pty_shows(pty, "\\[Images\\]"); i++)
		pty_keys(pty, "]");
	pty_wait_text(pty, "\\[Images\\]");
}

static void filter_images(const char *word, const char *row, const char *other)
{
	pty_keys(pty, "/");
	pty_type(pty, word);
	pty_keys(pty, "Enter", "Home");
	pty_wait_gone(pty, other);
	pty_wait_text(pty, row);
}

/* A copy of what it stands on: the old base is compared with it, and then the header says so. */
static void an_image_is_told_where_its_base_is_now(void **state)
{
	g_autofree char *moved = g_build_filename(lab_dir(lab), "h1", "img", "moved.qcow2", NULL);

	(void)state;
	lab_do(lab, "virsh", "h1", "vol-clone", "web.qcow2", "moved.qcow2", "--pool", "default");
	open_images();
	pty_wait_text(pty, "link-2\\.qcow2");
	filter_images("link-2", "link-2\\.qcow2", "whole\\.qcow2");
	/* Below what it stands on. */
	pty_keys(pty, "End");
	pty_wait_text(pty, "b re-base volume");
	pty_keys(pty, "b");
	pty_wait_text(pty, "Re-base volume: volume link-2");
	type_over(moved);
	enter_plan("change +volume");
	confirm("Re-base volume volume link-2\\.qcow2");
	wait_ok("volume-rebase", "link-2\\.qcow2");
	assert_true(stands_on("link-2.qcow2", "moved.qcow2"));
	pty_keys(pty, "Esc");
	pty_wait_text(pty, "whole\\.qcow2");
}

/* Found while nvirt runs, as when it is another one that was killed. */
static void what_a_killed_task_has_left_is_found_and_removed(void **state)
{
	g_autofree char *home = g_build_filename(pty_home(pty), "state", NULL);
	g_autofree char *base = g_build_filename(lab_dir(lab), "h1", "img", "tree.qcow2", NULL);
	g_autofree char *left = g_build_filename(lab_dir(lab), "h1", "img", "tree.left.qcow2", NULL);
	const char *const argv[] = {"qemu-img", "create", "-q", "-f", "qcow2", "-F", "qcow2", "-b", base, left, NULL};

	(void)state;
	assert_true(g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, NULL, NULL));
	leftovers_write(home, lab_uri(lab, "h1"), base, (const char *const[]){left, NULL});
	pty_wait_text(pty, "1 task has left something behind");
	pty_keys(pty, "t", "Home");
	pty_wait_text(pty, "src +snapshot-create .*interrupted");
	pty_keys(pty, "C");
	pty_wait_text(pty, "tree\\.left\\.qcow2");
	pty_keys(pty, "Enter");
	confirm("Clean up");
	wait_ok("task-cleanup", "[^ ]+( [^ ]+)?");
	assert_false(g_file_test(left, G_FILE_TEST_EXISTS));
}

static void images_show_who_stands_on_whom_and_one_is_deleted(void **state)
{
	(void)state;
	lab_do(lab, "virsh", "h1", "vol-create-as", "default", "spare.qcow2", "1M", "--format", "qcow2");
	session_open(pty, "pool default");
	session_act(pty, "pool-refresh");
	wait_ok("pool-refresh", "default");
	open_images();
	pty_wait_text(pty, "web\\.qcow2");
	pty_wait_text(pty, "link-2\\.qcow2");
	filter_images("spare", "spare\\.qcow2", "link-2\\.qcow2");
	pty_keys(pty, "D");
	pty_wait_text(pty, "Delete volume: volume");
	enter_plan("remove +volume");
	pty_wait_text(pty, "spare\\.qcow2\\?");
	pty_type(pty, "spare.qcow2");
	pty_keys(pty, "Enter");
	wait_ok("volume-delete", "spare\\.qcow2");
	/* The filter goes: it stands in the title. */
	pty_keys(pty, "Esc");
	pty_wait_text(pty, "link-2\\.qcow2");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(snapshots_are_compared_and_deleted_with_their_children),
	        cmocka_unit_test(without_memory_back_and_pruned),
	        cmocka_unit_test(cloned_whole_linked_and_many),
	        cmocka_unit_test(the_base_gets_an_overlay_and_clones_stand_alone),
	        cmocka_unit_test(images_show_who_stands_on_whom_and_one_is_deleted),
	        cmocka_unit_test(an_image_is_told_where_its_base_is_now),
	        cmocka_unit_test(what_a_killed_task_has_left_is_found_and_removed),
	};

	return cmocka_run_group_tests(tests, open_all, close_all);
}
