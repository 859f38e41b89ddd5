/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From libvirt's words to what helps; URIs; and what is read of /proc. */
#include <libvirt/virterror.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <unistd.h>
#include <string.h>
#include <cmocka.h>

#include "backend/advice.h"
#include "backend/node.h"
#include "backend/proc.h"
#include "backend/uri.h"

static const struct advice_machine anna = {.libvirtd = true, .apt = true, .user = "anna"};
static const struct advice_machine root = {.root = true, .libvirtd = true, .apt = true, .in_group = true, .user = "root"};
static const struct advice_machine bare = {.apt = true, .user = "anna"};
static const struct advice_machine fedora = {.virtqemud = true, .dnf = true, .user = "anna"};

/* What libvirt 9.0 says; the part before the colon is ours. */
#define NO_SOCKET "Failed to connect socket to '/var/run/libvirt/libvirt-sock': No such file or directory"
#define REFUSED "Failed to connect socket to '/var/run/libvirt/libvirt-sock': Connection refused"
#define DENIED "Failed to connect socket to '/var/run/libvirt/libvirt-sock': Permission denied"
#define POLKIT                                                                                               \
	"authentication unavailable: no polkit agent available to authenticate action 'org.libvirt.unix.manage'"
#define NO_BUS "internal error: Unable to get system bus connection: Could not connect: No such file or directory"

static const struct {
	const char *uri;
	int code;
	const char *words;
	const struct advice_machine *machine;
	enum advice_cause cause;
	const char *command;
} rows[] = {
        {"", VIR_ERR_SYSTEM_ERROR, NO_SOCKET, &anna, CAUSE_NO_SOCKET,
                "sudo systemctl enable --now libvirtd.socket libvirtd"},
        {"qemu:///system", VIR_ERR_SYSTEM_ERROR, NO_SOCKET, &root, CAUSE_NO_SOCKET,
                "systemctl enable --now libvirtd.socket libvirtd"},
        {"qemu:///system", VIR_ERR_SYSTEM_ERROR, NO_SOCKET, &bare, CAUSE_NO_SOCKET,
                "sudo apt-get install libvirt-daemon-system qemu-system-x86"},
        {"qemu:///system", VIR_ERR_SYSTEM_ERROR, NO_SOCKET, &fedora, CAUSE_NO_SOCKET,
                "sudo systemctl enable --now virtqemud.socket virtqemud"},
        {"qemu:///system", VIR_ERR_SYSTEM_ERROR, REFUSED, &anna, CAUSE_REFUSED, "sudo systemctl restart libvirtd"},
        {"qemu:///system", VIR_ERR_SYSTEM_ERROR, DENIED, &anna, CAUSE_PERMISSION,
                "sudo usermod -aG libvirt anna && newgrp libvirt"},
        {"qemu:///system", VIR_ERR_AUTH_UNAVAILABLE, POLKIT, &anna, CAUSE_PERMISSION,
                "sudo usermod -aG libvirt anna && newgrp libvirt"},
        {"qemu:///system", VIR_ERR_INTERNAL_ERROR, NO_BUS, &anna, CAUSE_NO_BUS,
                "sudo systemctl start dbus && sudo systemctl restart libvirtd"},
        {"qemu:///sytem", VIR_ERR_INTERNAL_ERROR, "unexpected qemu URI path '/sytem', try qemu:///system", &anna,
                CAUSE_URI, "nvirt -c qemu:///system"},
        {"xen:///system", VIR_ERR_NO_CONNECT, "no connection driver available for xen:///system", &anna,
                CAUSE_NO_DRIVER, "nvirt -c qemu:///system"},
        {"quemu:///system", VIR_ERR_SYSTEM_ERROR, NO_SOCKET, &anna, CAUSE_NO_DRIVER, "nvirt -c qemu:///system"},
        {"qemu+ssh://h1/system", VIR_ERR_SYSTEM_ERROR,
                "Cannot recv data: ssh: Could not resolve hostname h1: Name or service not known: Connection reset "
                "by peer",
                &anna, CAUSE_SSH_NAME, "getent hosts -- 'h1'"},
        {"qemu+ssh://me@h1/system", VIR_ERR_SYSTEM_ERROR,
                "Cannot recv data: me@h1: Permission denied (publickey,password).: Connection reset by peer", &anna,
                CAUSE_SSH_KEY, "ssh-copy-id -- 'me@h1'"},
        {"qemu+ssh://h1/system", VIR_ERR_SYSTEM_ERROR,
                "Cannot recv data: Host key verification failed.: Connection reset by peer", &anna,
                CAUSE_SSH_HOST_KEY, "ssh -- 'h1'"},
        {"qemu+ssh://h1/system", VIR_ERR_SYSTEM_ERROR,
                "Cannot recv data: ssh: connect to host h1 port 22: Connection refused: Connection reset by peer",
                &anna, CAUSE_SSH_UNREACHABLE, "ssh -v -- 'h1' true"},
        {"qemu+ssh://h1/system", VIR_ERR_SYSTEM_ERROR, "Cannot recv data: Connection reset by peer", &anna,
                CAUSE_SSH_OTHER, "ssh -- 'h1' virsh -c qemu:///system uri"},
        {"qemu+tcp://h1/system", VIR_ERR_SYSTEM_ERROR,
                "unable to connect to server at 'h1:16509': Connection refused", &anna, CAUSE_TCP_REFUSED,
                "nvirt -c 'qemu+ssh://h1/system'"},
        {"qemu+tcp://h1/system", VIR_ERR_SYSTEM_ERROR,
                "unable to connect to server at 'h1:16509': No route to host", &anna, CAUSE_TCP_UNREACHABLE,
                "ping -c 3 h1"},
        {"qemu+tls://h1/system", VIR_ERR_SYSTEM_ERROR,
                "Cannot read CA certificate '/etc/pki/CA/cacert.pem': No such file or directory", &anna, CAUSE_TLS,
                "nvirt -c 'qemu+ssh://h1/system'"},
};

