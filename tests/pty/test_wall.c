/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The wall on real guests: their screens live, what they say told, Enter to one of them; `nvirt wall` in a pipe. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <glib.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "support/lab.h"
#include "support/pty.h"
#include "support/session.h"
#include "support/words.h"

/* An emulated guest on a busy machine. */
enum { BOOT_MS = 180 * 1000 };

static struct lab *lab;
static struct pty *pty;

/* Words after the program's name and the connection; NULL-terminated. What it printed, owned. */
static char *run(int code, const char *const *words)
{
	struct said said = said_words(lab_uri(lab, "h1"), lab_dir(lab), words);
	char *out = g_steal_pointer(&said.out);

	if (said.code != code)
		fail_msg("%s: code %d\n%s%s", words[0], said.code, out, said.err);
	said_fini(&said);
	return out;
}

#define RUN(code, ...) run(code, (const char *const[]){__VA_ARGS__, NULL})

/* The processes that `parent` has and that are no zombies. */
static unsigned children(GPid parent)
{
	g_autofree char *path = g_strdup_printf("/proc/%d/task/%d/children", (int)parent, (int)parent);
	g_autofree char *text = NULL;
	unsigned count = 0;

	if (!g_file_get_contents(path, &text, NULL, NULL))
		return 0;
	g_auto(GStrv) words = g_strsplit(g_strstrip(text), " ", -1);
	for (char **word = words; *word && **word; word++) {
		g_autofree char *stat_path = g_strdup_printf("/proc/%s/stat", *word);
		g_autofree char *stat = NULL;

		count += g_file_get_contents(stat_path, &stat, NULL, NULL) && strstr(stat, "nvirt-screen") && !strstr(stat, ") Z ");
	}
	return count;
}

static GPid first_child(GPid parent)
{
	g_autofree char *path = g_strdup_printf("/proc/%d/task/%d/children", (int)parent, (int)parent);
	g_autofree char *text = NULL;

	assert_true(g_file_get_contents(path, &text, NULL, NULL));
	return (GPid)g_ascii_strtoll(text, NULL, 10);
}

static bool has_one_reader(void *data)
{
	(void)data;
	return children(pty_pid(pty)) <= 1;
}

static int start(void **state)
{
	(void)state;
	lab = lab_start(2);
	lab_do(lab, "define", "h1", "counter", "boot");
	lab_define_linux(lab, "shell", "nvirt.shell console=tty0 console=ttyS0 panic=0");
	lab_do(lab, "define", "h1", "sleeper", "boot");
	lab_do(lab, "virsh", "h1", "start", "shell");
	lab_do(lab, "virsh", "h1", "start", "counter");
	pty = session_start(lab_uri(lab, "h1"), 30, 150);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	pty_free(pty);
	lab_stop(lab);
	return 0;
}

static void all_that_run_are_seen_at_once(void **state)
{
	(void)state;
	pty_wait_text(pty, "1/3|2/3|3/3");
	pty_keys(pty, "M-2", "[");
	pty_wait_text(pty, "\\[Wall\\]");
	/* The lab guest's serial port says the same as its screen. */
	pty_wait_text_within(pty, "counter ─(.*\n)+.*│seconds 0000", BOOT_MS);
	pty_wait_text_within(pty, "shell ─(.*\n)+.*lab:/#", BOOT_MS);
	assert_false(pty_shows(pty, "sleeper ─"));
	/* It lives. */
	pty_wait_text_within(pty, "seconds 00001[0-9]", BOOT_MS);
	assert_int_equal(children(pty_pid(pty)), 2);
	/* One that is started comes by itself. */
	lab_do(lab, "virsh", "h1", "start", "sleeper");
	pty_wait_text(pty, "sleeper ─");
	pty_wait_text_within(pty, "sleeper ─(.*\n)+.*seconds 0000", BOOT_MS);
}

static void what_a_screen_says_is_told(void **state)
{
	(void)state;
	g_free(RUN(0, "type", "shell", "clear; echo -n 'web1 login: '; read x", "--enter"));
	pty_wait_text(pty, "shell ─+ login prompt");
	pty_wait_text(pty, "▶ shell [^\n│]* L");
	g_free(RUN(0, "type", "shell", "x", "--enter"));
	g_free(RUN(0, "type", "shell", "clear", "--enter"));
	pty_wait_gone(pty, "login prompt");
	g_free(RUN(0, "type", "shell", "echo c > /proc/sysrq-trigger", "--enter"));
	pty_wait_text_within(pty, "shell ─+ kernel panic", BOOT_MS);
	pty_wait_text(pty, "▶ shell [^\n│]* !P");
	pty_wait_text(pty, "the screen of 'shell' says: kernel panic");
	/* Another kernel. */
	lab_do(lab, "virsh", "h1", "reset", "shell");
	pty_wait_gone(pty, "kernel panic");
	pty_wait_text_within(pty, "shell ─(.*\n)+.*lab:/#", BOOT_MS);
}

static void a_reader_that_dies_is_said_and_tried_again(void **state)
{
	(void)state;
	assert_int_equal(kill(first_child(pty_pid(pty)), SIGKILL), 0);
	pty_wait_text(pty, "the screen reader[│ \n]");
	/* On each tile in turn: which one it was nobody knows. */
	pty_keys(pty, "Home", "x", "l", "x", "l", "x");
	pty_wait_gone(pty, "the screen reader[│ \n]");
}

