/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * No key is lost on its way: a keyboard of 16 bytes as QEMU has it, before a guest that reads it,
 * or for a while does not, and that echoes, or does not. Its time is made up.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "nvirt/typing.h"

enum { KEEPS_BYTES = 16, DELAY_US = 10 * 1000, FRAME_US = 30 * 1000, TICK_US = 1000 };

struct waiting {
	gint64 at_us; /* handed to the keyboard */
	unsigned bytes;
};

struct guest {
	struct typing *typing;
	GArray *queue;  /* struct waiting: QEMU's, before the keyboard */
	unsigned keeps; /* bytes in the keyboard */
	unsigned lost, read;
	bool echoes;
	gint64 stall_every_us, stall_us; /* it reads nothing for `stall_us` of every such time */
	struct text_cell cell;
	struct text_screen screen;
	gint64 now_us;
};

static void guest_init(struct guest *guest, bool echoes)
{
	*guest = (struct guest){.typing = typing_new(), .echoes = echoes, .cell = {.ch = 'a'}, .now_us = 1000000};
	guest->queue = g_array_new(FALSE, FALSE, sizeof(struct waiting));
	guest->screen = (struct text_screen){.kind = SCREEN_TEXT, .rows = 1, .cols = 1, .cells = &guest->cell, .cursor_row = -1};
	typing_seen(guest->typing, &guest->screen, guest->now_us);
}

static void guest_fini(struct guest *guest)
{
	typing_free(guest->typing);
	g_array_unref(guest->queue);
}

static void hand_over(struct guest *guest)
{
	while (guest->queue->len && g_array_index(guest->queue, struct waiting, 0).at_us <= guest->now_us) {
		unsigned bytes = g_array_index(guest->queue, struct waiting, 0).bytes;

		if (guest->keeps + bytes > KEEPS_BYTES)
			guest->lost++;
		else
			guest->keeps += bytes;
		g_array_remove_index(guest->queue, 0);
	}
}

static void live(struct guest *guest)
{
	bool stalls = guest->stall_us && guest->now_us % guest->stall_every_us < guest->stall_us;

	hand_over(guest);
	if (!stalls && guest->keeps) {
		guest->read++;
		guest->keeps--;
		guest->cell.ch += guest->echoes;
	}
	if (guest->now_us % FRAME_US == 0)
		typing_seen(guest->typing, &guest->screen, guest->now_us);
}

static void take(struct guest *guest, const struct key_event *event)
{
	struct waiting waiting = {.bytes = (event->down ? 1 : 2) + (event->scancode & 0x80 ? 1 : 0)};
	gint64 last_us = guest->queue->len ? g_array_index(guest->queue, struct waiting, guest->queue->len - 1).at_us
	                                   : guest->now_us;

	waiting.at_us = MAX(last_us, guest->now_us) + DELAY_US;
	g_array_append_val(guest->queue, waiting);
}

/* Types all of it; what it took, in seconds of the guest's. */
static double type_all(struct guest *guest, const char *text)
{
	g_autoptr(GArray) events = g_array_new(FALSE, FALSE, sizeof(struct key_event));
	struct layout *layout = layout_new_us();
	gint64 start_us = guest->now_us;
	int ms = 0;

	assert_true(keyboard_type(layout, text, events, NULL));
	layout_free(layout);
	typing_add(guest->typing, events);
	while (ms >= 0) {
		const struct key_event *event;

		while ((event = typing_take(guest->typing, guest->now_us, &ms)))
			take(guest, event);
		for (gint64 until_us = guest->now_us + MAX(ms, 1) * 1000; guest->now_us < until_us; guest->now_us += TICK_US)
			live(guest);
		assert_true(guest->now_us - start_us < 600 * G_USEC_PER_SEC);
	}
	return (double)(guest->now_us - start_us) / G_USEC_PER_SEC;
}

#define LINE "for i in $(seq 1 9); do echo \"{$i} > ~/A_$i\"; done | tee -a ~/LOG\n"

static void guest_that_reads_at_once_is_typed_to_quickly(void **state)
{
	struct guest guest;
	(void)state;

	guest_init(&guest, true);
	double took_s = type_all(&guest, LINE LINE LINE);
	assert_int_equal(guest.lost, 0);
	/* More than ten characters a second, with all their Shifts. */
	assert_true(took_s < (double)sizeof(LINE LINE LINE) / 10);
	guest_fini(&guest);
}