static void every_refusal_has_its_cause_and_command(void **state)
{
	(void)state;
	for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
		struct host_status *status = host_status_new();
		g_autoptr(GError) error = g_error_new_literal(
		        g_quark_from_static_string("test"), rows[i].code, rows[i].words);

		assert_int_equal(advice_cause(rows[i].uri, rows[i].code, rows[i].words), rows[i].cause);
		advice_failed(status, rows[i].uri, error, rows[i].machine);
		assert_string_equal(status->command, rows[i].command);
		assert_string_equal(status->error, rows[i].words);
		assert_true(strlen(status->advice) > 0);
		host_status_unref(status);
	}
}

static void tried_names_uri_and_socket(void **state)
{
	struct host_status *status = host_status_new();
	g_autoptr(GError) error =
	        g_error_new_literal(g_quark_from_static_string("test"), VIR_ERR_SYSTEM_ERROR, NO_SOCKET);

	(void)state;
	advice_failed(status, "qemu:///system", error, &anna);
	assert_string_equal(status->tried, "qemu:///system by /var/run/libvirt/libvirt-sock");
	advice_failed(status, "", error, &anna);
	assert_string_equal(status->tried, "libvirt's default URI by /var/run/libvirt/libvirt-sock");
	host_status_unref(status);
}

static void hostile_host_name_stays_one_word_of_the_command(void **state)
{
	struct host_status *status = host_status_new();
	g_autoptr(GError) error = g_error_new_literal(g_quark_from_static_string("test"), VIR_ERR_SYSTEM_ERROR,
	        "Cannot recv data: Connection reset by peer");

	(void)state;
	advice_failed(status, "qemu+ssh://a;reboot'/system", error, &anna);
	assert_string_equal(status->command, "ssh -- 'a;reboot'\\''' virsh -c qemu:///system uri");
	host_status_unref(status);
}

static void silence_is_told_with_the_restart(void **state)
{
	struct host_status *status = host_status_new();

	(void)state;
	advice_no_answer(status, "qemu:///system", 10);
	assert_string_equal(status->error, "no answer for 10 seconds");
	assert_non_null(strstr(status->command, "systemctl restart"));
	advice_no_answer(status, "qemu+ssh://h1/system", 10);
	assert_non_null(strstr(status->command, "ssh -- 'h1'"));
	host_status_unref(status);
}

/* ---- URIs ------------------------------------------------------------------------- */

