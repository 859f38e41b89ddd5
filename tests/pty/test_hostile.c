/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names that want to be something else: an escape sequence, another name, a
 * second line. Tested on the bytes that leave for the terminal: pty_free()
 * refuses everything that is no plain text or curses sequence.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <string.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include <cmocka.h>

#include "support/bytes.h"
#include "support/files.h"
#include "support/lab.h"
#include "support/pty.h"
#include "support/session.h"

/* What XML and libvirt let through, as character references. */
static const char *const names[] = {
        "csi&#x9b;31m",
        "osc&#x9d;0;title&#x9c;",
        "del&#x7f;ete",
        "rtl&#x202e;gpj.exe",
        "zero&#x200b;width&#xfeff;",
        "isolate&#x2067;x&#x2069;",
        "tag&#xe0041;&#xe007f;",
        "combining e&#x301;&#x302;&#x303;&#x304;&#x305;&#x306;&#x307;&#x308;",
        "&#x301;starts with a mark",
        "wide 中文字符 한국어",
        "emoji 👩‍👩‍👧‍👦 🏳️‍🌈",
        "%s%n%x $(id) `id` -rf",
        " spaces ",
        "..",
        "line&#x2028;separator&#x2029;",
        "soft&#xad;hyphen",
        "tab&#9;and&#xa0;space",
};

static void append_guest(GString *xml, const char *name, unsigned number)
{
	g_string_append_printf(xml,
	        "<domain type='test'><name>%s</name><uuid>00000000-0000-4000-8000-%012x</uuid>"
	        "<title>%s</title><description>%s&#10;second line %s</description>"
	        "<memory>1048576</memory><vcpu>1</vcpu><os><type>hvm</type></os></domain>\n",
	        name, number, name, name, name);
}

static void append_pool(GString *xml, const char *name, unsigned number)
{
	g_string_append_printf(xml,
	        "<pool type='dir'><name>%s</name><uuid>00000000-0000-4000-9000-%012x</uuid>"
	        "<target><path>/%u</path></target>"
	        "<volume><name>v%s</name><capacity>1000</capacity><target><path>/%u/v</path></target></volume></pool>\n",
	        name, number, number, name, number);
}

static void append_network(GString *xml, const char *name, unsigned number)
{
	g_string_append_printf(xml,
	        "<network><name>%s</name><uuid>00000000-0000-4000-a000-%012x</uuid><bridge name='b%u'/></network>\n", name,
	        number, number);
}

static char *write_node(void)
{
	g_autoptr(GString) xml = g_string_new("<node>\n");
	g_autofree char *lengthy = g_strnfill(251, 'x');
	for (unsigned i = 0; i < G_N_ELEMENTS(names); i++) {
		append_guest(xml, names[i], i + 1);
		append_pool(xml, names[i], i + 1);
		append_network(xml, names[i], i + 1);
	}
	append_guest(xml, lengthy, 999);
	g_string_append(xml, "</node>\n");
	char *path = g_strdup_printf("%s/nvp-hostile-%d.xml", g_get_tmp_dir(), (int)getpid());
	files_write(path, xml->str, (gssize)xml->len);
	return path;
}

/* Every row of the tree, with everything that a row shows. */
static void walk(struct pty *pty, unsigned rows)
{
	pty_keys(pty, "M-1", "Home");
	for (unsigned i = 0; i < rows; i++)
		pty_keys(pty, "j", "l", "]", "]", "[", "[");
}

static void hostile_names_are_shown_harmless_everywhere(void **state)
{
	(void)state;
	g_autofree char *path = write_node();
	g_autofree char *uri = g_strdup_printf("test://%s", path);
	const char *const argv[] = {"-c", uri, NULL};
	struct pty *pty = pty_start(argv, NULL, 24, 80);
	pty_wait_text(pty, "guests [0-9]+ of 18");
	walk(pty, 90);
	pty_keys(pty, "M-1", "Home", "j");
	for (unsigned i = 0; i < 18; i++)
		pty_keys(pty, "p", "D", "n", "m", "Esc", "d", "Esc", "F2", "Esc", "?", "Esc", "j");
	pty_resize(pty, 50, 200);
	walk(pty, 90);
	pty_keys(pty, "M-3");
	for (unsigned i = 0; i < 18; i++)
		pty_keys(pty, "Enter", "Esc", "j");
	pty_keys(pty, "q");
	pty_wait_exit_code(pty, 0);
	pty_free(pty);
	g_remove(path);
}