static void enter_goes_to_the_guests_console_and_readers_end(void **state)
{
	(void)state;
	pty_keys(pty, "Home", "l", "Enter");
	pty_wait_text(pty, "►guest shell ═");
	pty_wait_text(pty, "\\[Console\\]");
	pty_wait_text(pty, "│lab:/#");
	/* The tab may keep its own for a while. */
	session_open(pty, "pool [^ ]+");
	session_open(pty, "host [^ ]+");
	pty_wait_text(pty, "\\[Wall\\]");
	pty_wait_text(pty, "│seconds 0000");
	pty_keys(pty, "M-2", "]");
	pty_wait_text(pty, "\\[Summary\\]");
	pty_wait_for(pty, has_one_reader, NULL, "the readers to end", pty_deadline_ms());
	pty_keys(pty, "[");
	pty_wait_text(pty, "\\[Wall\\]");
}

static void a_guest_that_stops_leaves_the_wall(void **state)
{
	(void)state;
	pty_wait_text(pty, "sleeper ─");
	lab_do(lab, "virsh", "h1", "destroy", "sleeper");
	pty_wait_gone(pty, "sleeper ─");
	/* In less room they are turned by pages. */
	pty_resize(pty, 15, 60);
	pty_wait_text(pty, "page [12] of 2");
	pty_keys(pty, "Home");
	pty_wait_text(pty, "page 1 of 2, 2 guests run");
	pty_wait_text(pty, "counter ─");
	pty_keys(pty, "PgDn");
	pty_wait_text(pty, "page 2 of 2");
	pty_wait_text(pty, "shell ─");
	pty_keys(pty, "F11");
	pty_wait_text(pty, "counter ─(.*\n)*.*shell ─");
	pty_keys(pty, "F11");
	pty_resize(pty, 30, 150);
	session_quit(g_steal_pointer(&pty));
}

static void the_verb_opens_it_or_prints_all(void **state)
{
	const char *const argv[] = {"-c", lab_uri(lab, "h1"), "wall", NULL};
	struct pty *verb = pty_start(argv, NULL, 24, 80);

	(void)state;
	pty_wait_text(verb, "counter ─+.*shell ─");
	pty_wait_text(verb, "seconds 0000(.*\n)*.*");
	pty_wait_text(verb, "lab:/#");
	session_quit(verb);
	g_autofree char *text = RUN(0, "wall");
	assert_non_null(strstr(text, "== counter ==\n"));
	assert_non_null(strstr(text, "\nseconds 0000"));
	assert_non_null(strstr(text, "== shell ==\n"));
	assert_null(strstr(text, "sleeper"));
	g_autofree char *json = RUN(0, "wall", "shell", "--json");
	assert_non_null(strstr(json, "\"name\": \"shell\""));
	assert_null(strstr(json, "\"name\": \"counter\""));
	g_autofree char *none = RUN(0, "wall", "nobody");
	assert_string_equal(none, "");
}

static void two_hosts_are_shown_and_told_from_each_other(void **state)
{
	const char *const argv[] = {"-c", lab_uri(lab, "h1"), "-c", lab_uri(lab, "h2"), "wall", NULL};
	const char *const words[] = {"-c", lab_uri(lab, "h2"), "wall", "counter", NULL};
	const char *const dead[] = {"-c", "qemu+unix:///system?socket=/none", "wall", "counter", NULL};
	struct pty *verb;

	(void)state;
	lab_do(lab, "define", "h2", "counter", "boot");
	lab_do(lab, "virsh", "h2", "start", "counter");
	verb = pty_start(argv, NULL, 40, 150);
	pty_wait_text(verb, "counter on h1");
	pty_wait_text(verb, "shell on h1");
	pty_wait_text(verb, "counter on h2");
	pty_wait_text(verb, "seconds 0000");
	/* Of the one that is open. */
	pty_keys(verb, "*");
	pty_wait_gone(verb, " on h[12]");
	pty_wait_text(verb, "counter ─+.*shell ─");
	session_quit(verb);
	g_autofree char *text = run(0, words);
	assert_non_null(strstr(text, "== counter on h1"));
	assert_non_null(strstr(text, "== counter on h2"));
	/* One that can not be reached does not keep the others from being seen. */
	g_autofree char *rest = run(1, dead);
	assert_non_null(strstr(rest, "== counter on h1"));
	assert_non_null(strstr(rest, "\nseconds 0000"));
	lab_do(lab, "virsh", "h2", "destroy", "counter");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(all_that_run_are_seen_at_once),
	        cmocka_unit_test(what_a_screen_says_is_told),
	        cmocka_unit_test(a_reader_that_dies_is_said_and_tried_again),
	        cmocka_unit_test(enter_goes_to_the_guests_console_and_readers_end),
	        cmocka_unit_test(a_guest_that_stops_leaves_the_wall),
	        cmocka_unit_test(the_verb_opens_it_or_prints_all),
	        cmocka_unit_test(two_hosts_are_shown_and_told_from_each_other),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