static void only_ssh_gets_no_tty(void **state)
{
	static const char conf[] = "# uri_default = \"qemu+ssh://no/system\"\nuri_aliases = [\n"
	                           "  \"far=qemu+ssh://root@far/system?keyfile=/k\",\n  'near=qemu:///system',\n]\n"
	                           "uri_default = \"qemu+ssh://dflt/system\"\n";
	static const struct {
		const char *uri, *conf, *env, *effective;
	} cases[] = {
	        {"qemu:///system", NULL, NULL, "qemu:///system"},
	        {"qemu+ssh://h/system", NULL, NULL, "qemu+ssh://h/system?no_tty=1"},
	        {"qemu+ssh://h/system?socket=/s", NULL, NULL, "qemu+ssh://h/system?socket=/s&no_tty=1"},
	        {"qemu+ssh://h/system?", NULL, NULL, "qemu+ssh://h/system?no_tty=1"},
	        {"qemu+ssh://h/system#f", NULL, NULL, "qemu+ssh://h/system?no_tty=1#f"},
	        {"qemu+ssh://h/system?no_tty=0", NULL, NULL, "qemu+ssh://h/system?no_tty=0"},
	        {"qemu+tcp://h/system", NULL, NULL, "qemu+tcp://h/system"},
	        {"", NULL, NULL, NULL},
	        {NULL, "uri_default = 'qemu:///system'", NULL, NULL},
	        {NULL, conf, NULL, "qemu+ssh://dflt/system?no_tty=1"},
	        {"", conf, "qemu+ssh://env/system", "qemu+ssh://env/system?no_tty=1"},
	        {"", conf, "qemu:///session", NULL},
	        {"far", conf, NULL, "qemu+ssh://root@far/system?keyfile=/k&no_tty=1"},
	        {"near", conf, NULL, "near"},
	        {"unknown", conf, NULL, "unknown"},
	};

	(void)state;
	for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *effective = uri_effective_with(cases[i].uri, cases[i].conf, cases[i].env);

		if (cases[i].effective == NULL)
			assert_null(effective);
		else
			assert_string_equal(effective, cases[i].effective);
	}
}

static void what_is_behind_an_alias_is_found(void **state)
{
	static const char conf[] = "uri_aliases = [ 'near=qemu:///system', \"far=qemu+tcp://far/system\" ]\n"
	                           "uri_default = 'qemu+ssh://dflt/system'\n";
	static const struct {
		const char *uri, *env, *behind;
	} cases[] = {
	        {"qemu:///session", "qemu:///system", "qemu:///session"},
	        {"near", NULL, "qemu:///system"},
	        {"far", NULL, "qemu+tcp://far/system"},
	        {"unknown", NULL, "unknown"},
	        {"", NULL, "qemu+ssh://dflt/system"},
	        {NULL, "qemu:///session", "qemu:///session"},
	        {NULL, "far", "qemu+tcp://far/system"},
	};
	g_autofree char *nothing = uri_behind_with(NULL, NULL, NULL);

	(void)state;
	assert_string_equal(nothing, "");
	for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *behind = uri_behind_with(cases[i].uri, conf, cases[i].env);

		assert_string_equal(behind, cases[i].behind);
	}
}

static void parts_of_a_uri_are_found(void **state)
{
	g_autofree char *driver = uri_driver("qemu+ssh://me@h1:22/system");
	g_autofree char *transport = uri_transport("qemu+ssh://me@h1:22/system");
	g_autofree char *server = uri_server("qemu+ssh://me@h1:22/system", false);
	g_autofree char *login = uri_server("qemu+ssh://me@h1:22/system", true);
	g_autofree char *v6 = uri_server("qemu+tcp://[fd00::1]:16509/system", false);

	(void)state;
	assert_string_equal(driver, "qemu");
	assert_string_equal(transport, "ssh");
	assert_string_equal(server, "h1");
	assert_string_equal(login, "me@h1");
	assert_string_equal(v6, "[fd00::1]");
	assert_true(uri_is_local("qemu:///system"));
	assert_true(uri_is_local("qemu+unix:///system?socket=/s"));
	assert_false(uri_is_local("qemu+ssh://h1/system"));
	assert_false(uri_is_local("qemu+tcp:///system"));
	assert_true(uri_is_session("qemu:///session"));
	assert_true(uri_is_session("qemu+unix:///session?socket=/s"));
	assert_false(uri_is_session("qemu:///system"));
	assert_false(uri_is_session("qemu:///sessions"));
}

