/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Snapshots by keys at 80x24 and by verbs, on real guests of the lab. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <string.h>

#include <cmocka.h>

#include <json-c/json.h>
#include <sys/wait.h>

#include "support/lab.h"
#include "support/pty.h"
#include "support/session.h"

static struct lab *lab;

static int open_all(void **state)
{
	(void)state;
	lab = lab_start(1);
	lab_do(lab, "define", "h1", "keys", "boot");
	lab_do(lab, "virsh", "h1", "start", "keys");
	lab_do(lab, "define", "h1", "verbs", "boot");
	lab_do(lab, "define", "h1", "several", "boot");
	return 0;
}

static int close_all(void **state)
{
	(void)state;
	lab_stop(lab);
	return 0;
}

/* ---- by keys ---- */

/* Owned; NULL = there is no such snapshot. */
static char *snapshot_xml(const char *guest, const char *name)
{
	virDomainPtr dom = virDomainLookupByName(lab_connection(lab, "h1"), guest);
	virDomainSnapshotPtr snapshot = dom ? virDomainSnapshotLookupByName(dom, name, 0) : NULL;
	char *raw = snapshot ? virDomainSnapshotGetXMLDesc(snapshot, 0) : NULL;
	char *xml = g_strdup(raw);

	free(raw);
	if (snapshot)
		virDomainSnapshotFree(snapshot);
	if (dom)
		virDomainFree(dom);
	return xml;
}

static void open_tab(struct pty *pty)
{
	session_open(pty, "guest keys");
	pty_keys(pty, "M-2", "]", "]");
	pty_wait_text(pty, "\\[Snapshots\\]");
	pty_wait_text(pty, "Press f to take a snapshot");
}

/* The task log has room for the verb's beginning only. */
static void wait_ok(struct pty *pty, const char *verb)
{
	g_autofree char *done = g_strdup_printf(" %s\\S* +. OK", verb);

	pty_wait_text(pty, done);
}

static void take(struct pty *pty)
{
	pty_keys(pty, "f");
	pty_wait_text(pty, "Take a snapshot: guest keys");
	/* The rule is told before anything was decided. */
	pty_wait_text(pty, "Kind: (internal|external), with memory");
	pty_keys(pty, "C-u");
	pty_type(pty, "first ä");
	pty_keys(pty, "Enter");
	pty_wait_text(pty, "make +snapshot +first ä");
	pty_keys(pty, "Enter");
	wait_ok(pty, "snapshot-cr");
	pty_wait_text(pty, "▾ first ä");
	pty_wait_text(pty, "► now");
	g_autofree char *xml = snapshot_xml("keys", "first ä");
	assert_non_null(xml);
}

/* The screen of then is text: it is read, and searched. */
static void look_at_its_screen(struct pty *pty)
{
	pty_keys(pty, "Home", "Enter");
	pty_wait_text(pty, "Space shows the screen alone, H reads it");
	pty_keys(pty, "Space");
	pty_wait_text(pty, "Snapshot first ä[\\s\\S]*│ *SeaBIOS \\(version[\\s\\S]*nvirt lab guest");
	pty_keys(pty, "H");
	pty_wait_gone(pty, "H reads");
	pty_keys(pty, "/");
	pty_type(pty, "Booting");
	pty_keys(pty, "Enter");
	pty_wait_text(pty, "Booting from Hard Disk");
	pty_wait_text(pty, "READ 3/25 +'Booting' 1/1");
	pty_keys(pty, "q");
	pty_wait_text(pty, "H reads the screen");
	pty_keys(pty, "Esc");
	pty_wait_gone(pty, "H reads the screen");
}

static void edit(struct pty *pty)
{
	pty_keys(pty, "Home", "F2");
	pty_wait_text(pty, "Edit: snapshot first ä");
	pty_keys(pty, "Tab");
	pty_type(pty, "before the update");
	pty_keys(pty, "Tab", "Enter");
	wait_ok(pty, "snapshot-ed");
	pty_wait_text(pty, "│before the update");
	g_autofree char *xml = snapshot_xml("keys", "first ä");
	assert_non_null(strstr(xml, "<description>before the update</description>"));
}

