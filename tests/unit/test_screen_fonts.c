/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Details of reading screens: font files, cells, cursors, pictures. Whole screens: backend/test_screen_text.c. */
#include "unit.h"

#include <string.h>

#include "console/cell.h"
#include "console/fonts.h"
#include "nvirt/screen_file.h"

#define COLS 40
#define ROWS 10

/* A font of the test's own: a letter's bits are a hash of it, so that no built-in glyph is like it. */
static void glyph_of(gunichar ch, uint32_t rows[GLYPH_HEIGHT_MAX])
{
	uint32_t bits = ch * 2654435761u;

	memset(rows, 0, sizeof(*rows) * GLYPH_HEIGHT_MAX);
	for (int y = 2; y < 13; y++, bits = bits * 1664525u + 1013904223u)
		rows[y] = bits >> 24 & 0x7e;
	rows[5] |= 2;
}

static struct fonts *own_fonts(void)
{
	struct fonts *fonts = fonts_new();
	uint32_t rows[GLYPH_HEIGHT_MAX];

	for (gunichar ch = '!'; ch < 0x7f; ch++) {
		glyph_of(ch, rows);
		fonts_learn(fonts, rows, 8, 16, ch);
	}
	return fonts;
}

struct scene {
	struct fonts *fonts;
	struct recogniser *rec;
	uint32_t *pixels;
	struct frame frame;
};

static void draw(struct scene *scene, int row, int col, const char *text, uint32_t fg, uint32_t bg)
{
	uint32_t rows[GLYPH_HEIGHT_MAX];

	for (; *text; text++, col++) {
		memset(rows, 0, sizeof(rows));
		if (*text != ' ')
			glyph_of((gunichar)*text, rows);
		for (int y = 0; y < 16; y++)
			for (int x = 0; x < 8; x++)
				scene->pixels[(row * 16 + y) * COLS * 8 + col * 8 + x] = rows[y] >> x & 1 ? fg : bg;
	}
}

static int set_up(void **state)
{
	struct scene *scene = g_new0(struct scene, 1);

	scene->fonts = own_fonts();
	scene->rec = recogniser_new(scene->fonts);
	scene->pixels = g_new0(uint32_t, COLS * 8 * ROWS * 16);
	scene->frame = (struct frame){COLS * 8, ROWS * 16, COLS * 8, scene->pixels};
	*state = scene;
	return 0;
}

static int tear_down(void **state)
{
	struct scene *scene = *state;

	recogniser_free(scene->rec);
	fonts_free(scene->fonts);
	g_free(scene->pixels);
	g_free(scene);
	return 0;
}

static const struct text_screen *update(struct scene *scene)
{
	return recogniser_update(scene->rec, &scene->frame, NULL, 0);
}

static void a_blank_frame_is_said_to_be_blank(void **state)
{
	assert_int_equal(update(*state)->kind, SCREEN_BLANK);
}

static void text_has_its_colours_and_learned_glyphs_count(void **state)
{
	struct scene *scene = *state;
	const struct text_screen *screen;
	g_autofree char *text = NULL;

	draw(scene, 0, 0, "Linux version 6.1.0 booting on pc", 0xaaaaaa, 0);
	draw(scene, 2, 3, "[FAILED]", 0xff5555, 0x0000aa);
	screen = update(scene);
	text = screen_plain(screen);
	assert_int_equal(screen->kind, SCREEN_TEXT);
	assert_string_equal(text, "Linux version 6.1.0 booting on pc\n\n   [FAILED]\n");
	assert_string_equal(screen->font, "learned");
	assert_int_equal(screen->cells[2 * COLS + 4].fg, 0xff5555);
	assert_int_equal(screen->cells[2 * COLS + 4].bg, 0x0000aa);
	assert_true(screen->cells[2 * COLS + 4].flags & CELL_BOLD);
	assert_false(screen->cells[0].flags & CELL_BOLD);
}

static void only_damaged_rows_change(void **state)
{
	struct scene *scene = *state;
	struct frame_rect rect = {0, 4 * 16, COLS * 8, 16};
	const struct text_screen *screen;

	draw(scene, 0, 0, "login as root 0123456789", 0xaaaaaa, 0);
	update(scene);
	draw(scene, 4, 0, "changed", 0xaaaaaa, 0);
	draw(scene, 6, 0, "not told", 0xaaaaaa, 0);
	screen = recogniser_update(scene->rec, &scene->frame, &rect, 1);
	assert_int_equal(screen->changed_first, 4);
	assert_int_equal(screen->changed_last, 4);
	assert_int_equal(screen->cells[4 * COLS].ch, 'c');
	assert_int_equal(screen->cells[6 * COLS].ch, ' ');
}

