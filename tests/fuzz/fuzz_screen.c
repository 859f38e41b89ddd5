/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libFuzzer: frames and font files that strangers made. The first byte says which.
 *
 * make fuzz runs it; the sanitizers say what is wrong.
 */
#include <stdlib.h>
#include <string.h>

#include "nvirt/screen_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static struct fonts *shared_fonts(void)
{
	static struct fonts *fonts;

	if (!fonts)
		fonts = fonts_new();
	return fonts;
}

static void check(const struct text_screen *screen)
{
	if (!screen)
		return;
	for (int i = 0; i < screen->rows * screen->cols; i++) {
		const struct text_cell *cell = screen->cells + i;

		if ((cell->ch < ' ' && !(cell->flags & CELL_WIDE_REST)) || cell->confidence > 100)
			abort();
	}
	if (screen->cursor_row >= screen->rows || screen->cursor_col >= screen->cols)
		abort();
}

/* Pixels of few colours in a size the input chooses, then some damage. */
static void try_frame(const uint8_t *bytes, size_t length)
{
	static const uint32_t colours[4] = {0, 0xaaaaaa, 0xffffff, 0xaa};
	int width = 1 + bytes[0], height = 1 + bytes[1], count = width * height;
	uint32_t *pixels = g_new(uint32_t, (gsize)count);
	struct frame frame = {width, height, width, pixels};
	struct recogniser *rec = recogniser_new(shared_fonts());
	char *text;

	for (int i = 0; i < count; i++)
		pixels[i] = length > 2 ? colours[bytes[2 + (size_t)i / 4 % (length - 2)] >> i % 4 * 2 & 3] : 0;
	check(recogniser_update(rec, &frame, NULL, 0));
	for (int i = 0; i < 4 && recogniser_search(rec, &frame); i++)
		;
	for (size_t i = 2; i + 4 <= length && i < 34; i += 4) {
		struct frame_rect rect = {(int8_t)bytes[i] * 8, (int8_t)bytes[i + 1] * 8, bytes[i + 2] * 4, bytes[i + 3] * 4};

		pixels[(size_t)(bytes[i] * 331 + bytes[i + 1]) % (size_t)count] ^= 0xffffff;
		check(recogniser_update(rec, &frame, &rect, 1));
	}
	text = screen_ansi(recogniser_update(rec, &frame, NULL, 0));
	g_free(text);
	recogniser_free(rec);
	g_free(pixels);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	struct frame frame;

	if (length < 3)
		return 0;
	switch (*bytes % 3) {
	case 0:
		try_frame(bytes + 1, length - 1);
		break;
	case 1:
		/* Grows to its bound: what comes later finds it full. */
		fonts_load_bytes(shared_fonts(), "fuzz.psf", bytes + 1, length - 1, NULL);
		break;
	default:
		if (frame_from_bytes(bytes + 1, length - 1, &frame, NULL))
			g_free((uint32_t *)frame.pixels);
	}
	return 0;
}
