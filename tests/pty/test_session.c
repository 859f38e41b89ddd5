/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The real binary on libvirt's test driver: from the first frame to quitting, what a first-time user does. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/files.h"
#include "support/pty.h"
#include "support/session.h"
#include "ui/view.h"

#define QUIET "--refresh", "3600" /* no tick disturbs what a test counts */

static struct pty *start_test_driver(int rows, int cols)
{
	const char *const argv[] = {"-c", "test:///default", NULL};
	struct pty *pty = pty_start(argv, NULL, rows, cols);
	pty_wait_text(pty, "guests 1 of 1");
	return pty;
}

static void quitting_gives_the_terminal_back(void **state)
{
	(void)state;
	struct pty *pty = start_test_driver(24, 80);
	struct termios before = pty_termios_before(pty), after;
	assert_true(pty_modes(pty).altscreen);
	pty_keys(pty, "q");
	pty_wait_exit_code(pty, 0);
	after = pty_termios(pty);
	assert_memory_equal(&before, &after, sizeof(before));
	assert_false(pty_modes(pty).altscreen);
	assert_true(pty_modes(pty).cursor_visible);
	assert_int_equal(pty_modes(pty).mouse, 0);
	pty_free(pty);
}

/* A socket that accepts and never says a word, as a stopped libvirtd. */
static int listen_silently(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	g_strlcpy(address.sun_path, path, sizeof(address.sun_path));
	unlink(path);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(fd, 16), 0);
	return fd;
}

static void silent_daemon_leaves_first_frame_and_keys_alive(void **state)
{
	(void)state;
	g_autofree char *path = g_strdup_printf("/tmp/nvp-silent-%d", (int)getpid());
	g_autofree char *uri = g_strdup_printf("qemu+unix:///system?socket=%s", path);
	int fd = listen_silently(path);
	const char *const argv[] = {"-c", uri, NULL};
	struct pty *pty = pty_start(argv, NULL, 24, 80);
	pty_wait_text(pty, "[Cc]onnecting");
	pty_keys(pty, "?");
	pty_wait_text(pty, "Help");
	pty_keys(pty, "Esc");
	pty_wait_gone(pty, "Enter runs");
	session_quit(pty);
	close(fd);
	unlink(path);
}

static void refused_socket_shows_libvirts_words_and_what_was_tried(void **state)
{
	(void)state;
	const char *const argv[] = {"-c", "qemu+unix:///system?socket=/nonexistent/sock", NULL};
	struct pty *pty = pty_start(argv, NULL, 40, 120);
	pty_wait_text(pty, "No connection to libvirt");
	pty_wait_text(pty, "/nonexistent/sock");
	pty_wait_text(pty, "No such file");
	pty_wait_text(pty, "retry in|trying again");
	pty_keys(pty, "R");
	pty_wait_text(pty, "Attempts +[2-9]");
	session_quit(pty);
}

static void wrong_uri_is_named(void **state)
{
	(void)state;
	const char *const argv[] = {"-c", "qemu+nosuch:///system", NULL};
	struct pty *pty = pty_start(argv, NULL, 40, 120);
	pty_wait_text(pty, "transport in URL not recognised");
	session_quit(pty);
}

static void help_lists_keys_and_closes(void **state)
{
	(void)state;
	struct pty *pty = start_test_driver(50, 100);
	pty_keys(pty, "?");
	pty_wait_text(pty, "Everywhere");
	pty_wait_text(pty, "Next region");
	pty_keys(pty, "Esc");
	pty_wait_gone(pty, "Everywhere");
	session_quit(pty);
}

static void palette_finds_and_runs_by_name(void **state)
{
	(void)state;
	struct pty *pty = start_test_driver(24, 80);
	pty_keys(pty, ":");
	pty_wait_text(pty, "Palette");
	pty_type(pty, "quit nvirt");
	pty_wait_text(pty, "quit nvirt");
	pty_keys(pty, "Enter");
	pty_wait_exit_code(pty, 0);
	pty_free(pty);
}

static void q_is_a_letter_while_a_field_is_edited(void **state)
{
	(void)state;
	struct pty *pty = start_test_driver(24, 80);
	pty_keys(pty, "/", "q");
	pty_wait_gone(pty, "▶ test$|▶ test ");
	pty_keys(pty, "Esc");
	pty_wait_text(pty, "▶ test");
	session_quit(pty);
}

static void filter_hides_and_escape_brings_back(void **state)
{
	(void)state;
	struct pty *pty = start_test_driver(24, 80);
	pty_wait_text(pty, "default-pool");
	pty_keys(pty, "/");
	pty_type(pty, "pool");
	pty_wait_gone(pty, "▶ test");
	assert_true(pty_shows(pty, "default-pool"));
	pty_keys(pty, "Esc");
	pty_wait_text(pty, "▶ test");
	session_quit(pty);
}

static void marks_show_and_go(void **state)
{
	(void)state;
	struct pty *pty = start_test_driver(24, 80);
	session_open(pty, "guest test");
	pty_keys(pty, "Space");
	pty_wait_text(pty, "•.*test");
	session_open(pty, "guest test");
	pty_keys(pty, "Space");
	pty_wait_gone(pty, "•.*test");
	session_quit(pty);
}

/* All tabs of the open object, as the table has them. */
static void turn_tabs(struct pty *pty, enum obj_kind kind)
{
	for (const struct tab *tab = tab_table; tab->kind != OBJ_NONE; tab++) {
		if (tab->kind != kind)
			continue;
		g_autofree char *active = g_strdup_printf("\\[%s\\]", tab->ops->title);
		pty_wait_text(pty, active);
		pty_keys(pty, "]");
	}
}

