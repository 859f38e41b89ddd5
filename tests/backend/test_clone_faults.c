/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What goes wrong in the middle of a clone: the source is untouched byte for
 * byte, nothing half-made stays or it is found and removed, and the message
 * names cause and remedy.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "backend/copy.h"
#include "support/clones.h"

static void full_disk_in_the_middle(void **state)
{
	struct ops *ops = *state;

	if (!clones_small)
		skip();
	struct clones_source source = clones_source(ops, "qcow2", 80);
	/* Compressed it seems to fit: it is found out only when the disk is full. */
	g_autofree char *packed = clones_path("packed.qcow2");
	g_free(clones_tool("qemu-img", "convert", "-c", "-O", "qcow2", source.path, packed));
	clones_define(ops, "packed", packed, "qcow2", NULL);
	ops_expect(clones_run(ops, "packed", ARGS("name", "copy", "pool", "small", "format", "raw")), TASK_FAILED,
	        "free some space there or choose another pool");
	assert_false(clones_defined(ops, "copy"));
	g_autoptr(GDir) dir = g_dir_open(clones_small, 0, NULL);
	assert_null(g_dir_read_name(dir));
	/* What can be known before is told before. */
	g_autofree char *refused = clones_refusal(ops, "src", ARGS("name", "copy", "pool", "small"));
	assert_non_null(strstr(refused, "are needed in 'small'"));
	assert_int_equal(unlink(packed), 0);
	clones_assert_untouched(ops, &source, "src.img");
}

static void full_disk_under_a_plain_copy(void **state)
{
	struct ops *ops = *state;
	g_autoptr(GError) error = NULL;

	if (!clones_small)
		skip();
	struct clones_source source = clones_source(ops, "raw", 80);
	g_autofree char *to = g_build_filename(clones_small, "to", NULL);
	struct copy copy = {.from = source.path, .to = to, .from_format = "raw", .to_format = "raw"};
	assert_false(copy_run(&copy, &error));
	assert_non_null(strstr(error->message, "No space left"));
	assert_non_null(strstr(error->message, "free some space"));
	assert_int_equal(g_access(to, F_OK), -1);
	clones_assert_untouched(ops, &source, "src.img");
}

static void full_disk_under_a_running_guest(void **state)
{
	struct ops *ops = *state;

	if (!clones_small || !lab_is_system(clones_lab))
		skip();
	struct clones_source source = clones_source(ops, "qcow2", 80);
	g_autofree char *packed = clones_path("packed.qcow2");
	g_free(clones_tool("qemu-img", "convert", "-c", "-O", "qcow2", source.path, packed));
	clones_define(ops, "packed", packed, "qcow2", NULL);
	clones_start_guest(ops, "packed");
	ops_expect(clones_run(ops, "packed", ARGS("name", "copy", "pool", "small")), TASK_FAILED, "No space left");
	assert_int_equal(ops_state_of(ops, "packed"), VIR_DOMAIN_RUNNING);
	g_autoptr(GDir) dir = g_dir_open(clones_small, 0, NULL);
	assert_null(g_dir_read_name(dir));
	ops_expect(ops_run_guest(ops, OP_GUEST_DESTROY, "packed", NULL), TASK_OK, NULL);
	assert_int_equal(unlink(packed), 0);
	clones_assert_untouched(ops, &source, "src.img");
}

/* ---- refusals ---- */

static void what_exists_is_not_replaced(void **state)
{
	struct ops *ops = *state;
	struct clones_source source = clones_source(ops, "raw", 1);
	g_autofree char *taken = clones_path("copy.raw");
	g_autofree char *content = NULL;

	assert_true(g_file_set_contents(taken, "mine", -1, NULL));
	g_autofree char *refused = clones_refusal(ops, "src", ARGS("name", "copy"));
	assert_non_null(strstr(refused, "exists already"));
	ops_expect(clones_run(ops, "src", ARGS("name", "copy")), TASK_FAILED, "choose another name");
	assert_true(g_file_get_contents(taken, &content, NULL, NULL));
	assert_string_equal(content, "mine");
	unlink(taken);
	ops_expect(clones_run(ops, "src", ARGS("name", "src")), TASK_FAILED, "src");
	clones_assert_untouched(ops, &source, "src.img");
}

