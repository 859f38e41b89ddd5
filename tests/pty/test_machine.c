/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A host's devices and its guests' processes, as the real program shows them of real ones: by tab and by verb. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "support/pty.h"
#include "support/session.h"
#include "support/words.h"

static struct lab *lab;
static struct words words;
static char *slot; /* a PCI device's address, "00:1d"; none is there: the definition alone counts */

/* What the definition of "owner" takes: the first PCI device that libvirt lists, else one that there is not. */
static char *first_pci(void)
{
	g_autofree char *list = lab_run(lab, "virsh", "h1", "nodedev-list", "--cap", "pci");
	const char *name = strstr(list, "pci_0000_00_");

	return g_strndup(name ? name + strlen("pci_0000_00_") : "1d", 2);
}

static void define_owner(void)
{
	g_autofree char *xml = g_strdup_printf(
	        "<domain type='qemu'><name>owner</name><memory unit='MiB'>64</memory>"
	        "<os><type arch='x86_64' machine='pc'>hvm</type></os><devices><hostdev mode='subsystem' type='pci' "
	        "managed='yes'><source><address domain='0' bus='0' slot='0x%s' function='0'/></source></hostdev>"
	        "</devices></domain>",
	        slot);
	virDomainPtr dom = virDomainDefineXML(lab_connection(lab, "h1"), xml);

	assert_non_null(dom);
	virDomainFree(dom);
}

static int open_all(void **state)
{
	(void)state;
	lab = lab_start(1);
	words_init(&words, lab);
	slot = first_pci();
	lab_do(lab, "define", "h1", "busy", "boot");
	lab_do(lab, "virsh", "h1", "start", "busy");
	define_owner();
	return 0;
}

static int close_all(void **state)
{
	(void)state;
	words_fini(&words);
	lab_stop(lab);
	g_free(slot);
	return 0;
}

/* ---- JSON ---- */

static json_object *run_json(const char *line)
{
	struct said said = words_run(&words, line);
	json_object *array = json_tokener_parse(said.out);

	if (said.code != 0 || *said.err || !array)
		fail_msg("%s: %d: %s%s", line, said.code, said.out, said.err);
	said_fini(&said);
	return array;
}

static json_object *member(json_object *object, const char *key)
{
	json_object *value = NULL;

	if (!json_object_object_get_ex(object, key, &value))
		fail_msg("no member '%s'", key);
	return value;
}

static const char *text_of(json_object *object, const char *key)
{
	return json_object_get_string(member(object, key));
}

/* The first whose member has that value; NULL = none. */
static json_object *find(json_object *array, const char *key, const char *value)
{
	for (size_t i = 0; i < json_object_array_length(array); i++) {
		json_object *one = json_object_array_get_idx(array, i);

		if (g_strcmp0(text_of(one, key), value) == 0)
			return one;
	}
	return NULL;
}

/* ---- devices ---- */

static void devices_are_those_of_libvirt(void **state)
{
	g_autofree char *list = lab_run(lab, "virsh", "h1", "nodedev-list", "--cap", "pci");
	json_object *array = run_json("devices --json");
	unsigned listed = 0;

	(void)state;
	for (const char *at = strstr(list, "pci_"); at; at = strstr(at + 1, "pci_"))
		listed++;
	for (size_t i = 0; i < json_object_array_length(array); i++) {
		json_object *one = json_object_array_get_idx(array, i);

		if (strcmp(text_of(one, "kind"), "pci") != 0)
			continue;
		assert_non_null(strstr(list, text_of(one, "name")));
		assert_true(strlen(text_of(one, "why")) > 0);
		listed--;
	}
	assert_int_equal(listed, 0);
	json_object_put(array);
}

static void owners_are_named(void **state)
{
	g_autofree char *address = g_strdup_printf("0000:00:%s.0", slot);
	json_object *array = run_json("devices --json"), *one = find(array, "address", address), *users;

	(void)state;
	if (one) {
		users = member(one, "users");
		assert_int_equal(json_object_array_length(users), 1);
		assert_string_equal(text_of(json_object_array_get_idx(users, 0), "guest"), "owner");
		assert_false(json_object_get_boolean(member(json_object_array_get_idx(users, 0), "live")));
		assert_non_null(strstr(text_of(one, "why"), "in the definition of owner"));
	}
	json_object_put(array);
}

static struct pty *open_tab(const char *tab, int rows, int cols)
{
	struct pty *pty = session_start(lab_uri(lab, "h1"), rows, cols);
	g_autofree char *shown = g_strdup_printf("\\[%s\\]", tab);

	session_open(pty, "host [^─═]*");
	pty_keys(pty, "M-2");
	for (int i = 0; i < 10 && !pty_shows(pty, shown); i++)
		pty_keys(pty, "]");
	pty_wait_text(pty, shown);
	return pty;
}

static void the_devices_tab_shows_them(void **state)
{
	json_object *array = run_json("devices --json");
	struct pty *pty = open_tab("Devices", 40, 140);

	(void)state;
	if (json_object_array_length(array) == 0) {
		pty_wait_text(pty, "libvirt lists no PCI or USB device");
	} else {
		g_autofree char *row = g_strdup_printf("00:%s\\.0 .*owner \\(off\\)", slot);

		pty_wait_text(pty, row);
		pty_keys(pty, "/");
		pty_type(pty, "owner");
		pty_keys(pty, "Enter", "Enter");
		pty_wait_text(pty, "Device 0000:00:");
		pty_wait_text(pty, "Guests +owner \\(off\\)");
		pty_keys(pty, "g");
		pty_wait_text(pty, "guest owner ");
	}
	json_object_put(array);
	session_quit(pty);
}

