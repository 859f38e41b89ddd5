/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tree by tag, tags in bulk, columns that are kept, export: in the running program. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>
#include <glib/gstdio.h>

#include "support/files.h"
#include "support/pty.h"
#include "support/session.h"

/* Guests vm00 to vm39; every second one is running, every fourth has the tag "web". */
static char *node_uri(void)
{
	g_autoptr(GString) xml = g_string_new("<node>\n");
	for (unsigned i = 0; i < 40; i++)
		g_string_append_printf(xml,
		        "<domain type='test' xmlns:test='http://libvirt.org/schemas/domain/test/1.0'>"
		        "<name>vm%02u</name><uuid>00000000-0000-4000-8000-%012x</uuid><metadata>"
		        "<n:tags xmlns:n='urn:nvirt:guest:1'>%s</n:tags></metadata><memory>1048576</memory><vcpu>1</vcpu>"
		        "<os><type>hvm</type></os><test:runstate>%d</test:runstate></domain>\n",
		        i, i + 1, i % 4 ? "" : "web", i % 2 ? 1 : 5);
	g_string_append(xml, "</node>\n");
	g_autofree char *path = g_build_filename(g_get_tmp_dir(), "nvirt-lists.xml", NULL);
	files_write(path, xml->str, (gssize)xml->len);
	return g_strdup_printf("test://%s", path);
}

static void tags_of_all_guests_are_read_for_the_tree_by_tag(void **state)
{
	(void)state;
	g_autofree char *uri = node_uri();
	struct pty *pty = session_start(uri, 24, 80);
	pty_wait_text(pty, "guests 20 of 40");
	pty_keys(pty, "M-1", "v", "v");
	pty_wait_text(pty, "Guests by state");
	pty_wait_text(pty, "running +20/20");
	pty_keys(pty, "v");
	pty_wait_text(pty, "Guests by tag");
	pty_wait_text(pty, "web +[0-9/]*10\\b");
	pty_wait_gone(pty, "reading tags");
	session_quit(pty);
}

/* Of the test driver's connections only those to "default" share their guests. */
static void tags_are_edited_and_the_tree_follows(void **state)
{
	(void)state;
	struct pty *pty = session_start("test:///default", 30, 100);
	pty_wait_text(pty, "guests 1 of 1");
	session_open(pty, "guest test");
	pty_keys(pty, "v", "v", "v");
	pty_wait_text(pty, "no tags +1");
	pty_keys(pty, "T");
	pty_wait_text(pty, "Words separated by commas");
	pty_type(pty, "prod, web");
	pty_keys(pty, "Enter");
	session_wait_ok(pty, "tag-add");
	pty_wait_text(pty, "prod +1(/1)?\\b(.*\n)+.*web +1(/1)?\\b");
	/* The form has what is there. */
	pty_keys(pty, "#");
	pty_wait_text(pty, "Tags +prod, web");
	pty_keys(pty, "C-u");
	pty_type(pty, "db");
	pty_keys(pty, "Enter");
	pty_wait_text(pty, "db +1(/1)?\\b");
	pty_wait_gone(pty, "prod +1");
	session_act_asking(pty, "tag-remove");
	pty_type(pty, "db");
	pty_keys(pty, "Enter");
	pty_wait_text(pty, "no tags +1");
	session_quit(pty);
}

static void a_range_is_marked_and_acted_on(void **state)
{
	(void)state;
	g_autofree char *uri = node_uri();
	struct pty *pty = session_start(uri, 30, 100);
	pty_wait_text(pty, "vm03");
	pty_keys(pty, "M-1", "Home", "j", "V", "j", "j");
	pty_wait_text(pty, "range, 3 marked");
	pty_keys(pty, "T");
	pty_wait_text(pty, "Words separated by commas");
	pty_type(pty, "prod");
	pty_keys(pty, "Enter");
	pty_wait_text(pty, "Add tags 3 guests\\?");
	pty_keys(pty, "y");
	pty_wait_text(pty, "(tag-add +. OK.*\n.*){3}");
	session_quit(pty);
}

static void columns_and_order_are_kept(void **state)
{
	(void)state;
	g_autofree char *uri = node_uri();
	g_autofree char *home = g_dir_make_tmp("nvirt-lists-XXXXXX", NULL);
	const char *const argv[] = {"--refresh", "0.5", "-c", uri, NULL};
	const struct pty_options options = {.argv = argv, .home = home, .rows = 30, .cols = 160};
	struct pty *pty = pty_start_with(&options);
	pty_wait_text(pty, "guests 20 of 40");
	pty_keys(pty, "M-2", "]");
	pty_wait_text(pty, "\\[Guests\\]");
	pty_keys(pty, "b", "o");
	pty_wait_text(pty, "\\[x\\] CPU bar");
	pty_keys(pty, "j", "j", "j", "j", "Space", "Esc");
	pty_wait_gone(pty, "CPU bar");
	pty_keys(pty, "q");
	pty_wait_exit_code(pty, 0);
	pty_free(pty);

	pty = pty_start_with(&options);
	pty_wait_text(pty, "guests 20 of 40");
	pty_keys(pty, "M-2", "]");
	pty_wait_text(pty, "\\[Guests\\]");
	pty_wait_text(pty, "by state");
	assert_false(pty_shows(pty, "CPU bar"));
	pty_keys(pty, "q");
	pty_wait_exit_code(pty, 0);
	pty_free(pty);
	files_remove(home);
}

static void the_table_is_exported_once(void **state)
{
	(void)state;
	g_autofree char *uri = node_uri();
	g_autofree char *dir = g_dir_make_tmp("nvirt-lists-XXXXXX", NULL);
	g_autofree char *path = g_build_filename(dir, "out.csv", NULL);
	g_autofree char *text = NULL;
	struct stat info;
	struct pty *pty = session_start(uri, 30, 160);
	pty_wait_text(pty, "guests 20 of 40");
	pty_keys(pty, "M-2", "]");
	for (int i = 0; i < 2; i++) {
		pty_keys(pty, "E");
		pty_wait_text(pty, "JSON where it ends in .json");
		pty_keys(pty, "C-u");
		pty_type(pty, path);
		pty_keys(pty, "Enter");
		pty_wait_text(pty, i ? "was not touched" : "40 guests written to");
	}
	session_quit(pty);
	assert_int_equal(stat(path, &info), 0);
	assert_int_equal(info.st_mode & 0777, 0600);
	assert_true(g_file_get_contents(path, &text, NULL, NULL));
	assert_non_null(strstr(text, "name,state,cpu_pct"));
	assert_non_null(strstr(text, "vm39,running"));
	g_unlink(path);
	g_rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(tags_of_all_guests_are_read_for_the_tree_by_tag),
	        cmocka_unit_test(tags_are_edited_and_the_tree_follows),
        cmocka_unit_test(a_range_is_marked_and_acted_on),
	        cmocka_unit_test(columns_and_order_are_kept),
	        cmocka_unit_test(the_table_is_exported_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
