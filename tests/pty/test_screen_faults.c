/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A guest's screen is watched while its QEMU hangs, is killed, starts anew or goes to
 * another host: what is told, what goes on, and that it ends in time.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <glib.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "support/files.h"
#include "support/lab.h"
#include "support/pty.h"
#include "support/session.h"

#define DEADLINE_MS 120000

static struct lab *lab;
static char *program, *home;

/* ---- a verb that runs beside the test ---- */

struct verb {
	GPid pid;
	char *path; /* what it prints, wherever */
};

/* A verb that waits for ever does not outlive the test. */
static void end_with_test(gpointer data)
{
	(void)data;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
}

static struct verb start_words(const char *host, const char *const *words)
{
	static unsigned count;
	struct verb verb = {.path = g_strdup_printf("%s/out-%u", home, ++count)};
	g_auto(GStrv) env = g_environ_setenv(g_get_environ(), "XDG_STATE_HOME", home, TRUE);
	g_autofree char *quoted = g_shell_quote(verb.path);
	g_autofree char *script = g_strdup_printf("exec \"$@\" >%s 2>&1", quoted);
	g_autoptr(GPtrArray) argv = g_ptr_array_new();
	const char *const head[] = {"sh", "-c", script, "sh", program, "-c", lab_uri(lab, host)};

	env = g_environ_setenv(env, "LC_ALL", "C.UTF-8", TRUE);
	for (unsigned i = 0; i < G_N_ELEMENTS(head); i++)
		g_ptr_array_add(argv, (gpointer)head[i]);
	for (; *words; words++)
		g_ptr_array_add(argv, (gpointer)*words);
	g_ptr_array_add(argv, NULL);
	assert_true(g_spawn_async(NULL, (char **)argv->pdata, env, G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD,
	        end_with_test, NULL, &verb.pid, NULL));
	return verb;
}

#define start(host, ...) start_words((host), (const char *const[]){__VA_ARGS__, NULL})

struct said {
	const struct verb *verb;
	const char *part;
	gsize from; /* what was said before does not count */
};

static bool has_said(void *data)
{
	const struct said *said = data;
	g_autofree char *text = NULL;

	return g_file_get_contents(said->verb->path, &text, NULL, NULL) && strlen(text) >= said->from &&
	       strstr(text + said->from, said->part);
}

static void wait_said_after(const struct verb *verb, gsize from, const char *part)
{
	struct said said = {verb, part, from};

	lab_wait_for(has_said, &said, part, DEADLINE_MS);
}

static void wait_said(const struct verb *verb, const char *part)
{
	wait_said_after(verb, 0, part);
}

static bool has_ended(void *data)
{
	siginfo_t info = {0};

	return waitid(P_PID, (id_t)((struct verb *)data)->pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid;
}

/* It ends with `code` and has said `part`. */
static void finish(struct verb *verb, int code, const char *part)
{
	g_autofree char *text = NULL;
	int status = 0;

	lab_wait_for(has_ended, verb, "the end of the verb", DEADLINE_MS);
	waitpid(verb->pid, &status, 0);
	assert_true(g_file_get_contents(verb->path, &text, NULL, NULL));
	if (!WIFEXITED(status) || WEXITSTATUS(status) != code || !strstr(text, part))
		print_error("status %#x:\n%s\n", status, text);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), code);
	assert_non_null(strstr(text, part));
	g_free(verb->path);
}

/* As Ctrl-C does. */
static void interrupt(struct verb *verb, int code)
{
	kill(verb->pid, SIGINT);
	finish(verb, code, "");
}

static gsize said_so_far(const struct verb *verb)
{
	g_autofree char *text = NULL;
	gsize length = 0;

	assert_true(g_file_get_contents(verb->path, &text, &length, NULL));
	return length;
}

/* ---- all ---- */

static void start_guest(const char *host)
{
	struct verb verb;

	lab_do(lab, "virsh", host, "start", "guest");
	verb = start(host, "wait", "guest", "--text", "seconds 0", "--timeout", "60");
	finish(&verb, 0, "seconds 0");
}

