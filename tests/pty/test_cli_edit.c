/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `nvirt edit GUEST` on a terminal and without one: real guests, an editor that is a script. */
#define _GNU_SOURCE /* memmem() */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "support/files.h"
#include "support/lab.h"
#include "support/pty.h"

#define PASSWORD "s3cr3t77"
#define CRASH(word) "sed -i 's|<on_crash>.*|<on_crash>" word "</on_crash>|' \"$1\""

static struct lab *lab;

/* A run of the verb: its directory has the editor's script, and is $TMPDIR. */
struct edit {
	struct pty *pty;
	char *dir, *editor, *tmp;
};

/* An editor that does `body` with "$1". */
static struct edit prepare(const char *body)
{
	struct edit edit = {.dir = g_dir_make_tmp("nvce-XXXXXX", NULL)};
	g_autofree char *script = g_build_filename(edit.dir, "editor", NULL);
	g_autofree char *text = g_strdup_printf("#!/bin/sh\ncd \"$(dirname \"$0\")\"\n%s\n", body);

	assert_true(g_file_set_contents(script, text, -1, NULL));
	assert_int_equal(chmod(script, 0700), 0);
	edit.editor = g_strdup_printf("EDITOR='%s'", script);
	edit.tmp = g_strdup_printf("TMPDIR=%s", edit.dir);
	return edit;
}

static struct edit begin(const char *option, const char *body)
{
	struct edit edit = prepare(body);
	const char *const argv[] = {"-c", lab_uri(lab, "h1"), "edit", "test", option, NULL};
	const char *const env[] = {edit.editor, "VISUAL", edit.tmp, NULL};

	edit.pty = pty_start(argv, env, 50, 120);
	return edit;
}

static void clean_up(struct edit *edit)
{
	if (edit->pty)
		pty_free(edit->pty);
	files_remove(edit->dir);
	g_free(edit->dir);
	g_free(edit->editor);
	g_free(edit->tmp);
}

/* A question came: what is typed from now on is its answer. */
static void answer(struct edit *edit, const char *question, const char *letter)
{
	g_autofree char *line = g_strconcat(letter, "\n", NULL);

	pty_wait_text(edit->pty, question);
	pty_type(edit->pty, line);
}

static bool any_kept(const struct edit *edit)
{
	GDir *dir = g_dir_open(edit->dir, 0, NULL);
	const char *name;
	bool found = false;

	while ((name = g_dir_read_name(dir)))
		found |= g_str_has_prefix(name, "nvirt-edit-");
	g_dir_close(dir);
	return found;
}

static void end(struct edit *edit, int code, bool kept)
{
	pty_wait_exit_code(edit->pty, code);
	assert_int_equal(any_kept(edit), kept);
	if (kept)
		assert_true(pty_shows(edit->pty, "your text is kept in"));
	const GByteArray *bytes = pty_raw_bytes(edit->pty);
	assert_null(memmem(bytes->data, bytes->len, PASSWORD, strlen(PASSWORD)));
	clean_up(edit);
}

static bool stored(const char *words)
{
	virDomainPtr dom = virDomainLookupByName(lab_connection(lab, "h1"), "test");
	char *xml = virDomainGetXMLDesc(dom, VIR_DOMAIN_XML_INACTIVE | VIR_DOMAIN_XML_SECURE);
	bool has = strstr(xml, words) != NULL;

	free(xml);
	virDomainFree(dom);
	return has;
}

static int open_lab(void **state)
{
	(void)state;
	lab = lab_start(1);
	lab_do(lab, "define", "h1", "test");
	virDomainPtr dom = virDomainLookupByName(lab_connection(lab, "h1"), "test");
	char *xml = virDomainGetXMLDesc(dom, VIR_DOMAIN_XML_INACTIVE);
	GString *text = g_string_new(xml);
	assert_true(g_string_replace(text, "<graphics type='vnc'", "<graphics type='vnc' passwd='" PASSWORD "'", 1));
	virDomainFree(dom);
	dom = virDomainDefineXML(lab_connection(lab, "h1"), text->str);
	assert_non_null(dom);
	virDomainFree(dom);
	g_string_free(text, TRUE);
	free(xml);
	return 0;
}

