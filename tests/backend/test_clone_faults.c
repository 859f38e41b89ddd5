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
#include <sys/wait.h>
#include <unistd.h>

#include "backend/copy.h"
#include "support/clones.h"
#include "support/pty.h"

/* Enough that a copy of it takes a while. */
#define BIG_MIB 300

struct source {
	char *path, *hash;
};

static struct source make_source(struct ops *ops, const char *format, unsigned data_mib)
{
	struct source source = {.path = clones_path("src.img")};

	clones_image(source.path, format, data_mib + 8, data_mib);
	source.hash = clones_hash(source.path);
	clones_define(ops, "src", source.path, format, NULL);
	return source;
}

/* Only the source is there, and it is what it was. */
static void assert_untouched(struct ops *ops, struct source *source)
{
	g_autofree char *hash = clones_hash(source->path);
	g_autofree char *left = clones_listing();

	assert_string_equal(hash, source->hash);
	assert_string_equal(left, "src.img");
	assert_false(clones_defined(ops, "copy"));
	g_clear_pointer(&source->path, g_free);
	g_clear_pointer(&source->hash, g_free);
}

static void full_disk_in_the_middle(void **state)
{
	struct ops *ops = *state;

	if (!clones_small)
		skip();
	struct source source = make_source(ops, "qcow2", 200);
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
	assert_untouched(ops, &source);
}

static void full_disk_under_a_plain_copy(void **state)
{
	struct ops *ops = *state;
	g_autoptr(GError) error = NULL;

	if (!clones_small)
		skip();
	struct source source = make_source(ops, "raw", 200);
	g_autofree char *to = g_build_filename(clones_small, "to", NULL);
	struct copy copy = {.from = source.path, .to = to, .from_format = "raw", .to_format = "raw"};
	assert_false(copy_run(&copy, &error));
	assert_non_null(strstr(error->message, "No space left"));
	assert_non_null(strstr(error->message, "free some space"));
	assert_int_equal(g_access(to, F_OK), -1);
	assert_untouched(ops, &source);
}

static void full_disk_under_a_running_guest(void **state)
{
	struct ops *ops = *state;

	if (!clones_small || !lab_is_system(clones_lab))
		skip();
	struct source source = make_source(ops, "qcow2", 200);
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
	assert_untouched(ops, &source);
}

/* ---- kill -9 of nvirt ---- */

static pid_t start_nvirt(const char *home, const char *const *words)
{
	g_autoptr(GPtrArray) argv = g_ptr_array_new();

	g_ptr_array_add(argv, (gpointer)pty_program());
	g_ptr_array_add(argv, (gpointer)"-c");
	g_ptr_array_add(argv, (gpointer)lab_uri(clones_lab, "h1"));
	for (; *words; words++)
		g_ptr_array_add(argv, (gpointer)*words);
	g_ptr_array_add(argv, NULL);
	g_auto(GStrv) env = g_environ_setenv(g_get_environ(), "XDG_STATE_HOME", home, TRUE);
	g_autoptr(GError) error = NULL;
	GPid pid;
	if (!g_spawn_async(NULL, (char **)argv->pdata, env,
	            G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_STDOUT_TO_DEV_NULL | G_SPAWN_STDERR_TO_DEV_NULL, NULL, NULL, &pid, &error))
		fail_msg("%s", error->message);
	return pid;
}

static int wait_exit(pid_t pid)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

/* The id of the task that was cut short. */
static char *interrupted_task(const char *home)
{
	g_autofree char *dir = g_build_filename(home, "nvirt", NULL);
	g_autoptr(GPtrArray) records = journal_read_all(dir, NULL, NULL);

	for (unsigned i = 0; i < records->len; i++) {
		const struct journal_record *record = records->pdata[i];
		if (record->event == JOURNAL_END && record->state == TASK_INTERRUPTED)
			return g_strdup(record->task_id);
	}
	fail_msg("no task was found to be interrupted");
	return NULL;
}

