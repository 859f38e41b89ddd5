/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Definitions in an editor: the real program, an editor that is a script, a terminal. */
#define _GNU_SOURCE /* memmem() */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/files.h"
#include "support/lab.h"
#include "support/pty.h"
#include "support/session.h"

#define PASSWORD "s3cr3t77"
/* Tells the test that it runs, and waits for a line. */
#define ASK "printf 'EDITOR %s\\n' READY; read -r line; "

struct edit {
	struct pty *pty;
	char *dir; /* with the script, and as $TMPDIR */
};

/* An editor that does `body` with "$1". */
static struct edit begin(const char *uri, const char *guest, const char *body)
{
	struct edit edit = {.dir = g_dir_make_tmp("nved-XXXXXX", NULL)};
	g_autofree char *script = g_build_filename(edit.dir, "editor", NULL);
	g_autofree char *text = g_strdup_printf("#!/bin/sh\ncd \"$(dirname \"$0\")\"\n%s\n", body);
	g_autofree char *editor = g_strdup_printf("EDITOR='%s'", script);
	g_autofree char *tmp = g_strdup_printf("TMPDIR=%s", edit.dir);
	g_autofree char *title = g_strdup_printf("guest %s", guest);
	const char *const argv[] = {"--refresh", "0.5", "-c", uri, NULL};
	const char *const env[] = {editor, "VISUAL", tmp, NULL};

	assert_true(g_file_set_contents(script, text, -1, NULL));
	assert_int_equal(chmod(script, 0700), 0);
	edit.pty = pty_start(argv, env, 50, 120);
	pty_wait_text(edit.pty, "guests [0-9]+ of [0-9]+");
	session_open(edit.pty, title);
	return edit;
}

static void end(struct edit *edit)
{
	session_quit(edit->pty);
	files_remove(edit->dir);
	g_free(edit->dir);
}

/* The first file below a directory of ours, or NULL. */
static char *kept_file(const struct edit *edit)
{
	GDir *dir = g_dir_open(edit->dir, 0, NULL);
	const char *name;
	char *found = NULL;

	while (!found && (name = g_dir_read_name(dir)))
		if (g_str_has_prefix(name, "nvirt-edit-"))
			found = g_build_filename(edit->dir, name, "test.xml", NULL);
	g_dir_close(dir);
	return found;
}

static void nothing_is_left(const struct edit *edit)
{
	g_autofree char *file = kept_file(edit);

	assert_null(file);
}

#define TEST_EDIT "sed -i 's|<on_crash>.*|<on_crash>restart</on_crash>|' \"$1\""

static void an_edit_is_shown_and_stored(void **state)
{
	struct edit edit = begin("test:///default", "test",
	        "stat -c %a \"$1\" \"$(dirname \"$1\")\" >modes\n" TEST_EDIT);
	g_autofree char *modes = NULL, *path = g_build_filename(edit.dir, "modes", NULL);

	(void)state;
	pty_keys(edit.pty, "e");
	pty_wait_text(edit.pty, "Changes: test");
	pty_wait_text(edit.pty, "-  <on_crash>destroy</on_crash>");
	pty_wait_text(edit.pty, "\\+  <on_crash>restart</on_crash>");
	pty_keys(edit.pty, "a");
	session_wait_ok(edit.pty, "edit");
	pty_wait_text(edit.pty, "test: the definition is stored");
	assert_true(g_file_get_contents(path, &modes, NULL, NULL));
	assert_string_equal(modes, "600\n700\n");
	nothing_is_left(&edit);
	/* Once more: it is so already. */
	pty_keys(edit.pty, "e");
	pty_wait_text(edit.pty, "nothing was changed");
	nothing_is_left(&edit);
	end(&edit);
}

static void dropped_changes_are_gone_and_escaped_ones_kept(void **state)
{
	struct edit edit = begin("test:///default", "test", TEST_EDIT);
	g_autofree char *file = NULL, *text = NULL;

	(void)state;
	pty_keys(edit.pty, "e");
	pty_wait_text(edit.pty, "Changes: test");
	pty_keys(edit.pty, "d");
	pty_wait_gone(edit.pty, "Changes: test");
	nothing_is_left(&edit);
	pty_keys(edit.pty, "e");
	pty_wait_text(edit.pty, "Changes: test");
	pty_keys(edit.pty, "Esc");
	pty_wait_text(edit.pty, "your text is kept in .*nvirt-edit-");
	file = kept_file(&edit);
	assert_non_null(file);
	assert_true(g_file_get_contents(file, &text, NULL, NULL));
	assert_non_null(strstr(text, "<on_crash>restart"));
	end(&edit);
}