static int close_lab(void **state)
{
	(void)state;
	lab_stop(lab);
	return 0;
}

/* ---- on a terminal ---- */

static void changes_are_shown_asked_for_and_stored(void **state)
{
	struct edit edit = begin(NULL, CRASH("restart"));

	(void)state;
	pty_wait_text(edit.pty, "\\+  <on_crash>restart");
	assert_false(stored("<on_crash>restart"));
	answer(&edit, "Store these changes\\?", "y");
	pty_wait_text(edit.pty, "edit 'test': OK");
	end(&edit, 0, false);
	assert_true(stored("<on_crash>restart"));
	assert_true(stored("passwd='" PASSWORD "'"));
}

static void nothing_changed_is_said(void **state)
{
	struct edit edit = begin(NULL, "true");

	(void)state;
	pty_wait_text(edit.pty, "edit 'test': nothing was changed");
	end(&edit, 0, false);
}

static void what_is_not_stored_is_kept_or_dropped_as_asked(void **state)
{
	struct edit edit = begin(NULL, CRASH("preserve") "; sed -i 's|<audio id.*|<!-- near the password -->|' \"$1\"");

	(void)state;
	answer(&edit, "Store these changes\\?", "n");
	end(&edit, 1, true);
	edit = begin(NULL, CRASH("preserve"));
	answer(&edit, "Store these changes\\?", "d");
	end(&edit, 1, false);
	assert_false(stored("<on_crash>preserve"));
}

static void what_is_refused_is_edited_again_or_stored_unchecked(void **state)
{
	struct edit edit = begin(NULL,
	        "if [ -e second ]; then cp before \"$1\"; sed -i 's|</devices>|<nonsense/></devices>|; "
	        "s|<on_crash>.*|<on_crash>preserve</on_crash>|' \"$1\"; "
	        "elif [ -e once ]; then touch second; grep -q '^broken' \"$1\" || exit 9; cp before \"$1\"; "
	        "sed -i 's|<uuid>....|<uuid>0000|' \"$1\"; "
	        "else cp \"$1\" before; touch once; sed -i 's|</domain>|broken|' \"$1\"; fi");

	(void)state;
	answer(&edit, "Store these changes\\?", "y");
	/* What was typed is there again, not lost. */
	answer(&edit, "failed.*(.*\n)*.*\\[e\\] edit again, \\[d\\]", "e");
	answer(&edit, "\\+  <uuid>0000(.*\n)*.*Store these changes\\?", "y");
	answer(&edit, "<uuid> must stay as it is(.*\n)*.*\\[e\\] edit again, \\[d\\]", "e");
	answer(&edit, "<nonsense/>(.*\n)*.*Store these changes\\?", "y");
	answer(&edit, "store without validation", "i");
	pty_wait_text(edit.pty, "libvirt has written these lines");
	end(&edit, 0, false);
	assert_true(stored("<on_crash>preserve"));
	assert_false(stored("nonsense"));
}

static void somebody_elses_edit_is_shown_first(void **state)
{
	struct edit edit = begin(NULL, "printf 'EDITOR %s\\n' READY; read -r line; " CRASH("destroy"));
	virDomainPtr dom = virDomainLookupByName(lab_connection(lab, "h1"), "test");

	(void)state;
	pty_wait_text(edit.pty, "EDITOR READY");
	assert_int_equal(virDomainSetMetadata(
	                         dom, VIR_DOMAIN_METADATA_TITLE, "theirs", NULL, NULL, VIR_DOMAIN_AFFECT_CONFIG),
	        0);
	virDomainFree(dom);
	pty_type(edit.pty, "\n");
	answer(&edit, "Store these changes\\?", "y");
	pty_wait_text(edit.pty, "somebody else has changed the definition");
	pty_wait_text(edit.pty, "\\+  <title>theirs</title>");
	answer(&edit, "-  <title>theirs</title>(.*\n)*.*Store these changes\\?", "y");
	end(&edit, 0, false);
	assert_true(stored("<on_crash>destroy"));
	assert_false(stored("theirs"));
}