static void vanished_base_is_named(void **state)
{
	struct ops *ops = *state;
	struct clones_source source = clones_source(ops, "qcow2", 1);
	g_autofree char *base = clones_path("base.qcow2"), *top = clones_path("top.qcow2");

	clones_image(base, "qcow2", 16, 1);
	g_free(clones_tool("qemu-img", "create", "-q", "-f", "qcow2", "-F", "qcow2", "-b", base, top));
	clones_define(ops, "top", top, "qcow2", NULL);
	assert_int_equal(unlink(base), 0);
	ops_expect(clones_run(ops, "top", ARGS("name", "copy")), TASK_FAILED, "base.qcow2");
	assert_int_equal(unlink(top), 0);
	clones_assert_untouched(ops, &source, "src.img");
}

static void denied_directory_is_named(void **state)
{
	struct ops *ops = *state;
	struct clones_source source = clones_source(ops, "raw", 1);

	if (!clones_lock_dir(true))
		skip();
	struct ops_result result = clones_run(ops, "src", ARGS("name", "copy"));
	clones_lock_dir(false);
	ops_expect(result, TASK_FAILED, "ermi");
	clones_assert_untouched(ops, &source, "src.img");
}

/* A header can name any file of the host; libvirt would copy that. */
static void hostile_image_is_not_cloned(void **state)
{
	struct ops *ops = *state;
	struct clones_source source = clones_source(ops, "raw", 1);
	g_autofree char *secret = g_build_filename(lab_dir(clones_lab), "h1", "secret", NULL);
	g_autofree char *evil = clones_path("evil.qcow2"), *json = clones_path("json.qcow2");
	g_autofree char *words = g_strdup_printf("'%s': it lies outside every pool", secret);
	g_autofree char *driver = g_strdup_printf("json:{\"driver\":\"raw\",\"file\":{\"driver\":\"file\",\"filename\":\"%s\"}}", secret);
	const char *const modes[] = {"full", "linked"};

	clones_image(secret, "raw", 1, 1);
	g_free(clones_tool("qemu-img", "create", "-q", "-f", "qcow2", "-F", "raw", "-b", secret, evil));
	g_free(clones_tool("qemu-img", "create", "-q", "-f", "qcow2", "-F", "raw", "-b", driver, json));
	clones_define(ops, "evil", evil, "qcow2", NULL);
	clones_define(ops, "json", json, "qcow2", NULL);
	for (unsigned i = 0; i < G_N_ELEMENTS(modes); i++) {
		ops_expect(clones_run(ops, "evil", ARGS("name", "copy", "mode", modes[i])), TASK_FAILED, words);
		ops_expect(clones_run(ops, "evil", ARGS("name", "copy", "mode", modes[i], "allow", "/other")), TASK_FAILED, words);
		ops_expect(clones_run(ops, "json", ARGS("name", "copy", "mode", modes[i])), TASK_FAILED, "by json:");
		g_autofree char *left = clones_listing();
		assert_string_equal(left, "evil.qcow2 json.qcow2 src.img");
	}
	/* Who means it, names it. */
	ops_expect(clones_run(ops, "evil", ARGS("name", "meant", "allow", secret)), TASK_OK, NULL);
	clones_assert_untouched(ops, &source, "evil.qcow2 json.qcow2 meant.qcow2 src.img");
	unlink(secret);
}

/* ---- two at once ---- */

