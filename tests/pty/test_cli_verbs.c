/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every action as a verb on real guests, as a script uses it: done, refused, and with words that
 * are wrong; what --dry-run leaves as it was; what asks and has nobody to ask. A row an action:
 * one that is added without a row here fails the test.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <glib/gstdio.h>
#include <libvirt/libvirt-qemu.h>

#include "nvirt/action.h"
#include "support/files.h"
#include "support/look_at.h"
#include "support/words.h"

static struct lab *lab;
static struct words words;
static char *images, *save_file, *pool_dir, *editor;

/* In lines, IMG is the directory of images, SAVE a file that is not there yet. */
struct row {
	const char *verb;
	const char *before;  /* what is done first: ';' between, '!' = by virsh; NULL = nothing */
	const char *good;    /* done; NULL: `why` says where that is shown */
	const char *refused; /* exit status 1, and nothing is changed */
	const char *wrong;   /* exit status 2 */
	const char *why;
};

static const struct row rows[] = {
        /* g is off at first, one is off all the time, up runs all the time */
        {"start", NULL, "start g", "start g", "start", NULL},
        {"suspend", NULL, "suspend g", "suspend g", "suspend --foo g", NULL},
        {"resume", NULL, "resume g", "resume g", "resume", NULL},
        {"reset", NULL, "reset g", "reset one", "reset g --timeout 3", NULL},
        {"balloon", "AGENT", "balloon lin 160M", "balloon one 160M", "balloon lin lots", NULL},
        {"reboot", NULL, "reboot lin --mode acpi", "reboot one", "reboot g --mode loud", NULL},
        {"shutdown", "AGENT", "shutdown lin --timeout 100", "shutdown one", "shutdown g --timeout soon", NULL},
        {"managedsave", NULL, "managedsave g", "managedsave g", "managedsave g --paused=maybe", NULL},
        {"managedsave-remove", NULL, "managedsave-remove g", "managedsave-remove g", "managedsave-remove", NULL},
        {"start-fresh", "!start g;managedsave g", "start-fresh g", "start-fresh g", "start-fresh g --pause", NULL},
        {"save", NULL, "save g SAVE", "save g SAVE", "save g relative", NULL},
        {"restore", NULL, "restore SAVE", "restore SAVE", "restore", NULL},
        {"destroy", NULL, "destroy g --graceful", "destroy g", "destroy", NULL},
        {"start-paused", NULL, "start-paused g", "start-paused g", "start-paused g --paused", NULL},
        {"autostart-on", NULL, "autostart-on one", "autostart-on one", "autostart-on", NULL},
        {"autostart-off", NULL, "autostart-off one", "autostart-off one", "autostart-off one --on", NULL},
        {"rename", NULL, "rename r r2", "rename up up2", "rename r2 a/b", NULL},
        {"describe", NULL, "describe r2 --title 'a title'", "-r describe r2 --title x", "describe r2", NULL},
        {"tags", NULL, "tags r2 --tags a,b", "-r tags r2 --tags x", "tags r2", NULL},
        {"tag-add", NULL, "tag-add --add c r2 one", "-r tag-add --add d r2", "tag-add r2", NULL},
        {"tag-remove", NULL, "tag-remove --remove c r2 one", "-r tag-remove --remove a r2", "tag-remove r2", NULL},
        {"edit", NULL, "edit r2", "-r edit r2", "edit", NULL},
        {"clone", NULL, "clone one copy", "clone one copy", "clone one a/b", NULL},
        {"template", NULL, "template copy", "template up", "template", NULL},
        {"untemplate", NULL, "untemplate copy", "untemplate copy", "untemplate copy --on", NULL},
        {"own-overlay", "clone copy linked --linked", "own-overlay copy", "own-overlay one", "own-overlay", NULL},
        {"unprotect", "clone r2 gone --linked;!undefine gone;!vol-delete gone.qcow2 --pool default",
                "unprotect r2 --anyway", "-r unprotect r2", "unprotect r2 --anyway=perhaps", NULL},
        {"flatten", NULL, "flatten linked", "flatten one", "flatten", NULL},
        {"undefine", NULL, "undefine linked --remove disk:vda", "undefine linked2", "undefine copy --what", NULL},
        {"snapshot-create", NULL, "snapshot create one s1", "snapshot create one s1", "snapshot create one a/b", NULL},
        {"snapshot-auto", NULL, "snapshot-auto one", "-r snapshot-auto one", "snapshot-auto", NULL},
        {"snapshot-edit", NULL, "snapshot edit one s1 --description words", "-r snapshot edit one s1 --description x",
                "snapshot edit one s1 --name a/b", NULL},
        {"snapshot-revert", NULL, "snapshot revert one s1", "snapshot revert one none", "snapshot revert one s1 --state odd",
                NULL},
        {"snapshot-prune", NULL, "snapshot prune one --keep 0", "snapshot prune one --keep -1", "snapshot prune one", NULL},
        {"snapshot-delete", NULL, "snapshot delete one s1", "snapshot delete one s1", "snapshot delete one", NULL},
        {"volume-rebase",
                "!vol-create-as default base.qcow2 1M --format qcow2;"
                "!vol-create-as default over.qcow2 1M --format qcow2 --backing-vol base.qcow2 --backing-vol-format qcow2;"
                "!vol-clone base.qcow2 base2.qcow2 --pool default",
                "volume-rebase default/over.qcow2 IMG/base2.qcow2", "volume-rebase default/base.qcow2 IMG/base2.qcow2",
                "volume-rebase default/over.qcow2 relative", NULL},
        {"volume-delete", NULL, "volume-delete default/over.qcow2", "volume-delete default/one.qcow2",
                "volume-delete default/base.qcow2 --unseen=x", NULL},
        {"pool-stop", NULL, "pool-stop more", "pool-stop more", "pool-stop", NULL},
        {"pool-start", NULL, "pool-start more", "pool-start more", "pool-start more --now", NULL},
        {"pool-autostart-on", NULL, "pool-autostart-on more", "pool-autostart-on more", "pool-autostart-on", NULL},
        {"pool-autostart-off", NULL, "pool-autostart-off more", "pool-autostart-off more", "pool-autostart-off", NULL},
        {"pool-refresh", NULL, "pool-refresh more default", "pool-refresh none", "pool-refresh", NULL},
        {"net-start", "!net-destroy default", "net-start default", "net-start default", "net-start", NULL},
        {"net-autostart-on", NULL, "net-autostart-on default", "net-autostart-on default", "net-autostart-on", NULL},
        {"net-autostart-off", NULL, "net-autostart-off default", "net-autostart-off default", "net-autostart-off", NULL},
        {"net-stop", NULL, "net-stop default", "net-stop default", "net-stop --hard default", NULL},
        {"net-define-default", "!net-undefine default", "net-define-default", "net-define-default",
                "net-define-default default", NULL},
        {"ksm", NULL, NULL, "-r ksm --on", "ksm --state odd",
                "it is the machine's, not the lab's: tests/backend/test_node.c, where that may be set"},
        {"pool-define-default", NULL, NULL, "pool-define-default", "pool-define-default x",
                "the default pool of a lab holds its guests: tests/backend/test_storage.c"},
        {"task-cleanup", NULL, NULL, "task-cleanup none", "task-cleanup",
                "an nvirt is killed for it: tests/backend/test_clone_kills.c, test_snapshot_killed.c"},
};