/* The next nvirt knows what it left, and removes just that. */
static void kill_in_the_middle(struct ops *ops, bool running)
{
	struct source source = make_source(ops, "raw", BIG_MIB);
	g_autofree char *home = g_dir_make_tmp("nvirt-home-XXXXXX", NULL);

	if (running)
		clones_start_guest(ops, "src");
	pid_t pid = start_nvirt(home, ARGS("clone", "src", "copy", "--yes"));
	g_autofree char *half = clones_wait_file(NULL, "nvirt-tmp-");
	kill(pid, SIGKILL);
	assert_true(WIFSIGNALED(wait_exit(pid)));
	assert_int_equal(g_access(half, F_OK), 0);
	/* Somebody else's file, of a name much like it, is not for us. */
	g_autofree char *other = g_strconcat(half, "x", NULL);
	assert_true(g_file_set_contents(other, "mine", -1, NULL));

	g_autofree char *id = interrupted_task(home);
	assert_int_equal(wait_exit(start_nvirt(home, ARGS("task-cleanup", id, "--yes"))), 0);
	assert_int_equal(g_access(half, F_OK), -1);
	assert_int_equal(g_access(other, F_OK), 0);
	/* Twice there is nothing to do. */
	assert_true(wait_exit(start_nvirt(home, ARGS("task-cleanup", id, "--yes"))) != 0);
	if (running) {
		assert_int_equal(ops_state_of(ops, "src"), VIR_DOMAIN_RUNNING);
		ops_expect(ops_run_guest(ops, OP_GUEST_DESTROY, "src", NULL), TASK_OK, NULL);
	}
	unlink(other);
	assert_untouched(ops, &source);
	g_autofree char *dir = g_build_filename(home, "nvirt", NULL), *file = g_build_filename(dir, "tasks.jsonl", NULL);
	unlink(file);
	g_rmdir(dir);
	g_rmdir(home);
}

static void killed_nvirt_leaves_what_the_next_one_removes(void **state)
{
	kill_in_the_middle(*state, false);
}

static void killed_nvirt_while_qemu_copies(void **state)
{
	kill_in_the_middle(*state, true);
}

/* ---- kill -9 of the others ---- */

static void killed_libvirtd_leaves_nothing(void **state)
{
	struct ops *ops = *state;
	struct source source = make_source(ops, "raw", BIG_MIB);
	struct obj_ref ref = ops_guest_ref(ops, "src");
	g_autofree char *id = ops_submit(ops, OP_GUEST_CLONE, &ref, "src", ARGS("name", "copy"));
	g_autofree char *half = clones_wait_file(NULL, "nvirt-tmp-");
	struct ops_result result = {.progress = -1};

	lab_do(clones_lab, "kill9", "h1");
	lab_do(clones_lab, "restart", "h1");
	ops_await(ops, id, &result, NULL);
	assert_true(result.unknown);
	ops_expect(result, TASK_FAILED, "the connection to the host was lost");
	assert_untouched(ops, &source);
}

static void killed_qemu_is_told(void **state)
{
	struct ops *ops = *state;

	if (!lab_is_system(clones_lab))
		skip();
	struct source source = make_source(ops, "raw", BIG_MIB);
	clones_start_guest(ops, "src");
	struct obj_ref ref = ops_guest_ref(ops, "src");
	g_autofree char *id = ops_submit(ops, OP_GUEST_CLONE, &ref, "src", ARGS("name", "copy"));
	g_autofree char *half = clones_wait_file(NULL, "nvirt-tmp-");
	struct ops_result result = {.progress = -1};
	lab_do(clones_lab, "exec", "h1", "sh", "-c", "kill -9 $(cat /run/libvirt/qemu/src.pid)");
	ops_await(ops, id, &result, NULL);
	ops_expect(result, TASK_FAILED, "cannot clone 'src'");
	assert_untouched(ops, &source);
}

/* ---- refusals ---- */

static void what_exists_is_not_replaced(void **state)
{
	struct ops *ops = *state;
	struct source source = make_source(ops, "raw", 1);
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
	assert_untouched(ops, &source);
}