static void revert(struct pty *pty)
{
	pty_keys(pty, "Home", "B");
	pty_wait_text(pty, "Roll back: snapshot first ä");
	pty_wait_text(pty, "Afterwards");
	pty_keys(pty, "Enter");
	pty_wait_text(pty, "Enter continues");
	pty_keys(pty, "Enter");
	pty_wait_text(pty, "Roll back snapshot first ä of keys\\?");
	pty_keys(pty, "y");
	wait_ok(pty, "snapshot-re");
}

static void delete_it(struct pty *pty)
{
	pty_keys(pty, "Home", "U");
	pty_wait_text(pty, "Delete: snapshot first ä");
	pty_keys(pty, "Enter");
	pty_wait_text(pty, "remove +snapshot +first ä");
	/* Back leads to the form again, and nothing was done. */
	pty_keys(pty, "Esc");
	pty_wait_text(pty, "Delete: snapshot first ä");
	pty_wait_gone(pty, "Enter continues");
	pty_keys(pty, "Enter");
	pty_wait_text(pty, "Enter continues");
	pty_keys(pty, "Enter");
	pty_wait_text(pty, "Delete snapshot first ä of keys\\?");
	pty_keys(pty, "y");
	pty_wait_text(pty, "No snapshots yet");
	g_autofree char *xml = snapshot_xml("keys", "first ä");
	assert_null(xml);
}

static void taken_edited_gone_back_to_and_deleted_by_keys(void **state)
{
	struct pty *pty = session_start(lab_uri(lab, "h1"), 24, 80);

	(void)state;
	open_tab(pty);
	take(pty);
	look_at_its_screen(pty);
	edit(pty);
	revert(pty);
	delete_it(pty);
	session_quit(pty);
}

/* ---- by verbs ---- */

struct run {
	char *out, *err;
	int code;
};

static struct run run_words(const char *const *words)
{
	g_auto(GStrv) env = g_get_environ();
	g_autoptr(GPtrArray) argv = g_ptr_array_new();
	struct run run = {0};
	int status = 0;

	env = g_environ_setenv(env, "XDG_STATE_HOME", lab_dir(lab), TRUE);
	env = g_environ_setenv(env, "LC_ALL", "C.UTF-8", TRUE);
	g_ptr_array_add(argv, (gpointer)pty_program());
	g_ptr_array_add(argv, (gpointer) "-c");
	g_ptr_array_add(argv, (gpointer)lab_uri(lab, "h1"));
	for (; *words; words++)
		g_ptr_array_add(argv, (gpointer)*words);
	g_ptr_array_add(argv, NULL);
	assert_true(g_spawn_sync(NULL, (char **)argv->pdata, env, G_SPAWN_STDIN_FROM_DEV_NULL, NULL, NULL, &run.out,
	        &run.err, &status, NULL));
	assert_true(WIFEXITED(status));
	run.code = WEXITSTATUS(status);
	return run;
}

/* Runs it and looks at how it ended and for a part of what it wrote; NULL parts are not looked for. */
static void check_run(const char *const *words, int code, const char *out, const char *err)
{
	struct run run = run_words(words);

	if (run.code != code || (out && !strstr(run.out, out)) || (err && !strstr(run.err, err)))
		fail_msg("code %d\nstdout: %s\nstderr: %s\nwanted %d, '%s', '%s'", run.code, run.out, run.err, code,
		        out ? out : "", err ? err : "");
	assert_null(strchr(run.err, '\r'));
	g_free(run.out);
	g_free(run.err);
}

#define check(code, out, err, ...) check_run((const char *const[]){__VA_ARGS__, NULL}, code, out, err)

static void the_screen_of_then_is_printed(void **state)
{
	(void)state;
	check(0, NULL, NULL, "wait", "keys", "--text", "^seconds 0", "--timeout", "60");
	check(0, NULL, "OK", "snapshot", "create", "keys", "seen");
	check(0, "\nseconds 0000", "", "snapshot", "show", "keys", "seen", "--screen");
	check(0, "\"text\": \"seconds 0000", "", "--json", "snapshot", "show", "keys", "seen", "--screen");
	check(0, "\"screen\": null", "", "--json", "snapshot", "show", "keys", "seen");
	check(0, NULL, "OK", "snapshot", "delete", "keys", "seen", "--yes");
}

