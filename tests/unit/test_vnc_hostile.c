/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hostile and broken VNC servers against the real screen reader: whatever they do, the
 * view ends in words within its time, keeps its last screen, and costs no memory.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "nvirt/vnc.h"
#include "support/vnc_server.h"

#define DEADLINE_US (40 * G_USEC_PER_SEC)
#define ENCODING_NEW_SIZE (-223)
/* Our own memory may grow by no more than this, whatever comes. */
#define GROWTH_KIB (48 * 1024)

static long resident_kib(int pid)
{
	g_autofree char *path = g_strdup_printf("/proc/%d/statm", pid);
	g_autofree char *text = NULL;
	long size = 0, resident = 0;

	if (!g_file_get_contents(path, &text, NULL, NULL) || sscanf(text, "%ld %ld", &size, &resident) != 2)
		return 0;
	return resident * sysconf(_SC_PAGESIZE) / 1024;
}

static struct vnc_view *view_of(int fd, const char *password)
{
	struct vnc_source source = {.fd = fd, .password = password};
	g_autoptr(GError) error = NULL;
	struct vnc_view *view = vnc_view_new(&source, &error);

	if (!view)
		print_error("%s\n", error->message);
	assert_non_null(view);
	return view;
}

/* Pumps until `done` or the end of the view. */
static void pump_until(struct vnc_view *view, bool (*done)(struct vnc_view *view), gint64 deadline_us)
{
	while (vnc_view_state(view) != VNC_ENDED && !(done && done(view)) && g_get_monotonic_time() < deadline_us) {
		struct pollfd fd = {.fd = vnc_view_fd(view), .events = vnc_view_events(view)};

		poll(&fd, 1, 100);
		vnc_view_pump(view);
	}
}

static void assert_words(struct vnc_view *view)
{
	const char *words = vnc_view_words(view);

	assert_true(*words);
	assert_true(g_utf8_validate(words, -1, NULL));
	for (const char *at = words; *at; at = g_utf8_next_char(at))
		assert_true(g_unichar_isprint(g_utf8_get_char(at)));
}

/* It ends, in time and in words; how is given back. */
static enum vnc_end end_of(int fd, const char *password)
{
	struct vnc_view *view = view_of(fd, password);
	long before_kib = resident_kib(getpid());
	enum vnc_end end;

	pump_until(view, NULL, g_get_monotonic_time() + DEADLINE_US);
	if (vnc_view_state(view) != VNC_ENDED)
		print_error("the view did not end\n");
	assert_int_equal(vnc_view_state(view), VNC_ENDED);
	assert_words(view);
	end = vnc_view_end(view);
	assert_true(resident_kib(getpid()) < before_kib + GROWTH_KIB);
	vnc_view_free(view);
	return end;
}

static int tear_down(void **state)
{
	(void)state;
	vnc_server_join_all();
	/* No reader is left behind. */
	return waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD ? 0 : -1;
}

/* ---- the greeting ---- */

static void send_noise(struct vnc_server *server)
{
	g_autoptr(GRand) rand = g_rand_new_with_seed(server->seed);

	for (unsigned i = 0; i < 4096; i++)
		vnc_server_put(server, 1, g_rand_int(rand) & 0xff);
}

static void noise_in_place_of_a_greeting_ends_in_words(void **state)
{
	(void)state;
	for (unsigned seed = 0; seed < 5; seed++)
		assert_int_equal(end_of(vnc_server_start(send_noise, seed, NULL), NULL), VNC_END_BROKEN);
}

static void say_nothing(struct vnc_server *server)
{
	vnc_server_drain(server);
}

static void silence_ends_after_seconds(void **state)
{
	gint64 start_us = g_get_monotonic_time();
	(void)state;

	assert_int_equal(end_of(vnc_server_start(say_nothing, 0, NULL), NULL), VNC_END_BROKEN);
	assert_true(g_get_monotonic_time() - start_us < 15 * G_USEC_PER_SEC);
}

/* Closes after `seed` bytes of a good greeting. */
static void vanish(struct vnc_server *server)
{
	static const char good[] = "RFB 003.008\n\1\1\0\0\0\0\2\200\1\340\40\30\0\1\0\377\0\377\0\377\20\10\0\0\0\0\0\0\0\4name";

	vnc_server_send(server, good, MIN(server->seed, sizeof(good) - 1));
}

static void vanishing_at_any_byte_ends_in_words(void **state)
{
	(void)state;
	for (unsigned bytes = 0; bytes < 46; bytes += 3)
		assert_true(end_of(vnc_server_start(vanish, bytes, NULL), NULL) <= VNC_END_BROKEN);
}

