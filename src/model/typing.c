/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Keys before a guest's keyboard: see typing.h. */
#include "nvirt/typing.h"

#include <string.h>

/* On the way at most, of the 16 bytes that QEMU's PS/2 keyboard keeps: someone else may type, too. */
#define ROOM_BYTES 12
/* QEMU hands a key on only that long after the one before it (key-delay-ms), and has looked at its screen then. */
#define SHOWN_US (5 * 1000)
/* What is not echoed (a password) counts as read after this time; while the guest echoes it is waited for longer. */
#define SILENT_US (400 * 1000)
#define ECHO_US (3 * G_USEC_PER_SEC)
#define STEP_MS 5

/* Sent, and perhaps not yet read by the guest. */
struct sent {
	gint64 due_us; /* when QEMU hands it to the keyboard */
	unsigned bytes;
	bool down;
};

struct typing {
	GArray *events; /* struct key_event */
	guint next;     /* the first that waits */
	GArray *sent;   /* struct sent */
	gint64 due_us;  /* of the last one */
	guint look;     /* of the screen last seen */
	int cursor;     /* and where its cursor was, also while it blinks */
	bool echoes;
};

struct typing *typing_new(void)
{
	struct typing *typing = g_new0(struct typing, 1);

	typing->events = g_array_new(FALSE, FALSE, sizeof(struct key_event));
	typing->sent = g_array_new(FALSE, FALSE, sizeof(struct sent));
	return typing;
}

/* What was typed may be a password. */
static void forget(struct typing *typing)
{
	if (typing->events->len)
		explicit_bzero(typing->events->data, typing->events->len * sizeof(struct key_event));
	g_array_set_size(typing->events, 0);
	typing->next = 0;
}

void typing_drop(struct typing *typing)
{
	forget(typing);
	g_array_set_size(typing->sent, 0);
	typing->due_us = 0;
	typing->echoes = false;
}

void typing_stop(struct typing *typing)
{
	g_autoptr(GArray) ups = g_array_new(FALSE, FALSE, sizeof(struct key_event));

	for (guint i = 0; i < typing->next; i++) {
		struct key_event event = g_array_index(typing->events, struct key_event, i);

		if (!event.down)
			continue;
		event.down = false;
		g_array_append_val(ups, event);
	}
	keyboard_release_all(ups);
	forget(typing);
	/* Those that are up already do no harm: QEMU passes on only what changes. */
	for (guint i = ups->len > 64 ? ups->len - 64 : 0; i < ups->len; i++)
		g_array_append_val(typing->events, g_array_index(ups, struct key_event, i));
}

void typing_free(struct typing *typing)
{
	if (!typing)
		return;
	forget(typing);
	g_array_unref(typing->events);
	g_array_unref(typing->sent);
	g_free(typing);
}

void typing_add(struct typing *typing, const GArray *events)
{
	g_array_append_vals(typing->events, events->data, events->len);
}

/* ---- has the guest read? ---- */

/* Those before `down_us` that went down, and before `up_us` that went up, as far as nothing older stands before them. */
static void settle(struct typing *typing, gint64 down_us, gint64 up_us)
{
	guint read = 0;

	while (read < typing->sent->len) {
		const struct sent *sent = &g_array_index(typing->sent, struct sent, read);

		if (sent->due_us > (sent->down ? down_us : up_us))
			break;
		read++;
	}
	g_array_remove_range(typing->sent, 0, read);
}

/* What is written, and where the cursor is; not whether it blinks. Pictures: their colours. */
static guint look_of(struct typing *typing, const struct text_screen *screen)
{
	guint look = (guint)screen->kind + 31;

	if (screen->cursor_row >= 0)
		typing->cursor = screen->cursor_row * screen->cols + screen->cursor_col;
	look = look * 31 + (guint)typing->cursor;
	for (int i = 0; i < screen->rows * screen->cols; i++) {
		const struct text_cell *cell = &screen->cells[i];

		look = look * 31 + cell->ch;
		if (screen->kind == SCREEN_PICTURE)
			look = (look * 31 + cell->fg) * 31 + cell->bg;
	}
	return look;
}

void typing_seen(struct typing *typing, const struct text_screen *screen, gint64 now_us)
{
	guint look, first = typing->sent->len;

	if (!screen || !screen->cells)
		return;
	look = look_of(typing, screen);
	if (look == typing->look)
		return;
	typing->look = look;
	settle(typing, now_us - SHOWN_US, now_us - SHOWN_US);
	typing->echoes |= typing->sent->len < first;
}

/* ---- sending ---- */

static unsigned bytes_of(const struct key_event *event)
{
	return (event->down ? 1 : 2) + (event->scancode & 0x80 ? 1 : 0);
}

static unsigned on_the_way(const struct typing *typing)
{
	unsigned bytes = 0;

	for (guint i = 0; i < typing->sent->len; i++)
		bytes += g_array_index(typing->sent, struct sent, i).bytes;
	return bytes;
}

/* Who echoed and is silent now is a guest that does not get on, or asks for a password. Keys that go up have no echo. */
static void lose_patience(struct typing *typing, gint64 now_us)
{
	const struct sent *oldest = typing->sent->len ? &g_array_index(typing->sent, struct sent, 0) : NULL;

	if (oldest && oldest->down && now_us - oldest->due_us > ECHO_US)
		typing->echoes = false;
	settle(typing, now_us - (typing->echoes ? ECHO_US : SILENT_US), now_us - SILENT_US);
}

const struct key_event *typing_take(struct typing *typing, gint64 now_us, int *ret_ms)
{
	*ret_ms = -1;
	if (typing->next >= typing->events->len) {
		forget(typing);
		return NULL;
	}
	lose_patience(typing, now_us);
	const struct key_event *event = &g_array_index(typing->events, struct key_event, typing->next);
	struct sent sent = {.bytes = bytes_of(event), .down = event->down};
	if (on_the_way(typing) + sent.bytes > ROOM_BYTES) {
		*ret_ms = STEP_MS;
		return NULL;
	}
	typing->next++;
	sent.due_us = typing->due_us = MAX(typing->due_us, now_us) + event->wait_ms * 1000;
	g_array_append_val(typing->sent, sent);
	*ret_ms = 0;
	return event;
}

unsigned typing_waits(const struct typing *typing, unsigned *ret_gone)
{
	*ret_gone = typing->next;
	return typing->events->len - typing->next;
}
