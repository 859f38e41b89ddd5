/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `nvirt check` of the real program: exit codes, what is printed where, JSON, and a daemon that hangs.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <glib/gstdio.h>
#include <json-c/json.h>
#include <string.h>

#include "nvirt/check.h"
#include "support/files.h"
#include "support/lab.h"
#include "support/words.h"

/* libvirt's remote_protocol.x */
#define PROC_STORAGE_POOL_LIST_ALL_VOLUMES 282

static char *home, *root;
static struct lab *lab;

static int start(void **state)
{
	(void)state;
	home = g_dir_make_tmp("nvirt-home-XXXXXX", NULL);
	/* The tree that stands for this machine. */
	root = g_dir_make_tmp("nvirt-root-XXXXXX", NULL);
	g_setenv("NVIRT_CHECK_ROOT", root, TRUE);
	lab = lab_start(1);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	lab_stop(lab);
	files_remove(home);
	files_remove(root);
	g_free(home);
	g_free(root);
	return 0;
}

static struct said run_words(const char *uri, const char *const *words)
{
	g_autoptr(GPtrArray) all = g_ptr_array_new();

	g_ptr_array_add(all, (gpointer) "check");
	for (; *words; words++)
		g_ptr_array_add(all, (gpointer)*words);
	g_ptr_array_add(all, NULL);
	return said_words(uri, home, (const char *const *)all->pdata);
}
#define run(uri, ...) run_words(uri, (const char *const[]){__VA_ARGS__, NULL})

/* How it ended, and a part of each stream; "" = nothing at all. Frees. */
static void expect(struct said result, int code, const char *out, const char *err)
{
	bool fine = result.code == code && (!*out ? !*result.out : strstr(result.out, out) != NULL) &&
	            (!*err ? !*result.err : strstr(result.err, err) != NULL);

	if (!fine)
		fail_msg("code %d (wanted %d)\nstdout: %s\nstderr: %s", result.code, code, result.out, result.err);
	said_fini(&result);
}

static void exit_codes_tell_what_was_found(void **state)
{
	const char *uri = lab_uri(lab, "h1");
	struct said result;

	(void)state;
	expect(run(uri, "--only", "guest.crashed,libvirt.reachable"), 0, "2 ok, 0 notes, 0 warnings, 0 failures", "");
	/* An empty tree is a machine without vhost-net, and one without KVM. */
	expect(run(uri, "--only", "kvm.vhost"), 1, "sudo modprobe vhost_net", "");
	expect(run(uri, "--only", "kvm.device"), 2, "/dev/kvm is missing", "");
	expect(run("qemu+tcp://127.0.0.1:1/system", "--severity", "fail"), 3, "Connection refused", "");
	/* What is not printed counts all the same. */
	result = run(uri, "--only", "kvm.vhost", "--severity", "fail");
	assert_null(strstr(result.out, "modprobe"));
	expect(result, 1, "1 warning", "");
	expect(run(uri, "--only", "libvirt.answers", "--severity", "ok"), 0, "the list of guests took", "");
}

/* To a monitoring system, which reads only the code, they must not look like an ill host. */
static void bad_words_are_no_illness(void **state)
{
	const char *uri = lab_uri(lab, "h1");

	(void)state;
	expect(run(uri, "--only", "kvm.nothing"), 3, "", "'kvm.nothing' is no check and no group");
	expect(run(uri, "--severity", "bad"), 3, "", "none of: ok, note, warn, fail");
	expect(run(uri, "--timeout", "soon"), 3, "", "no number of seconds");
	expect(run(uri, "--no-such"), 3, "", "no-such");
	expect(run(uri, "web1"), 3, "", "one word too many");
}

static json_object *member(json_object *object, const char *key)
{
	json_object *value = NULL;

	if (!json_object_object_get_ex(object, key, &value))
		fail_msg("no '%s' in %s", key, json_object_to_json_string(object));
	return value;
}

static void json_is_one_document_of_a_known_shape(void **state)
{
	struct said result = run(lab_uri(lab, "h1"), "--json", "--severity", "ok");
	json_object *document = json_tokener_parse(result.out), *host, *findings;

	(void)state;
	assert_non_null(document);
	assert_string_equal(result.err, "");
	assert_int_equal(json_object_get_int(member(document, "version")), 1);
	host = json_object_array_get_idx(member(document, "hosts"), 0);
	findings = member(host, "findings");
	assert_true(json_object_array_length(findings) >= check_count);
	for (size_t i = 0; i < json_object_array_length(findings); i++) {
		json_object *finding = json_object_array_get_idx(findings, i);

		assert_non_null(check_by_id(json_object_get_string(member(finding, "id"))));
		assert_true(json_object_is_type(member(finding, "evidence"), json_type_string));
		assert_true(json_object_is_type(member(finding, "why"), json_type_string));
		member(finding, "remedy");
		member(finding, "object");
		member(finding, "action");
	}
	assert_string_equal(json_object_get_string(member(host, "result")), "fail");
	assert_int_equal(result.code, 2);
	assert_true(json_object_get_int(member(member(host, "counts"), "ok")) > 0);
	json_object_put(document);
	said_fini(&result);
}

static void the_list_of_checks_asks_no_host(void **state)
{
	(void)state;
	expect(run("qemu+tcp://127.0.0.1:1/system", "--list"), 0, "kvm.usable", "");
	expect(run("qemu+tcp://127.0.0.1:1/system", "--list", "--only", "network"), 0, "network.mac", "");
}