static void offer_security(struct vnc_server *server)
{
	vnc_server_security(server, server->seed);
	send_noise(server);
}

static void every_way_to_authenticate_ends_in_words(void **state)
{
	static const unsigned types[] = {0, 3, 5, 6, 16, 17, 18, 19, 20, 30, 113, 129, 255};
	(void)state;

	for (unsigned i = 0; i < G_N_ELEMENTS(types); i++) {
		enum vnc_end end = end_of(vnc_server_start(offer_security, types[i], NULL), "secret");

		assert_true(end == VNC_END_BROKEN || end == VNC_END_REFUSED || end == VNC_END_CLOSED);
	}
}

static void refuse_password(struct vnc_server *server)
{
	static const char why[] = "\033[31mno\033]0;evil\a";

	vnc_server_security(server, 2);
	for (unsigned i = 0; i < 16; i++)
		vnc_server_put(server, 1, i);
	vnc_server_skip(server, 16);
	vnc_server_put(server, 4, 1);
	vnc_server_put(server, 4, sizeof(why) - 1);
	vnc_server_send(server, why, sizeof(why) - 1);
	vnc_server_drain(server);
}

static void a_wrong_password_is_told_apart_from_none(void **state)
{
	(void)state;
	assert_int_equal(end_of(vnc_server_start(refuse_password, 0, NULL), "wrong"), VNC_END_REFUSED);
	assert_int_equal(end_of(vnc_server_start(refuse_password, 0, NULL), NULL), VNC_END_PASSWORD);
}

static void greet_huge(struct vnc_server *server)
{
	vnc_server_greet(server, 65535, 65535, "huge");
	vnc_server_drain(server);
}

static void long_name(struct vnc_server *server)
{
	vnc_server_security(server, 1);
	vnc_server_put(server, 4, 0);
	vnc_server_skip(server, 1);
	for (unsigned i = 0; i < 20; i++)
		vnc_server_put(server, 1, i == 1 || i == 3 ? 100 : 0);
	vnc_server_put(server, 4, 0x7fffffff);
	vnc_server_drain(server);
}

static void sizes_beyond_reason_are_refused(void **state)
{
	(void)state;
	assert_int_equal(end_of(vnc_server_start(greet_huge, 0, NULL), NULL), VNC_END_BROKEN);
	assert_true(end_of(vnc_server_start(long_name, 0, NULL), NULL) >= VNC_END_REFUSED);
}

/* ---- after it ---- */

static void send_garbage_message(struct vnc_server *server)
{
	vnc_server_greet(server, 640, 480, "garbage");
	vnc_server_paint(server, 640, 480, 0x112233);
	vnc_server_put(server, 1, 77);
	send_noise(server);
	vnc_server_drain(server);
}

static void resize_to_the_sky(struct vnc_server *server)
{
	vnc_server_greet(server, 640, 480, "sky");
	vnc_server_paint(server, 640, 480, 0x112233);
	vnc_server_rect(server, 0, 0, 16384, 16384, ENCODING_NEW_SIZE);
	vnc_server_drain(server);
}

static void stall(struct vnc_server *server)
{
	vnc_server_greet(server, 640, 480, "stall");
	vnc_server_paint(server, 640, 480, 0x112233);
	vnc_server_rect(server, 0, 0, 640, 480, 0);
	vnc_server_put(server, 4, 0);
	vnc_server_drain(server);
}

static void close_after_frame(struct vnc_server *server)
{
	vnc_server_greet(server, 640, 480, "close\033[2J\342\200\256");
	vnc_server_paint(server, 640, 480, 0x445566);
	vnc_server_skip(server, 100);
}

static void send_endless_text(struct vnc_server *server)
{
	vnc_server_greet(server, 640, 480, "text");
	vnc_server_paint(server, 640, 480, 0x112233);
	vnc_server_put(server, 4, 3u << 24);
	vnc_server_put(server, 4, 0x7fffffff);
	while (!server->gone)
		vnc_server_put(server, 4, 0x41414141);
}

/* Ends so, with the last screen still there. */
static void keeps_screen(void (*script)(struct vnc_server *server), enum vnc_end end)
{
	struct vnc_view *view = view_of(vnc_server_start(script, 0, NULL), NULL);
	int width, height;

	pump_until(view, NULL, g_get_monotonic_time() + DEADLINE_US);
	assert_int_equal(vnc_view_state(view), VNC_ENDED);
	assert_words(view);
	if (vnc_view_end(view) != end)
		print_error("%s\n", vnc_view_words(view));
	assert_int_equal(vnc_view_end(view), end);
	assert_non_null(vnc_view_screen(view));
	vnc_view_size(view, &width, &height);
	assert_int_equal(width, 640);
	assert_null(strchr(vnc_view_name(view), '\033'));
	vnc_view_free(view);
}