static void vanished_base_is_named(void **state)
{
	struct ops *ops = *state;
	struct source source = make_source(ops, "qcow2", 1);
	g_autofree char *base = clones_path("base.qcow2"), *top = clones_path("top.qcow2");

	clones_image(base, "qcow2", 16, 1);
	g_free(clones_tool("qemu-img", "create", "-q", "-f", "qcow2", "-F", "qcow2", "-b", base, top));
	clones_define(ops, "top", top, "qcow2", NULL);
	assert_int_equal(unlink(base), 0);
	ops_expect(clones_run(ops, "top", ARGS("name", "copy")), TASK_FAILED, "base.qcow2");
	assert_int_equal(unlink(top), 0);
	assert_untouched(ops, &source);
}

static void denied_directory_is_named(void **state)
{
	struct ops *ops = *state;
	struct source source = make_source(ops, "raw", 1);
	g_autofree char *dir = g_path_get_dirname(source.path);
	const char *const lock[] = {"chattr", "+i", dir, NULL}, *const unlock[] = {"chattr", "-i", dir, NULL};
	int status = -1;

	/* Root passes by permissions, but not by this. */
	if (!g_spawn_sync(NULL, (char **)lock, NULL, G_SPAWN_SEARCH_PATH | G_SPAWN_STDERR_TO_DEV_NULL, NULL, NULL, NULL,
	            NULL, &status, NULL) || status)
		skip();
	struct ops_result result = clones_run(ops, "src", ARGS("name", "copy"));
	g_free(clones_tool_words(unlock));
	ops_expect(result, TASK_FAILED, "ermi");
	assert_untouched(ops, &source);
}

/* ---- two at once ---- */

static void of_two_that_do_the_same_one_fails_whole(void **state)
{
	struct ops *ops = *state, *other = ops_new(lab_uri(clones_lab, "h1"));
	struct source source = make_source(ops, "raw", 100);
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
	g_free(source.path);
	g_free(source.hash);
	void *state_of_other = other;
	ops_tear_down(&state_of_other);
}

static void renamed_source_does_not_matter(void **state)
{
	struct ops *ops = *state;
	struct source source = make_source(ops, "raw", BIG_MIB);
	struct obj_ref ref = ops_guest_ref(ops, "src");
	g_autofree char *id = ops_submit(ops, OP_GUEST_CLONE, &ref, "src", ARGS("name", "copy"));
	g_autofree char *half = clones_wait_file(NULL, "nvirt-tmp-"), *path = clones_path("copy.raw");
	struct ops_result result = {.progress = -1};

	virDomainPtr dom = virDomainLookupByName(ops->conn, "src");
	assert_int_equal(virDomainRename(dom, "renamed", 0), 0);
	virDomainFree(dom);
	ops_await(ops, id, &result, NULL);
	ops_expect(result, TASK_OK, "'copy' is there");
	clones_assert_same(source.path, path);
	g_free(source.path);
	g_free(source.hash);
}

/* QEMU's own locks keep a guest off its disk while it is copied. */
static void source_can_not_start_under_the_copy(void **state)
{
	struct ops *ops = *state;
	struct source source = make_source(ops, "raw", BIG_MIB);
	struct obj_ref ref = ops_guest_ref(ops, "src");
	g_autofree char *id = ops_submit(ops, OP_GUEST_CLONE, &ref, "src", ARGS("name", "copy"));
	g_autofree char *half = clones_wait_file(NULL, "nvirt-tmp-"), *path = clones_path("copy.raw");
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
	g_free(source.path);
	g_free(source.hash);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, clones_set_up, clones_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(full_disk_in_the_middle),
		TEST(full_disk_under_a_plain_copy),
		TEST(full_disk_under_a_running_guest),
		TEST(killed_nvirt_leaves_what_the_next_one_removes),
		TEST(killed_nvirt_while_qemu_copies),
		TEST(killed_libvirtd_leaves_nothing),
		TEST(killed_qemu_is_told),
		TEST(what_exists_is_not_replaced),
		TEST(vanished_base_is_named),
		TEST(denied_directory_is_named),
		TEST(of_two_that_do_the_same_one_fails_whole),
		TEST(renamed_source_does_not_matter),
		TEST(source_can_not_start_under_the_copy),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, clones_start, clones_stop);
}