static void an_editor_that_fails_changes_nothing(void **state)
{
	struct edit edit = begin("test:///default", "test", "exit 3");

	(void)state;
	pty_keys(edit.pty, "e");
	pty_wait_text(edit.pty, "ended with exit code 3. nothing was changed");
	nothing_is_left(&edit);
	end(&edit);
}

static void a_killed_editors_text_is_kept(void **state)
{
	struct edit edit = begin("test:///default", "test", TEST_EDIT "; kill -9 $$");
	g_autofree char *file = NULL;

	(void)state;
	pty_keys(edit.pty, "e");
	pty_wait_text(edit.pty, "[(]Killed[)]|137");
	pty_wait_text(edit.pty, "Nothing was stored");
	file = kept_file(&edit);
	assert_non_null(file);
	assert_true(g_file_test(file, G_FILE_TEST_IS_REGULAR));
	pty_keys(edit.pty, "s");
	pty_wait_text(edit.pty, "\\+  <on_crash>restart");
	pty_keys(edit.pty, "a");
	session_wait_ok(edit.pty, "edit");
	end(&edit);
}

static void no_editor_is_said(void **state)
{
	struct edit edit = begin("test:///default", "test", "true");
	g_autofree char *script = g_build_filename(edit.dir, "editor", NULL);

	(void)state;
	unlink(script);
	pty_keys(edit.pty, "e");
	pty_wait_text(edit.pty, "exit code 127. nothing was changed");
	end(&edit);
}

/* Who has the terminal, and does it run? By /proc, as a shell could tell. */
static int stat_field(int pid, char *ret_state)
{
	g_autofree char *path = g_strdup_printf("/proc/%d/stat", pid), *text = NULL;
	int foreground = -1;

	*ret_state = '?';
	if (g_file_get_contents(path, &text, NULL, NULL))
		sscanf(strrchr(text, ')') + 1, " %c %*d %*d %*d %*d %d", ret_state, &foreground);
	return foreground;
}

struct foreground {
	struct pty *pty;
	int group; /* the editor's */
};

static bool editor_is_back(void *data)
{
	const struct foreground *wait = data;
	char state;

	if (stat_field(pty_pid(wait->pty), &state) != wait->group)
		return false;
	stat_field(wait->group, &state);
	return state != 'T' && state != '?';
}

static void ctrl_z_stops_both_and_fg_brings_the_editor_back(void **state)
{
	struct edit edit = begin("test:///default", "test", ASK TEST_EDIT);
	struct termios before = pty_termios_before(edit.pty), now;

	(void)state;
	pty_type(edit.pty, "e");
	pty_wait_text(edit.pty, "EDITOR READY");
	assert_false(pty_modes(edit.pty).altscreen);
	char runs;
	struct foreground wait = {.pty = edit.pty, .group = stat_field(pty_pid(edit.pty), &runs)};
	assert_int_not_equal(wait.group, pty_pid(edit.pty));
	for (int i = 0; i < 2; i++) {
		pty_type(edit.pty, "\x1a");
		pty_wait_stopped(edit.pty);
		now = pty_termios(edit.pty);
		assert_memory_equal(&before, &now, sizeof(now));
		pty_continue(edit.pty);
		pty_wait_for(edit.pty, editor_is_back, &wait, "the editor in the foreground", PTY_DEADLINE_MS);
	}
	/* What is typed is the editor's, and nobody else's. */
	pty_type(edit.pty, "qqq\n");
	pty_wait_text(edit.pty, "Changes: test");
	assert_true(pty_modes(edit.pty).altscreen);
	pty_keys(edit.pty, "a");
	session_wait_ok(edit.pty, "edit");
	end(&edit);
}

static void ctrl_c_ends_the_editor_only(void **state)
{
	struct edit edit = begin("test:///default", "test", ASK);

	(void)state;
	pty_type(edit.pty, "e");
	pty_wait_text(edit.pty, "EDITOR READY");
	pty_type(edit.pty, "\x03");
	pty_wait_text(edit.pty, "nothing was changed");
	nothing_is_left(&edit);
	end(&edit);
}

static void ending_nvirt_keeps_the_text_and_says_where(void **state)
{
	struct edit edit = begin("test:///default", "test", TEST_EDIT "; " ASK);
	g_autofree char *file = NULL;

	(void)state;
	pty_type(edit.pty, "e");
	pty_wait_text(edit.pty, "EDITOR READY");
	kill(pty_pid(edit.pty), SIGTERM);
	pty_wait_text(edit.pty, "is kept in");
	pty_wait_exit(edit.pty);
	file = kept_file(&edit);
	assert_non_null(file);
	pty_free(edit.pty);
	files_remove(edit.dir);
	g_free(edit.dir);
}

/* ---- against QEMU ------------------------------------------------------------ */

static char *definition(struct lab *lab, unsigned flags)
{
	virDomainPtr dom = virDomainLookupByName(lab_connection(lab, "h1"), "test");
	char *xml = virDomainGetXMLDesc(dom, flags);

	assert_non_null(xml);
	virDomainFree(dom);
	return xml;
}

