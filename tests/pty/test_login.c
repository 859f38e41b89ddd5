/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A login in a real Linux, with work done there: once by keys in the Console tab, once by a
 * shell script that has nothing but `nvirt wait` and `nvirt type`; and a system that such a script installs on
 * an empty disk, from which it is started then. None knows anything of the guest but what its screen says.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <glib.h>
#include <glib/gstdio.h>
#include <sys/wait.h>

#include "support/files.h"
#include "support/lab.h"
#include "support/pty.h"
#include "support/session.h"

/* An emulated guest on a busy machine. */
enum { BOOT_MS = 180 * 1000, WORK_MS = 60 * 1000 };

static struct lab *lab;

static int start_lab(void **state)
{
	(void)state;
	lab = lab_start(1);
	lab_define_linux(lab, "web", "nvirt.login");
	return 0;
}

static int stop_lab(void **state)
{
	(void)state;
	lab_stop(lab);
	return 0;
}

static int start_guest(void **state)
{
	(void)state;
	lab_do(lab, "virsh", "h1", "start", "web");
	return 0;
}

static int stop_guest(void **state)
{
	(void)state;
	lab_do(lab, "virsh", "h1", "destroy", "web");
	return 0;
}

/* ---- by keys ---- */

static void wait_for(struct pty *pty, const char *regex)
{
	pty_wait_text_within(pty, regex, WORK_MS);
}

static void open_console(struct pty *pty)
{
	session_open(pty, "guest web");
	pty_keys(pty, "M-2", "]", "]", "]");
	pty_wait_text(pty, "\\[Screen\\]");
	pty_wait_text_within(pty, "│lab login:", BOOT_MS);
	pty_keys(pty, "Enter");
	wait_for(pty, "guest has the keys");
}

static void log_in(struct pty *pty)
{
	pty_type(pty, "admin\r");
	wait_for(pty, "│Password:");
	pty_type(pty, "wrong\r");
	wait_for(pty, "│Login incorrect");
	wait_for(pty, "│Login incorrect[\\s\\S]*│lab login: *\n");
	pty_type(pty, "admin\r");
	wait_for(pty, "│lab login: admin[\\s\\S]*│lab login: admin[\\s\\S]*│Password:");
	pty_type(pty, "Night shift!\r");
	wait_for(pty, "│~ #");
}

/* Of "wait". */
static bool stands_on_last_letter(void *data)
{
	struct pty *pty = data;
	struct pty_modes modes = pty_modes(pty);
	g_autofree char *row = pty_row_text(pty, modes.cursor_row);
	const char *word = strstr(row, "│wait");

	return word && modes.cursor_col == (int)g_utf8_strlen(row, word - row) + 4;
}

/* vi has the whole screen and takes Escape, Ctrl- keys and arrows. */
static void edit_a_file(struct pty *pty)
{
	pty_type(pty, "vi notes\r");
	wait_for(pty, "│~ *\n.*│~ *\n");
	pty_type(pty, "iDisk full, 95 % of \"/\"\rwait");
	wait_for(pty, "│Disk full, 95 % of \"/\"");
	wait_for(pty, "│wait");
	/* Escape by itself: with what comes at once after it, it would be Alt. Then vi stands on the letter before. */
	pty_keys(pty, "Esc");
	pty_wait_for(pty, stands_on_last_letter, pty, "vi's cursor on the last letter", WORK_MS);
	pty_keys(pty, "Up", "0", "x");
	wait_for(pty, "│isk full");
	pty_type(pty, "u");
	wait_for(pty, "│Disk full");
	pty_type(pty, ":wq\r");
	wait_for(pty, "│~ # *\n");
}

