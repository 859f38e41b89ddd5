/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The checks of the connection and of libvirt itself, by the real program: a daemon that is gone, slow, old, shut to
 * us or that asks QEMU anew each time is found, and one that is well passes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <glib/gstdio.h>
#include <json-c/json.h>
#include <string.h>
#include <sys/stat.h>

#include "support/checks.h"
#include "support/files.h"
#include "support/pty.h"
#include "support/words.h"

/* libvirt's remote_protocol.x */
#define PROC_CONNECT_GET_LIB_VERSION 157
/* More than a second each way makes every call slow in the checks' eyes. */
#define SLOW_MS 1100
#define TRIES 10

static char *home, *root;

static int start(void **state)
{
	home = g_dir_make_tmp("nvirt-home-XXXXXX", NULL);
	/* The tree that stands for this machine: an empty one is read at once. */
	root = g_dir_make_tmp("nvirt-root-XXXXXX", NULL);
	g_setenv("NVIRT_CHECK_ROOT", root, TRUE);
	return checks_start(state);
}

static int stop(void **state)
{
	checks_stop(state);
	files_remove(home);
	files_remove(root);
	g_free(home);
	g_free(root);
	return 0;
}

/* ---- asking --------------------------------------------------------------- */

static const char *text_of(json_object *object, const char *key)
{
	json_object *value = NULL;

	json_object_object_get_ex(object, key, &value);
	return json_object_get_string(value);
}

/* Of one host and one check: what it says first, the worst. NULL: it is no such document. */
static json_object *first_finding(json_object *document)
{
	json_object *hosts = NULL, *findings = NULL;

	if (!json_object_object_get_ex(document, "hosts", &hosts) ||
	        !json_object_object_get_ex(json_object_array_get_idx(hosts, 0), "findings", &findings))
		return NULL;
	return json_object_array_get_idx(findings, 0);
}

/* Does this document say it? It is noted when it does. */
static bool says(const char *json, const char *id, enum check_result result, const char *words)
{
	json_object *document = json_tokener_parse(json), *finding = document ? first_finding(document) : NULL;
	bool so = finding && g_strcmp0(text_of(finding, "id"), id) == 0 &&
	          g_strcmp0(text_of(finding, "result"), check_result_word(result)) == 0 &&
	          (!words || strstr(text_of(finding, "evidence"), words));

	if (so && result >= CHECK_WARN && !text_of(finding, "remedy"))
		fail_msg("%s names no remedy", id);
	if (so)
		checks_note(id, result);
	json_object_put(document);
	return so;
}

static char *ask(const char *uri, const char *id)
{
	struct said said =
	        said_words(uri, home, (const char *const[]){"check", "--json", "-s", "ok", "--only", id, "--timeout", "100", NULL});
	char *out = g_steal_pointer(&said.out);

	said_fini(&said);
	return out;
}

static void expect(const char *uri, const char *id, enum check_result result, const char *words)
{
	g_autofree char *json = ask(uri, id);

	if (!says(json, id, result, words))
		fail_msg("wanted %s: %s: %s of\n%s", id, check_result_word(result), words ? words : "", json);
}

/* What is measured may be slow on a machine that has other things to do: not each time. */
static void expect_at_last(const char *uri, const char *id, enum check_result result)
{
	g_autofree char *json = NULL;

	for (unsigned i = 0; i < TRIES; i++) {
		g_free(json);
		json = ask(uri, id);
		if (says(json, id, result, NULL))
			return;
	}
	fail_msg("wanted %s: %s of\n%s", id, check_result_word(result), json);
}

/* ---- tests ---------------------------------------------------------------- */

static void a_daemon_that_is_gone_is_found(void **state)
{
	const char *uri = lab_uri(checks_lab, "h1");

	(void)state;
	expect(uri, "libvirt.reachable", CHECK_OK, "connected to");
	lab_do(checks_lab, "kill9", "h1");
	expect(uri, "libvirt.reachable", CHECK_FAIL, NULL);
	lab_do(checks_lab, "restart", "h1");
	expect(uri, "libvirt.reachable", CHECK_OK, "connected to");
}

static char *proxy_uri(struct proxy *proxy)
{
	return g_strdup_printf(
	        "qemu+unix:///%s?socket=%s", lab_is_system(checks_lab) ? "system" : "session", proxy_socket(proxy));
}

static void a_slow_daemon_is_found(void **state)
{
	struct proxy *proxy = proxy_start(checks_lab, "h1");
	g_autofree char *uri = proxy_uri(proxy);

	(void)state;
	expect_at_last(uri, "libvirt.answers", CHECK_OK);
	g_free(proxy_command(proxy, "delay 0 %d", SLOW_MS));
	expect(uri, "libvirt.answers", CHECK_WARN, "the list of guests took");
	proxy_stop(proxy);
}

/* A daemon of another year, by what it answers of itself. */
static void an_old_and_a_new_daemon_are_found(void **state)
{
	struct proxy *proxy = proxy_start(checks_lab, "h1");
	g_autofree char *uri = proxy_uri(proxy);

	(void)state;
	expect(uri, "libvirt.versions", CHECK_OK, "daemon");
	g_free(proxy_command(proxy, "lie %d 5000000", PROC_CONNECT_GET_LIB_VERSION));
	expect(uri, "libvirt.versions", CHECK_WARN, "libvirt 5.0.0 is older than 6.0");
	g_free(proxy_command(proxy, "lie %d 99001000", PROC_CONNECT_GET_LIB_VERSION));
	expect(uri, "libvirt.versions", CHECK_NOTE, "the daemon is 99.1.0");
	proxy_stop(proxy);
}

