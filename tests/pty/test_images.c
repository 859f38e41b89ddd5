/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All images of a host, as the real program shows them: the tab by keys, the verb by its words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <glib/gstdio.h>
#include <json-c/json.h>
#include <string.h>

#include "support/lab.h"
#include "support/pty.h"
#include "support/session.h"

#define POOL "stock"

static struct lab *lab;
static char *dir;

/* ---- the host ---- */

static void make_image(const char *name, const char *base)
{
	g_autofree char *path = g_build_filename(dir, name, NULL);
	const char *const plain[] = {"qemu-img", "create", "-q", "-f", "qcow2", path, "1M", NULL};
	const char *const on[] = {"qemu-img", "create", "-q", "-f", "qcow2", "-b", base, "-F", "qcow2", path, NULL};
	int status = 1;

	assert_true(g_spawn_sync(NULL, (char **)(base ? on : plain), NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL,
	        &status, NULL));
	assert_int_equal(status, 0);
	g_chmod(path, 0666);
}

static void define_guest(const char *name, const char *image)
{
	g_autofree char *xml = g_strdup_printf(
	        "<domain type='qemu'><name>%s</name><memory unit='MiB'>64</memory>"
	        "<os><type arch='x86_64' machine='pc'>hvm</type></os><devices>"
	        "<disk type='file' device='disk'><driver name='qemu' type='qcow2'/><source file='%s/%s'/>"
	        "<target dev='vda' bus='virtio'/></disk></devices></domain>",
	        name, dir, image);
	virDomainPtr dom = virDomainDefineXML(lab_connection(lab, "h1"), xml);

	assert_non_null(dom);
	virDomainFree(dom);
}

static void make_pool(void)
{
	g_autofree char *xml =
	        g_strdup_printf("<pool type='dir'><name>" POOL "</name><target><path>%s</path></target></pool>", dir);
	virStoragePoolPtr pool = virStoragePoolCreateXML(lab_connection(lab, "h1"), xml, 0);

	assert_non_null(pool);
	virStoragePoolFree(pool);
}

static int open_lab(void **state)
{
	g_autofree char *gone = NULL;

	(void)state;
	lab = lab_start(1);
	dir = g_build_filename(lab_dir(lab), "h1", "stock", NULL);
	gone = g_build_filename(dir, "gone.qcow2", NULL);
	g_mkdir(dir, 0777);
	g_chmod(dir, 0777);
	make_image("base.qcow2", NULL);
	make_image("web.qcow2", "base.qcow2");
	make_image("spare.qcow2", "base.qcow2");
	make_image("gone.qcow2", NULL);
	make_image("lost.qcow2", "gone.qcow2");
	g_remove(gone);
	make_pool();
	define_guest("web1", "web.qcow2");
	return 0;
}

static int close_lab(void **state)
{
	(void)state;
	lab_stop(lab);
	g_free(dir);
	return 0;
}

/* ---- the tab ---- */

static struct pty *open_tab(int rows, int cols)
{
	struct pty *pty = session_start(lab_uri(lab, "h1"), rows, cols);

	session_open(pty, "host [^─═]*");
	for (int i = 0; i < 6 && !pty_shows(pty, "\\[Images\\]"); i++)
		pty_keys(pty, "]");
	pty_wait_text(pty, "\\[Images\\]");
	pty_wait_text(pty, "└─ web.qcow2 +.*vda of web1");
	return pty;
}

static void tree_shows_chains_users_and_problems(void **state)
{
	struct pty *pty = open_tab(24, 80);

	(void)state;
	pty_wait_text(pty, "▾base.qcow2 +2 images");
	pty_wait_text(pty, "├─ spare.qcow2 +- +unused");
	pty_wait_text(pty, "▾gone.qcow2 +1 image +missing");
	pty_wait_text(pty, "└─ lost.qcow2 +- +base missing");
	session_quit(pty);
}

static void tree_folds_and_filters(void **state)
{
	struct pty *pty = open_tab(40, 140);

	(void)state;
	pty_keys(pty, "M-2", "Home", "h");
	pty_wait_text(pty, "▸base.qcow2");
	pty_wait_gone(pty, "web.qcow2");
	pty_keys(pty, "l");
	pty_wait_text(pty, "└─ web.qcow2");
	/* From a leaf to what it stands on. */
	pty_keys(pty, "j", "j", "h", "h");
	pty_wait_text(pty, "▸base.qcow2");
	pty_keys(pty, "l", "/");
	pty_type(pty, "web1");
	pty_keys(pty, "Enter");
	pty_wait_gone(pty, "lost.qcow2");
	pty_wait_text(pty, "web.qcow2");
	session_quit(pty);
}

