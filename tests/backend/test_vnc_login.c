/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * QEMU's own VNC server, asked in each way it can be asked: nothing, a password, TLS with and
 * without certificates, users by SASL. A machine without parts is all it runs.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dlfcn.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <poll.h>
#include <string.h>

#include "nvirt/vnc.h"
#include "support/files.h"
#include "support/vnc_qemu.h"

#define DEADLINE_US (60 * G_USEC_PER_SEC)
#define PASSWORD "se'c\"ret"

static char *home;
static struct vnc_qemu server; /* of the test that runs */

/* ---- servers ---- */

static bool run(const char *command)
{
	int status = -1;

	return g_spawn_command_line_sync(command, NULL, NULL, &status, NULL) && status == 0;
}

/* Who signs, and a server's certificate for `name`, in home/`dir`. */
static void make_certificates(const char *dir, const char *name)
{
	g_autofree char *path = g_build_filename(home, dir, NULL);
	g_autofree char *script = g_strdup_printf(
	        "sh -c \"exec 2>/dev/null; cd '%s' && "
	        "openssl req -x509 -newkey rsa:2048 -nodes -keyout ca-key.pem -out ca-cert.pem -days 2 -subj /CN=ca-%s && "
	        "openssl req -newkey rsa:2048 -nodes -keyout server-key.pem -out server.csr -subj /CN=%s && "
	        "printf 'subjectAltName=DNS:%s\\nbasicConstraints=CA:FALSE\\nkeyUsage=digitalSignature,keyEncipherment\\n' >ext && "
	        "openssl x509 -req -in server.csr -CA ca-cert.pem -CAkey ca-key.pem -CAcreateserial -days 2 -extfile ext "
	        "-out server-cert.pem\"",
	        path, dir, name, name);

	assert_int_equal(g_mkdir(path, 0700), 0);
	assert_true(run(script));
}

/* On a port of its own, or on a socket. One at a time. */
static void start(bool tcp, const char *objects, const char *options)
{
	g_autofree char *path = g_build_filename(home, "vnc.sock", NULL);

	vnc_qemu_stop(&server);
	vnc_qemu_start(&server, tcp ? NULL : path, objects, options);
}

static int end_test(void **state)
{
	(void)state;
	vnc_qemu_stop(&server);
	return 0;
}

/* ---- viewers ---- */

/* How it ends, or VNC_END_NONE: there is a screen. `part` is in the words. */
static void expect(struct vnc_source source, enum vnc_end end, const char *part)
{
	gint64 deadline_us = g_get_monotonic_time() + DEADLINE_US;
	struct vnc_view *view;

	source.fd = vnc_connect(server.address, 10000, NULL);
	view = vnc_view_new(&source, NULL);
	assert_non_null(view);
	while (vnc_view_state(view) != VNC_ENDED && !vnc_view_settled(view) && g_get_monotonic_time() < deadline_us) {
		struct pollfd fd = {.fd = vnc_view_fd(view), .events = vnc_view_events(view)};

		poll(&fd, 1, 100);
		vnc_view_pump(view);
	}
	if (vnc_view_end(view) != end || !strstr(vnc_view_words(view), part))
		print_error("end %d: '%s'\n", vnc_view_end(view), vnc_view_words(view));
	assert_int_equal(vnc_view_end(view), end);
	assert_non_null(strstr(vnc_view_words(view), part));
	assert_null(strstr(vnc_view_words(view), PASSWORD));
	assert_true(end != VNC_END_NONE || vnc_view_settled(view));
	vnc_view_free(view);
}

#define expect_screen(...) expect((struct vnc_source){__VA_ARGS__}, VNC_END_NONE, "")

static void without_anything(void **state)
{
	(void)state;
	start(false, "", "");

	expect_screen(.password = NULL);
	/* What is not asked for is not told. */
	expect_screen(.password = PASSWORD, .user = "me");
}

static char *secret_object(void)
{
	return g_strdup_printf("-object 'secret,id=p,file=%s/password'", home);
}

static void with_a_password(void **state)
{
	g_autofree char *objects = secret_object();
	(void)state;
	start(true, objects, ",password-secret=p");

	expect_screen(.password = PASSWORD);
	expect((struct vnc_source){0}, VNC_END_PASSWORD, "wants a password");
	expect((struct vnc_source){.password = "other"}, VNC_END_REFUSED, "did not let us in");
}

static void through_tls_of_nobody(void **state)
{
	g_autofree char *secret = secret_object();
	g_autofree char *objects = g_strconcat(secret, " -object tls-creds-anon,id=t,endpoint=server", NULL);
	(void)state;
	start(true, objects, ",tls-creds=t");

	expect_screen(.password = NULL);
	start(false, objects, ",tls-creds=t,password-secret=p");
	expect_screen(.password = PASSWORD);
	expect((struct vnc_source){0}, VNC_END_PASSWORD, "wants a password");
}