static void verbs_of_two_words_do_the_same_as_of_one(void **state)
{
	(void)state;
	check(0, "SNAPSHOT", "", "snapshot", "list", "verbs");
	check(0, "would snapshot-create", NULL, "snapshot", "create", "verbs", "one", "--dry-run");
	check(0, "make    snapshot  [snapshot]  one\n", NULL, "snapshot-create", "verbs", "one", "--dry-run");
	check(0, NULL, "snapshot-create 'verbs': OK", "snapshot", "create", "verbs", "one", "--description", "words ä");
	check(0, NULL, "snapshot-create 'verbs': OK", "snapshot-create", "verbs", "--name", "two wörds");
	check(0, "● one        ", "", "snapshot", "list", "verbs");
	check(0, "● two wörds  ", "", "snapshot-list", "verbs");
	check(0, "o two w?rds  ", "", "snapshot", "list", "verbs", "--ascii");
	check(0, "description: words ä\n", "", "snapshot", "show", "verbs", "one");
	check(0, "\"name\": \"two wörds\"", "", "--json", "snapshot", "list", "verbs");
	check(0, "", "", "snapshot", "diff", "verbs", "one", "two wörds");
}

static void what_is_wrong_is_refused_before_anything_is_done(void **state)
{
	(void)state;
	check(2, "", "one of its verbs is wanted", "snapshot");
	check(2, "", "unknown verb 'snapshot strat'", "snapshot", "strat", "verbs");
	check(2, "", "which guest and which snapshot of it?", "snapshot", "delete", "--yes");
	check(2, "", "which snapshot?", "snapshot", "delete", "verbs", "--yes");
	check(2, "", "asks for confirmation", "snapshot", "delete", "verbs", "one");
	check(1, "", "no snapshot 'oen' of guest 'verbs': did you mean 'one'?", "snapshot", "delete", "verbs", "oen", "--yes");
	check(1, "", "no guest 'verb' on", "snapshot", "show", "verb", "one");
	check(2, "", "one word too many", "snapshot", "list", "verbs", "one");
	check(2, "", "nothing to change was given", "snapshot", "edit", "verbs", "one");
	check(1, "", NULL, "snapshot", "create", "verbs", "one");
	check(0, "List a guest's snapshots as a tree.", "", "help", "snapshot");
	check(0, "GUEST SNAPSHOT", "", "help", "snapshot", "delete");
	check(0, "\xe2\x97\x8f one ", "", "snapshot", "list", "verbs");
}

static void deleting_prints_its_plan_and_then_does_it(void **state)
{
	(void)state;
	check(0, "remove  snapshot  [snapshot:one]  one\n", NULL, "snapshot", "delete", "verbs", "one", "--dry-run");
	check(0, "\"does\":\"remove\"", NULL, "--json", "snapshot", "delete", "verbs", "one", "--dry-run");
	check(0, NULL, "snapshot-edit 'one': OK", "snapshot", "edit", "verbs", "one", "--description", "other words");
	check(0, "other words", "", "snapshot", "show", "verbs", "one");
	check(0, NULL, "snapshot-delete 'one': OK", "snapshot", "delete", "verbs", "one", "--yes");
	check(1, "", "no snapshot 'one'", "snapshot", "show", "verbs", "one");
	check(0, "\"state\":\"ok\"", "", "--json", "snapshot", "delete", "verbs", "two wörds", "--yes");
}

/* ---- several at once ---- */

static int count_snapshots(const char *guest)
{
	virDomainPtr dom = virDomainLookupByName(lab_connection(lab, "h1"), guest);
	int count = dom ? virDomainSnapshotNum(dom, 0) : -1;

	if (dom)
		virDomainFree(dom);
	return count;
}

static bool one_is_left(void *data)
{
	return count_snapshots(data) == 1;
}

static void take_chain(void)
{
	check(0, NULL, "OK", "snapshot", "create", "several", "a1", "--kind", "external");
	check(0, NULL, "OK", "snapshot", "create", "several", "a2", "--kind", "external");
	check(0, NULL, "OK", "snapshot", "create", "several", "a3", "--kind", "external");
	assert_int_equal(count_snapshots("several"), 3);
}

