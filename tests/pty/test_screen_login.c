/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A screen behind a password that libvirt does not tell: asked for, refused, taken, and nowhere to be found. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <glib.h>

#include "support/lab.h"
#include "support/pty.h"
#include "support/session.h"

#define PASSWORD "se'c&re"

static struct lab *lab;
static struct pty *pty;

/* Its VNC listens on an address, with a password. */
static void define_guest(void)
{
	g_autofree char *path = g_build_filename(lab_dir(lab), "login.xml", NULL);
	g_autofree char *xml = NULL, *all = NULL;
	const char *begin, *end;

	lab_do(lab, "define", "h1", "safe", "boot");
	xml = lab_run(lab, "virsh", "h1", "dumpxml", "--inactive", "safe");
	begin = strstr(xml, "<graphics");
	assert_non_null(begin);
	end = strstr(begin, "</graphics>");
	assert_non_null(end);
	all = g_strdup_printf("%.*s<graphics type='vnc' port='-1' autoport='yes' passwd='se&apos;c&amp;re'>"
	                      "<listen type='address' address='127.0.0.1'/>%s",
	        (int)(begin - xml), xml, end);
	assert_true(g_file_set_contents_full(path, all, -1, G_FILE_SET_CONTENTS_NONE, 0644, NULL));
	lab_do(lab, "virsh", "h1", "define", path);
	lab_do(lab, "virsh", "h1", "start", "safe");
}

/* A session's daemon: its guests' ports are this machine's. */
static int open_all(void **state)
{
	(void)state;
	g_setenv("NVIRT_LAB_MODE", "session", TRUE);
	lab = lab_start(1);
	define_guest();
	return 0;
}

static int close_all(void **state)
{
	(void)state;
	pty_free(pty);
	lab_stop(lab);
	return 0;
}

static void a_password_is_asked_for_and_never_shown(void **state)
{
	/* Who may only read is not told the password, nor handed a connection. */
	const char *const argv[] = {"-r", "-c", lab_uri(lab, "h1"), NULL};
	(void)state;

	pty = pty_start(argv, NULL, 24, 80);
	session_open(pty, "guest safe");
	pty_keys(pty, "M-2", "]", "]", "]");
	pty_wait_text(pty, "wants a password. Enter asks");
	pty_keys(pty, "Enter");
	pty_wait_text(pty, "┌─ Log in to the screen");
	pty_type(pty, "wrong");
	pty_wait_text(pty, "Password +\\*\\*\\*\\*\\* ");
	pty_keys(pty, "Enter");
	pty_wait_text(pty, "did not let us in");
	pty_keys(pty, "Enter");
	pty_wait_text(pty, "┌─ Log in to the screen");
	pty_type(pty, PASSWORD);
	pty_keys(pty, "Enter");
	pty_wait_text(pty, "│seconds [0-9]+");
	const GByteArray *bytes = pty_raw_bytes(pty);
	assert_null(g_strstr_len((const char *)bytes->data, (gssize)bytes->len, PASSWORD));
	assert_null(g_strstr_len((const char *)bytes->data, (gssize)bytes->len, "wrong"));
}

static void a_restarted_guest_is_seen_without_asking_again(void **state)
{
	(void)state;
	lab_do(lab, "virsh", "h1", "destroy", "safe");
	pty_wait_text(pty, "The guest is off.*: this was");
	lab_do(lab, "virsh", "h1", "start", "safe");
	pty_wait_text(pty, "\\[Screen\\] Serial  Both  80x25");
	session_quit(pty);
	pty = NULL;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_password_is_asked_for_and_never_shown),
	        cmocka_unit_test(a_restarted_guest_is_seen_without_asking_again),
	};

	return cmocka_run_group_tests(tests, open_all, close_all);
}