/* ---- /proc ------------------------------------------------------------------------ */

static void stat_of_a_process_with_an_evil_name_is_read(void **state)
{
	char letter;
	uint64_t ticks, start, rss;

	(void)state;
	assert_true(proc_parse_stat("42 (qemu) R 1 (x) T 1 42 42 0 -1 4194560 100 0 0 0 150 50 0 0 20 0 3 0 12345 "
	                            "999999 777 18446744073709551615",
	        &letter, &ticks, &start, &rss));
	assert_int_equal(letter, 'T');
	assert_int_equal(ticks, 200);
	assert_int_equal(start, 12345);
	assert_int_equal(rss, 777);
	assert_false(proc_parse_stat("42 (qemu", &letter, &ticks, &start, &rss));
	assert_false(proc_parse_stat("42 (qemu) S 1", &letter, &ticks, &start, &rss));
}

static void uuid_is_found_in_a_command_line(void **state)
{
	static const char good[] = "qemu\0-name\0guest=-uuid\0-uuid\0" "00112233-4455-6677-8899-aabbccddeeff\0-x\0";
	static const char cut[] = "qemu\0-uuid\0" "00112233-4455-6677-8899-aabbccddeeff";
	static const char none[] = "qemu\0-name\0x\0";
	uint8_t uuid[16];

	(void)state;
	assert_true(proc_parse_cmdline(good, sizeof(good) - 1, uuid));
	assert_int_equal(uuid[0], 0x00);
	assert_int_equal(uuid[15], 0xff);
	assert_false(proc_parse_cmdline(cut, sizeof(cut) - 1, uuid));
	assert_false(proc_parse_cmdline(none, sizeof(none) - 1, uuid));
}

static void own_process_can_be_read(void **state)
{
	struct proc_figures figures;
	char letter;
	uint64_t ticks, start, rss;
	g_autofree char *text = NULL;

	(void)state;
	assert_true(g_file_get_contents("/proc/self/stat", &text, NULL, NULL));
	assert_true(proc_parse_stat(text, &letter, &ticks, &start, &rss));
	assert_true(proc_read(getpid(), start, &figures));
	assert_true(figures.rss_kib > 0);
	assert_false(figures.stopped);
	/* Another process under the same number. */
	assert_false(proc_read(getpid(), start + 1, &figures));
}

static void memory_and_cpu_of_the_node_are_read(void **state)
{
	struct node_sample node = {0};

	(void)state;
	node_parse_meminfo("MemTotal:       1000 kB\nMemFree:  1 kB\nMemAvailable:   600 kB\nSwapTotal: 50 kB\n"
	                   "SwapFree: 40 kB\n",
	        &node);
	assert_int_equal(node.memory_total_kib, 1000);
	assert_int_equal(node.memory_free_kib, 600);
	assert_int_equal(node.swap_total_kib, 50);
	assert_int_equal(node.swap_free_kib, 40);
	node_parse_stat("cpu  100 0 100 700 100 0 0 0 5 0\ncpu0 50 0 50 350 50 0 0 0 0 0\ncpu1 1 1 1 1\nintr 1\n", &node);
	assert_int_equal(node.cpus, 2);
	assert_int_equal(node.cpu_total_ns, 5 * node.cpu_busy_ns);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(every_refusal_has_its_cause_and_command),
	        cmocka_unit_test(tried_names_uri_and_socket),
	        cmocka_unit_test(hostile_host_name_stays_one_word_of_the_command),
	        cmocka_unit_test(silence_is_told_with_the_restart),
	        cmocka_unit_test(only_ssh_gets_no_tty),
	        cmocka_unit_test(what_is_behind_an_alias_is_found),
	        cmocka_unit_test(parts_of_a_uri_are_found),
	        cmocka_unit_test(stat_of_a_process_with_an_evil_name_is_read),
	        cmocka_unit_test(uuid_is_found_in_a_command_line),
	        cmocka_unit_test(own_process_can_be_read),
	        cmocka_unit_test(memory_and_cpu_of_the_node_are_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