static void it_is_worked_in_by_keys(void **state)
{
	struct pty *pty = session_start(lab_uri(lab, "h1"), 30, 100);

	(void)state;
	open_console(pty);
	log_in(pty);
	pty_type(pty, "clear; id -un; uname -s; echo $((6*7))-$TERM\r");
	wait_for(pty, "│admin *\n.*│Linux *\n.*│42-linux");
	edit_a_file(pty);
	pty_type(pty, "clear; wc -l notes; tr a-z A-Z <notes\r");
	wait_for(pty, "│2 notes *\n.*│DISK FULL, 95 % OF \"/\" *\n.*│WAIT");
	/* A pager, and out of it by its own key. */
	pty_type(pty, "seq 1 200 | less\r");
	wait_for(pty, "│23 *\n.*│24 *\n.*│standard input");
	pty_type(pty, "G");
	wait_for(pty, "│199 *\n.*│200 *\n");
	pty_type(pty, "q");
	wait_for(pty, "│~ # *\n");
	pty_type(pty, "sleep 1000\r");
	pty_keys(pty, "C-c");
	wait_for(pty, "\\^C");
	pty_type(pty, "clear; exit\r");
	wait_for(pty, "│lab login: *\n");
	pty_keys(pty, "C-]");
	wait_for(pty, "Enter types");
	session_quit(pty);
}

/* ---- by wait and type alone ---- */

/* Of $GUEST. */
static const char see_and_say[] =
        "set -eu\n"
        "nv() { \"$NVIRT\" -c \"$URI\" \"$@\"; }\n"
        "see() { nv wait $GUEST --text \"$1\" --timeout 180 || ! nv screen $GUEST >&2; }\n"
        "say() { nv type $GUEST --enter \"$1\"; }\n";

static const char script[] =
        "see '^lab login: *$'; say admin\n"
        "see '^Password:'; say 'Night shift!'\n"
        "see '^~ # *$'; say 'clear; echo $(id -un)@$(uname -s)-$((6*7))'\n"
        "see '^admin@Linux-42$'; say 'clear; cat >notes <<END'\n"
        "see '^> *$'; say 'by script, \"95 %\"'\n"
        "see '^> by script'; say END\n"
        "see '^~ # *$'; say 'clear; tr a-z A-Z <notes'\n"
        "see '^BY SCRIPT, \"95 %\"$'; say 'clear; exit'\n"
        "see '^lab login: *$'\n";

/* What it printed, owned. */
static char *run_script(const char *guest, const char *lines)
{
	g_autofree char *home = g_dir_make_tmp("nvirt-login-XXXXXX", NULL);
	g_autofree char *all = g_strconcat(see_and_say, lines, NULL);
	const char *const argv[] = {"sh", "-c", all, NULL};
	g_auto(GStrv) env = g_get_environ();
	g_autofree char *err = NULL;
	char *out = NULL;
	int status = 0;

	env = g_environ_setenv(env, "GUEST", guest, TRUE);
	env = g_environ_setenv(env, "NVIRT", pty_program(), TRUE);
	env = g_environ_setenv(env, "URI", lab_uri(lab, "h1"), TRUE);
	env = g_environ_setenv(env, "XDG_STATE_HOME", home, TRUE);
	assert_true(g_spawn_sync(NULL, (char **)argv, env, G_SPAWN_SEARCH_PATH | G_SPAWN_STDIN_FROM_DEV_NULL, NULL, NULL,
	        &out, &err, &status, NULL));
	if (status != 0)
		print_error("%s%s", out, err);
	assert_int_equal(status, 0);
	files_remove(home);
	return out;
}

static void it_is_worked_in_by_a_script(void **state)
{
	g_autofree char *out = run_script("web", script);

	(void)state;
	/* wait prints the line that it saw. */
	assert_non_null(strstr(out, "\nadmin@Linux-42\n"));
	assert_non_null(strstr(out, "\nBY SCRIPT, \"95 %\"\n"));
}

/* ---- a whole installation ---- */

