/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What goes wrong on real hosts: a daemon that hangs, dies, comes back; one QEMU that does not answer. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <string.h>

#include <cmocka.h>

#include "support/lab.h"
#include "support/pty.h"
#include "support/session.h"

/* A key must be on the screen within this; generous, as the machine is busy with the tests. */
#define PAINT_MS 1000

/* In the header, where there is room for it at any width. */
#define IS_UP "\\A[^\n]* up( [0-9]+ [a-z]+)? *\n"

static struct lab *lab;

/* A lab for each test, as each breaks it in another way. */
static int open_lab(void **state)
{
	(void)state;
	lab = lab_start(1);
	lab_do(lab, "define", "h1", "one");
	lab_do(lab, "define", "h1", "two");
	return 0;
}

static int close_lab(void **state)
{
	(void)state;
	lab_stop(lab);
	lab = NULL;
	return 0;
}

static struct pty *start(void)
{
	return session_start(lab_uri(lab, "h1"), 30, 120);
}

/* The worst of some keys that change the screen, in ms. */
static gint64 worst_paint_ms(struct pty *pty)
{
	gint64 worst_us = 0;
	for (int i = 0; i < 10; i++) {
		gint64 start_us = g_get_monotonic_time();
		pty_type(pty, i % 2 ? "\033" : "?");
		if (i % 2)
			pty_wait_gone(pty, "Everywhere|Help \\(");
		else
			pty_wait_text(pty, "Help \\(");
		worst_us = MAX(worst_us, g_get_monotonic_time() - start_us);
	}
	return worst_us / 1000;
}

static void guest_started_by_virsh_appears_without_a_key(void **state)
{
	(void)state;
	/* The tick is an hour away: only the event can tell. */
	const char *const argv[] = {"--refresh", "3600", "-c", lab_uri(lab, "h1"), NULL};
	struct pty *pty = pty_start(argv, NULL, 30, 120);
	pty_wait_text(pty, "guests 0 of 2");
	gint64 start_us = g_get_monotonic_time();
	lab_do(lab, "virsh", "h1", "start", "one");
	gint64 started_us = g_get_monotonic_time();
	pty_wait_text(pty, "guests 1 of 2");
	print_message("seen %lld ms after virsh returned, %lld ms after it was called\n",
	        (long long)(g_get_monotonic_time() - started_us) / 1000, (long long)(g_get_monotonic_time() - start_us) / 1000);
	assert_true(g_get_monotonic_time() - started_us < 1000000);
	pty_wait_text(pty, "one +started");
	lab_do(lab, "define", "h1", "three");
	pty_wait_text(pty, "guests 1 of 3");
	lab_do(lab, "virsh", "h1", "undefine", "three");
	pty_wait_text(pty, "guests 1 of 2");
	lab_do(lab, "virsh", "h1", "destroy", "one");
	pty_wait_text(pty, "guests 0 of 2");
	session_quit(pty);
}

static void stopped_daemon_leaves_keys_painting_and_is_named(void **state)
{
	(void)state;
	struct pty *pty = start();
	lab_do(lab, "stop-daemon", "h1");
	pty_wait_text(pty, "not answering|LOST");
	gint64 worst = worst_paint_ms(pty);
	print_message("worst key with a stopped daemon: %lld ms\n", (long long)worst);
	assert_true(worst < PAINT_MS);
	lab_do(lab, "cont-daemon", "h1");
	pty_wait_gone(pty, "not answering|LOST|connecting");
	pty_wait_text(pty, "guests 0 of 2");
	session_quit(pty);
}

static void daemon_stopped_before_the_start_is_waited_for(void **state)
{
	(void)state;
	lab_do(lab, "stop-daemon", "h1");
	const char *const argv[] = {"-c", lab_uri(lab, "h1"), NULL};
	struct pty *pty = pty_start(argv, NULL, 30, 120);
	pty_wait_text(pty, "[Cc]onnecting");
	assert_true(worst_paint_ms(pty) < PAINT_MS);
	lab_do(lab, "cont-daemon", "h1");
	pty_wait_text(pty, "guests 0 of 2");
	session_quit(pty);
}

static void killed_daemon_is_lost_and_comes_back_with_its_events(void **state)
{
	(void)state;
	struct pty *pty = start();
	lab_do(lab, "virsh", "h1", "start", "one");
	pty_wait_text(pty, "guests 1 of 2");
	session_open(pty, "guest one");
	pty_wait_text(pty, "State +running");
	session_act(pty, "suspend");
	session_wait_ok(pty, "suspend");
	lab_do(lab, "kill9", "h1");
	pty_wait_text(pty, "LOST|connecting|no connection");
	/* Last data stays. */
	assert_true(pty_shows(pty, "one"));
	assert_true(worst_paint_ms(pty) < PAINT_MS);
	lab_do(lab, "restart", "h1");
	pty_wait_gone(pty, "LOST|connecting|no connection");
	pty_wait_text(pty, "State +paused");
	session_wait_ok(pty, "suspend");
	session_act(pty, "resume");
	session_wait_ok(pty, "resume");
	lab_do(lab, "virsh", "h1", "destroy", "one");
	pty_wait_text(pty, "guests 0 of 2");
	session_quit(pty);
}