/* ---- one line ---- */

static unsigned failures;

static void tell(const char *line, const struct said *said, const char *what)
{
	print_error("nvirt %s: %s: code %d\n  stdout: %s  stderr: %s\n", line, what, said->code, said->out, said->err);
	failures++;
}

static char *fill(const char *line, const char *more)
{
	g_autoptr(GString) text = g_string_new(line);

	g_string_replace(text, "IMG", images, 0);
	g_string_replace(text, "SAVE", save_file, 0);
	g_string_append(text, more);
	return g_strdup(text->str);
}

static bool agent_answers(void *data)
{
	virDomainPtr dom = virDomainLookupByName(lab_connection(lab, "h1"), data);
	char *answer = virDomainQemuAgentCommand(dom, "{\"execute\":\"guest-ping\"}", 1, 0);
	bool here = answer != NULL;

	free(answer);
	virDomainFree(dom);
	return here;
}

static void do_before(const char *commands)
{
	g_auto(GStrv) list = g_strsplit(commands, ";", -1);

	for (char **line = list; *line; line++) {
		if (g_str_equal(*line, "AGENT")) {
			lab_wait_for(agent_answers, (void *)"lin", "the agent", 120000);
			continue;
		}
		if (**line == '!') {
			g_autofree char *all = g_strconcat("virsh h1 ", *line + 1, NULL);
			g_auto(GStrv) argv = g_strsplit(all, " ", -1);

			g_free(lab_run_words(lab, (const char *const *)argv));
			continue;
		}
		g_autofree char *full = fill(*line, " --yes");
		struct said said = words_run(&words, full);
		if (said.code != 0)
			tell(full, &said, "before");
		said_fini(&said);
	}
}