static void the_last_screen_stays_with_the_reason(void **state)
{
	(void)state;
	keeps_screen(send_garbage_message, VNC_END_BROKEN);
	keeps_screen(resize_to_the_sky, VNC_END_BROKEN);
	keeps_screen(stall, VNC_END_STALLED);
	keeps_screen(close_after_frame, VNC_END_CLOSED);
	keeps_screen(send_endless_text, VNC_END_BROKEN);
}

static void resize_storm(struct vnc_server *server)
{
	static const unsigned sides[] = {1, 1, 640, 480, 8192, 1, 1, 8192, 2560, 2048, 17, 3, 4096, 4096, 1024, 768};

	vnc_server_greet(server, 640, 480, "storm");
	for (unsigned i = 0; i + 1 < 2 * G_N_ELEMENTS(sides); i += 2) {
		unsigned width = sides[i % G_N_ELEMENTS(sides)], height = sides[(i + 1) % G_N_ELEMENTS(sides)];

		vnc_server_rect(server, 0, 0, width, height, ENCODING_NEW_SIZE);
		vnc_server_paint(server, MIN(width, 64), MIN(height, 64), i * 77);
	}
	vnc_server_rect(server, 0, 0, 320, 200, ENCODING_NEW_SIZE);
	vnc_server_paint(server, 320, 200, 0x808080);
	vnc_server_drain(server);
}

static bool is_320(struct vnc_view *view)
{
	int width, height;

	vnc_view_size(view, &width, &height);
	return width == 320 && height == 200 && vnc_view_settled(view);
}

static void other_sizes_do_not_end_the_connection(void **state)
{
	struct vnc_view *view = view_of(vnc_server_start(resize_storm, 0, NULL), NULL);
	(void)state;

	pump_until(view, is_320, g_get_monotonic_time() + DEADLINE_US);
	if (vnc_view_state(view) == VNC_ENDED)
		print_error("%s\n", vnc_view_words(view));
	assert_int_equal(vnc_view_state(view), VNC_LIVE);
	assert_true(is_320(view));
	vnc_view_free(view);
}

static void paint_for_ever(struct vnc_server *server)
{
	vnc_server_greet(server, 1024, 768, "for ever");
	for (unsigned i = 0; !server->gone; i++)
		vnc_server_paint(server, 1024, 768, i * 0x010203);
}

static bool hundred_frames(struct vnc_view *view)
{
	return vnc_view_frames(view) >= 100;
}

static void endless_frames_cost_no_memory(void **state)
{
	struct vnc_view *view = view_of(vnc_server_start(paint_for_ever, 0, NULL), NULL);
	long before_kib = resident_kib(getpid());
	(void)state;

	pump_until(view, hundred_frames, g_get_monotonic_time() + DEADLINE_US);
	if (vnc_view_state(view) == VNC_ENDED)
		print_error("%s\n", vnc_view_words(view));
	assert_int_equal(vnc_view_state(view), VNC_LIVE);
	assert_true(hundred_frames(view));
	assert_true(resident_kib(getpid()) < before_kib + GROWTH_KIB);
	assert_true(resident_kib(vnc_view_pid(view)) < 256 * 1024);
	vnc_view_free(view);
}

/* Rectangles of any encoding, with noise in them. */
static void send_noisy_rects(struct vnc_server *server)
{
	static const int32_t encodings[] = {0, 1, 2, 4, 5, 6, 7, 9, 15, 16, 17, -223, -224, -232, -239, -240, -258, -261, -308};
	g_autoptr(GRand) rand = g_rand_new_with_seed(server->seed);

	vnc_server_greet(server, 640, 480, "noise");
	for (unsigned i = 0; i < 8 && !server->gone; i++) {
		unsigned length = (unsigned)g_rand_int_range(rand, 0, 3000);

		vnc_server_rect(server, g_rand_int(rand) % 700, g_rand_int(rand) % 500, g_rand_int(rand) % 700,
		        g_rand_int(rand) % 500, encodings[g_rand_int(rand) % G_N_ELEMENTS(encodings)]);
		for (unsigned n = 0; n < length; n++)
			vnc_server_put(server, 1, g_rand_int(rand) & 0xff);
	}
}

