/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What goes wrong in the middle of linked clones: clones that are whole stay
 * and are protected, of the others nothing stays or it is found and removed, and
 * the base is untouched byte for byte.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/clones.h"
#include "support/killed.h"

#define MANY "60"

static unsigned mode_of(const char *path)
{
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	return st.st_mode & 07777;
}

/* Each file is a guest's and each guest has its file; how many there are. */
static unsigned assert_all_whole(void)
{
	g_autofree char *left = clones_listing();
	g_auto(GStrv) names = g_strsplit(left, " ", -1);
	virDomainPtr *doms = NULL;
	int n = virConnectListAllDomains(lab_connection(clones_lab, "h1"), &doms, 0);
	unsigned files = g_strv_length(names) - 1; /* without the source's */

	for (int i = 0; i < n; i++) {
		g_autofree char *file = g_strdup_printf("%s.qcow2", virDomainGetName(doms[i]));
		if (!g_str_equal(file, "src.qcow2") && !g_strv_contains((const char *const *)names, file))
			fail_msg("'%s' has no file of its own in: %s", virDomainGetName(doms[i]), left);
		virDomainFree(doms[i]);
	}
	free(doms);
	if ((int)files != n - 1)
		fail_msg("%d guests have: %s", n - 1, left);
	return files;
}

/* A clone's file whose guest has not come to be; owned; NULL = there is none. */
static char *lone_file(void)
{
	g_autofree char *left = clones_listing();
	g_auto(GStrv) names = g_strsplit(left, " ", -1);

	for (char **name = names; *name; name++) {
		g_autofree char *guest = g_strndup(*name, strcspn(*name, "."));
		if (!clones_defined(NULL, guest))
			return clones_path(*name);
	}
	return NULL;
}

/* The id under which the plan offers that file; owned. */
static char *step_of(const char *offer, const char *path)
{
	g_auto(GStrv) lines = g_strsplit(offer, "\n", -1);

	for (char **line = lines; *line; line++) {
		const char *id = strstr(*line, "step:");
		if (id && strstr(*line, path))
			return g_strndup(id, strspn(id + 5, "0123456789") + 5);
	}
	fail_msg("'%s' is not offered: %s", path, offer);
	return NULL;
}

/* The base is what it was, and stays it. */
static void assert_protected(struct ops *ops, const struct clones_source *source)
{
	g_autofree char *hash = clones_hash(source->path);

	assert_string_equal(hash, source->hash);
	assert_int_equal(mode_of(source->path) & 0222, 0);
	ops_expect(ops_run_guest(ops, OP_GUEST_START, "src", NULL), TASK_FAILED, "cannot start 'src'");
}

/* Nothing was made of it: it is free as before. */
static void assert_free(struct ops *ops, struct clones_source *source, unsigned mode)
{
	assert_int_equal(mode_of(source->path), mode);
	clones_assert_untouched(ops, source, "src.img");
	ops_expect(ops_run_guest(ops, OP_GUEST_START, "src", NULL), TASK_OK, NULL);
	ops_expect(ops_run_guest(ops, OP_GUEST_DESTROY, "src", NULL), TASK_OK, NULL);
}

/* ---- killed in the middle ---- */

static void killed_nvirt_leaves_whole_clones_only(void **state)
{
	struct ops *ops = *state;
	struct clones_source source = clones_source(ops, "qcow2", 4);
	struct killed killed;
	int status;

	killed_start(&killed, ops->uri, ARGS("clone", "src", "copy-##", "--mode", "linked", "--count", MANY, "--yes"));
	g_free(clones_wait_file(NULL, "copy-05"));
	killed_kill(&killed);
	/* A guest that is whole stays, though its task was cut short; a file alone may be chosen, and goes. */
	g_autofree char *id = killed_task(&killed);
	g_autofree char *lone = lone_file();
	g_autofree char *offer = killed_run(&killed, ARGS("task-cleanup", id, "--dry-run"), &status);
	g_autofree char *step = lone ? step_of(offer, lone) : NULL;
	if (lone)
		g_free(killed_run(&killed, ARGS("task-cleanup", id, "--remove", step, "--yes"), &status));
	assert_in_range(assert_all_whole(), 4, 59);
	assert_protected(ops, &source);
	killed_fini(&killed);
	clones_source_clear(&source);
}