static void check_dry(const char *line)
{
	g_autofree char *full = fill(line, " --dry-run --json --yes");
	g_autofree char *before = look_at(lab_connection(lab, "h1"), images), *after = NULL;
	struct said said = words_run(&words, full);

	after = look_at(lab_connection(lab, "h1"), images);
	if (said.code != 0 || !*said.out || !words_keep_lines(&words, "dry-run", said.out))
		tell(full, &said, "does not say what it would do");
	if (!g_str_equal(before, after))
		tell(full, &said, "changed something");
	said_fini(&said);
}

/* It would ask, and there is nobody. */
static void check_asking(const struct action *action, const char *line)
{
	g_autofree char *full = fill(line, "");
	struct said said;

	if (action->confirm == CONFIRM_NONE)
		return;
	said = words_run(&words, full);
	if (said.code != 2 || *said.out || !strstr(said.err, "--yes"))
		tell(full, &said, "does not want --yes");
	said_fini(&said);
}

static void check_good(const struct action *action, const char *line)
{
	g_autofree char *full = fill(line, " --json=1 --yes");
	struct said said = words_run(&words, full);

	/* The difference that was stored is shown to people. */
	if (said.code != 0 || (*said.err && !(action->flags & ACTION_EDITOR)) || !strstr(said.out, "\"state\":\"") || !words_keep_lines(&words, "result", said.out))
		tell(full, &said, "did not go well");
	said_fini(&said);
}

static void check_refused(const char *line)
{
	g_autofree char *full = fill(line, " --json --yes");
	g_autofree char *before = look_at(lab_connection(lab, "h1"), images), *after = NULL;
	struct said said = words_run(&words, full);

	after = look_at(lab_connection(lab, "h1"), images);
	if (said.code != 1 || !g_str_has_prefix(said.err, "nvirt: ") || !words_keep_lines(&words, "result", said.out))
		tell(full, &said, "is not refused");
	if (!g_str_equal(before, after))
		tell(full, &said, "changed something");
	said_fini(&said);
}

static void check_wrong(const char *line)
{
	g_autofree char *full = fill(line, " --json --yes");
	struct said said = words_run(&words, full);

	if (said.code != 2 || *said.out || !g_str_has_prefix(said.err, "nvirt: ") || !strstr(said.err, "See 'nvirt "))
		tell(full, &said, "is not called wrong");
	said_fini(&said);
}

static void check_row(const struct row *row)
{
	const struct action *action = action_by_verb(row->verb);

	if (row->before)
		do_before(row->before);
	check_wrong(row->wrong);
	if (row->good) {
		/* Its editor is a script that changes something: what it would store is shown by test_cli_edit. */
		if (!(action->flags & ACTION_EDITOR))
			check_dry(row->good);
		if (!(action->flags & ACTION_EDITOR))
			check_asking(action, row->good);
		check_good(action, row->good);
	}
	check_refused(row->refused);
}

/* ---- tests ---- */

static void every_action_has_its_row(void **state)
{
	(void)state;
	for (unsigned i = 0; i < action_count; i++) {
		unsigned row = 0;

		if (action_table[i].flags & ACTION_LOCAL)
			continue;
		while (row < G_N_ELEMENTS(rows) && !g_str_equal(rows[row].verb, action_table[i].verb))
			row++;
		if (row == G_N_ELEMENTS(rows))
			fail_msg("'%s' has no row", action_table[i].verb);
	}
	for (unsigned row = 0; row < G_N_ELEMENTS(rows); row++) {
		assert_non_null(action_by_verb(rows[row].verb));
		assert_true(rows[row].good || rows[row].why);
	}
}

static void each_is_done_refused_and_told_when_wrong(void **state)
{
	const char *only = g_getenv("NVIRT_TEST_ROW");
	(void)state;

	failures = 0;
	for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
		if (only && !g_str_equal(only, rows[i].verb))
			continue;
		if (g_str_has_prefix(rows[i].verb, "net-") && !lab_is_system(lab))
			continue;
		check_row(&rows[i]);
	}
	assert_int_equal(failures, 0);
}

static void what_nobody_waits_for_is_begun(void **state)
{
	struct said said = words_run(&words, "pool-refresh default more --no-wait --json");
	(void)state;

	failures = 0;
	if (said.code != 0 || !words_keep_lines(&words, "result", said.out) || !strstr(said.out, "\"begun\""))
		tell("pool-refresh --no-wait", &said, "not begun");
	said_fini(&said);
	assert_int_equal(failures, 0);
}