static bool somebody_is_connected(void *data)
{
	g_autofree char *said = lab_run(data, "virsh", "h1", "qemu-monitor-command", "guest", "--hmp", "info vnc");

	return strstr(said, "Client:");
}

static bool nobody_is_connected(void *data)
{
	return !somebody_is_connected(data);
}

/* A verb that looks at the screen; returns when it is connected. */
#define start_connected(...) start_words_connected((const char *const[]){__VA_ARGS__, NULL})

static struct verb start_words_connected(const char *const *words)
{
	struct verb verb;

	/* The last verb's connection may not have ended yet. */
	lab_wait_for(nobody_is_connected, lab, "the end of all connections", DEADLINE_MS);
	verb = start_words("h1", words);
	lab_wait_for(somebody_is_connected, lab, "a connection to the screen", DEADLINE_MS);
	return verb;
}

#define LATER "seconds 000005"

/* It is paused before it says LATER: what is waited for can only come in another run. */
static struct verb wait_for_another_run(void)
{
	lab_do(lab, "virsh", "h1", "suspend", "guest");
	return start_connected("wait", "guest", "--text", LATER, "--timeout", "100");
}

static int set_up(void **state)
{
	g_autofree char *self = g_file_read_link("/proc/self/exe", NULL);
	g_autofree char *dir = g_path_get_dirname(self);

	(void)state;
	program = g_build_filename(dir, "..", "..", "nvirt", NULL);
	home = g_dir_make_tmp("nvirt-faults-XXXXXX", NULL);
	lab = lab_start(2);
	lab_do(lab, "define", "h1", "guest", "boot");
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	lab_stop(lab);
	files_remove(home);
	g_free(home);
	g_free(program);
	return 0;
}

static void a_hung_qemu_is_told_and_taken_up_again(void **state)
{
	struct verb verb;
	(void)state;

	start_guest("h1");
	verb = start("h1", "screen", "guest", "--watch");
	wait_said(&verb, "seconds 0");
	lab_do(lab, "stop-qemu", "h1", "guest");
	wait_said(&verb, "does not answer any more");
	lab_do(lab, "cont-qemu", "h1", "guest");
	wait_said(&verb, "answers again");
	/* The same connection goes on. */
	gsize before = said_so_far(&verb);
	lab_do(lab, "virsh", "h1", "reset", "guest");
	wait_said_after(&verb, before, "seconds 000001");
	lab_do(lab, "kill-qemu", "h1", "guest");
	wait_said_after(&verb, before, "'guest' is off: waiting until it runs");
	/* And another QEMU's. */
	before = said_so_far(&verb);
	lab_do(lab, "virsh", "h1", "start", "guest");
	wait_said_after(&verb, before, "the screen of 'guest' is there again");
	wait_said_after(&verb, before, "seconds 000001");
	interrupt(&verb, 0);
	lab_do(lab, "virsh", "h1", "destroy", "guest");
}

static void what_is_waited_for_may_come_in_another_run(void **state)
{
	struct verb verb;
	(void)state;

	start_guest("h1");
	verb = wait_for_another_run();
	lab_do(lab, "virsh", "h1", "destroy", "guest");
	wait_said(&verb, "'guest' is off: waiting until it runs");
	lab_do(lab, "virsh", "h1", "start", "guest");
	finish(&verb, 0, LATER);
	lab_do(lab, "virsh", "h1", "destroy", "guest");
}

static void a_guest_that_hung_is_waited_for_in_its_next_run(void **state)
{
	struct verb verb;
	(void)state;

	start_guest("h1");
	verb = wait_for_another_run();
	lab_do(lab, "stop-qemu", "h1", "guest");
	wait_said(&verb, "does not ");
	lab_do(lab, "kill-qemu", "h1", "guest");
	lab_wait_state(lab, "h1", "guest", VIR_DOMAIN_SHUTOFF);
	lab_do(lab, "virsh", "h1", "start", "guest");
	finish(&verb, 0, LATER);
	lab_do(lab, "virsh", "h1", "destroy", "guest");
}