static void of_two_that_do_the_same_one_fails_whole(void **state)
{
	struct ops *ops = *state, *other = ops_new(lab_uri(clones_lab, "h1"));
	struct clones_source source = clones_source(ops, "raw", 100);
	struct obj_ref ref = ops_guest_ref(ops, "src");
	struct ops_result one = {.progress = -1}, two = {.progress = -1};

	other->tasks = 500; /* the ids are each nvirt's own */
	g_autofree char *first = ops_submit(ops, OP_GUEST_CLONE, &ref, "src", ARGS("name", "copy"));
	g_autofree char *second = ops_submit(other, OP_GUEST_CLONE, &ref, "src", ARGS("name", "copy"));
	ops_await(ops, first, &one, NULL);
	ops_await(other, second, &two, NULL);
	assert_true((one.state == TASK_OK) != (two.state == TASK_OK));
	ops_expect(one.state == TASK_OK ? two : one, TASK_FAILED, "copy");
	ops_result_clear(one.state == TASK_OK ? &one : &two);
	g_autofree char *left = clones_listing();
	assert_string_equal(left, "copy.raw src.img");
	assert_true(clones_defined(ops, "copy"));
	g_autofree char *path = clones_path("copy.raw");
	clones_assert_same(source.path, path);
	clones_source_clear(&source);
	void *state_of_other = other;
	ops_tear_down(&state_of_other);
}

static void renamed_source_does_not_matter(void **state)
{
	struct ops *ops = *state;
	struct clones_source source = clones_source(ops, "raw", CLONES_BIG_MIB);
	struct obj_ref ref = ops_guest_ref(ops, "src");
	g_autofree char *id = ops_submit(ops, OP_GUEST_CLONE, &ref, "src", ARGS("name", "copy"));
	g_autofree char *path = clones_path("copy.raw");
	g_free(clones_wait_file(NULL, "nvirt-tmp-"));
	struct ops_result result = {.progress = -1};

	virDomainPtr dom = virDomainLookupByName(ops->conn, "src");
	assert_int_equal(virDomainRename(dom, "renamed", 0), 0);
	virDomainFree(dom);
	ops_await(ops, id, &result, NULL);
	ops_expect(result, TASK_OK, "'copy' is there");
	clones_assert_same(source.path, path);
	clones_source_clear(&source);
}

/* QEMU's own locks keep a guest off its disk while it is copied. */
static void source_can_not_start_under_the_copy(void **state)
{
	struct ops *ops = *state;
	struct clones_source source = clones_source(ops, "raw", CLONES_BIG_MIB);
	struct obj_ref ref = ops_guest_ref(ops, "src");
	g_autofree char *id = ops_submit(ops, OP_GUEST_CLONE, &ref, "src", ARGS("name", "copy"));
	g_autofree char *path = clones_path("copy.raw");
	g_free(clones_wait_file(NULL, "nvirt-tmp-"));
	struct ops_result result = {.progress = -1};

	virDomainPtr dom = virDomainLookupByName(ops->conn, "src");
	int started = virDomainCreate(dom);
	virDomainFree(dom);
	ops_await(ops, id, &result, NULL);
	ops_expect(result, TASK_OK, NULL);
	/* On a machine that copies in no time it started after it. */
	if (started == 0)
		ops_expect(ops_run_guest(ops, OP_GUEST_DESTROY, "src", NULL), TASK_OK, NULL);
	clones_assert_same(source.path, path);
	clones_source_clear(&source);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, clones_set_up, clones_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(full_disk_in_the_middle),
		TEST(full_disk_under_a_plain_copy),
		TEST(full_disk_under_a_running_guest),
		TEST(what_exists_is_not_replaced),
		TEST(vanished_base_is_named),
		TEST(denied_directory_is_named),
		TEST(hostile_image_is_not_cloned),
		TEST(of_two_that_do_the_same_one_fails_whole),
		TEST(renamed_source_does_not_matter),
		TEST(source_can_not_start_under_the_copy),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, clones_start, clones_stop);
}