static void capital_r_reconnects_at_once(void **state)
{
	(void)state;
	struct pty *pty = start();
	lab_do(lab, "kill9", "h1");
	pty_wait_text(pty, "LOST|no connection");
	lab_do(lab, "restart", "h1");
	pty_keys(pty, "R");
	pty_wait_text(pty, IS_UP);
	session_quit(pty);
}

static void task_of_a_lost_daemon_is_settled_afterwards(void **state)
{
	(void)state;
	lab_do(lab, "virsh", "h1", "start", "one");
	struct pty *pty = start();
	session_open(pty, "guest one");
	pty_wait_text(pty, "State +running");
	session_act(pty, "shutdown");
	pty_wait_text(pty, "Shut down guest one");
	pty_keys(pty, "y");
	pty_wait_text(pty, "one +shutdown +▶");
	lab_do(lab, "kill9", "h1");
	pty_wait_text(pty, "one +shutdown +. (unknown|UNKNOWN)");
	lab_do(lab, "restart", "h1");
	pty_wait_gone(pty, "one +shutdown +. (unknown|UNKNOWN)");
	lab_do(lab, "virsh", "h1", "destroy", "one");
	pty_wait_text(pty, "guests 0 of 2");
	session_quit(pty);
}

static void one_stopped_qemu_is_named_and_the_others_stay_fresh(void **state)
{
	(void)state;
	lab_do(lab, "virsh", "h1", "start", "one");
	lab_do(lab, "virsh", "h1", "start", "two");
	struct pty *pty = start();
	pty_wait_text(pty, "guests 2 of 2");
	lab_do(lab, "stop-qemu", "h1", "one");
	session_open(pty, "guest one");
	pty_wait_text(pty, "(not answered|does not answer|stopped)");
	/* The other one still follows what happens to it. */
	session_open(pty, "guest two");
	lab_do(lab, "virsh", "h1", "suspend", "two");
	pty_wait_text(pty, "State +paused");
	assert_false(pty_shows(pty, "not answering"));
	assert_true(worst_paint_ms(pty) < PAINT_MS);
	lab_do(lab, "virsh", "h1", "resume", "two");
	pty_wait_text(pty, "State +running");
	pty_wait_text(pty, "CPU .*%");
	lab_do(lab, "cont-qemu", "h1", "one");
	session_open(pty, "guest one");
	pty_wait_gone(pty, "(not answered|does not answer|process is stopped)");
	lab_do(lab, "virsh", "h1", "destroy", "one");
	lab_do(lab, "virsh", "h1", "destroy", "two");
	session_quit(pty);
}

static void daemon_behind_a_slow_link_works(void **state)
{
	(void)state;
	struct proxy *proxy = proxy_start(lab, "h1");
	g_autofree char *uri =
	        g_strdup_printf("qemu+unix:///%s?socket=%s", lab_is_system(lab) ? "system" : "session", proxy_socket(proxy));
	g_free(proxy_command(proxy, "delay 100 100"));
	struct pty *pty = session_start(uri, 30, 120);
	pty_wait_text(pty, "guests 0 of 2");
	assert_true(worst_paint_ms(pty) < PAINT_MS);
	g_free(proxy_command(proxy, "cut 0"));
	pty_wait_text(pty, "LOST|[Cc]onnecting");
	pty_wait_gone(pty, "LOST|[Cc]onnecting");
	pty_wait_text(pty, IS_UP);
	session_quit(pty);
	proxy_stop(proxy);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, open_lab, close_lab)
	const struct CMUnitTest tests[] = {
	        TEST(guest_started_by_virsh_appears_without_a_key),
	        TEST(stopped_daemon_leaves_keys_painting_and_is_named),
	        TEST(daemon_stopped_before_the_start_is_waited_for),
	        TEST(killed_daemon_is_lost_and_comes_back_with_its_events),
	        TEST(capital_r_reconnects_at_once),
	        TEST(task_of_a_lost_daemon_is_settled_afterwards),
	        TEST(one_stopped_qemu_is_named_and_the_others_stay_fresh),
	        TEST(daemon_behind_a_slow_link_works),
	};
#undef TEST
	return cmocka_run_group_tests(tests, NULL, NULL);
}
