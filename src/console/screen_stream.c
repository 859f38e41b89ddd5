/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The reader's messages, checked: see screen_stream.h. */
#include "screen_stream.h"

#include <string.h>

#include "nvirt/text.h"

#define RGB_MAX 0xffffffu

void screen_stream_init(struct screen_stream *stream)
{
	*stream = (struct screen_stream){
	        .in = g_byte_array_new(),
	        .name = g_strdup(""),
	        .words = g_strdup(""),
	        .fit = -1,
	};
	stream->screen.cursor_row = stream->screen.cursor_col = -1;
	stream->screen.font = stream->font;
	stream->anew = true;
	screen_stream_begin(stream);
}

void screen_stream_fini(struct screen_stream *stream)
{
	g_byte_array_unref(stream->in);
	g_free(stream->cells);
	g_free(stream->name);
	g_free(stream->words);
	picture_free(stream->pixels);
}

void screen_stream_restart(struct screen_stream *stream)
{
	g_byte_array_set_size(stream->in, 0);
	g_free(stream->words);
	stream->words = g_strdup("");
	g_clear_pointer(&stream->pixels, picture_free);
	stream->anew = true;
	stream->pixels_wanted = stream->hello = stream->live = stream->frame_waits = stream->settled = stream->silent = false;
	stream->features = stream->leds = stream->synced = 0;
	stream->fit = -1;
	stream->end = VNC_END_NONE;
	screen_stream_begin(stream);
}

void screen_stream_begin(struct screen_stream *stream)
{
	stream->changed = false;
	stream->screen.changed_first = stream->screen.rows;
	stream->screen.changed_last = -1;
}

static bool refuse(struct screen_stream *stream, const char *what)
{
	stream->end = VNC_END_READER;
	stream->changed = true;
	g_free(stream->words);
	stream->words = g_strdup_printf("the screen reader sent what can not be right (%s)", what);
	return false;
}

static void touch_rows(struct screen_stream *stream, int first, int last)
{
	stream->screen.changed_first = MIN(stream->screen.changed_first, first);
	stream->screen.changed_last = MAX(stream->screen.changed_last, last);
}

/* ---- messages ---- */

static bool on_hello(struct screen_stream *stream, struct wire_reader *payload)
{
	uint32_t version = wire_u32(payload);

	if (!wire_done(payload) || version != WIRE_VERSION || stream->hello)
		return refuse(stream, "it is of another version");
	stream->hello = true;
	return true;
}

static bool on_live(struct screen_stream *stream, struct wire_reader *payload)
{
	g_autofree char *raw = wire_string(payload, WIRE_TEXT_MAX);

	if (!wire_done(payload))
		return refuse(stream, "a name");
	g_free(stream->name);
	stream->name = text_clean(raw, -1);
	stream->live = stream->changed = true;
	return true;
}

static struct text_cell blank(void)
{
	return (struct text_cell){.ch = ' ', .confidence = 100};
}

/* The same memory as long as the grid is the same. */
static void set_grid(struct screen_stream *stream, int rows, int cols)
{
	size_t count = (size_t)rows * (size_t)cols;

	g_free(stream->cells);
	stream->cells = g_new(struct text_cell, MAX(count, 1));
	for (size_t i = 0; i < count; i++)
		stream->cells[i] = blank();
	stream->screen.rows = rows;
	stream->screen.cols = cols;
	stream->screen.cells = stream->cells;
	stream->screen.changed_first = 0;
	stream->screen.changed_last = rows - 1;
}

static int read_i16(struct wire_reader *payload)
{
	return (int16_t)wire_u16(payload);
}

static void read_screen(struct wire_reader *payload, struct text_screen *ret, int *ret_width, int *ret_height)
{
	ret->kind = (enum screen_kind)wire_u8(payload);
	ret->rows = (int)wire_u16(payload);
	ret->cols = (int)wire_u16(payload);
	ret->cell_w = (int)wire_u16(payload);
	ret->cell_h = (int)wire_u16(payload);
	ret->x = (int)wire_u16(payload);
	ret->y = (int)wire_u16(payload);
	ret->cursor_row = read_i16(payload);
	ret->cursor_col = read_i16(payload);
	ret->known = wire_u32(payload);
	ret->unknown = wire_u32(payload);
	*ret_width = (int)wire_u16(payload);
	*ret_height = (int)wire_u16(payload);
}