/* A parent and its child, both external: one plan names both, and what stands on them stays whole. */
static void several_are_deleted_by_one_plan_and_one_question(void **state)
{
	struct pty *pty;

	(void)state;
	take_chain();
	pty = session_start(lab_uri(lab, "h1"), 24, 80);
	session_open(pty, "guest several");
	pty_keys(pty, "M-2", "]", "]");
	pty_wait_text(pty, "\\[Snapshots\\]");
	pty_wait_text(pty, "► now");
	pty_keys(pty, "Home");
	/* What the tab is for has room in the narrowest key bar. */
	pty_wait_text(pty, "f take a snapshot +B roll back +U delete");
	pty_keys(pty, "Space");
	pty_wait_text(pty, ", 1 marked");
	pty_keys(pty, "Space");
	pty_wait_text(pty, ", 2 marked");
	pty_keys(pty, "U");
	pty_wait_text(pty, "Delete");
	pty_keys(pty, "Enter");
	pty_wait_text(pty, "Enter continues");
	/* The second as it will be once the first is gone. */
	pty_wait_text(pty, "Disk vda: '[^']*several-vda.a2.qcow2' is merged into +│?[^']*'[^']*several.qcow2'");
	pty_keys(pty, "Home");
	pty_wait_text(pty, "a1: snapshot +a1");
	pty_keys(pty, "Enter");
	pty_wait_text(pty, "Delete 2 snapshots");
	pty_wait_text(pty, "a1.*a2");
	pty_keys(pty, "y");
	lab_wait_for(one_is_left, (void *)"several", "that two are deleted", PTY_DEADLINE_MS);
	pty_wait_gone(pty, "marked");
	g_autofree char *kept = snapshot_xml("several", "a3");
	assert_non_null(kept);
	session_quit(pty);
	check(0, NULL, "snapshot-delete 'a3': OK", "snapshot", "delete", "several", "a3", "--yes");
}

static void several_are_deleted_by_one_verb(void **state)
{
	(void)state;
	take_chain();
	check(0, "remove  snapshot  [snapshot:a2]  a2\n", NULL, "snapshot", "delete", "several", "a1", "a2", "--dry-run");
	check(1, NULL, "no snapshot 'a4'", "snapshot", "delete", "several", "a1", "a4", "--yes");
	assert_int_equal(count_snapshots("several"), 3);
	check(0, NULL, "snapshot-delete 'a2': OK", "snapshot", "delete", "several", "a1", "a2", "--yes");
	assert_int_equal(count_snapshots("several"), 1);
	check(0, NULL, "snapshot-delete 'a3': OK", "snapshot", "delete", "several", "a3", "--yes");
	/* The child goes with its parent; that it was named, too, is no mistake. */
	take_chain();
	check(0, NULL, "snapshot-delete 'a3': OK", "snapshot", "delete", "several", "a1", "a3", "--scope", "with-children", "--yes");
	assert_int_equal(count_snapshots("several"), 0);
}

static bool is_there(void *data)
{
	g_autofree char *xml = snapshot_xml("verbs", data);
	return xml != NULL;
}

static void what_is_not_waited_for_is_done_all_the_same(void **state)
{
	(void)state;
	check(0, "", "begun", "snapshot", "create", "verbs", "alone", "--no-wait");
	lab_wait_for(is_there, (void *)"alone", "the snapshot 'alone'", PTY_DEADLINE_MS);
	check(0, "\"state\":\"begun\"", "begun", "--json", "snapshot", "create", "verbs", "alone2", "--no-wait");
	lab_wait_for(is_there, (void *)"alone2", "the snapshot 'alone2'", PTY_DEADLINE_MS);
	check(1, "", "refused", "snapshot", "create", "verbs", "alone", "--no-wait");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(taken_edited_gone_back_to_and_deleted_by_keys),
	        cmocka_unit_test(the_screen_of_then_is_printed),
	        cmocka_unit_test(verbs_of_two_words_do_the_same_as_of_one),
	        cmocka_unit_test(what_is_wrong_is_refused_before_anything_is_done),
	        cmocka_unit_test(what_is_not_waited_for_is_done_all_the_same),
	        cmocka_unit_test(deleting_prints_its_plan_and_then_does_it),
	        cmocka_unit_test(several_are_deleted_by_one_plan_and_one_question),
	        cmocka_unit_test(several_are_deleted_by_one_verb),
	};

	return cmocka_run_group_tests(tests, open_all, close_all);
}