/* Inside the lab's host, as somebody who is in no group; the program is one that he may run. */
static char *ask_as_nobody(const char *id)
{
	g_autofree char *program = g_build_filename(lab_dir(checks_lab), "h1", "tmp", "nvirt", NULL);
	g_autofree char *his_home = g_build_filename(lab_dir(checks_lab), "h1", "tmp", "nobody", NULL);
	g_autofree char *root_word = g_strconcat("NVIRT_CHECK_ROOT=", root, NULL);
	g_autofree char *home_word = g_strconcat("XDG_STATE_HOME=", his_home, NULL);

	lab_do(checks_lab, "exec", "h1", "install", "-m", "755", pty_program(), program);
	lab_do(checks_lab, "exec", "h1", "install", "-d", "-o", "65534", his_home);
	/* Warnings are no failure of the command. */
	return lab_run(checks_lab, "exec", "h1", "sh", "-c", "\"$@\" || [ $? -lt 3 ]", "sh", "setpriv", "--reuid=65534",
	        "--regid=65534", "--clear-groups", "env", "-u", "LIBVIRT_DEFAULT_URI", root_word, home_word, program, "-c",
	        "qemu:///system", "check", "--json", "-s", "ok", "--only", id);
}

static void a_socket_that_is_shut_is_found(void **state)
{
	g_autofree char *socket = lab_socket(checks_lab, "h1");
	g_autofree char *shut = NULL, *open = NULL;

	(void)state;
	if (!lab_is_system(checks_lab)) {
		checks_excuse("libvirt.access");
		skip();
	}
	g_chmod(root, 0755);
	g_chmod(socket, 0700);
	shut = ask_as_nobody("libvirt.access");
	g_chmod(socket, 0777);
	open = ask_as_nobody("libvirt.access");
	if (!says(shut, "libvirt.access", CHECK_WARN, "the connection only reads"))
		fail_msg("%s", shut);
	if (!says(open, "libvirt.access", CHECK_NOTE, "is not in the group libvirt"))
		fail_msg("%s", open);
	expect(lab_uri(checks_lab, "h1"), "libvirt.access", CHECK_OK, "may read and write");
}

/*
 * A QEMU that takes its time to start, so that asking it is seen on a quick machine too. The real one must lie where
 * it finds its firmware: in the place of a program that the lab does not need, which is its own as all mounts are.
 */
static void make_qemu_slow(const char *emulator)
{
	g_autofree char *real = g_find_program_in_path("qemu-io");
	g_autofree char *slow = g_build_filename(lab_dir(checks_lab), "h1", "tmp", "slow-qemu", NULL);
	g_autofree char *script = g_strdup_printf("#!/bin/sh\nsleep 1.2\nexec %s \"$@\"\n", real);

	files_write(slow, script, -1);
	g_chmod(slow, 0755);
	lab_do(checks_lab, "exec", "h1", "mount", "--bind", emulator, real);
	lab_do(checks_lab, "exec", "h1", "mount", "--bind", slow, emulator);
}

/*
 * A /dev/kvm that opens and is none: each time libvirt believes that KVM has come back, and asks QEMU again. What
 * it keeps in its cache is of no use.
 */
static void a_daemon_that_forgets_qemu_is_found(void **state)
{
	const char *uri = lab_uri(checks_lab, "h1");
	g_autofree char *emulator = g_find_program_in_path("qemu-system-x86_64");

	(void)state;
	if (!lab_is_system(checks_lab)) {
		checks_excuse("libvirt.capabilities");
		skip();
	}
	expect_at_last(uri, "libvirt.capabilities", CHECK_OK);
	make_qemu_slow(emulator);
	/* Slow once, and known from then on. */
	expect_at_last(uri, "libvirt.capabilities", CHECK_OK);
	lab_do(checks_lab, "exec", "h1", "mknod", "-m", "666", "/dev/kvm", "c", "1", "3");
	expect(uri, "libvirt.capabilities", CHECK_WARN, "it asks QEMU anew each time");
	lab_do(checks_lab, "exec", "h1", "rm", "/dev/kvm");
	expect_at_last(uri, "libvirt.capabilities", CHECK_OK);
	lab_do(checks_lab, "exec", "h1", "umount", emulator);
}

static void each_check_of_libvirt_has_failed_and_passed(void **state)
{
	(void)state;
	checks_assert_all_seen(CHECKS_OF_LIBVIRT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_daemon_that_is_gone_is_found),
	        cmocka_unit_test(a_slow_daemon_is_found),
	        cmocka_unit_test(an_old_and_a_new_daemon_are_found),
	        cmocka_unit_test(a_socket_that_is_shut_is_found),
	        cmocka_unit_test(a_daemon_that_forgets_qemu_is_found),
	        /* Last: of all that went before. */
	        cmocka_unit_test(each_check_of_libvirt_has_failed_and_passed),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