static bool screen_is_right(const struct text_screen *screen, int width, int height)
{
	unsigned cells = (unsigned)screen->rows * (unsigned)screen->cols;
	bool sized = screen->rows <= SCREEN_SIDE_MAX && screen->cols <= SCREEN_SIDE_MAX && cells <= SCREEN_CELLS_MAX &&
	             screen->cell_w <= FRAME_SIDE_MAX && screen->cell_h <= FRAME_SIDE_MAX &&
	             screen->x <= FRAME_SIDE_MAX && screen->y <= FRAME_SIDE_MAX && width <= FRAME_SIDE_MAX &&
	             height <= FRAME_SIDE_MAX && width * height <= FRAME_PIXELS_MAX;
	bool cursor = screen->cursor_row >= -1 && screen->cursor_row < screen->rows && screen->cursor_col >= -1 &&
	              screen->cursor_col < screen->cols && (screen->cursor_row < 0) == (screen->cursor_col < 0);

	return sized && cursor && (unsigned)screen->kind <= SCREEN_PICTURE && screen->known <= cells &&
	       screen->unknown <= cells;
}

/* What is spelt out is longer than it came; no character is cut in two. */
static void set_font(struct screen_stream *stream, const char *raw)
{
	g_autofree char *font = text_clean(raw, -1);
	const char *end;

	g_strlcpy(stream->font, font, sizeof(stream->font));
	g_utf8_validate(stream->font, -1, &end);
	stream->font[end - stream->font] = '\0';
}

static bool on_screen(struct screen_stream *stream, struct wire_reader *payload)
{
	struct text_screen now = stream->screen, told = {0};
	int width, height;

	read_screen(payload, &told, &width, &height);
	g_autofree char *raw = wire_string(payload, WIRE_FONT_MAX);
	if (!wire_done(payload) || !screen_is_right(&told, width, height))
		return refuse(stream, "a size");
	set_font(stream, raw);
	if (told.rows != now.rows || told.cols != now.cols || stream->anew)
		set_grid(stream, told.rows, told.cols);
	else if (told.kind != now.kind)
		touch_rows(stream, 0, now.rows - 1);
	if (now.cursor_row >= 0 && now.cursor_row < told.rows)
		touch_rows(stream, now.cursor_row, now.cursor_row);
	if (told.cursor_row >= 0)
		touch_rows(stream, told.cursor_row, told.cursor_row);
	/* What the stream owns stays; the rest is as told. */
	told.cells = stream->cells;
	told.font = stream->font;
	told.serial = now.serial + 1;
	told.changed_first = stream->screen.changed_first;
	told.changed_last = stream->screen.changed_last;
	stream->screen = told;
	stream->width = width;
	stream->height = height;
	stream->whole = stream->anew = false;
	return true;
}

static bool read_cell(struct wire_reader *payload, struct text_cell *ret)
{
	ret->ch = wire_u24(payload);
	ret->fg = wire_u24(payload) & RGB_MAX;
	ret->bg = wire_u24(payload) & RGB_MAX;
	ret->confidence = (uint8_t)wire_u8(payload);
	ret->flags = (uint8_t)wire_u8(payload);
	return !payload->bad && ret->confidence <= 100 && wire_character_is_right(ret->ch, ret->flags);
}

static bool on_cells(struct screen_stream *stream, struct wire_reader *payload)
{
	unsigned row = wire_u16(payload), col = wire_u16(payload), count = wire_u16(payload);

	if (payload->bad || row >= (unsigned)stream->screen.rows || col + count > (unsigned)stream->screen.cols)
		return refuse(stream, "cells outside the screen");
	for (unsigned i = 0; i < count; i++)
		if (!read_cell(payload, &stream->cells[row * (unsigned)stream->screen.cols + col + i])) {
			stream->cells[row * (unsigned)stream->screen.cols + col + i] = blank();
			return refuse(stream, "a character");
		}
	touch_rows(stream, (int)row, (int)row);
	return wire_done(payload) ? true : refuse(stream, "cells");
}

static bool on_frame(struct screen_stream *stream, struct wire_reader *payload)
{
	stream->frame = wire_u32(payload);
	stream->settled = !wire_u8(payload);
	if (!wire_done(payload) || !stream->cells)
		return refuse(stream, "a frame");
	stream->frames++;
	stream->whole = stream->changed = stream->frame_waits = true;
	return true;
}