static void guest_that_stalls_loses_nothing(void **state)
{
	static const gint64 stalls_ms[][2] = {{500, 150}, {1000, 700}, {4000, 2500}, {150, 90}};
	(void)state;

	for (unsigned i = 0; i < G_N_ELEMENTS(stalls_ms); i++) {
		struct guest guest;

		guest_init(&guest, true);
		guest.stall_every_us = stalls_ms[i][0] * 1000;
		guest.stall_us = stalls_ms[i][1] * 1000;
		/* It begins while it reads: that it echoes is seen with the first keys. */
		guest.now_us = 1000000 / guest.stall_every_us * guest.stall_every_us + guest.stall_us;
		type_all(&guest, LINE LINE LINE LINE);
		assert_int_equal(guest.lost, 0);
		guest_fini(&guest);
	}
}

static void password_is_typed_though_nothing_is_seen(void **state)
{
	struct guest guest;
	(void)state;

	guest_init(&guest, false);
	guest.stall_every_us = 1000 * 1000;
	guest.stall_us = 300 * 1000;
	double took_s = type_all(&guest, "Correct Horse: Battery-Staple!\n");
	assert_int_equal(guest.lost, 0);
	assert_true(took_s < 10);
	guest_fini(&guest);
}

/* Where the cursor blinks frames come all the time, and say nothing of keys. */
static void blinking_cursor_is_no_echo(void **state)
{
	struct guest guest;
	g_autoptr(GArray) events = g_array_new(FALSE, FALSE, sizeof(struct key_event));
	struct layout *layout = layout_new_us();
	unsigned sent = 0;
	int ms;
	(void)state;

	guest_init(&guest, false);
	assert_true(keyboard_type(layout, "aaaaaaaaaaaaaaaa", events, NULL));
	layout_free(layout);
	typing_add(guest.typing, events);
	for (int i = 0; i < 10; i++) {
		guest.screen.cursor_row = guest.screen.cursor_col = i % 2 ? 0 : -1;
		guest.cell.flags = i % 2 ? CELL_CURSOR : 0;
		guest.now_us += FRAME_US;
		typing_seen(guest.typing, &guest.screen, guest.now_us);
		while (typing_take(guest.typing, guest.now_us, &ms))
			sent++;
	}
	/* Eight events are twelve bytes: 'a' and its release are three. */
	assert_int_equal(sent, 8);
	guest_fini(&guest);
}

/* Nobody waits for the first key, nor for one after a while. */
static void single_keys_go_at_once(void **state)
{
	struct guest guest;
	(void)state;

	guest_init(&guest, true);
	for (int i = 0; i < 20; i++) {
		g_autoptr(GArray) events = g_array_new(FALSE, FALSE, sizeof(struct key_event));
		struct layout *layout = layout_new_us();
		int ms;

		assert_true(keyboard_press(layout, "ctrl-alt-delete", events, NULL));
		layout_free(layout);
		typing_add(guest.typing, events);
		for (unsigned sent = 0; sent < events->len; sent++) {
			const struct key_event *event = typing_take(guest.typing, guest.now_us, &ms);
			assert_non_null(event);
			take(&guest, event);
		}
		assert_null(typing_take(guest.typing, guest.now_us, &ms));
		assert_int_equal(ms, -1);
		for (gint64 until_us = guest.now_us + 500000; guest.now_us < until_us; guest.now_us += TICK_US)
			live(&guest);
	}
	assert_int_equal(guest.lost, 0);
	guest_fini(&guest);
}

static void stopping_lets_go_what_is_down(void **state)
{
	struct guest guest;
	g_autoptr(GArray) events = g_array_new(FALSE, FALSE, sizeof(struct key_event));
	struct layout *layout = layout_new_us();
	const struct key_event *event;
	bool down = false, up = false;
	unsigned gone;
	int ms;
	(void)state;

	guest_init(&guest, false);
	assert_true(keyboard_type(layout, "ABCDEFGH", events, NULL));
	layout_free(layout);
	typing_add(guest.typing, events);
	while ((event = typing_take(guest.typing, guest.now_us, &ms)))
		down |= event->scancode == 0x2a && event->down;
	assert_true(down);
	assert_true(typing_waits(guest.typing, &gone) > 0);
	typing_stop(guest.typing);
	do {
		guest.now_us += 500000;
		while ((event = typing_take(guest.typing, guest.now_us, &ms))) {
			assert_false(event->down);
			up |= event->scancode == 0x2a;
		}
	} while (ms >= 0);
	assert_true(up);
	guest_fini(&guest);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(guest_that_reads_at_once_is_typed_to_quickly),
	        cmocka_unit_test(guest_that_stalls_loses_nothing),
	        cmocka_unit_test(password_is_typed_though_nothing_is_seen),
	        cmocka_unit_test(blinking_cursor_is_no_echo),
	        cmocka_unit_test(single_keys_go_at_once),
	        cmocka_unit_test(stopping_lets_go_what_is_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