static void every_tab_of_every_kind_opens(void **state)
{
	(void)state;
	struct pty *pty = start_test_driver(40, 160);
	session_open(pty, "host [^─═]*");
	turn_tabs(pty, OBJ_HOST);
	session_open(pty, "guest test");
	turn_tabs(pty, OBJ_GUEST);
	session_open(pty, "pool default-pool");
	turn_tabs(pty, OBJ_POOL);
	session_open(pty, "network default");
	turn_tabs(pty, OBJ_NETWORK);
	session_quit(pty);
}

static void action_becomes_task_and_state(void **state)
{
	(void)state;
	struct pty *pty = start_test_driver(24, 100);
	session_open(pty, "guest test");
	pty_keys(pty, "p");
	pty_wait_text(pty, "suspend +.* OK");
	pty_wait_text(pty, "State +paused");
	pty_keys(pty, "r");
	pty_wait_text(pty, "resume +.* OK");
	pty_wait_text(pty, "State +running");
	session_quit(pty);
}

static void task_log_survives_the_program(void **state)
{
	(void)state;
	g_autofree char *home = g_dir_make_tmp("nvp-XXXXXX", NULL);
	const char *const argv[] = {"-c", "test:///default", NULL};
	for (int run = 0; run < 2; run++) {
		struct pty *pty = pty_start_with(&(struct pty_options){.argv = argv, .home = home, .cols = 100});
		pty_wait_text(pty, "guests 1 of 1");
		if (run == 1)
			pty_wait_text(pty, "suspend +.* OK");
		session_open(pty, "guest test");
		if (run == 0)
			pty_keys(pty, "p");
		pty_wait_text(pty, "suspend +.* OK");
		session_quit(pty);
	}
	g_autofree char *log = g_build_filename(home, "state", "nvirt", "tasks.jsonl", NULL);
	assert_true(g_file_test(log, G_FILE_TEST_IS_REGULAR));

	files_remove(home);
}

static void refused_action_says_why(void **state)
{
	(void)state;
	struct pty *pty = start_test_driver(24, 100);
	session_open(pty, "guest test");
	pty_keys(pty, "r");
	pty_wait_text(pty, "Resume: .*(running|not paused)");
	session_quit(pty);
}

static void read_only_is_shown_and_refuses_with_its_reason(void **state)
{
	(void)state;
	const char *const argv[] = {"-r", "-c", "test:///default", NULL};
	struct pty *pty = pty_start(argv, NULL, 24, 100);
	pty_wait_text(pty, "READ-ONLY");
	pty_wait_text(pty, "guests 1 of 1");
	session_open(pty, "guest test");
	pty_keys(pty, "p");
	pty_wait_text(pty, "Pause: .*read-only");
	session_quit(pty);
}

static void dangerous_action_names_object_and_consequence(void **state)
{
	(void)state;
	struct pty *pty = start_test_driver(24, 100);
	session_open(pty, "guest test");
	pty_keys(pty, "D");
	pty_wait_text(pty, "Force off guest test\\?");
	pty_wait_text(pty, "loses power");
	pty_keys(pty, "Esc");
	pty_wait_gone(pty, "loses power");
	pty_keys(pty, "D");
	pty_wait_text(pty, "loses power");
	pty_keys(pty, "y");
	pty_wait_text(pty, "destroy +.* OK");
	pty_wait_text(pty, "guests 0 of 1");
	session_quit(pty);
}

static void several_hosts_are_shown_together(void **state)
{
	(void)state;
	const char *const argv[] = {"-c", "test:///default", "-c", "nosuch:///system", NULL};
	struct pty *pty = pty_start(argv, NULL, 24, 100);
	pty_wait_text(pty, "guests 1 of 1");
	pty_wait_text(pty, "nosuch:///system");
	session_quit(pty);
}

/* The whole screen for one idle tick: nothing, or little more than a clock. */
static void idle_program_writes_next_to_nothing(void **state)
{
	(void)state;
	const char *const argv[] = {"-c", "test:///default", QUIET, NULL};
	struct pty *pty = pty_start(argv, NULL, 24, 80);
	pty_wait_text(pty, "guests 1 of 1");
	/* What the first looks bring (definitions, lists, figures) is painted some time; then there is nothing to say. */
	gsize written = G_MAXSIZE;
	for (int look = 0; look < 20 && written >= 400; look++) {
		gsize before = pty_raw_bytes(pty)->len;
		pty_keys(pty, "C-r");
		written = pty_raw_bytes(pty)->len - before;
	}
	assert_true(written < 400);
	session_quit(pty);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(quitting_gives_the_terminal_back),
	        cmocka_unit_test(silent_daemon_leaves_first_frame_and_keys_alive),
	        cmocka_unit_test(refused_socket_shows_libvirts_words_and_what_was_tried),
	        cmocka_unit_test(wrong_uri_is_named),
	        cmocka_unit_test(help_lists_keys_and_closes),
	        cmocka_unit_test(palette_finds_and_runs_by_name),
	        cmocka_unit_test(q_is_a_letter_while_a_field_is_edited),
	        cmocka_unit_test(filter_hides_and_escape_brings_back),
	        cmocka_unit_test(marks_show_and_go),
	        cmocka_unit_test(every_tab_of_every_kind_opens),
	        cmocka_unit_test(action_becomes_task_and_state),
	        cmocka_unit_test(task_log_survives_the_program),
	        cmocka_unit_test(refused_action_says_why),
	        cmocka_unit_test(read_only_is_shown_and_refuses_with_its_reason),
	        cmocka_unit_test(dangerous_action_names_object_and_consequence),
	        cmocka_unit_test(several_hosts_are_shown_together),
	        cmocka_unit_test(idle_program_writes_next_to_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