static void escapes_stay_visible_as_text(void **state)
{
	(void)state;
	g_autofree char *path = write_node();
	g_autofree char *uri = g_strdup_printf("test://%s", path);
	const char *const argv[] = {"-c", uri, NULL};
	struct pty *pty = pty_start(argv, NULL, 60, 150);
	pty_wait_text(pty, "csi\\\\x9b31m|csi\\\\u009b31m|csi<U\\+009B>31m");
	pty_wait_text(pty, "rtl<U\\+202E>gpj");
	pty_keys(pty, "q");
	pty_wait_exit_code(pty, 0);
	pty_free(pty);
	g_remove(path);
}

static void assert_output_clean(const char *const *words)
{
	g_autoptr(GPtrArray) argv = g_ptr_array_new();
	g_autofree char *out = NULL, *err = NULL;
	g_ptr_array_add(argv, (gpointer)pty_program());
	for (; *words; words++)
		g_ptr_array_add(argv, (gpointer)*words);
	g_ptr_array_add(argv, NULL);
	assert_true(g_spawn_sync(NULL, (char **)argv->pdata, NULL, G_SPAWN_DEFAULT, NULL, NULL, &out, &err, NULL, NULL));
	assert_true(strlen(out) + strlen(err) > 0);
	g_autofree char *wrong = bytes_check((const guint8 *)out, strlen(out));
	g_autofree char *wrong_err = bytes_check((const guint8 *)err, strlen(err));
	if (wrong || wrong_err || strchr(out, '\033') || strchr(err, '\033'))
		fail_msg("%s %s\n%s%s", wrong ? wrong : "", wrong_err ? wrong_err : "", out, err);
}

static void verbs_print_them_harmless(void **state)
{
	(void)state;
	g_autofree char *path = write_node();
	g_autofree char *uri = g_strdup_printf("test://%s", path);
	assert_output_clean((const char *const[]){"-c", uri, "list", NULL});
	assert_output_clean((const char *const[]){"-c", uri, "--json", "list", NULL});
	assert_output_clean((const char *const[]){"-c", uri, "start", "rtl\xe2\x80\xaegpj.exe", NULL});
	assert_output_clean((const char *const[]){"-c", uri, "start", "no\033]0;such\a", NULL});
	g_remove(path);
}

/* Volumes are files: here libvirt lets everything through that a file name can hold. */
static void volumes_with_any_bytes_are_shown_harmless(void **state)
{
	(void)state;
	/* libvirt itself leaves out names with other C0 controls. */
	static const char *const files[] = {"a\x1b]0;x\x07" "b", "new\nline", "\xff\xfe\xfd", "c1\xc2\x9b" "31m", "\x9b" "31m",
	        "rtl\xe2\x80\xae" "x", "back\b\b\bspace", "\r\x1b[2J"};
	struct lab *lab = lab_start(1);
	for (unsigned i = 0; i < G_N_ELEMENTS(files); i++) {
		g_autofree char *path = g_build_filename(lab_dir(lab), "h1", "img", files[i], NULL);
		files_write(path, "x", 1);
	}
	lab_do(lab, "virsh", "h1", "pool-refresh", "default");
	struct pty *pty = session_start(lab_uri(lab, "h1"), 40, 120);
	session_open(pty, "pool default");
	pty_keys(pty, "l");
	pty_wait_text(pty, "c1\\\\x9b31m");
	pty_wait_text(pty, "new\\\\nline");
	pty_wait_text(pty, "rtl<U\\+202E>x");
	walk(pty, 16);
	pty_keys(pty, "q");
	pty_wait_exit_code(pty, 0);
	pty_free(pty);
	lab_stop(lab);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(hostile_names_are_shown_harmless_everywhere),
	        cmocka_unit_test(escapes_stay_visible_as_text),
	        cmocka_unit_test(verbs_print_them_harmless),
	        cmocka_unit_test(volumes_with_any_bytes_are_shown_harmless),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