static void a_guest_that_is_off_shows_nothing(void **state)
{
	struct verb verb;
	(void)state;

	verb = start("h1", "wait", "guest", "--text", "seconds", "--timeout", "1");
	finish(&verb, 1, "'seconds' was not seen on the screen of 'guest' in time: it is off");
	verb = start("h1", "wait", "guest", "--stable", "0.2", "--timeout", "1");
	finish(&verb, 1, "did not stand still in time: it is off");
	verb = start("h1", "wait", "guest", "--text", "seconds", "--gone", "--timeout", "60");
	finish(&verb, 0, "is off");
	verb = start("h1", "wait", "guest", "--text", LATER, "--timeout", "100");
	wait_said(&verb, "'guest' is off: waiting until it runs");
	lab_do(lab, "virsh", "h1", "start", "guest");
	finish(&verb, 0, "the screen of 'guest' is there");
	verb = start("h1", "wait", "guest", "--text", "seconds", "--gone", "--timeout", "100");
	lab_do(lab, "virsh", "h1", "destroy", "guest");
	finish(&verb, 0, "is off");
}

/* Typed for half a minute, as nothing echoes it; returns when it has begun to. */
static struct verb start_long_type(void)
{
	g_autofree char *text = g_strnfill(1000, 'x');

	return start_connected("type", "guest", text);
}

static void nothing_is_typed_into_another_run(void **state)
{
	struct verb verb;
	(void)state;

	start_guest("h1");
	verb = start_long_type();
	lab_do(lab, "virsh", "h1", "reset", "guest");
	finish(&verb, 1, "of 1000 keys were pressed on 'guest': it was reset or started anew");
	verb = start_long_type();
	lab_do(lab, "virsh", "h1", "destroy", "guest");
	finish(&verb, 1, "'guest': the VNC server closed the connection");
}

static void a_guest_that_is_undefined_is_waited_for_no_more(void **state)
{
	struct verb wait, watch;
	(void)state;

	start_guest("h1");
	wait = wait_for_another_run();
	watch = start("h1", "screen", "guest", "--watch");
	wait_said(&watch, "seconds 0");
	lab_do(lab, "virsh", "h1", "undefine", "guest");
	lab_do(lab, "virsh", "h1", "destroy", "guest");
	finish(&wait, 2, "cannot show the screen of 'guest': it is not defined any more");
	finish(&watch, 1, "cannot show the screen of 'guest': it is not defined any more");
}

static void a_reset_is_no_end(void **state)
{
	struct verb verb;
	(void)state;

	start_guest("h1");
	verb = start("h1", "wait", "guest", "--text", "no such words", "--timeout", "4");
	lab_do(lab, "virsh", "h1", "reset", "guest");
	finish(&verb, 1, "was not seen");
	lab_do(lab, "virsh", "h1", "destroy", "guest");
}

static bool log_has_reset(void *data)
{
	g_autofree char *text = NULL;

	return g_file_get_contents(data, &text, NULL, NULL) &&
	       g_regex_match_simple("(?m)^2[0-9-]+ [0-9:]+\\.[0-9]{3} \\[ the guest was reset at [0-9:]{8} \\]$", text, 0, 0);
}

/* What it says of the reset stands for a minute: of the one before it would tell nothing. */
static void wait_reset_told(struct pty *pty)
{
	pty_wait_text(pty, "reset [0-9] s ago");
}

static void start_log(struct pty *pty, const char *path)
{
	pty_keys(pty, "W");
	pty_wait_text(pty, "Log the screen");
	pty_keys(pty, "C-u");
	pty_type(pty, path);
	for (int i = 0; i < 4 && pty_shows(pty, "┌─ Log the screen"); i++)
		pty_keys(pty, "Enter");
	pty_wait_text(pty, "logged *\n");
}