static bool on_features(struct screen_stream *stream, struct wire_reader *payload)
{
	stream->features = wire_u8(payload) & (FEATURE_SCANCODES | FEATURE_LEDS | FEATURE_ABSOLUTE | FEATURE_RELATIVE);
	stream->leds = wire_u8(payload) & 7;
	stream->changed = true;
	return wire_done(payload) ? true : refuse(stream, "features");
}

static bool on_pixels_new(struct screen_stream *stream, struct wire_reader *payload)
{
	unsigned width = wire_u16(payload), height = wire_u16(payload);

	if (!wire_done(payload) || !stream->pixels_wanted || !width || !height || width > FRAME_SIDE_MAX ||
	        height > FRAME_SIDE_MAX || width * height > FRAME_PIXELS_MAX)
		return refuse(stream, "a picture");
	picture_free(stream->pixels);
	stream->pixels = picture_new(width, height);
	stream->pixels_have = 0;
	return true;
}

static bool on_pixels(struct screen_stream *stream, struct wire_reader *payload)
{
	struct picture *picture = stream->pixels;
	size_t all = picture ? (size_t)picture->width * picture->height * 3 : 0;

	if (!picture || payload->left > all - stream->pixels_have)
		return refuse(stream, "a picture");
	memcpy(picture->rgb + stream->pixels_have, payload->at, payload->left);
	stream->pixels_have += payload->left;
	stream->changed |= stream->pixels_have == all;
	return true;
}

static bool on_sync(struct screen_stream *stream, struct wire_reader *payload)
{
	stream->synced = wire_u32(payload);
	return wire_done(payload) ? true : refuse(stream, "a number");
}

static bool on_silent(struct screen_stream *stream, struct wire_reader *payload)
{
	stream->silent = wire_u8(payload);
	stream->changed = true;
	return wire_done(payload) ? true : refuse(stream, "a silence");
}

static bool on_fit(struct screen_stream *stream, struct wire_reader *payload)
{
	stream->fit = (int)wire_u8(payload);
	stream->changed = true;
	return wire_done(payload) ? true : refuse(stream, "an answer");
}

static bool on_ended(struct screen_stream *stream, struct wire_reader *payload)
{
	unsigned end = wire_u8(payload);
	g_autofree char *raw = wire_string(payload, WIRE_TEXT_MAX);

	if (!wire_done(payload) || end == VNC_END_NONE || end >= VNC_END_N)
		return refuse(stream, "its end");
	stream->end = (enum vnc_end)end;
	stream->changed = true;
	g_free(stream->words);
	stream->words = text_clean(raw, -1);
	return false;
}

static bool on_message(struct screen_stream *stream, unsigned type, struct wire_reader *payload)
{
	if (!stream->hello && type != WIRE_HELLO)
		return refuse(stream, "no greeting");
	switch (type) {
	case WIRE_HELLO:
		return on_hello(stream, payload);
	case WIRE_LIVE:
		return on_live(stream, payload);
	case WIRE_SCREEN:
		return on_screen(stream, payload);
	case WIRE_CELLS:
		return on_cells(stream, payload);
	case WIRE_FRAME:
		return on_frame(stream, payload);
	case WIRE_FEATURES:
		return on_features(stream, payload);
	case WIRE_PIXELS_NEW:
		return on_pixels_new(stream, payload);
	case WIRE_PIXELS:
		return on_pixels(stream, payload);
	case WIRE_SYNC:
		return on_sync(stream, payload);
	case WIRE_SILENT:
		return on_silent(stream, payload);
	case WIRE_FIT:
		return on_fit(stream, payload);
	case WIRE_ENDED:
		return on_ended(stream, payload);
	default:
		return refuse(stream, "an unknown message");
	}
}

bool screen_stream_feed(struct screen_stream *stream, const uint8_t *bytes, size_t length)
{
	struct wire_reader payload = {0};
	unsigned type = 0;
	guint at = 0;
	bool right = stream->end == VNC_END_NONE;
	int next = 0;

	g_byte_array_append(stream->in, bytes, (guint)length);
	while (right &&
	        (next = wire_next(stream->in->data + at, stream->in->len - at, WIRE_PAYLOAD_MAX, &type, &payload)) > 0) {
		guint size = WIRE_HEAD_BYTES + (guint)payload.left;

		right = on_message(stream, type, &payload);
		at += size;
	}
	if (right && next < 0)
		right = refuse(stream, "a length");
	g_byte_array_remove_range(stream->in, 0, MIN(at, stream->in->len));
	return right;
}
