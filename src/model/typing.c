/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Keys before a guest's keyboard: see typing.h. */
#include "nvirt/typing.h"

#include <string.h>

/* On the way at most, of the 16 bytes that QEMU's PS/2 keyboard keeps: someone else may type, too. */
#define ROOM_BYTES 12
/* What has no echo (a password, a key that goes up) counts as read after this time; where there was one it is waited for longer. */
#define SILENT_US (400 * 1000)
#define ECHO_US (3 * G_USEC_PER_SEC)
/* Between a key and what it changes, at least: QEMU hands it over, the guest draws, QEMU looks. */
#define SHOWN_US (30 * 1000)
/* So many characters in a row are an echo wherever they stand; fewer must stand where they were typed. */
#define SURE_CHARS 4
#define STEP_MS 5

/* Sent, and perhaps not yet read by the guest. */
struct sent {
	gint64 due_us; /* when QEMU hands it to the keyboard */
	unsigned bytes;
	gunichar ch; /* what it writes where it is echoed; 0 = nothing */
	bool turns; /* Enter, Escape, arrows, with Control or Alt: where the cursor is then nobody knows */
};

struct typing {
	GArray *events; /* struct key_event */
	guint next;     /* the first that waits */
	GArray *sent;   /* struct sent, the oldest first */
	gint64 due_us;  /* of the last one */
	guint held;     /* Control, Alt, Super: keys down */
	guint look;     /* of the screen last seen */
	int cursor;     /* where the cursor was, also while it blinks; -1 = never seen */
	int base;       /* and when all that was typed had been echoed; -1 = not known */
	bool careful, echoes;
};

struct typing *typing_new(void)
{
	struct typing *typing = g_new0(struct typing, 1);

	typing->events = g_array_new(FALSE, FALSE, sizeof(struct key_event));
	typing->sent = g_array_new(FALSE, FALSE, sizeof(struct sent));
	typing->cursor = typing->base = -1;
	return typing;
}

/* What was typed may be a password: elements that are no more, behind the array's end. */
static void wipe_behind(GArray *array, guint count)
{
	gsize size = g_array_get_element_size(array);

	if (count)
		explicit_bzero(array->data + array->len * size, count * size);
}

/* The oldest `count`. */
static void forget_sent(struct typing *typing, guint count)
{
	g_array_remove_range(typing->sent, 0, count);
	wipe_behind(typing->sent, count);
}

static void forget(struct typing *typing)
{
	guint count = typing->events->len;

	g_array_set_size(typing->events, 0);
	wipe_behind(typing->events, count);
	typing->next = 0;
}

void typing_drop(struct typing *typing)
{
	forget(typing);
	forget_sent(typing, typing->sent->len);
	typing->due_us = 0;
	typing->held = 0;
	typing->cursor = typing->base = -1;
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
	typing_drop(typing);
	g_array_unref(typing->events);
	g_array_unref(typing->sent);
	g_free(typing);
}

void typing_add(struct typing *typing, const GArray *events, bool careful)
{
	typing->careful = careful || (typing->careful && typing->events->len);
	g_array_append_vals(typing->events, events->data, events->len);
}

/* ---- has the guest read? ---- */

/* What is written, and where the cursor is; not whether it blinks. Pictures: their colours. */
static guint look_of(const struct typing *typing, const struct text_screen *screen)
{
	guint look = (guint)screen->kind * 31 + (guint)typing->cursor;

	for (int i = 0; i < screen->rows * screen->cols; i++) {
		const struct text_cell *cell = &screen->cells[i];

		look = look * 31 + cell->ch;
		if (screen->kind == SCREEN_PICTURE)
			look = (look * 31 + cell->fg) * 31 + cell->bg;
	}
	return look;
}

/* Do the first `count` characters on the way stand before the cursor? */
static bool stands(const struct typing *typing, const struct text_screen *screen, int count)
{
	int at = typing->cursor - count;

	if (at < 0 || typing->cursor > screen->rows * screen->cols)
		return false;
	if (count < SURE_CHARS && (typing->base < 0 || (typing->cursor - typing->base - count) % screen->cols != 0 ||
	                                  typing->cursor == typing->base))
		return false;
	for (guint i = 0; i < typing->sent->len && count > 0; i++) {
		gunichar ch = g_array_index(typing->sent, struct sent, i).ch;

		if (!ch)
			continue;
		if (screen->cells[at++].ch != ch)
			return false;
		count--;
	}
	return true;
}

/* Read and written: all up to the last character of the echo. */
static void take_echo(struct typing *typing, int count)
{
	guint last = 0;

	for (; last < typing->sent->len && count > 0; last++)
		count -= g_array_index(typing->sent, struct sent, last).ch != 0;
	forget_sent(typing, last);
	typing->base = typing->cursor;
	typing->echoes = true;
}