/* What hangs costs the time that was given, is itself found, and the machine's own checks are there. */
static void a_libvirtd_that_hangs_is_found_in_time(void **state)
{
	struct said result;
	gint64 took_us;

	(void)state;
	lab_do(lab, "stop-daemon", "h1");
	took_us = -g_get_monotonic_time();
	result = run(lab_uri(lab, "h1"), "--timeout", "2", "--severity", "warn");
	took_us += g_get_monotonic_time();
	lab_do(lab, "cont-daemon", "h1");
	assert_in_range(took_us, 2 * G_USEC_PER_SEC, 12 * G_USEC_PER_SEC);
	assert_non_null(strstr(result.out, "/dev/kvm is missing"));
	expect(result, 2, "libvirt has not answered for 2 s", "");
}

/* A round under way in a thread of its own, so that its daemon can fall silent. */
struct running {
	const char *uri;
	const char *const *words;
	struct said said;
	gint64 took_us;
};

static gpointer run_it(gpointer data)
{
	struct running *running = data;

	running->took_us = -g_get_monotonic_time();
	running->said = run_words(running->uri, running->words);
	running->took_us += g_get_monotonic_time();
	return NULL;
}

/* The guests were told of by then, and what lies in the pools is being read. */
static bool reads_volumes(void *proxy)
{
	return proxy_calls(proxy, PROC_STORAGE_POOL_LIST_ALL_VOLUMES).calls > 0;
}

static struct running stopped_in_the_middle(const char *const *words)
{
	struct proxy *proxy = proxy_start(lab, "h1");
	g_autofree char *uri =
	        g_strdup_printf("qemu+unix:///%s?socket=%s", lab_is_system(lab) ? "system" : "session", proxy_socket(proxy));
	struct running running = {.uri = uri, .words = words};
	GThread *thread;

	/* Slow enough to be stopped in time. */
	g_free(proxy_command(proxy, "delay 0 60"));
	thread = g_thread_new("check", run_it, &running);
	lab_wait_for(reads_volumes, proxy, "the volumes to be read", 20000);
	/* From here on no byte comes, as of one that is stopped. */
	g_free(proxy_command(proxy, "stall"));
	g_thread_join(thread);
	proxy_stop(proxy);
	return running;
}

static void a_libvirtd_that_hangs_in_the_middle_leaves_what_was_told(void **state)
{
	struct running all, images;

	(void)state;
	lab_do(lab, "define", "h1", "web1", "boot");
	all = stopped_in_the_middle((const char *const[]){"--timeout", "6", "--severity", "ok", NULL});
	images = stopped_in_the_middle((const char *const[]){"--timeout", "6", "--only", "image", NULL});
	lab_do(lab, "virsh", "h1", "undefine", "web1");
	assert_in_range(all.took_us, 5 * G_USEC_PER_SEC, 16 * G_USEC_PER_SEC);
	assert_in_range(images.took_us, 5 * G_USEC_PER_SEC, 16 * G_USEC_PER_SEC);
	assert_non_null(strstr(all.said.out, "every QEMU answers"));
	assert_non_null(strstr(all.said.out, "image.missing,"));
	/* The empty tree that stands for this machine has no KVM. */
	expect(all.said, 2, "cannot tell", "");
	/* Nothing that was chosen could be told. */
	expect(images.said, 3, "image.missing,", "");
}

static void another_machines_files_are_read_when_asked_for(void **state)
{
	g_autofree char *uri = NULL, *path = g_build_filename(home, "asked", NULL), *before = NULL, *after = NULL;

	(void)state;
	if (!lab_is_system(lab))
		skip();
	uri = lab_uri_over_ssh(lab, home);
	/* The lab's host has no /dev/kvm, and is open to everybody on purpose. */
	expect(run(uri, "--only", "kvm.device,libvirt.socket"), 3, "With --ssh", "");
	assert_true(g_file_get_contents(path, &before, NULL, NULL));
	assert_null(strstr(before, "exec sh"));
	expect(run(uri, "--ssh", "--only", "kvm.device,libvirt.socket"), 2, "/dev/kvm is missing", "");
	expect(run(uri, "--ssh", "--only", "libvirt.socket"), 2, "as good as root", "");
	assert_true(g_file_get_contents(path, &after, NULL, NULL));
	assert_non_null(strstr(after, "-T -oBatchMode=yes -- me@far.example exec sh\n"));
	/* Its daemon away, it is its files that tell. */
	lab_do(lab, "kill9", "h1");
	expect(run(uri, "--ssh", "--only", "kvm.device,libvirt.socket"), 2, "/dev/kvm is missing", "");
	lab_do(lab, "restart", "h1");
	/* This machine's own are not read twice. */
	expect(run(lab_uri(lab, "h1"), "--ssh", "--only", "kvm.device"), 2, "/dev/kvm is missing", "");
}

static void several_hosts_are_checked_at_once(void **state)
{
	const char *uri = lab_uri(lab, "h1");
	/* Those after the verb are all that counts. */
	struct said result =
	        run(uri, "-c", uri, "-c", "test:///default", "--only", "guest.crashed", "--severity", "ok");

	(void)state;
	assert_non_null(strstr(result.out, "== "));
	expect(result, 0, "none has crashed", "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(exit_codes_tell_what_was_found),
	        cmocka_unit_test(bad_words_are_no_illness),
	        cmocka_unit_test(json_is_one_document_of_a_known_shape),
	        cmocka_unit_test(the_list_of_checks_asks_no_host),
	        cmocka_unit_test(a_libvirtd_that_hangs_is_found_in_time),
	        cmocka_unit_test(a_libvirtd_that_hangs_in_the_middle_leaves_what_was_told),
	        cmocka_unit_test(another_machines_files_are_read_when_asked_for),
	        cmocka_unit_test(several_hosts_are_checked_at_once),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
