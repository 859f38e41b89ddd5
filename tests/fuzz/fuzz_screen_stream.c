/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any bytes as what the screen reader says: never more than a refusal. libFuzzer. */
#include "console/screen_stream.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Every cell may be drawn as it is. */
static void check(const struct screen_stream *stream)
{
	const struct text_screen *screen = &stream->screen;

	g_assert(screen->cursor_row < screen->rows && screen->cursor_col < screen->cols);
	g_assert((size_t)screen->rows * (size_t)screen->cols <= SCREEN_CELLS_MAX);
	for (int i = 0; i < screen->rows * screen->cols; i++)
		g_assert(wire_character_is_right(screen->cells[i].ch, screen->cells[i].flags));
	g_assert(g_utf8_validate(screen->font, -1, NULL) && g_utf8_validate(stream->words, -1, NULL));
}

/* The first byte says how the rest is cut into pieces; the greeting is given. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t hello[] = {4, 0, 0, 0, WIRE_HELLO, WIRE_VERSION, 0, 0, 0};
	size_t step = size ? data[0] + 1u : 1;
	struct screen_stream stream;

	screen_stream_init(&stream);
	stream.pixels_wanted = size & 1;
	screen_stream_feed(&stream, hello, sizeof(hello));
	for (size_t at = 1; at < size; at += step)
		if (!screen_stream_feed(&stream, data + at, MIN(step, size - at)))
			break;
	check(&stream);
	screen_stream_fini(&stream);
	return 0;
}