static void of_several_one_refused_fails_and_the_others_are_done(void **state)
{
	struct said said = words_run(&words, "start up one --json");
	(void)state;

	assert_int_equal(said.code, 1);
	assert_non_null(strstr(said.out, "\"object\":\"up\",\"state\":\"refused\""));
	assert_non_null(strstr(said.out, "\"state\":\"ok\""));
	assert_true(words_keep_lines(&words, "result", said.out));
	said_fini(&said);
	lab_wait_state(lab, "h1", "one", VIR_DOMAIN_RUNNING);
}

/* ---- what is looked at ---- */

static void keep_both(const char *name, const char *line)
{
	g_autofree char *json = g_strconcat(line, " --json", NULL), *csv = g_strconcat(line, " --csv", NULL);
	struct said first = words_run(&words, json), second = words_run(&words, csv);
	bool moving = strstr(line, "stats") || strstr(line, "guests") || strstr(line, "processes") || g_str_equal(line, "host");

	if (first.code != 0 || *first.err || !words_keep(&words, name, first.out, moving ? NULL : second.out))
		tell(json, &first, "no data");
	if (second.code != 0 || *second.err || !strchr(second.out, ',') || strchr(second.out, '\r'))
		tell(csv, &second, "no data");
	said_fini(&first);
	said_fini(&second);
}

static void lists_have_their_documents(void **state)
{
	(void)state;

	failures = 0;
	lab_do(lab, "virsh", "h1", "snapshot-create-as", "r2", "snap one");
	keep_both("guests", "list guests");
	keep_both("guests", "list --inactive");
	keep_both("pools", "pools");
	keep_both("pools", "list pools --active");
	keep_both("networks", "networks");
	keep_both("volumes", "list volumes default");
	keep_both("hosts", "hosts");
	keep_both("host", "host");
	keep_both("guest", "show r2");
	keep_both("pool", "show pool default");
	if (lab_is_system(lab))
		keep_both("network", "show network default");
	keep_both("images", "images");
	keep_both("devices", "devices");
	keep_both("processes", "processes up");
	keep_both("snapshots", "snapshot list r2");
	keep_both("snapshot", "snapshot show r2 'snap one'");
	keep_both("diff", "snapshot diff r2 'snap one'");
	keep_both("tasks", "tasks");
	keep_both("stats", "stats --interval 0.5");
	keep_both("stats", "stats up r2 --interval 0.5");
	keep_both("host-stats", "stats --host --interval 0.5");
	assert_int_equal(failures, 0);
}

/* Asked for where nothing else would have read them. */
static void hosts_are_called_what_they_call_themselves(void **state)
{
	struct said said = words_shell(&words, "nvirt hosts --json | jq -r '.[0] | [.libvirt, .hypervisor, .cpus] | map(type) | join(\" \")'");
	(void)state;

	assert_string_equal(g_strchomp(said.out), "string string number");
	said_fini(&said);
	said = words_shell(&words, "nvirt list --json | jq -r '.[0].host | contains(\"://\")'");
	assert_string_equal(g_strchomp(said.out), "false");
	said_fini(&said);
}

static void keep_one(const char *name, const char *line)
{
	struct said said = words_run(&words, line);

	if (said.code != 0 || !words_keep(&words, name, said.out, NULL))
		tell(line, &said, "no data");
	said_fini(&said);
}

static void screens_have_their_documents(void **state)
{
	(void)state;

	failures = 0;
	keep_one("seen", "wait up --text . --timeout 60 --json");
	keep_one("screen", "screen up --json");
	keep_one("wall", "wall --json");
	assert_int_equal(failures, 0);
}

static void completes(const char *line, const char *candidate, bool there)
{
	g_autofree char *full = g_strconcat("__complete -- ", line, NULL);
	struct said said = words_run(&words, full);

	if (said.code != 0 || *said.err || !strstr(said.out, candidate) == there)
		tell(full, &said, there ? "lacks a candidate" : "has one too many");
	said_fini(&said);
}