/* ---- processes ---- */

static gint64 proc_number(int pid, int tid)
{
	g_autofree char *path = g_strdup_printf("/proc/%d/task/%d/schedstat", pid, tid), *text = NULL;

	return g_file_get_contents(path, &text, NULL, NULL) ? g_ascii_strtoll(text, NULL, 10) : -1;
}

/* Between two looks of our own. */
static void threads_agree_with_proc(void **state)
{
	json_object *array = run_json("processes busy --json"), *process = json_object_array_get_idx(array, 0);
	int pid = json_object_get_int(member(process, "pid"));
	json_object *vcpu = find(member(process, "threads"), "kind", "vCPU");
	int tid = vcpu ? json_object_get_int(member(vcpu, "tid")) : 0;
	gint64 before = proc_number(pid, tid), now;

	(void)state;
	assert_int_equal(json_object_array_length(array), 1);
	assert_non_null(vcpu);
	assert_string_equal(text_of(process, "guest"), "busy");
	assert_non_null(find(member(process, "threads"), "kind", "main loop"));
	assert_int_equal(json_object_get_int(member(vcpu, "vcpu")), 0);
	assert_true(json_object_get_double(member(process, "cpu_pct")) >= 0);
	assert_true(json_object_get_int64(member(process, "rss_kib")) > 1024);
	/* An emulated machine has had CPU time, and no more than it has now. */
	assert_true(json_object_get_int64(member(vcpu, "cpu_time_ns")) > 0);
	assert_true(json_object_get_int64(member(vcpu, "cpu_time_ns")) <= before);
	json_object_put(array);
	array = run_json("processes busy --json");
	vcpu = find(member(json_object_array_get_idx(array, 0), "threads"), "kind", "vCPU");
	now = json_object_get_int64(member(vcpu, "cpu_time_ns"));
	assert_int_equal(json_object_get_int(member(vcpu, "tid")), tid);
	assert_true(now >= before && now <= proc_number(pid, tid));
	json_object_put(array);
}

static void open_images_are_listed(void **state)
{
	json_object *array = run_json("processes busy --json"), *process = json_object_array_get_idx(array, 0);
	g_autofree char *image = g_build_filename(lab_dir(lab), "h1", "img", "busy.qcow2", NULL);
	json_object *files = member(process, "files"), *file;
	struct stat found;

	(void)state;
	/* In session mode QEMU runs as another user: who is not root is told so. */
	if (!files) {
		assert_non_null(strstr(text_of(process, "unread"), "open files can not be seen"));
		json_object_put(array);
		return;
	}
	file = find(files, "path", image);
	assert_non_null(file);
	assert_true(json_object_get_boolean(member(file, "writable")));
	assert_false(json_object_get_boolean(member(file, "deleted")));
	assert_int_equal(stat(image, &found), 0);
	assert_true(json_object_get_int64(member(file, "allocation_bytes")) <= found.st_blocks * 512);
	json_object_put(array);
}

static void words_that_fit_nothing_are_refused(void **state)
{
	struct said said = words_run(&words, "processes owner");

	(void)state;
	assert_int_equal(said.code, 1);
	assert_non_null(strstr(said.err, "guest 'owner' does not run"));
	said_fini(&said);
	said = words_run(&words, "processes nobody");
	assert_int_equal(said.code, 2);
	said_fini(&said);
	said = words_run(&words, "processes busy owner");
	assert_int_equal(said.code, 2);
	assert_non_null(strstr(said.err, "'owner' is one word too many"));
	said_fini(&said);
	said = words_run(&words, "devices a b");
	assert_int_equal(said.code, 2);
	said_fini(&said);
	said = words_run(&words, "devices --csv nothing-is-called-so");
	assert_int_equal(said.code, 0);
	assert_true(g_str_has_prefix(said.out, "address,kind,"));
	assert_true(g_str_has_suffix(strchr(said.out, '\n'), "\n") && !strchr(said.out, '\n')[1]);
	said_fini(&said);
}

static void the_processes_tab_is_live(void **state)
{
	struct pty *pty = open_tab("Processes", 24, 80);

	(void)state;
	pty_wait_text(pty, "▾ busy +[0-9]+ +[0-9.]+% +[0-9]+:[0-9.]+ +[0-9.]+ MiB");
	pty_wait_text(pty, "  vCPU 0 +[0-9]+ +[0-9.]+% +[0-9]+:[0-9.]+");
	pty_keys(pty, "H");
	pty_wait_gone(pty, "vCPU 0");
	/* One that ends goes, one that starts comes. */
	lab_do(lab, "virsh", "h1", "destroy", "busy");
	pty_wait_text(pty, "No guest runs");
	lab_do(lab, "virsh", "h1", "start", "busy");
	pty_wait_text(pty, "▸ busy +[0-9]+ +[0-9.]+%");
	pty_keys(pty, "Home", "Enter");
	pty_wait_text(pty, "guest busy ");
	session_quit(pty);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(devices_are_those_of_libvirt),
	        cmocka_unit_test(owners_are_named),
	        cmocka_unit_test(the_devices_tab_shows_them),
	        cmocka_unit_test(threads_agree_with_proc),
	        cmocka_unit_test(open_images_are_listed),
	        cmocka_unit_test(words_that_fit_nothing_are_refused),
	        cmocka_unit_test(the_processes_tab_is_live),
	};

	return cmocka_run_group_tests(tests, open_all, close_all);
}