/* By others, and by the guest itself: SeaBIOS takes Ctrl-Alt-Del so. */
static void the_panel_says_a_reset(void **state)
{
	g_autofree char *path = g_build_filename(home, "reset.log", NULL);
	struct verb verb;
	struct pty *pty;

	(void)state;
	start_guest("h1");
	pty = session_start(lab_uri(lab, "h1"), 50, 100);
	session_open(pty, "guest guest");
	pty_keys(pty, "M-2", "]", "]", "]");
	pty_wait_text(pty, "\\[Screen\\]");
	pty_wait_text(pty, "│seconds 0000");
	assert_false(pty_shows(pty, "reset [0-9]+ s ago"));
	start_log(pty, path);
	lab_do(lab, "virsh", "h1", "reset", "guest");
	wait_reset_told(pty);
	pty_wait_text(pty, "│seconds 000001");
	pty_wait_for(pty, log_has_reset, path, "the divider in the log", DEADLINE_MS);
	pty_keys(pty, "H", "?");
	pty_type(pty, "was reset");
	pty_keys(pty, "Enter", "k");
	pty_wait_text(pty, "│seconds 0000[0-9]+ *\n.*│\\[ the guest was reset at [0-9:]{8} \\]");
	pty_keys(pty, "q");
	/* The serial console. */
	pty_keys(pty, "v", "Enter");
	pty_wait_text(pty, "\\[Serial\\]");
	pty_wait_text(pty, "│seconds 0000");
	pty_wait_text(pty, "reset [1-9][0-9] s ago");
	verb = start("h1", "key", "guest", "ctrl-alt-delete");
	finish(&verb, 0, "");
	wait_reset_told(pty);
	pty_wait_text(pty, "│seconds 000001");
	pty_keys(pty, "C-]", "H", "?");
	pty_type(pty, "was reset");
	pty_keys(pty, "Enter", "k");
	pty_wait_text(pty, "│seconds 0000[0-9]+ *\n.*│\\[ the guest was reset at [0-9:]{8} \\]");
	pty_keys(pty, "q");
	lab_do(lab, "virsh", "h1", "destroy", "guest");
	pty_wait_text(pty, "the guest is off");
	assert_false(pty_shows(pty, "reset [0-9]+ s ago"));
	session_quit(pty);
}

static void what_was_saved_is_seen_again(void **state)
{
	struct verb verb;
	(void)state;

	start_guest("h1");
	verb = start("h1", "screen", "guest", "--watch");
	wait_said(&verb, "seconds 0");
	lab_do(lab, "virsh", "h1", "managedsave", "guest");
	wait_said(&verb, "'guest' is off: waiting until it runs");
	gsize before = said_so_far(&verb);
	lab_do(lab, "virsh", "h1", "start", "guest");
	wait_said_after(&verb, before, "seconds 0");
	interrupt(&verb, 0);
	lab_do(lab, "virsh", "h1", "destroy", "guest");
}

static void after_a_migration_the_other_host_shows_it(void **state)
{
	g_autofree char *socket = g_strdup_printf("unix://%s/migrate.sock", lab_dir(lab));
	struct verb verb;
	(void)state;

	if (!lab_is_system(lab)) {
		print_message("after_a_migration_the_other_host_shows_it: the lab's session hosts can not migrate\n");
		skip();
	}
	start_guest("h1");
	verb = start("h1", "screen", "guest", "--watch");
	wait_said(&verb, "seconds 0");
	lab_do(lab, "virsh", "h1", "migrate", "guest", "--desturi", lab_uri(lab, "h2"), "--migrateuri", socket, "--live", "--p2p",
	        "--unsafe");
	/* It is still defined here. */
	wait_said(&verb, "'guest' is off: waiting until it runs");
	interrupt(&verb, 0);
	verb = start("h2", "wait", "guest", "--text", "seconds 0", "--timeout", "60");
	finish(&verb, 0, "seconds 0");
	lab_do(lab, "virsh", "h2", "destroy", "guest");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_hung_qemu_is_told_and_taken_up_again),
	        cmocka_unit_test(a_reset_is_no_end),
	        cmocka_unit_test(the_panel_says_a_reset),
	        cmocka_unit_test(what_is_waited_for_may_come_in_another_run),
	        cmocka_unit_test(a_guest_that_hung_is_waited_for_in_its_next_run),
	        cmocka_unit_test(a_guest_that_is_off_shows_nothing),
	        cmocka_unit_test(nothing_is_typed_into_another_run),
	        cmocka_unit_test(what_was_saved_is_seen_again),
	        cmocka_unit_test(after_a_migration_the_other_host_shows_it),
	        cmocka_unit_test(a_guest_that_is_undefined_is_waited_for_no_more),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