static void with_a_certificate(void **state)
{
	g_autofree char *secret = secret_object();
	g_autofree char *objects = g_strdup_printf(
	        "%s -object 'tls-creds-x509,id=t,dir=%s/right,endpoint=server,verify-peer=off'", secret, home);
	(void)state;
	start(true, objects, ",tls-creds=t");

	expect_screen(.host = "right.example");
	expect((struct vnc_source){.host = "wrong.example"}, VNC_END_REFUSED, "does not match");
	start(true, objects, ",tls-creds=t,password-secret=p");
	expect_screen(.host = "right.example", .password = PASSWORD);
	expect((struct vnc_source){.host = "right.example"}, VNC_END_PASSWORD, "wants a password");
	expect((struct vnc_source){.host = "right.example", .password = "x"}, VNC_END_REFUSED, "did not let us in");
}

static void with_a_certificate_of_a_stranger(void **state)
{
	g_autofree char *objects = g_strdup_printf(
	        "-object 'tls-creds-x509,id=t,dir=%s/other,endpoint=server,verify-peer=off'", home);
	(void)state;
	start(true, objects, ",tls-creds=t");

	expect((struct vnc_source){.host = "right.example"}, VNC_END_REFUSED, "vnc-ca.pem");
}

/* ---- users ---- */

typedef int (*init_call)(const void *callbacks, const char *name);
typedef int (*new_call)(const char *service, const char *host, const char *realm, const char *local, const char *remote,
        const void *callbacks, unsigned flags, void **ret);
typedef int (*set_call)(void *connection, const char *user, const char *password, unsigned length, const char *old,
        unsigned old_length, unsigned flags);
typedef void (*dispose_call)(void **connection);

/* Writes the server's data base as saslpasswd2 does. False: there is no SASL here. */
static bool make_user(const char *name, const char *password)
{
	void *library = dlopen("libsasl2.so.2", RTLD_NOW), *connection = NULL;
	init_call init = library ? (init_call)dlsym(library, "sasl_server_init") : NULL;
	new_call new = library ? (new_call)dlsym(library, "sasl_server_new") : NULL;
	set_call set = library ? (set_call)dlsym(library, "sasl_setpass") : NULL;
	dispose_call dispose = library ? (dispose_call)dlsym(library, "sasl_dispose") : NULL;
	bool made = init && new && set && dispose && init(NULL, "qemu") == 0 &&
	            new("vnc", g_get_host_name(), NULL, NULL, NULL, NULL, 0, &connection) == 0 &&
	            /* 1 = make it. */
	            set(connection, name, password, (unsigned)strlen(password), NULL, 0, 1) == 0;

	if (connection)
		dispose(&connection);
	return made;
}

static void use_mechanism(const char *name)
{
	g_autofree char *conf = g_build_filename(home, "qemu.conf", NULL);
	g_autofree char *text = g_strdup_printf("mech_list: %s\nsasldb_path: %s/sasldb2\n", name, home);

	assert_true(g_file_set_contents(conf, text, -1, NULL));
}

static void expect_users(void)
{
	expect_screen(.user = "me", .password = PASSWORD, .host = "right.example");
	expect((struct vnc_source){.host = "right.example"}, VNC_END_USER, "user's name");
	expect((struct vnc_source){.host = "right.example", .user = "me", .password = "x"}, VNC_END_REFUSED,
	        "did not let us in");
}

static void users_by_sasl(void **state)
{
	g_autofree char *objects = g_strdup_printf(
	        "-object 'tls-creds-x509,id=t,dir=%s/right,endpoint=server,verify-peer=off'", home);
	(void)state;
	g_setenv("SASL_CONF_PATH", home, TRUE);
	use_mechanism("scram-sha-256");
	if (!make_user("me", PASSWORD)) {
		print_message("users_by_sasl: no SASL data base can be made here\n");
		skip();
	}
	start(true, objects, ",tls-creds=t,sasl=on");
	expect_users();
	use_mechanism("digest-md5");
	start(true, "", ",sasl=on");
	expect_users();
}

/* ---- all ---- */

static int set_up(void **state)
{
	g_autofree char *password = NULL, *from = NULL, *to = NULL, *text = NULL, *dir = NULL;
	(void)state;

	home = g_dir_make_tmp("nvirt-vnc-XXXXXX", NULL);
	password = g_build_filename(home, "password", NULL);
	if (!g_file_set_contents(password, PASSWORD, -1, NULL))
		return -1;
	make_certificates("right", "right.example");
	make_certificates("other", "right.example");
	g_setenv("XDG_CONFIG_HOME", home, TRUE);
	dir = g_build_filename(home, "nvirt", NULL);
	from = g_build_filename(home, "right", "ca-cert.pem", NULL);
	to = g_build_filename(dir, "vnc-ca.pem", NULL);
	return g_mkdir(dir, 0700) == 0 && g_file_get_contents(from, &text, NULL, NULL) &&
	                       g_file_set_contents(to, text, -1, NULL)
	               ? 0
	               : -1;
}

static int tear_down(void **state)
{
	(void)state;
	files_remove(home);
	g_free(home);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_teardown(without_anything, end_test),
	        cmocka_unit_test_teardown(with_a_password, end_test),
	        cmocka_unit_test_teardown(through_tls_of_nobody, end_test),
	        cmocka_unit_test_teardown(with_a_certificate, end_test),
	        cmocka_unit_test_teardown(with_a_certificate_of_a_stranger, end_test),
	        cmocka_unit_test_teardown(users_by_sasl, end_test),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
