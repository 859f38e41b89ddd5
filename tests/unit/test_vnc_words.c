/* SPDX-License-Identifier: GPL-2.0-or-later */
/* QEMU's own words in the VNC stream, from a server of our own: whole, in pieces, and cut off; and a size that is asked for. */
#define _GNU_SOURCE /* POLLRDHUP */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "nvirt/vnc.h"
#include "support/vnc_server.h"

#define DEADLINE_US (40 * G_USEC_PER_SEC)
/* So long the viewer has to look at a part of a message alone. */
#define LOOK_MS 20
#define WIDTH 640
#define HEIGHT 480
#define ENCODING_POINTER (-257)
#define ENCODING_NEW_SIZE (-223)
#define ENCODING_SIZE_ANSWER (-308)
#define SET_ENCODINGS 2
#define SET_SIZE 251

static struct vnc_view *view_of(int fd)
{
	struct vnc_view *view = vnc_view_new(&(struct vnc_source){.fd = fd}, NULL);

	assert_non_null(view);
	return view;
}

/* Pumps until `done`. */
static void pump_until(struct vnc_view *view, bool (*done)(struct vnc_view *view))
{
	gint64 until_us = g_get_monotonic_time() + DEADLINE_US;

	while (!done(view) && g_get_monotonic_time() < until_us) {
		poll(&(struct pollfd){.fd = vnc_view_fd(view), .events = vnc_view_events(view)}, 1, 100);
		vnc_view_pump(view);
	}
	assert_true(done(view));
}

static int tear_down(void **state)
{
	(void)state;
	vnc_server_join_all();
	return 0;
}

/* The head of a message of one rectangle, as bytes: the test cuts it where it likes. */
static void head(uint8_t bytes[16], unsigned x, unsigned y, int32_t encoding)
{
	const unsigned words[] = {0, 1, x, y, WIDTH, HEIGHT, (uint32_t)encoding >> 16, (uint32_t)encoding & 0xffff};

	for (unsigned i = 0; i < G_N_ELEMENTS(words); i++) {
		bytes[i * 2] = (uint8_t)(words[i] >> 8);
		bytes[i * 2 + 1] = (uint8_t)words[i];
	}
}

/* `seed` bytes of it, and after the viewer had time to look at them alone the rest. */
static void say_pointer_in_pieces(struct vnc_server *server)
{
	uint8_t bytes[16];

	vnc_server_greet(server, WIDTH, HEIGHT, "pieces");
	vnc_server_paint(server, WIDTH, HEIGHT, 0);
	head(bytes, 1, 0, ENCODING_POINTER);
	vnc_server_send(server, bytes, server->seed);
	/* Unless it goes away. */
	poll(&(struct pollfd){.fd = server->fd, .events = POLLRDHUP}, 1, LOOK_MS);
	vnc_server_send(server, bytes + server->seed, sizeof(bytes) - server->seed);
	vnc_server_paint(server, WIDTH, HEIGHT, 0xffffff);
	vnc_server_drain(server);
}

static bool pointer_is_told(struct vnc_view *view)
{
	return vnc_view_pointer_kind(view) != VNC_POINTER_UNKNOWN && vnc_view_frames(view) >= 2;
}

static void a_pointer_is_told_however_it_comes(void **state)
{
	(void)state;
	for (unsigned cut = 0; cut <= 16; cut++) {
		struct vnc_view *view = view_of(vnc_server_start(say_pointer_in_pieces, cut, NULL));

		pump_until(view, pointer_is_told);
		assert_int_equal(vnc_view_pointer_kind(view), VNC_POINTER_ABSOLUTE);
		assert_int_equal(vnc_view_state(view), VNC_LIVE);
		vnc_view_free(view);
	}
}

static void say_both(struct vnc_server *server)
{
	vnc_server_greet(server, WIDTH, HEIGHT, "both");
	vnc_server_rect(server, 1, 0, WIDTH, HEIGHT, ENCODING_POINTER);
	vnc_server_rect(server, 0, 0, WIDTH, HEIGHT, ENCODING_POINTER);
	vnc_server_paint(server, WIDTH, HEIGHT, 0);
	vnc_server_paint(server, WIDTH, HEIGHT, 0xffffff);
	vnc_server_drain(server);
}

static void the_last_word_counts(void **state)
{
	struct vnc_view *view = view_of(vnc_server_start(say_both, 0, NULL));
	(void)state;

	assert_int_equal(vnc_view_pointer_kind(view), VNC_POINTER_UNKNOWN);
	pump_until(view, pointer_is_told);
	assert_int_equal(vnc_view_pointer_kind(view), VNC_POINTER_RELATIVE);
	vnc_view_free(view);
}