static void an_underline_cursor_is_found_on_and_beside_text(void **state)
{
	struct scene *scene = *state;
	const struct text_screen *screen;

	draw(scene, 0, 0, "login as root 0123456789", 0xaaaaaa, 0);
	for (int i = 0; i < 16; i++)
		scene->pixels[(14 + i / 8) * COLS * 8 + 30 * 8 + i % 8] = 0xaaaaaa;
	screen = update(scene);
	assert_int_equal(screen->cursor_row, 0);
	assert_int_equal(screen->cursor_col, 30);
	assert_int_equal(screen->cells[30].ch, ' ');
	draw(scene, 0, 30, " ", 0xaaaaaa, 0);
	for (int i = 0; i < 16; i++)
		scene->pixels[(14 + i / 8) * COLS * 8 + 2 * 8 + i % 8] ^= 0xaaaaaa;
	screen = update(scene);
	assert_int_equal(screen->cursor_col, 2);
	assert_int_equal(screen->cells[2].ch, 'g');
}

static void a_block_cursor_that_blinks_keeps_the_letter_below_it(void **state)
{
	struct scene *scene = *state;
	const struct text_screen *screen;

	draw(scene, 0, 0, "login as root 0123456789", 0xaaaaaa, 0);
	for (int i = 0; i < 4; i++) {
		draw(scene, 0, 9, "r", i & 1 ? 0 : 0xaaaaaa, i & 1 ? 0xaaaaaa : 0);
		screen = update(scene);
	}
	assert_int_equal(screen->cursor_col, 9);
	assert_int_equal(screen->cells[9].ch, 'r');
	assert_int_equal(screen->cells[9].bg, 0);
}

static void an_unknown_glyph_is_kept_and_can_be_named(void **state)
{
	struct scene *scene = *state;
	const struct text_screen *screen;
	uint32_t rows[64];

	draw(scene, 0, 0, "login as root 0123456789", 0xaaaaaa, 0);
	for (int y = 3; y < 9; y++)
		for (int x = 1; x < 7; x++)
			scene->pixels[y * COLS * 8 + 35 * 8 + x] = (x * y) % 3 ? 0xaaaaaa : 0;
	screen = update(scene);
	assert_true(screen->cells[35].flags & CELL_UNKNOWN);
	assert_true(recogniser_glyph(scene->rec, &scene->frame, 0, 35, rows));
	fonts_learn(scene->fonts, rows, 8, 16, 0x20ac);
	screen = update(scene);
	assert_int_equal(screen->cells[35].ch, 0x20ac);
	assert_false(screen->cells[35].flags & CELL_UNKNOWN);
}

static void noise_is_a_picture(void **state)
{
	struct scene *scene = *state;
	const struct text_screen *screen;
	uint32_t noise = 1;

	for (int i = 0; i < COLS * 8 * ROWS * 16; i++) {
		noise = noise * 1664525u + 1013904223u;
		scene->pixels[i] = noise >> 8;
	}
	screen = update(scene);
	while (recogniser_search(scene->rec, &scene->frame))
		;
	screen = update(scene);
	assert_int_equal(screen->kind, SCREEN_PICTURE);
	assert_true(screen->cells[0].flags & CELL_PICTURE);
}

/* One glyph, 0x41 and 0x391, and a sequence that is passed over; damaged ones are refused. */
static void a_psf_brings_all_its_characters(void **state)
{
	uint8_t psf[4 + 256 * 8 + 512 * 4] = {0x36, 0x04, 0x02, 8};
	struct fonts *fonts = fonts_new();
	unsigned before = fonts_glyphs(fonts);
	gsize at = 4 + 256 * 8;

	(void)state;
	memcpy(psf + 4 + 65 * 8, "\x11\x2f\x93\x45\xab\x01\x77\x80", 8);
	for (unsigned glyph = 0; glyph < 256; glyph++) {
		if (glyph == 65) {
			memcpy(psf + at, "\x41\x00\x91\x03\xfe\xff\x42\x00\x43\x00", 10);
			at += 10;
		}
		psf[at++] = 0xff;
		psf[at++] = 0xff;
	}
	assert_true(fonts_load_bytes(fonts, "own.psf", psf, at, NULL));
	/* Two characters, and what stands above a cursor of the one in ASCII. */
	assert_int_equal(fonts_glyphs(fonts), before + 3);
	for (gsize cut = 4; cut < 4 + 256 * 8; cut += 97)
		assert_false(fonts_load_bytes(fonts, "own.psf", psf, cut | 1, NULL));
	fonts_free(fonts);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup_teardown(a_blank_frame_is_said_to_be_blank, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(text_has_its_colours_and_learned_glyphs_count, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(only_damaged_rows_change, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(an_underline_cursor_is_found_on_and_beside_text, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(a_block_cursor_that_blinks_keeps_the_letter_below_it, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(an_unknown_glyph_is_kept_and_can_be_named, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(noise_is_a_picture, set_up, tear_down),
	        cmocka_unit_test(a_psf_brings_all_its_characters),
	};

	return cmocka_run_group_tests_name("screen_fonts", tests, NULL, NULL);
}