/* Only what the action can be run on now, and names that only the host knows. */
static void names_are_completed_from_the_host(void **state)
{
	(void)state;

	failures = 0;
	completes("start ''", "r2\toff\n", true);
	completes("start ''", "up\t", false);
	completes("destroy ''", "up\trunning\n", true);
	completes("destroy ''", "r2\t", false);
	completes("snapshot revert ''", "r2\t", true);
	completes("snapshot revert r2 ''", "snap one\t", true);
	completes("snapshot show r2 sn", "snap one\t", true);
	completes("volume-delete de", "default/\tactive\n", true);
	completes("volume-delete default/o", "default/one.qcow2\tqcow2\n", true);
	completes("clone one new --pool mo", "more\tactive\n", true);
	completes("show pool ''", "more\t", true);
	completes("pool-start ''", "more\t", false);
	completes("-r start ''", "r2\t", false);
	assert_int_equal(failures, 0);
}

static void keys_and_layouts_are_completed(void **state)
{
	(void)state;

	failures = 0;
	completes("key up ''", "f12\t", true);
	completes("key up f1", "f2\t", false);
	completes("key up c", "ctrl-alt-delete\t", true);
	completes("key up ctrl-alt-d", "ctrl-alt-delete\t", true);
	completes("key up ctrl-a", "ctrl-alt-\t", true);
	completes("key up none-a", "none-alt-\t", false);
	completes("key up --layout d", "de\t", true);
	completes("type up --layout=u", "--layout=us\t", true);
	assert_int_equal(failures, 0);
}

static void figures_are_known_of_a_guest_that_runs(void **state)
{
	struct said said = words_shell(&words, "nvirt stats up --interval 1 --json | jq -r '.[0] | [.cpu_pct, .rss_kib, "
	                                       ".read_bytes, .written_bytes_per_second] | map(type) | join(\" \")'");
	(void)state;

	assert_string_equal(g_strchomp(said.out), "number number number number");
	said_fini(&said);
}

/* The lab's daemon behind a program that carries bytes: to libvirt that is another machine. */
static char *far_uri(void)
{
	static const char relay[] =
	        "#!/usr/bin/python3\n"
	        "import os, socket, threading\n"
	        "far = socket.socket(socket.AF_UNIX)\n"
	        "far.connect('%s')\n"
	        "def up():\n"
	        "    while data := os.read(0, 65536):\n"
	        "        far.sendall(data)\n"
	        "    os._exit(0)\n"
	        "threading.Thread(target=up, daemon=True).start()\n"
	        "while data := far.recv(65536):\n"
	        "    os.write(1, data)\n"
	        "os._exit(0)\n";
	g_autofree char *socket = lab_socket(lab, "h1"), *path = g_build_filename(words.home, "relay", NULL);
	g_autoptr(GString) text = g_string_new(relay);

	g_string_replace(text, "%s", socket, 0);
	files_write(path, text->str, -1);
	g_chmod(path, 0755);
	return g_strdup_printf("qemu+ext://far/%s?command=%s", lab_is_system(lab) ? "system" : "session", path);
}

static void figures_come_from_other_machines_too(void **state)
{
	g_autofree char *uri = far_uri();
	g_autofree char *guests = g_strdup_printf(
	        "nvirt -c '%s' stats up --interval 1 --json | jq -r '.[0] | [.cpu_pct, .read_bytes] | map(type) | join(\" \")'", uri);
	g_autofree char *hosts = g_strdup_printf(
	        "nvirt -c '%s' stats --host --interval 1 --json | jq -r '.[0] | [.cpu_pct, .memory_free_kib] | map(type) | join(\" \")'",
	        uri);
	/* What only files tell is not told of it. */
	g_autofree char *host = g_strdup_printf(
	        "nvirt -c '%s' host --json | jq -r '[.files_read, (.cpus[0].busy_pct, .memory_kib | type), "
	        "(.pressure + .disks + .sensors | length)] | map(tostring) | join(\" \")'",
	        uri);
	struct said said = words_shell(&words, guests);
	(void)state;

	assert_string_equal(g_strchomp(said.out), "number number");
	said_fini(&said);
	said = words_shell(&words, hosts);
	assert_string_equal(g_strchomp(said.out), "number number");
	said_fini(&said);
	said = words_shell(&words, host);
	assert_string_equal(g_strchomp(said.out), "false number number 0");
	said_fini(&said);
}

static void all_that_was_printed_is_in_the_schema(void **state)
{
	(void)state;
	assert_true(words.files->len > 20);
	words_check_schema(&words);
}