static void ctrl_c_at_the_question_keeps_the_text(void **state)
{
	struct edit edit = begin(NULL, CRASH("preserve"));

	(void)state;
	pty_wait_text(edit.pty, "Store these changes\\?");
	pty_type(edit.pty, "\x03");
	end(&edit, 130, true);
	assert_false(stored("<on_crash>preserve"));
}

static void passwords_are_masked_in_the_difference(void **state)
{
	struct edit edit = begin("--dry-run", "sed -i 's|<graphics type=|<graphics  type=|' \"$1\"");

	(void)state;
	pty_wait_text(edit.pty, "\\+.*<graphics  type='vnc'.* passwd='\\*\\*\\*'");
	/* A dry run stores nothing, and loses nothing. */
	end(&edit, 0, true);
}

/* ---- without one ---- */

static int run_bare(const char *option, const char *body, char **ret_err, bool *ret_kept)
{
	struct edit edit = prepare(body);
	g_auto(GStrv) env = g_get_environ();
	char *argv[] = {(char *)pty_program(), (char *)"-c", (char *)lab_uri(lab, "h1"), (char *)"edit", (char *)"test",
	        (char *)option, NULL};
	int status = 0;

	env = g_environ_setenv(env, "XDG_STATE_HOME", edit.dir, TRUE);
	env = g_environ_setenv(env, "TMPDIR", edit.dir, TRUE);
	env = g_environ_unsetenv(env, "VISUAL");
	env = g_environ_unsetenv(env, "EDITOR");
	if (body[0])
		env = g_environ_setenv(env, "EDITOR", strchr(edit.editor, '=') + 1, TRUE);
	assert_true(g_spawn_sync(NULL, argv, env, G_SPAWN_STDIN_FROM_DEV_NULL | G_SPAWN_STDOUT_TO_DEV_NULL, NULL, NULL, NULL,
	        ret_err, &status, NULL));
	*ret_kept = any_kept(&edit);
	clean_up(&edit);
	return WEXITSTATUS(status);
}

static void a_script_needs_yes_and_an_editor(void **state)
{
	g_autofree char *unasked = NULL, *bare = NULL, *done = NULL, *refused = NULL;
	bool kept;

	(void)state;
	assert_int_equal(run_bare(NULL, CRASH("preserve"), &unasked, &kept), 2);
	assert_non_null(strstr(unasked, "give --yes"));
	assert_int_equal(run_bare("--yes", "", &bare, &kept), 2);
	assert_non_null(strstr(bare, "no terminal to edit on"));
	assert_false(stored("<on_crash>preserve"));
	assert_int_equal(run_bare("--yes", CRASH("preserve"), &done, &kept), 0);
	assert_non_null(strstr(done, "+  <on_crash>preserve"));
	assert_true(stored("<on_crash>preserve"));
	assert_false(kept);
	/* What is refused is kept, and nobody is asked. */
	assert_int_equal(run_bare("--yes", "sed -i 's|</domain>||' \"$1\"", &refused, &kept), 1);
	assert_non_null(strstr(refused, "your text is kept in"));
	assert_true(kept);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(changes_are_shown_asked_for_and_stored),
	        cmocka_unit_test(nothing_changed_is_said),
	        cmocka_unit_test(what_is_not_stored_is_kept_or_dropped_as_asked),
	        cmocka_unit_test(what_is_refused_is_edited_again_or_stored_unchecked),
	        cmocka_unit_test(somebody_elses_edit_is_shown_first),
	        cmocka_unit_test(ctrl_c_at_the_question_keeps_the_text),
	        cmocka_unit_test(passwords_are_masked_in_the_difference),
	        cmocka_unit_test(a_script_needs_yes_and_an_editor),
	};

	return cmocka_run_group_tests(tests, open_lab, close_lab);
}