static void noise_in_rectangles_ends_in_words(void **state)
{
	(void)state;
	for (unsigned seed = 0; seed < 40; seed++)
		assert_int_not_equal(end_of(vnc_server_start(send_noisy_rects, seed, NULL), NULL), VNC_END_NONE);
}

/* ---- the reader itself ---- */

static void paint_and_stay(struct vnc_server *server)
{
	vnc_server_greet(server, 640, 480, "stays");
	vnc_server_paint(server, 640, 480, 0x445566);
	vnc_server_drain(server);
}

static bool has_screen(struct vnc_view *view)
{
	return vnc_view_settled(view);
}

static void a_killed_reader_is_replaced_by_one_call(void **state)
{
	struct vnc_view *view = view_of(vnc_server_start(paint_and_stay, 0, NULL), NULL);
	struct vnc_source source = {0};
	(void)state;

	pump_until(view, has_screen, g_get_monotonic_time() + DEADLINE_US);
	assert_int_equal(vnc_view_state(view), VNC_LIVE);
	kill(vnc_view_pid(view), SIGSEGV);
	pump_until(view, NULL, g_get_monotonic_time() + DEADLINE_US);
	assert_int_equal(vnc_view_state(view), VNC_ENDED);
	assert_int_equal(vnc_view_end(view), VNC_END_READER);
	assert_words(view);
	assert_non_null(vnc_view_screen(view));
	source.fd = vnc_server_start(paint_and_stay, 0, NULL);
	assert_true(vnc_view_reconnect(view, &source, NULL));
	assert_non_null(vnc_view_screen(view));
	pump_until(view, has_screen, g_get_monotonic_time() + DEADLINE_US);
	assert_int_equal(vnc_view_state(view), VNC_LIVE);
	assert_string_equal(vnc_view_words(view), "");
	vnc_view_free(view);
}

/* What it holds: its standard streams and two sockets; what it may: next to nothing. */
static void the_reader_is_confined(void **state)
{
	struct vnc_view *view = view_of(vnc_server_start(paint_and_stay, 0, NULL), NULL);
	g_autofree char *path = NULL, *status = NULL;
	unsigned open = 0;
	(void)state;

	pump_until(view, has_screen, g_get_monotonic_time() + DEADLINE_US);
	assert_int_equal(vnc_view_state(view), VNC_LIVE);
	path = g_strdup_printf("/proc/%d/status", vnc_view_pid(view));
	assert_true(g_file_get_contents(path, &status, NULL, NULL));
	assert_non_null(strstr(status, "NoNewPrivs:\t1"));
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
	assert_non_null(strstr(status, "Seccomp:\t2"));
#endif
	g_free(path);
	path = g_strdup_printf("/proc/%d/fd", vnc_view_pid(view));
	g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
	while (dir && g_dir_read_name(dir))
		open++;
	assert_true(open <= 5);
	vnc_view_free(view);
}

static void an_address_that_is_none_is_told(void **state)
{
	g_autoptr(GError) error = NULL;
	(void)state;

	assert_int_equal(vnc_connect("/nowhere/at/all", 1000, &error), -1);
	assert_non_null(strstr(error->message, "/nowhere/at/all"));
	g_clear_error(&error);
	assert_int_equal(vnc_connect("localhost:99999", 1000, &error), -1);
	assert_non_null(strstr(error->message, "port"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_teardown(noise_in_place_of_a_greeting_ends_in_words, tear_down),
	        cmocka_unit_test_teardown(silence_ends_after_seconds, tear_down),
	        cmocka_unit_test_teardown(vanishing_at_any_byte_ends_in_words, tear_down),
	        cmocka_unit_test_teardown(every_way_to_authenticate_ends_in_words, tear_down),
	        cmocka_unit_test_teardown(a_wrong_password_is_told_apart_from_none, tear_down),
	        cmocka_unit_test_teardown(sizes_beyond_reason_are_refused, tear_down),
	        cmocka_unit_test_teardown(the_last_screen_stays_with_the_reason, tear_down),
	        cmocka_unit_test_teardown(other_sizes_do_not_end_the_connection, tear_down),
	        cmocka_unit_test_teardown(endless_frames_cost_no_memory, tear_down),
	        cmocka_unit_test_teardown(noise_in_rectangles_ends_in_words, tear_down),
	        cmocka_unit_test_teardown(a_killed_reader_is_replaced_by_one_call, tear_down),
	        cmocka_unit_test_teardown(the_reader_is_confined, tear_down),
	        cmocka_unit_test(an_address_that_is_none_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