static void killed_libvirtd_leaves_whole_clones_only(void **state)
{
	struct ops *ops = *state;
	struct clones_source source = clones_source(ops, "qcow2", 4);
	struct obj_ref ref = ops_guest_ref(ops, "src");
	struct ops_result result = {.progress = -1};
	g_autofree char *id =
	        ops_submit(ops, OP_GUEST_CLONE, &ref, "src", ARGS("name", "copy-##", "mode", "linked", "count", MANY));
	g_free(clones_wait_file(NULL, "copy-05"));

	lab_do(clones_lab, "kill9", "h1");
	lab_do(clones_lab, "restart", "h1");
	ops_await(ops, id, &result, NULL);
	assert_true(result.unknown);
	ops_reconnect(ops);
	ops_expect(result, TASK_FAILED, "of " MANY " clones are there");
	assert_in_range(assert_all_whole(), 4, 59);
	assert_protected(ops, &source);
	clones_source_clear(&source);
}

static void renamed_source_does_not_matter(void **state)
{
	struct ops *ops = *state;
	struct clones_source source = clones_source(ops, "qcow2", 4);
	struct obj_ref ref = ops_guest_ref(ops, "src");
	struct ops_result result = {.progress = -1};
	g_autofree char *id =
	        ops_submit(ops, OP_GUEST_CLONE, &ref, "src", ARGS("name", "copy-##", "mode", "linked", "count", "20"));
	g_free(clones_wait_file(NULL, "copy-03"));
	virDomainPtr dom = virDomainLookupByName(ops->conn, "src");

	assert_int_equal(virDomainRename(dom, "renamed", 0), 0);
	virDomainFree(dom);
	ops_await(ops, id, &result, NULL);
	ops_expect(result, TASK_OK, "20 linked clones");
	g_autofree char *hash = clones_hash(source.path);
	assert_string_equal(hash, source.hash);
	ops_expect(ops_run_guest(ops, OP_GUEST_START, "renamed", NULL), TASK_FAILED, "cannot start 'renamed'");
	clones_source_clear(&source);
}

/* What the loser takes back is not what the winner's clone needs. */
static void of_two_that_do_the_same_one_fails_whole(void **state)
{
	struct ops *ops = *state, *other = ops_new(lab_uri(clones_lab, "h1"));
	struct clones_source source = clones_source(ops, "qcow2", 4);
	struct obj_ref ref = ops_guest_ref(ops, "src");
	struct ops_result one = {.progress = -1}, two = {.progress = -1};

	other->tasks = 500; /* the ids are each nvirt's own */
	g_autofree char *first = ops_submit(ops, OP_GUEST_CLONE, &ref, "src", ARGS("name", "copy", "mode", "linked"));
	g_autofree char *second = ops_submit(other, OP_GUEST_CLONE, &ref, "src", ARGS("name", "copy", "mode", "linked"));
	ops_await(ops, first, &one, NULL);
	ops_await(other, second, &two, NULL);
	if ((one.state == TASK_OK) == (two.state == TASK_OK))
		fail_msg("'%s' and '%s'", one.message, two.message);
	ops_expect(one.state == TASK_OK ? two : one, TASK_FAILED, "copy");
	ops_result_clear(one.state == TASK_OK ? &one : &two);
	g_autofree char *left = clones_listing(), *disk = clones_xml_string(ops, "copy", "//disk/source/@file");
	g_autofree char *name = g_path_get_basename(disk), *want = g_strdup_printf("%s src.img", name);
	assert_string_equal(left, want);
	assert_protected(ops, &source);
	clones_source_clear(&source);
	void *state_of_other = other;
	ops_tear_down(&state_of_other);
}

/* The pool has not noticed it: libvirt refuses its name, and it is not taken for what we have made. */
static void a_file_that_is_there_unseen_keeps_its_name(void **state)
{
	struct ops *ops = *state;
	struct clones_source source = clones_source(ops, "qcow2", 4);
	g_autofree char *path = clones_path("copy.qcow2");

	clones_image(path, "qcow2", 16, 1);
	g_autofree char *before = clones_hash(path);
	ops_expect(clones_run(ops, "src", ARGS("name", "copy", "mode", "linked")), TASK_OK, "'copy' made");
	g_autofree char *disk = clones_xml_string(ops, "copy", "//disk/source/@file");
	g_autofree char *name = g_path_get_basename(disk), *after = clones_hash(path);
	assert_string_equal(name, "copy.2.qcow2");
	assert_string_equal(after, before);
	assert_protected(ops, &source);
	clones_source_clear(&source);
}

