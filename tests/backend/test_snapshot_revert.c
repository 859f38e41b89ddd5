/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rolling back when something goes wrong: refused before the guest is touched,
 * or afterwards the guest is what it was: running, with its memory, its bytes,
 * its definition and its snapshots, and no file more than before.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <glib/gstdio.h>
#include <string.h>

#include "backend/op_util.h"
#include "backend/snapshot_tree.h"
#include "support/counter.h"

static struct lab *lab;

/* ---- what must stay as it is ---- */

struct before {
	int state;
	uint32_t count;
	char *disks[2], *nvram, *screen, *definition, *snapshots, *files;
};

static int by_name(gconstpointer a, gconstpointer b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static char *files_of(const struct counter *guest)
{
	g_autofree char *dir = counter_image(guest, "%s", "");
	g_autofree char *prefix = g_strdup_printf("%s.", guest->name);
	g_autofree char *second = g_strdup_printf("%s-", guest->name);
	GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
	GDir *open = g_dir_open(dir, 0, NULL);

	for (const char *name; (name = g_dir_read_name(open));)
		if (g_str_has_prefix(name, prefix) || g_str_has_prefix(name, second))
			g_ptr_array_add(names, g_strdup(name));
	g_dir_close(open);
	g_ptr_array_sort(names, by_name);
	g_ptr_array_add(names, NULL);
	char *all = g_strjoinv(" ", (char **)names->pdata);
	g_ptr_array_unref(names);
	return all;
}

static char *snapshots_of(const struct counter *guest)
{
	GPtrArray *tree = snapshot_tree_read(guest->dom, true, NULL);
	GString *text = g_string_new(NULL);

	assert_non_null(tree);
	for (unsigned i = 0; i < tree->len; i++) {
		const struct snap *snap = g_ptr_array_index(tree, i);
		xmlChar *xml = NULL;
		int len;
		xmlDocDumpMemory(snap->doc, &xml, &len);
		g_string_append_printf(text, "%s%s\n", snap->current ? "current: " : "", (const char *)xml);
		xmlFree(xml);
	}
	g_ptr_array_unref(tree);
	return g_string_free(text, FALSE);
}

static void look(struct counter *guest, struct before *before)
{
	char *xml = virDomainGetXMLDesc(guest->dom, VIR_DOMAIN_XML_INACTIVE | VIR_DOMAIN_XML_SECURE);

	assert_non_null(xml);
	*before = (struct before){.state = counter_state(guest), .definition = g_strdup(xml)};
	free(xml);
	if (before->state != VIR_DOMAIN_SHUTOFF) {
		lab_wait_for(counter_is_up, guest, "the guest to be up", COUNTER_DEADLINE_MS);
		before->count = counter_count(guest);
		before->screen = counter_screen(guest);
	}
	for (unsigned i = 0; i < guest->disks; i++)
		before->disks[i] = counter_disk(guest, i);
	before->nvram = guest->uefi ? counter_nvram(guest) : NULL;
	before->snapshots = snapshots_of(guest);
	before->files = files_of(guest);
}

static void forget(struct before *before)
{
	char *const all[] = {before->disks[0], before->disks[1], before->nvram, before->screen, before->definition,
	        before->snapshots, before->files};

	for (unsigned i = 0; i < G_N_ELEMENTS(all); i++)
		g_free(all[i]);
}

#define SAME(field)                                                                                          \
	do {                                                                                                 \
		if (g_strcmp0(before->field, now.field) != 0)                                                \
			fail_msg(#field " was\n%s\nand is\n%s", before->field, now.field);                   \
	} while (0)

/* And forgets it. */
static void check_untouched(struct counter *guest, struct before *before)
{
	struct before now;

	look(guest, &now);
	assert_int_equal(now.state, before->state);
	assert_int_equal(now.count, before->count);
	SAME(screen);
	SAME(disks[0]);
	SAME(disks[1]);
	SAME(nvram);
	SAME(definition);
	SAME(snapshots);
	SAME(files);
	assert_int_equal(virDomainHasManagedSaveImage(guest->dom, 0), 0);
	if (now.state == VIR_DOMAIN_RUNNING)
		counter_press(guest);
	forget(&now);
	forget(before);
}

/* ---- setting up ---- */

struct fixture {
	struct ops *ops;
	struct counter guest;
};

/* Runs, with two snapshots of that kind, one key after each. */
static void make_guest(struct fixture *fixture, const char *name, const char *kind, const char *how)
{
	lab_do(lab, "define", "h1", name, kind);
	counter_open(&fixture->guest, lab, fixture->ops, name, kind);
	counter_bring_to(&fixture->guest, RUNNING);
	counter_press(&fixture->guest);
	assert_null(counter_take(&fixture->guest, how, "s1"));
	counter_press(&fixture->guest);
	assert_null(counter_take(&fixture->guest, how, "s2"));
	counter_press(&fixture->guest);
}

static int set_up(void **state)
{
	struct fixture *fixture = g_new0(struct fixture, 1);

	fixture->ops = ops_new(lab_uri(lab, "h1"));
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;
	void *own = fixture->ops;

	if (fixture->guest.dom)
		counter_close(&fixture->guest);
	ops_tear_down(&own);
	g_free(fixture);
	return 0;
}

static struct ops_result revert(struct fixture *fixture, const char *name, const char *const *args)
{
	struct obj_ref ref = counter_snapshot(&fixture->guest, name);

	return ops_run(fixture->ops, OP_SNAPSHOT_REVERT, &ref, name, args);
}

/* A file of a snapshot: "memory", or the state of a disk, or its overlay. Owned. */
static char *file_of(const struct fixture *fixture, const char *name, const char *target, bool overlay)
{
	GPtrArray *tree = snapshot_tree_read(fixture->guest.dom, false, NULL);
	struct snap *snap = snapshot_tree_find(tree, name);
	struct snap_disk *disk = snap_disk_find(snap, target);
	char *path = g_strdup(!disk ? snap->memory_file : overlay ? disk->overlay : disk->state);

	g_ptr_array_unref(tree);
	return path;
}

/* ---- refused before ---- */

static void missing_memory_file_is_noticed_before(void **state)
{
	struct fixture *fixture = *state;
	struct before before;

	make_guest(fixture, "lost", "count", "memory");
	g_autofree char *file = file_of(fixture, "s1", "memory", false);
	g_autofree char *away = counter_image(&fixture->guest, "away");
	unsigned id = virDomainGetID(fixture->guest.dom);
	assert_int_equal(g_rename(file, away), 0);
	look(&fixture->guest, &before);
	ops_expect(revert(fixture, "s1", NULL), TASK_FAILED, "its memory file");
	check_untouched(&fixture->guest, &before);
	assert_int_equal(virDomainGetID(fixture->guest.dom), id);
	/* What does not need it works. */
	ops_expect(revert(fixture, "s1", ARGS("state", "stopped")), TASK_OK, NULL);
	assert_int_equal(counter_state(&fixture->guest), VIR_DOMAIN_SHUTOFF);
	g_unlink(away);
}

static void missing_disk_is_noticed_before(void **state)
{
	struct fixture *fixture = *state;
	struct before before;

	make_guest(fixture, "base", "count-2", "disk");
	g_autofree char *file = counter_image(&fixture->guest, "base-b.qcow2");
	g_autofree char *away = counter_image(&fixture->guest, "away");
	counter_bring_to(&fixture->guest, PAUSED);
	look(&fixture->guest, &before);
	assert_int_equal(g_rename(file, away), 0);
	ops_expect(revert(fixture, "s2", NULL), TASK_FAILED, "base-b.qcow2' is missing");
	assert_int_equal(g_rename(away, file), 0);
	check_untouched(&fixture->guest, &before);
}

static void file_of_another_guest_is_refused(void **state)
{
	struct fixture *fixture = *state;

	make_guest(fixture, "mine", "count", "disk");
	g_autofree char *file = counter_image(&fixture->guest, "mine.qcow2");
	g_autofree char *xml = g_strdup_printf(
	        "<domain type='qemu'><name>thief</name><memory unit='MiB'>8</memory><os><type>hvm</type></os><devices>"
	        "<disk type='file' device='disk'><driver name='qemu' type='qcow2'/><source file='%s'/>"
	        "<target dev='vda'/></disk></devices></domain>",
	        file);
	virDomainPtr thief = virDomainDefineXML(fixture->ops->conn, xml);
	ops_expect(revert(fixture, "s1", NULL), TASK_FAILED, "disk vda of the guest 'thief'");
	virDomainUndefine(thief);
	virDomainFree(thief);
}

/* ---- undone ---- */

/* The header stays whole: only QEMU notices. */
static void spoil(const char *path)
{
	FILE *file = fopen(path, "r+b");
	char zeros[65536] = {0};

	assert_non_null(file);
	fseek(file, 0, SEEK_END);
	long middle = ftell(file) / 2;
	assert_int_equal(fseek(file, middle, SEEK_SET), 0);
	memset(zeros, 0xa5, sizeof zeros);
	fwrite(zeros, 1, sizeof zeros, file);
	fclose(file);
}

static void spoilt_memory(struct fixture *fixture, const char *name, const char *kind, enum then then)
{
	struct before before;

	make_guest(fixture, name, kind, "memory");
	g_autofree char *file = file_of(fixture, "s1", "memory", false);
	spoil(file);
	counter_bring_to(&fixture->guest, then);
	look(&fixture->guest, &before);
	ops_expect(revert(fixture, "s1", NULL), TASK_FAILED, "cannot roll back to 's1'");
	check_untouched(&fixture->guest, &before);
	/* And the other one is as good as ever. */
	ops_expect(revert(fixture, "s2", NULL), TASK_OK, "running");
	assert_int_equal(counter_count(&fixture->guest), 2);
}

static void running_guest_goes_on_when_the_memory_of_then_is_spoilt(void **state)
{
	spoilt_memory(*state, "spoilt", "count-2", RUNNING);
}

static void paused_guest_stays_paused(void **state)
{
	spoilt_memory(*state, "halted", "count", PAUSED);
}

static void guest_that_is_off_stays_off(void **state)
{
	spoilt_memory(*state, "off", "count-raw", OFF);
}

static void uefi_variables_come_back(void **state)
{
	if (!g_file_test("/usr/share/OVMF", G_FILE_TEST_IS_DIR))
		skip();
	spoilt_memory(*state, "uefi", "count-uefi", OFF);
}

static void internal_that_fails_half_way_is_undone(void **state)
{
	struct fixture *fixture = *state;
	struct before before;

	make_guest(fixture, "half", "count-2", "internal");
	/* The second disk has it no more: libvirt notices when the first is done. */
	g_autofree char *file = counter_image(&fixture->guest, "half-b.qcow2");
	counter_bring_to(&fixture->guest, OFF);
	lab_do(lab, "exec", "h1", "qemu-img", "snapshot", "-d", "s1", file);
	counter_bring_to(&fixture->guest, RUNNING);
	counter_press(&fixture->guest);
	look(&fixture->guest, &before);
	ops_expect(revert(fixture, "s1", NULL), TASK_FAILED, "cannot roll back to 's1'");
	check_untouched(&fixture->guest, &before);
	ops_expect(revert(fixture, "s2", NULL), TASK_OK, "running");
	assert_int_equal(counter_count(&fixture->guest), 2);
}

static void full_disk_touches_nothing(void **state)
{
	struct fixture *fixture = *state;
	struct before before;

	if (!lab_is_system(lab))
		skip();
	make_guest(fixture, "full", "count-2", "disk");
	g_autofree char *dir = counter_image(&fixture->guest, "%s", "");
	g_autofree char *filler = counter_image(&fixture->guest, "full.filler");
	/* The second overlay does not fit: the first must go again. */
	g_autofree char *small = g_strdup_printf(
	        "mkdir -p %s/../kept && cp -a %s/full* %s/../kept && mount -t tmpfs -o size=4m tmpfs %s && cp -a "
	        "%s/../kept/* %s && dd if=/dev/zero of=%s bs=4k status=none; truncate -s -300k %s",
	        dir, dir, dir, dir, dir, dir, filler, filler);
	counter_bring_to(&fixture->guest, OFF);
	look(&fixture->guest, &before);
	lab_do(lab, "exec", "h1", "sh", "-c", small);
	ops_expect(revert(fixture, "s1", NULL), TASK_FAILED, "No space left on device");
	g_autofree char *files = lab_run(lab, "exec", "h1", "ls", dir);
	assert_null(strstr(files, "nvirt-"));
	lab_do(lab, "exec", "h1", "umount", "-l", dir);
	check_untouched(&fixture->guest, &before);
}

/* Where libvirt saves the memory of now: the way back of a guest that runs. */
#define SAVES "/var/lib/libvirt/qemu/save"

static void without_room_for_the_way_back(struct fixture *fixture, const char *name, const char *options, const char *words)
{
	struct before before;

	if (!lab_is_system(lab))
		skip();
	make_guest(fixture, name, "count", "disk");
	unsigned id = virDomainGetID(fixture->guest.dom);
	look(&fixture->guest, &before);
	lab_do(lab, "exec", "h1", "mount", "-t", "tmpfs", "-o", options, "tmpfs", SAVES);
	struct ops_result result = revert(fixture, "s1", NULL);
	lab_do(lab, "exec", "h1", "umount", "-l", SAVES);
	ops_expect(result, TASK_FAILED, words);
	check_untouched(&fixture->guest, &before);
	assert_int_equal(virDomainGetID(fixture->guest.dom), id);
}

static void no_room_for_the_memory_of_now_is_noticed_before(void **state)
{
	without_room_for_the_way_back(*state, "room", "size=4k", "make room");
}

static void guest_runs_on_when_its_memory_can_not_be_saved(void **state)
{
	without_room_for_the_way_back(*state, "refused", "ro,size=4g", "cannot roll back to 's1'");
}

/* ---- one of now first ---- */

static char *taken_first(const struct fixture *fixture)
{
	GPtrArray *tree = snapshot_tree_read(fixture->guest.dom, false, NULL);
	char *name = NULL;

	for (unsigned i = 0; i < tree->len; i++) {
		const struct snap *snap = g_ptr_array_index(tree, i);
		if (g_str_has_prefix(snap->name, "before-") && snap->memory)
			name = g_strdup(snap->name);
	}
	g_ptr_array_unref(tree);
	return name;
}

static void one_of_now_is_taken_first_and_can_be_gone_forward_to(void **state)
{
	struct fixture *fixture = *state;

	make_guest(fixture, "first", "count-2", "memory");
	g_autofree char *screen = counter_screen(&fixture->guest), *disk = counter_disk(&fixture->guest, 1);
	ops_expect(revert(fixture, "s1", ARGS("take-first", "yes")), TASK_OK, "running");
	assert_int_equal(counter_count(&fixture->guest), 1);
	g_autofree char *name = taken_first(fixture);
	assert_non_null(name);
	counter_press(&fixture->guest);
	ops_expect(revert(fixture, name, NULL), TASK_OK, "running");
	assert_int_equal(counter_count(&fixture->guest), 3);
	g_autofree char *screen_now = counter_screen(&fixture->guest), *disk_now = counter_disk(&fixture->guest, 1);
	assert_string_equal(screen, screen_now);
	assert_string_equal(disk, disk_now);
	ops_expect(revert(fixture, "s2", NULL), TASK_OK, "running");
	assert_int_equal(counter_count(&fixture->guest), 2);
}

/* It stays also when the roll back fails, and the guest runs on from it. */
static void one_of_now_stays_when_the_roll_back_fails(void **state)
{
	struct fixture *fixture = *state;

	make_guest(fixture, "stays", "count", "memory");
	g_autofree char *file = file_of(fixture, "s1", "memory", false);
	spoil(file);
	ops_expect(revert(fixture, "s1", ARGS("take-first", "yes")), TASK_FAILED, "cannot roll back to 's1'");
	g_autofree char *name = taken_first(fixture);
	assert_non_null(name);
	lab_wait_for(counter_is_up, &fixture->guest, "the guest to be up", COUNTER_DEADLINE_MS);
	assert_int_equal(counter_count(&fixture->guest), 3);
	counter_press(&fixture->guest);
	ops_expect(revert(fixture, name, NULL), TASK_OK, "running");
	assert_int_equal(counter_count(&fixture->guest), 3);
}

/* ---- the daemon dies ---- */

static bool saves(const struct ops_result *result)
{
	return result->log && strstr(result->log, "is saved first");
}

static bool restores(const struct ops_result *result)
{
	return result->message && strstr(result->message, "restoring the memory");
}

/* Before that moment libvirt 9.0 waits for ever, after its restart, for a QEMU that was never there. */
static bool has_qemu(void *data)
{
	const struct counter *guest = data;
	g_autofree char *name = g_strdup_printf("%s.pid", guest->name);
	g_autofree char *path = g_build_filename(lab_dir(lab), "h1", "run", "libvirt", "qemu", name, NULL);

	return g_file_test(path, G_FILE_TEST_EXISTS);
}

/* Either whole: done, or as it was. */
static void kill_daemon(struct fixture *fixture, const char *name, bool (*when)(const struct ops_result *result))
{
	struct before before;
	struct ops_result result = {.progress = -1};

	make_guest(fixture, name, "count-2", "memory");
	look(&fixture->guest, &before);
	struct obj_ref ref = counter_snapshot(&fixture->guest, "s1");
	g_autofree char *id = ops_submit(fixture->ops, OP_SNAPSHOT_REVERT, &ref, "s1", NULL);
	ops_await(fixture->ops, id, &result, when);
	lab_wait_for(has_qemu, &fixture->guest, "a QEMU", COUNTER_DEADLINE_MS);
	lab_do(lab, "kill9", "h1");
	lab_do(lab, "restart", "h1");
	ops_await(fixture->ops, id, &result, NULL);
	print_message("%s: %s\n", task_state_word(result.state), result.message);
	/* The test's own connection is gone too. */
	virDomainFree(fixture->guest.dom);
	conn_close(fixture->ops->conn);
	fixture->ops->conn = conn_open(fixture->ops->uri, false, NULL);
	fixture->guest.dom = virDomainLookupByName(fixture->ops->conn, name);
	if (result.state == TASK_OK) {
		assert_int_equal(counter_count(&fixture->guest), 1);
		assert_int_equal(virDomainHasManagedSaveImage(fixture->guest.dom, 0), 0);
		forget(&before);
	} else {
		assert_int_equal(result.state, TASK_FAILED);
		check_untouched(&fixture->guest, &before);
	}
	ops_result_clear(&result);
	ops_expect(revert(fixture, "s2", NULL), TASK_OK, "running");
	assert_int_equal(counter_count(&fixture->guest), 2);
}

static void daemon_dies_while_it_saves(void **state)
{
	kill_daemon(*state, "dies1", saves);
}

static void daemon_dies_while_it_restores(void **state)
{
	kill_daemon(*state, "dies2", restores);
}

/* ---- the files afterwards ---- */

static unsigned overlays_in(const char *files)
{
	unsigned n = 0;

	for (const char *at = files; (at = strstr(at, ".nvirt-")); at++)
		n++;
	return n;
}

static void abandoned_overlay_goes_unless_it_is_needed(void **state)
{
	struct fixture *fixture = *state;

	make_guest(fixture, "tidy", "count", "disk");
	g_autofree char *now = file_of(fixture, "s2", "vda", true);
	g_autofree char *branch = file_of(fixture, "s1", "vda", true);
	ops_expect(revert(fixture, "s1", NULL), TASK_OK, NULL);
	/* Nobody goes on from there; what s2 stands on stays. */
	assert_false(g_file_test(now, G_FILE_TEST_EXISTS));
	assert_true(g_file_test(branch, G_FILE_TEST_EXISTS));
	g_autofree char *first = files_of(&fixture->guest);
	assert_int_equal(overlays_in(first), 1);
	ops_expect(revert(fixture, "s2", NULL), TASK_OK, NULL);
	g_autofree char *second = files_of(&fixture->guest);
	assert_int_equal(overlays_in(second), 1);
	/* The two branches stand on one file: libvirt must not merge into it. */
	virDomainSnapshotPtr s1 = virDomainSnapshotLookupByName(fixture->guest.dom, "s1", 0);
	assert_int_equal(virDomainSnapshotDelete(s1, 0), 0);
	virDomainSnapshotFree(s1);
	ops_expect(revert(fixture, "s2", NULL), TASK_OK, NULL);
	lab_wait_for(counter_is_up, &fixture->guest, "the guest to be up", COUNTER_DEADLINE_MS);
	assert_int_equal(counter_count(&fixture->guest), 2);
}

static void two_branches_are_never_merged_into_one_another(void **state)
{
	struct fixture *fixture = *state;

	make_guest(fixture, "branch", "count", "disk");
	ops_expect(revert(fixture, "s1", NULL), TASK_OK, NULL);
	virDomainSnapshotPtr s1 = virDomainSnapshotLookupByName(fixture->guest.dom, "s1", 0);
	assert_int_equal(virDomainSnapshotDelete(s1, 0), -1);
	virDomainSnapshotFree(s1);
	ops_expect(revert(fixture, "s2", NULL), TASK_OK, NULL);
	lab_wait_for(counter_is_up, &fixture->guest, "the guest to be up", COUNTER_DEADLINE_MS);
	assert_int_equal(counter_count(&fixture->guest), 2);
}

static int start_lab(void **state)
{
	(void)state;
	lab = lab_start(1);
	return 0;
}

static int stop_lab(void **state)
{
	(void)state;
	lab_stop(lab);
	return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(missing_memory_file_is_noticed_before),
	        TEST(missing_disk_is_noticed_before),
	        TEST(file_of_another_guest_is_refused),
	        TEST(running_guest_goes_on_when_the_memory_of_then_is_spoilt),
	        TEST(paused_guest_stays_paused),
	        TEST(guest_that_is_off_stays_off),
	        TEST(uefi_variables_come_back),
	        TEST(internal_that_fails_half_way_is_undone),
	        TEST(full_disk_touches_nothing),
	        TEST(no_room_for_the_memory_of_now_is_noticed_before),
	        TEST(guest_runs_on_when_its_memory_can_not_be_saved),
	        TEST(one_of_now_is_taken_first_and_can_be_gone_forward_to),
	        TEST(one_of_now_stays_when_the_roll_back_fails),
	        TEST(daemon_dies_while_it_saves),
	        TEST(daemon_dies_while_it_restores),
	        TEST(abandoned_overlay_goes_unless_it_is_needed),
	        TEST(two_branches_are_never_merged_into_one_another),
	};

	return cmocka_run_group_tests(tests, start_lab, stop_lab);
}
