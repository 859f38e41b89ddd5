/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a guest writes to its serial port, in pieces and with other sizes between: cells may be drawn as they are. libFuzzer. */
#include <stdlib.h>

#include "nvirt/serial.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_line(const struct serial_line *line)
{
	for (unsigned i = 0; line && i < line->count; i++) {
		gunichar ch = line->cells[i].ch;

		if (ch && !g_unichar_isprint(ch))
			abort();
	}
}

static void tell(struct serial_term *term, struct serial_screen *screen)
{
	struct serial_frame *frame = serial_frame_new();

	serial_term_frame(term, frame);
	if (frame->lines && frame->lines->len > SERIAL_LINES_MAX)
		abort();
	serial_screen_apply(screen, frame);
	serial_frame_free(frame);
	for (unsigned i = 0; i < serial_screen_lines(screen); i++)
		check_line(serial_screen_line(screen, i));
}

/* The first byte says how large the pieces are, and each piece's first one may change the size. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct serial_screen *screen = serial_screen_new();
	struct serial_term *term = serial_term_new(SERIAL_ROWS, SERIAL_COLS);
	size_t step = size ? data[0] + 1u : 1;
	GByteArray *out = g_byte_array_new();

	for (size_t at = 1; at < size; at += step) {
		if (data[at] >= 0xf8)
			serial_term_resize(term, 1 + data[at] % 7, 1 + data[at - 1] % 100);
		serial_term_feed(term, (const char *)data + at, MIN(step, size - at));
		serial_term_answers(term, out);
		if (at / step % 4 == 0)
			tell(term, screen);
	}
	tell(term, screen);
	if (out->len > SERIAL_INPUT_MAX)
		abort();
	g_byte_array_unref(out);
	serial_term_free(term);
	serial_screen_free(screen);
	return 0;
}