/* ---- refused by the host ---- */

static struct ops_result clone_linked(struct ops *ops, const char *pool)
{
	return clones_run(ops, "src", ARGS("name", "copy", "mode", "linked", "pool", pool));
}

static void full_disk_leaves_nothing(void **state)
{
	struct ops *ops = *state;

	if (!clones_small)
		skip();
	struct clones_source source = clones_source(ops, "qcow2", 4);
	unsigned mode = mode_of(source.path);
	g_autofree char *fill = g_strdup_printf("cat /dev/zero >'%s/fill'; true", clones_small);
	g_free(clones_tool("sh", "-c", fill));
	ops_expect(clone_linked(ops, "small"), TASK_FAILED, "free some space there");
	g_autofree char *listing = clones_tool("ls", clones_small);
	assert_string_equal(listing, "fill\n");
	assert_free(ops, &source, mode);
}

/* All files of a clone are announced together: where the first fails the others were never begun. */
static void a_file_that_is_there_unseen_stays_when_the_one_before_it_fails(void **state)
{
	struct ops *ops = *state;

	if (!clones_small)
		skip();
	struct clones_source source = clones_source(ops, "qcow2", 4);
	g_autofree char *second = clones_path("second.qcow2");
	g_autofree char *foreign = g_build_filename(clones_small, "copy-vdb.qcow2", NULL);
	g_autofree char *devices = g_markup_printf_escaped("<disk type='file' device='disk'><driver name='qemu' type='qcow2'/>"
	                                                   "<source file='%s'/><target dev='vdb' bus='virtio'/></disk>",
	        second);
	g_autofree char *fill = g_strdup_printf("cat /dev/zero >'%s/fill'; true", clones_small);

	clones_image(second, "qcow2", 16, 1);
	clones_define(ops, "two", source.path, "qcow2", devices);
	assert_true(g_file_set_contents(foreign, "another's", -1, NULL));
	g_free(clones_tool("sh", "-c", fill));
	ops_expect(clones_run(ops, "two", ARGS("name", "copy", "mode", "linked", "pool", "small")), TASK_FAILED,
	        "free some space there");
	g_autofree char *listing = clones_tool("ls", clones_small);
	assert_string_equal(listing, "copy-vdb.qcow2\nfill\n");
	clones_source_clear(&source);
}

static void denied_directory_leaves_nothing(void **state)
{
	struct ops *ops = *state;
	struct clones_source source = clones_source(ops, "qcow2", 4);
	unsigned mode = mode_of(source.path);

	if (!clones_lock_dir(true))
		skip();
	struct ops_result result = clone_linked(ops, CLONES_POOL);
	clones_lock_dir(false);
	ops_expect(result, TASK_FAILED, "ermi");
	assert_free(ops, &source, mode);
}

static void vanished_base_is_named(void **state)
{
	struct ops *ops = *state;
	struct clones_source source = clones_source(ops, "qcow2", 4);
	g_autofree char *base = clones_path("base.qcow2"), *top = clones_path("top.qcow2");

	clones_image(base, "qcow2", 16, 1);
	g_free(clones_tool("qemu-img", "create", "-q", "-f", "qcow2", "-F", "qcow2", "-b", base, top));
	clones_define(ops, "top", top, "qcow2", NULL);
	assert_int_equal(unlink(base), 0);
	ops_expect(clones_run(ops, "top", ARGS("name", "copy", "mode", "linked")), TASK_FAILED, "base.qcow2");
	assert_int_equal(unlink(top), 0);
	ops_expect(clones_run(ops, "top", ARGS("name", "copy", "mode", "linked")), TASK_FAILED, "top.qcow2");
	clones_assert_untouched(ops, &source, "src.img");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, clones_set_up, clones_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(killed_nvirt_leaves_whole_clones_only),
		TEST(killed_libvirtd_leaves_whole_clones_only),
		TEST(renamed_source_does_not_matter),
		TEST(of_two_that_do_the_same_one_fails_whole),
		TEST(a_file_that_is_there_unseen_keeps_its_name),
		TEST(full_disk_leaves_nothing),
		TEST(a_file_that_is_there_unseen_stays_when_the_one_before_it_fails),
		TEST(denied_directory_leaves_nothing),
		TEST(vanished_base_is_named),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, clones_start, clones_stop);
}