/* What the second run's kernel does first: its drivers are modules, so that it needs the initrd to see the disk. */
#define ROOT_ON_DISK \
	"console=ttyS0 quiet panic=1 nvirt.login rdinit=/bin/busybox -- sh -c " \
	"\\\"b=/bin/busybox; $b mount -t proc p /proc; $b mount -t devtmpfs d /dev; $b modprobe virtio_pci; " \
	"$b modprobe virtio_blk; $b mount -t ext4 /dev/vda1 /tmp; exec $b switch_root /tmp /init\\\""

/* The disk is partitioned, gets a file system and a system; from that one the guest is started then. */
static const char install[] =
        "see '^lab:/# *$'; say 'clear; fdisk /dev/vda'\n"
        "see '^Command .m for help.: *$'; say n\n"
        "see 'primary partition'; say p\n"
        "see '^Partition number .*: *$'; say 1\n"
        "see '^First sector .*: *$'; say ''\n"
        "see '^Last sector .*: *$'; say ''\n"
        "see '^Command .m for help.: *$'; say w\n"
        "see 'partition table has been altered'; see '^lab:/# *$'\n"
        "say 'clear; mke2fs /dev/vda1 >/dev/null && mount -t ext4 /dev/vda1 /tmp && echo fs ready'\n"
        "see '^fs ready$'\n"
        "say 'clear; cp -a /bin /sbin /lib* /etc /init /var /tmp; cd /tmp; mkdir dev proc sys run tmp home; ls'\n"
        "see '^etc .*lib'; say 'clear; echo by keys >installed; cd /; umount /tmp && echo copied'\n"
        "see '^copied$'\n"
        /* It is waited for through the guest's end, and through its time without QEMU. */
        "see '^lab login: *$' 2>\"$XDG_STATE_HOME/said\" & login=$!\n"
        "say 'poweroff -f'\n"
        "nv wait $GUEST --text . --gone --timeout 60\n"
        "virsh -c \"$URI\" dumpxml --inactive $GUEST >\"$XDG_STATE_HOME/xml\"\n"
        "python3 - \"$XDG_STATE_HOME/xml\" <<'END'\n"
        "import re, sys\n"
        "text = open(sys.argv[1]).read()\n"
        "text = re.sub('<cmdline>.*</cmdline>', lambda _: '<cmdline>" ROOT_ON_DISK "</cmdline>', text)\n"
        "open(sys.argv[1], 'w').write(text)\n"
        "END\n"
        "virsh -c \"$URI\" define \"$XDG_STATE_HOME/xml\"; nv start $GUEST\n"
        "wait $login; cat \"$XDG_STATE_HOME/said\"\n"
        "say admin; see '^Password:'; say 'Night shift!'\n"
        "see '^~ # *$'; say 'clear; cat /installed; grep -o \"^/dev/vda1 / ext4\" /proc/mounts'\n"
        "see '^by keys$'; see '^/dev/vda1 / ext4$'\n";

static void it_is_installed_and_started_from_its_disk(void **state)
{
	(void)state;
	g_setenv("NVIRT_LAB_CMDLINE", "nvirt.shell", TRUE);
	lab_do(lab, "define", "h1", "disk", "linux");
	g_unsetenv("NVIRT_LAB_CMDLINE");
	lab_do(lab, "virsh", "h1", "start", "disk");
	g_autofree char *out = run_script("disk", install);
	assert_non_null(strstr(out, "'disk' is off: waiting until it runs"));
	assert_non_null(strstr(out, "the screen of 'disk' is there again"));
	assert_non_null(strstr(out, "\n/dev/vda1 / ext4\n"));
	lab_do(lab, "virsh", "h1", "destroy", "disk");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start_guest, stop_guest)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(it_is_worked_in_by_keys),
	        TEST(it_is_worked_in_by_a_script),
	        cmocka_unit_test(it_is_installed_and_started_from_its_disk),
	};

	return cmocka_run_group_tests(tests, start_lab, stop_lab);
}
