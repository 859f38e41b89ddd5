/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tab Health of the real program: what is found, folded, filtered, explained, copied and mended. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <glib/gstdio.h>

#include "support/files.h"
#include "support/lab.h"
#include "support/pty.h"
#include "support/session.h"

static struct lab *lab;
static char *root; /* an empty tree: a machine without KVM */

static int start_lab(void **state)
{
	(void)state;
	root = g_dir_make_tmp("nvirt-root-XXXXXX", NULL);
	lab = lab_start(1);
	lab_do(lab, "virsh", "h1", "-q", "pool-define-as", "stock", "dir", "--target", root);
	return 0;
}

static int stop_lab(void **state)
{
	(void)state;
	lab_stop(lab);
	files_remove(root);
	g_free(root);
	return 0;
}

/* The last tab but one of the host; before the first is the last. */
static struct pty *start_at(const char *uri, int rows, int cols)
{
	g_autofree char *variable = g_strdup_printf("NVIRT_CHECK_ROOT=%s", root);
	const char *const argv[] = {"-c", uri, "--refresh", "0.5", NULL};
	const char *const env[] = {variable, NULL};
	struct pty *pty = pty_start(argv, env, rows, cols);

	pty_wait_text(pty, "host h1");
	pty_wait_text(pty, "default");
	pty_keys(pty, "[", "[", "M-2");
	pty_wait_text(pty, "\\[Health\\]");
	pty_wait_text(pty, "Processor and kernel +[0-9]+ failures");
	return pty;
}

static struct pty *start_there(int rows, int cols)
{
	return start_at(lab_uri(lab, "h1"), rows, cols);
}

static void what_is_wrong_is_listed_and_told_in_the_header(void **state)
{
	struct pty *pty = start_there(60, 120);

	(void)state;
	pty_wait_text(pty, "\\A.*\n?.*\n?.* checks? fails?");
	pty_wait_text(pty, "FAIL +kvm.device +/dev/kvm is missing");
	pty_wait_text(pty, "NOTE +pool.inactive +stock is not active");
	/* What is fine is not in the way, and there when it is asked for. */
	assert_false(pty_shows(pty, "none has crashed"));
	pty_keys(pty, "/");
	pty_type(pty, "crashed");
	pty_keys(pty, "Enter");
	pty_wait_text(pty, "OK +guest.crashed");
	assert_false(pty_shows(pty, "kvm.device"));
	session_quit(pty);
}

static void groups_fold(void **state)
{
	struct pty *pty = start_there(60, 120);

	(void)state;
	pty_keys(pty, "Home");
	pty_wait_text(pty, "kvm.device");
	pty_keys(pty, "h");
	pty_wait_gone(pty, "kvm.device");
	pty_wait_text(pty, "stock is not active");
	pty_keys(pty, "l");
	pty_wait_text(pty, "kvm.device");
	session_quit(pty);
}

static void a_finding_says_why_and_is_mended_from_there(void **state)
{
	struct pty *pty = start_there(60, 120);

	(void)state;
	pty_wait_text(pty, "stock is not active");
	pty_keys(pty, "/");
	pty_type(pty, "stock");
	pty_keys(pty, "Enter", "Home", "j");
	pty_wait_text(pty, "pool.inactive");
	pty_keys(pty, "Enter");
	pty_wait_text(pty, "NOTE: Pools are active");
	pty_wait_text(pty, "Guests whose disks are volumes");
	pty_wait_text(pty, "pool-start stock");
	pty_keys(pty, "d");
	session_wait_ok(pty, "pool-start");
	/* The list of pools changed: the checks are made again. */
	pty_wait_gone(pty, "stock is not active");
	session_quit(pty);
	lab_do(lab, "virsh", "h1", "-q", "pool-destroy", "stock");
}

static void another_machine_is_read_by_leave(void **state)
{
	g_autofree char *uri = NULL;
	struct pty *pty;

	(void)state;
	if (!lab_is_system(lab))
		skip();
	uri = lab_uri_over_ssh(lab, root);
	pty = start_at(uri, 60, 120);
	assert_false(pty_shows(pty, "kvm.device"));
	/* Refused, nothing is done. */
	pty_keys(pty, "S");
	pty_wait_text(pty, "Log in as me@far.example");
	pty_keys(pty, "Esc");
	pty_wait_gone(pty, "Log in as");
	pty_keys(pty, "S");
	pty_wait_text(pty, "Nothing is installed");
	pty_keys(pty, "Enter");
	pty_wait_text(pty, "FAIL +kvm.device +/dev/kvm is missing");
	pty_wait_text(pty, "FAIL +libvirt.socket");
	session_quit(pty);
}

static void it_fits_a_small_screen(void **state)
{
	struct pty *pty = start_there(24, 80);

	(void)state;
	/* What libvirt tells comes a moment after what the machine's files do. */
	pty_wait_text(pty, "libvirt +1 not told");
	pty_keys(pty, "G", "Enter");
	pty_wait_text(pty, "there are no guests");
	pty_resize(pty, 10, 40);
	pty_wait_idle(pty);
	pty_resize(pty, 24, 80);
	pty_wait_text(pty, "Health");
	session_quit(pty);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(what_is_wrong_is_listed_and_told_in_the_header),
	        cmocka_unit_test(groups_fold),
	        cmocka_unit_test(a_finding_says_why_and_is_mended_from_there),
	        cmocka_unit_test(another_machine_is_read_by_leave),
	        cmocka_unit_test(it_fits_a_small_screen),
	};

	return cmocka_run_group_tests(tests, start_lab, stop_lab);
}