static void set_password(struct lab *lab)
{
	char *xml = definition(lab, VIR_DOMAIN_XML_INACTIVE);
	GString *text = g_string_new(xml);
	virDomainPtr dom;

	assert_true(g_string_replace(text, "<graphics type='vnc'", "<graphics type='vnc' passwd='" PASSWORD "'", 1));
	dom = virDomainDefineXML(lab_connection(lab, "h1"), text->str);
	assert_non_null(dom);
	virDomainFree(dom);
	g_string_free(text, TRUE);
	free(xml);
}

static int start_lab(void **state)
{
	struct lab *lab = lab_start(1);

	lab_do(lab, "define", "h1", "test");
	set_password(lab);
	*state = lab;
	return 0;
}

static int stop_lab(void **state)
{
	lab_stop(*state);
	return 0;
}

static void stored_has(struct lab *lab, const char *words)
{
	char *xml = definition(lab, VIR_DOMAIN_XML_INACTIVE | VIR_DOMAIN_XML_SECURE);

	if (!strstr(xml, words))
		fail_msg("'%s' is not in %s", words, xml);
	free(xml);
}

static bool any_file_has(const char *path, const char *words)
{
	GDir *dir = g_dir_open(path, 0, NULL);
	const char *name;
	bool found = false;

	if (!dir) {
		g_autofree char *text = NULL;
		gsize len = 0;

		return g_file_get_contents(path, &text, &len, NULL) && memmem(text, len, words, strlen(words));
	}
	while ((name = g_dir_read_name(dir)) && !found) {
		g_autofree char *below = g_build_filename(path, name, NULL);

		found = any_file_has(below, words);
	}
	g_dir_close(dir);
	return found;
}

static void nobody_saw_the_password(const struct edit *edit)
{
	const GByteArray *bytes = pty_raw_bytes(edit->pty);

	assert_null(memmem(bytes->data, bytes->len, PASSWORD, strlen(PASSWORD)));
	assert_false(any_file_has(pty_home(edit->pty), PASSWORD));
}

static void the_vnc_password_survives_and_is_never_shown(void **state)
{
	struct edit edit = begin(lab_uri(*state, "h1"), "test",
	        "cp \"$1\" seen; sed -i \"/<audio id/d; "
	        "s|<vcpu.*|<vcpu>2</vcpu>|\" \"$1\"");
	g_autofree char *seen = g_build_filename(edit.dir, "seen", NULL);

	pty_keys(edit.pty, "e");
	pty_wait_text(edit.pty, "Changes: test");
	/* It stands in the context of a change. */
	pty_keys(edit.pty, "G");
	pty_wait_text(edit.pty, "passwd='\\*\\*\\*'");
	assert_true(any_file_has(seen, PASSWORD));
	pty_keys(edit.pty, "a");
	session_wait_ok(edit.pty, "edit");
	/* libvirt writes <vcpu> its own way, and says so. */
	pty_wait_text(edit.pty, "libvirt has written these lines");
	pty_wait_text(edit.pty, "\\+  <vcpu placement='static'>2</vcpu>");
	pty_keys(edit.pty, "c");
	stored_has(*state, "passwd='" PASSWORD "'");
	stored_has(*state, "<vcpu placement='static'>2</vcpu>");
	nobody_saw_the_password(&edit);
	nothing_is_left(&edit);
	end(&edit);
}

static void what_does_not_fit_the_schema_is_edited_again(void **state)
{
	struct edit edit = begin(lab_uri(*state, "h1"), "test",
	        "if grep -q nonsense \"$1\"; then sed -i '/nonsense/d; s|<on_crash>.*|<on_crash>restart</on_crash>|' "
	        "\"$1\"; else sed -i 's|<devices>|<devices><nonsense/>|; s|<devices><nonsense/>|<devices>\\n<nonsense/>|' "
	        "\"$1\"; fi");

	pty_keys(edit.pty, "e");
	pty_wait_text(edit.pty, "\\+<nonsense/>");
	pty_keys(edit.pty, "a");
	pty_wait_text(edit.pty, "does not fit libvirt's schema");
	pty_wait_text(edit.pty, "edit .*failed");
	pty_keys(edit.pty, "e");
	pty_wait_text(edit.pty, "\\+  <on_crash>restart");
	assert_false(pty_shows(edit.pty, "nonsense/>"));
	pty_keys(edit.pty, "a");
	session_wait_ok(edit.pty, "edit");
	stored_has(*state, "<on_crash>restart</on_crash>");
	stored_has(*state, "passwd='" PASSWORD "'");
	nobody_saw_the_password(&edit);
	end(&edit);
}