static void only_what_nobody_needs_is_deleted(void **state)
{
	struct pty *pty = open_tab(40, 140);
	g_autofree char *spare = g_build_filename(dir, "spare.qcow2", NULL);

	(void)state;
	pty_keys(pty, "M-2", "Home", "D");
	pty_wait_text(pty, "it is used: volume '(web|spare)");
	pty_keys(pty, "Esc", "Esc", "j", "D");
	pty_wait_text(pty, "Delete volume: volume spare.qcow2");
	pty_wait_text(pty, "What it stands on stays");
	pty_keys(pty, "Enter");
	pty_wait_text(pty, "> Continue <");
	pty_keys(pty, "Enter");
	pty_wait_text(pty, "[Tt]ype");
	assert_true(g_file_test(spare, G_FILE_TEST_EXISTS));
	pty_type(pty, "spare.qcow2");
	pty_keys(pty, "Enter");
	pty_wait_text(pty, "volume-dele.* OK");
	assert_false(g_file_test(spare, G_FILE_TEST_EXISTS));
	pty_wait_gone(pty, "spare.qcow2 +- +unused");
	session_quit(pty);
}

/* ---- the verb ---- */

static char *run_images(const char *word, const char *option, int code)
{
	const char *const argv[] = {pty_program(), "-c", lab_uri(lab, "h1"), "images", option, word, NULL};
	g_auto(GStrv) env = g_environ_setenv(g_get_environ(), "XDG_STATE_HOME", lab_dir(lab), TRUE);
	g_autofree char *err = NULL;
	char *out = NULL;
	int status = 0;

	env = g_environ_setenv(env, "LC_ALL", "C.UTF-8", TRUE);
	assert_true(g_spawn_sync(
	        NULL, (char **)argv, env, G_SPAWN_STDIN_FROM_DEV_NULL, NULL, NULL, &out, &err, &status, NULL));
	if (status != code << 8)
		fail_msg("%s%s", out, err);
	return out;
}

static void verb_prints_the_tree(void **state)
{
	g_autofree char *all = run_images(NULL, "--tree", 0), *one = run_images("web1", "--tree", 0);

	(void)state;
	assert_non_null(strstr(all, "└─ "));
	assert_non_null(strstr(all, "gone.qcow2"));
	/* Of one guest: its image and what that stands on. */
	assert_non_null(strstr(one, "web.qcow2"));
	assert_non_null(strstr(one, "base.qcow2"));
	assert_null(strstr(one, "lost.qcow2"));
	g_free(run_images("nothing", "--tree", 1));
}

static struct json_object *find(struct json_object *array, const char *name)
{
	for (size_t i = 0; i < json_object_array_length(array); i++) {
		struct json_object *one = json_object_array_get_idx(array, i), *path = NULL;

		json_object_object_get_ex(one, "path", &path);
		if (g_str_has_suffix(json_object_get_string(path), name))
			return one;
	}
	fail_msg("no image '%s'", name);
	return NULL;
}

static struct json_object *member(struct json_object *object, const char *name)
{
	struct json_object *value = NULL;

	if (!json_object_object_get_ex(object, name, &value))
		fail_msg("no '%s'", name);
	return value;
}

static void verb_prints_json(void **state)
{
	g_autofree char *text = run_images(NULL, "--json", 0);
	struct json_object *all = json_tokener_parse(text);
	struct json_object *web = find(all, "/web.qcow2"), *lost = find(all, "/lost.qcow2");
	struct json_object *user = json_object_array_get_idx(member(web, "users"), 0);

	(void)state;
	assert_true(g_str_has_suffix(json_object_get_string(member(web, "backing")), "/base.qcow2"));
	assert_string_equal(json_object_get_string(member(web, "pool")), POOL);
	assert_true(json_object_get_boolean(member(user, "writable")));
	assert_false(json_object_get_boolean(member(user, "live")));
	assert_non_null(strstr(json_object_get_string(member(lost, "problem")), "missing"));
	assert_true(json_object_get_boolean(member(find(all, "/gone.qcow2"), "missing")));
	json_object_put(all);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(verb_prints_the_tree),
	        cmocka_unit_test(verb_prints_json),
	        cmocka_unit_test(tree_shows_chains_users_and_problems),
	        cmocka_unit_test(tree_folds_and_filters),
	        cmocka_unit_test(only_what_nobody_needs_is_deleted),
	};

	return cmocka_run_group_tests(tests, open_lab, close_lab);
}