/* The examples of the README, as they stand there. */
static void the_readme_says_what_works(void **state)
{
	g_autofree char *text = NULL;
	g_auto(GStrv) lines = NULL;
	unsigned count = 0;
	(void)state;

	failures = 0;
	assert_true(g_file_get_contents("README.md", &text, NULL, NULL));
	lines = g_strsplit(text, "\n", -1);
	for (char **line = lines; *line; line++) {
		if (!g_str_has_prefix(*line, "    nvirt ") || !strstr(*line, "| jq "))
			continue;
		struct said said = words_shell(&words, *line);

		if (said.code != 0 || !*said.out || *said.err)
			tell(*line, &said, "does not work");
		said_fini(&said);
		count++;
	}
	assert_true(count >= 6);
	assert_int_equal(failures, 0);
}

/* Both are of this program: `make schema` makes them anew. */
static void schema_and_its_page_are_of_this_program(void **state)
{
	g_autofree char *schema = NULL, *page = NULL;
	struct said json = words_run(&words, "schema"), markdown = words_run(&words, "schema --markdown");
	(void)state;

	assert_true(g_file_get_contents("data/json-1.schema.json", &schema, NULL, NULL));
	assert_true(g_file_get_contents("docs/json.md", &page, NULL, NULL));
	assert_string_equal(json.out, schema);
	assert_true(g_str_has_suffix(page, markdown.out));
	said_fini(&json);
	said_fini(&markdown);
}

static void another_version_is_refused(void **state)
{
	struct said said = words_run(&words, "list --json=2");
	(void)state;

	assert_int_equal(said.code, 2);
	assert_string_equal(said.out, "");
	assert_non_null(strstr(said.err, "version 1"));
	said_fini(&said);
	said = words_run(&words, "list --json --csv");
	assert_int_equal(said.code, 2);
	said_fini(&said);
}

static int open_all(void **state)
{
	static const char *const guests[] = {"g", "one", "up", "r", "web1", "web2"};
	(void)state;

	lab = lab_start(1);
	words_init(&words, lab);
	images = g_build_filename(lab_dir(lab), "h1", "img", NULL);
	save_file = g_build_filename(images, "memory.save", NULL);
	pool_dir = g_build_filename(lab_dir(lab), "h1", "more", NULL);
	editor = g_build_filename(words.home, "editor", NULL);
	files_write(editor, "#!/bin/sh\nexec sed -i 's/<vcpu [^>]*>1</<vcpu>2</' \"$1\"\n", -1);
	g_chmod(editor, 0755);
	words.editor = editor;
	for (unsigned i = 0; i < G_N_ELEMENTS(guests); i++)
		lab_do(lab, "define", "h1", guests[i], "boot");
	lab_do(lab, "define", "h1", "lin", "linux");
	if (lab_is_system(lab))
		lab_do(lab, "virsh", "h1", "net-start", "default");
	lab_do(lab, "virsh", "h1", "start", "lin");
	lab_do(lab, "virsh", "h1", "start", "up");
	lab_do(lab, "virsh", "h1", "start", "web1");
	lab_do(lab, "virsh", "h1", "pool-define-as", "more", "dir", "--target", pool_dir);
	lab_do(lab, "virsh", "h1", "pool-build", "more");
	lab_do(lab, "virsh", "h1", "pool-start", "more");
	lab_do(lab, "virsh", "h1", "pool-refresh", "default");
	lab_wait_for(agent_answers, (void *)"lin", "the agent", 120000);
	return 0;
}

static int close_all(void **state)
{
	(void)state;
	words_fini(&words);
	lab_stop(lab);
	g_free(images);
	g_free(save_file);
	g_free(pool_dir);
	g_free(editor);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(every_action_has_its_row),
	        cmocka_unit_test(each_is_done_refused_and_told_when_wrong),
	        cmocka_unit_test(what_nobody_waits_for_is_begun),
	        cmocka_unit_test(of_several_one_refused_fails_and_the_others_are_done),
	        cmocka_unit_test(lists_have_their_documents),
	        cmocka_unit_test(hosts_are_called_what_they_call_themselves),
	        cmocka_unit_test(screens_have_their_documents),
	        cmocka_unit_test(names_are_completed_from_the_host),
	        cmocka_unit_test(keys_and_layouts_are_completed),
	        cmocka_unit_test(figures_are_known_of_a_guest_that_runs),
	        cmocka_unit_test(figures_come_from_other_machines_too),
	        cmocka_unit_test(the_readme_says_what_works),
	        cmocka_unit_test(all_that_was_printed_is_in_the_schema),
	        cmocka_unit_test(schema_and_its_page_are_of_this_program),
	        cmocka_unit_test(another_version_is_refused),
	};

	return cmocka_run_group_tests(tests, open_all, close_all);
}