/* It closes after `seed` bytes. */
static void say_a_part(struct vnc_server *server)
{
	uint8_t bytes[16];

	vnc_server_greet(server, WIDTH, HEIGHT, "part");
	vnc_server_paint(server, WIDTH, HEIGHT, 0);
	head(bytes, 1, VNC_FIT_PASSED_ON, ENCODING_SIZE_ANSWER);
	vnc_server_send(server, bytes, server->seed);
}

static bool has_ended(struct vnc_view *view)
{
	return vnc_view_state(view) == VNC_ENDED;
}

static void what_is_cut_off_ends_in_words(void **state)
{
	(void)state;
	for (unsigned bytes = 1; bytes <= 16; bytes += 5) {
		struct vnc_view *view = view_of(vnc_server_start(say_a_part, bytes, NULL));

		pump_until(view, has_ended);
		assert_true(*vnc_view_words(view));
		assert_int_not_equal(vnc_view_end(view), VNC_END_READER);
		vnc_view_free(view);
	}
}

/* ---- a size ---- */

static unsigned read_u16(struct vnc_server *server)
{
	uint8_t bytes[2] = {0};

	for (unsigned i = 0; i < sizeof(bytes); i++)
		if (recv(server->fd, &bytes[i], 1, 0) != 1)
			server->gone = true;
	return (unsigned)bytes[0] << 8 | bytes[1];
}

/* What the viewer says is passed over up to the size: its width and height. */
static void wait_for_size(struct vnc_server *server, unsigned *ret_width, unsigned *ret_height)
{
	static const uint8_t lengths[256] = {[0] = 20, [3] = 10, [4] = 8, [5] = 6, [255] = 12};

	while (!server->gone) {
		uint8_t type = 0;

		if (recv(server->fd, &type, 1, 0) != 1) {
			server->gone = true;
		} else if (type == SET_ENCODINGS) {
			vnc_server_skip(server, 1);
			vnc_server_skip(server, read_u16(server) * 4u);
		} else if (type == SET_SIZE) {
			vnc_server_skip(server, 1);
			*ret_width = read_u16(server);
			*ret_height = read_u16(server);
			vnc_server_skip(server, 2 + 16);
			return;
		} else {
			vnc_server_skip(server, lengths[type] - 1u);
		}
	}
}

/* Refuses with `seed`, or passes it on to a guest that follows. */
static void have_another_size(struct vnc_server *server)
{
	unsigned width = 0, height = 0;

	vnc_server_greet(server, WIDTH, HEIGHT, "sizes");
	vnc_server_paint(server, WIDTH, HEIGHT, 0);
	wait_for_size(server, &width, &height);
	vnc_server_rect(server, 1, server->seed, WIDTH, HEIGHT, ENCODING_SIZE_ANSWER);
	vnc_server_put(server, 4, 1u << 24);
	for (unsigned i = 0; i < 4; i++)
		vnc_server_put(server, 4, 0);
	if (server->seed == VNC_FIT_PASSED_ON) {
		vnc_server_rect(server, 0, 0, width, height, ENCODING_NEW_SIZE);
		vnc_server_paint(server, width, height, 0xffffff);
	}
	vnc_server_drain(server);
}

static bool has_frame(struct vnc_view *view)
{
	return vnc_view_frames(view) >= 1;
}

static bool has_answer(struct vnc_view *view)
{
	return vnc_view_fit_answer(view) >= 0;
}

static bool has_size(struct vnc_view *view)
{
	int width, height;

	vnc_view_size(view, &width, &height);
	return width == 800 && height == 608;
}

static void a_size_is_asked_for_and_answered(void **state)
{
	(void)state;
	for (unsigned answer = VNC_FIT_PROHIBITED; answer <= VNC_FIT_PASSED_ON; answer++) {
		struct vnc_view *view = view_of(vnc_server_start(have_another_size, answer, NULL));

		pump_until(view, has_frame);
		assert_int_equal(vnc_view_fit_answer(view), -1);
		vnc_view_fit(view, 800, 608);
		pump_until(view, has_answer);
		assert_int_equal(vnc_view_fit_answer(view), answer);
		if (answer == VNC_FIT_PASSED_ON)
			pump_until(view, has_size);
		assert_int_equal(vnc_view_state(view), VNC_LIVE);
		vnc_view_free(view);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_teardown(a_pointer_is_told_however_it_comes, tear_down),
	        cmocka_unit_test_teardown(the_last_word_counts, tear_down),
	        cmocka_unit_test_teardown(what_is_cut_off_ends_in_words, tear_down),
	        cmocka_unit_test_teardown(a_size_is_asked_for_and_answered, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