static void applied_without_validation_shows_what_libvirt_dropped(void **state)
{
	struct edit edit = begin(lab_uri(*state, "h1"), "test",
	        "sed -i 's|</devices>|<nonsense/>\\n</devices>|; s|<on_crash>.*|<on_crash>preserve</on_crash>|' \"$1\"");

	pty_keys(edit.pty, "e");
	pty_wait_text(edit.pty, "Changes: test");
	pty_keys(edit.pty, "a");
	pty_wait_text(edit.pty, "does not fit libvirt's schema");
	pty_keys(edit.pty, "i");
	pty_wait_text(edit.pty, "It is stored");
	pty_wait_text(edit.pty, "-    <nonsense/>|-<nonsense/>|-.*<nonsense/>");
	pty_keys(edit.pty, "c");
	stored_has(*state, "<on_crash>preserve</on_crash>");
	nothing_is_left(&edit);
	end(&edit);
}

static void broken_xml_and_another_uuid_are_refused(void **state)
{
	struct edit edit = begin(lab_uri(*state, "h1"), "test",
	        "if [ -e once ]; then cp before \"$1\"; sed -i 's|<uuid>....|<uuid>0000|' \"$1\"; "
	        "else cp \"$1\" before; touch once; sed -i 's|</domain>||' \"$1\"; fi");

	pty_keys(edit.pty, "e");
	pty_wait_text(edit.pty, "Changes: test");
	pty_keys(edit.pty, "a");
	pty_wait_text(edit.pty, "line [0-9]+: ");
	pty_wait_text(edit.pty, "Your text is in");
	pty_keys(edit.pty, "e");
	pty_wait_text(edit.pty, "\\+  <uuid>0000");
	pty_keys(edit.pty, "a");
	pty_wait_text(edit.pty, "<uuid> must stay as it is");
	pty_keys(edit.pty, "d");
	nothing_is_left(&edit);
	nobody_saw_the_password(&edit);
	end(&edit);
}

static void somebody_elses_edit_is_not_overwritten_unseen(void **state)
{
	struct edit edit = begin(lab_uri(*state, "h1"), "test",
	        ASK "sed -i 's|<on_poweroff>.*|<on_poweroff>restart</on_poweroff>|' \"$1\"");
	virDomainPtr dom = virDomainLookupByName(lab_connection(*state, "h1"), "test");

	pty_type(edit.pty, "e");
	pty_wait_text(edit.pty, "EDITOR READY");
	assert_int_equal(virDomainSetMetadata(dom, VIR_DOMAIN_METADATA_TITLE, "theirs", NULL, NULL,
	                         VIR_DOMAIN_AFFECT_CONFIG),
	        0);
	virDomainFree(dom);
	pty_type(edit.pty, "\n");
	pty_wait_text(edit.pty, "Changes: test");
	pty_keys(edit.pty, "a");
	pty_wait_text(edit.pty, "Somebody else has changed the definition");
	pty_wait_text(edit.pty, "\\+  <title>theirs</title>");
	stored_has(*state, "<title>theirs</title>");
	/* Mine would take their line away: that is seen before it happens. */
	pty_keys(edit.pty, "s");
	pty_wait_text(edit.pty, "-  <title>theirs</title>");
	pty_wait_text(edit.pty, "\\+  <on_poweroff>restart");
	pty_keys(edit.pty, "a");
	session_wait_ok(edit.pty, "edit");
	stored_has(*state, "<on_poweroff>restart</on_poweroff>");
	end(&edit);
}

int main(void)
{
	const struct CMUnitTest alone[] = {
	        cmocka_unit_test(an_edit_is_shown_and_stored),
	        cmocka_unit_test(dropped_changes_are_gone_and_escaped_ones_kept),
	        cmocka_unit_test(an_editor_that_fails_changes_nothing),
	        cmocka_unit_test(a_killed_editors_text_is_kept),
	        cmocka_unit_test(no_editor_is_said),
	        cmocka_unit_test(ctrl_z_stops_both_and_fg_brings_the_editor_back),
	        cmocka_unit_test(ctrl_c_ends_the_editor_only),
	        cmocka_unit_test(ending_nvirt_keeps_the_text_and_says_where),
	};
	const struct CMUnitTest lab[] = {
	        cmocka_unit_test(the_vnc_password_survives_and_is_never_shown),
	        cmocka_unit_test(what_does_not_fit_the_schema_is_edited_again),
	        cmocka_unit_test(applied_without_validation_shows_what_libvirt_dropped),
	        cmocka_unit_test(broken_xml_and_another_uuid_are_refused),
	        cmocka_unit_test(somebody_elses_edit_is_not_overwritten_unseen),
	};
	int failed = cmocka_run_group_tests_name("edit", alone, NULL, NULL);

	return failed + cmocka_run_group_tests_name("edit in the lab", lab, start_lab, stop_lab);
}