static void look_for_echo(struct typing *typing, const struct text_screen *screen)
{
	int chars = 0;

	for (guint i = 0; i < typing->sent->len; i++)
		chars += g_array_index(typing->sent, struct sent, i).ch != 0;
	for (int count = chars; count > 0; count--)
		if (stands(typing, screen, count)) {
			take_echo(typing, count);
			return;
		}
	/* Nothing is on the way: here it will be typed. */
	if (!chars)
		typing->base = typing->cursor;
}

/*
 * Of what has no echo: it was read when anything is seen of it. A person's keys count like that
 * as well; who types himself goes on by what he sees.
 */
static void look_for_change(struct typing *typing, bool changed, gint64 now_us)
{
	guint read = 0;

	for (guint i = 0; changed && i < typing->sent->len; i++) {
		const struct sent *sent = &g_array_index(typing->sent, struct sent, i);

		/* What changes may be the echo of this. */
		if (sent->ch && typing->careful)
			break;
		if ((sent->turns || !typing->careful) && now_us - sent->due_us > SHOWN_US)
			read = i + 1;
	}
	if (read)
		forget_sent(typing, read);
}

void typing_seen(struct typing *typing, const struct text_screen *screen, gint64 now_us)
{
	guint look;

	if (!screen || !screen->cells || !screen->cols)
		return;
	if (screen->cursor_row >= 0)
		typing->cursor = screen->cursor_row * screen->cols + screen->cursor_col;
	look = look_of(typing, screen);
	look_for_change(typing, look != typing->look, now_us);
	typing->look = look;
	if (typing->cursor >= 0)
		look_for_echo(typing, screen);
}

/* Who echoed and is silent now is a guest that does not get on, or asks for a password. */
static void lose_patience(struct typing *typing, gint64 now_us)
{
	guint read = 0;

	for (; read < typing->sent->len; read++) {
		const struct sent *sent = &g_array_index(typing->sent, struct sent, read);
		gint64 age_us = now_us - sent->due_us;

		if (age_us <= ((sent->ch || sent->turns) && typing->echoes && typing->careful ? ECHO_US : SILENT_US))
			break;
		typing->echoes &= !sent->ch;
	}
	if (read)
		forget_sent(typing, read);
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

/* Keysyms of X (X11/keysymdef.h): modifiers from Shift_L to Hyper_R, and AltGr. */
static bool is_shift(uint32_t keysym)
{
	return keysym == 0xffe1 || keysym == 0xffe2 || keysym == 0xfe03;
}

static bool is_modifier(uint32_t keysym)
{
	return (keysym >= 0xffe1 && keysym <= 0xffee) || keysym == 0xfe03;
}

static gunichar written_by(uint32_t keysym)
{
	if (keysym >= 0x01000000)
		return keysym & 0xffffff;
	return (keysym >= 0x20 && keysym < 0x7f) || (keysym >= 0xa0 && keysym < 0x100) ? keysym : 0;
}

static void note_sent(struct typing *typing, const struct key_event *event, gint64 now_us)
{
	struct sent sent = {.bytes = bytes_of(event)};
	bool modifier = is_modifier(event->keysym);

	if (modifier && !is_shift(event->keysym))
		typing->held = event->down ? typing->held + 1 : typing->held - MIN(typing->held, 1);
	if (event->down && !modifier) {
		sent.ch = typing->held ? 0 : written_by(event->keysym);
		sent.turns = !sent.ch;
	}
	sent.due_us = typing->due_us = MAX(typing->due_us, now_us) + event->wait_ms * 1000;
	g_array_append_val(typing->sent, sent);
}

/* Of a text: an echo is looked for where it was typed, so what moves the cursor elsewhere has nothing beside it. */
static bool must_wait(const struct typing *typing, const struct key_event *event)
{
	bool modifier = is_modifier(event->keysym), writes = written_by(event->keysym) && !typing->held;

	if (!typing->careful || !event->down || modifier)
		return false;
	for (guint i = 0; i < typing->sent->len; i++) {
		const struct sent *sent = &g_array_index(typing->sent, struct sent, i);

		if (writes ? sent->turns : sent->ch != 0)
			return true;
	}
	return false;
}

const struct key_event *typing_take(struct typing *typing, gint64 now_us, int *ret_ms)
{
	const struct key_event *event;

	*ret_ms = -1;
	if (typing->next >= typing->events->len) {
		forget(typing);
		return NULL;
	}
	lose_patience(typing, now_us);
	event = &g_array_index(typing->events, struct key_event, typing->next);
	if (on_the_way(typing) + bytes_of(event) > ROOM_BYTES || must_wait(typing, event)) {
		*ret_ms = STEP_MS;
		return NULL;
	}
	typing->next++;
	note_sent(typing, event, now_us);
	*ret_ms = 0;
	return event;
}

unsigned typing_waits(const struct typing *typing, unsigned *ret_gone)
{
	*ret_gone = typing->next;
	return typing->events->len - typing->next;
}
