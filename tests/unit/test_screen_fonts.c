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

/* A cursor as the VGA has it: two rows, on or off. */
static void underline(struct scene *scene, int row, int col, bool on)
{
	for (int y = 13; y < 15; y++)
		for (int x = 0; x < 8; x++)
			scene->pixels[(row * 16 + y) * COLS * 8 + col * 8 + x] = on ? 0xaaaaaa : 0;
}

static void expect_cursor(struct scene *scene, int row, int col)
{
	const struct frame_rect all = {0, 0, scene->frame.width, scene->frame.height};
	const struct text_screen *screen = recogniser_update(scene->rec, &scene->frame, &all, 1);

	assert_int_equal(screen->cursor_row, row);
	assert_int_equal(screen->cursor_col, col);
}

static void the_cursor_is_followed_before_it_blinks_at_its_new_place(void **state)
{
	struct scene *scene = *state;

	draw(scene, 0, 0, "login on tty1 of a machine with a name", 0xaaaaaa, 0);
	draw(scene, 2, 0, "sh$", 0xaaaaaa, 0);
	update(scene);
	for (int i = 0; i < 4; i++) {
		underline(scene, 2, 4, i % 2 == 0);
		update(scene);
	}
	underline(scene, 2, 4, true);
	expect_cursor(scene, 2, 4);
	/* A letter is typed while it is on, and one while it is off. */
	draw(scene, 2, 4, "a", 0xaaaaaa, 0);
	underline(scene, 2, 5, true);
	expect_cursor(scene, 2, 5);
	underline(scene, 2, 5, false);
	expect_cursor(scene, 2, 5);
	draw(scene, 2, 5, "b", 0xaaaaaa, 0);
	expect_cursor(scene, 2, 6);
	underline(scene, 2, 6, true);
	expect_cursor(scene, 2, 6);
	/* It leaves a blank behind, which blinks no more, and begins anew elsewhere. */
	underline(scene, 2, 6, false);
	update(scene);
	draw(scene, 3, 0, "sh$", 0xaaaaaa, 0);
	update(scene);
	underline(scene, 3, 4, true);
	expect_cursor(scene, 3, 4);
	g_autofree char *line = screen_row_text(update(scene), 3);
	assert_string_equal(line, "sh$");
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
static void a_page_that_comes_back_has_no_cursor_of_its_letters(void **state)
{
	struct scene *scene = *state;
	const struct text_screen *screen;
	g_autofree char *text = NULL;

	for (int page = 0; page < 3; page++) {
		draw(scene, 0, 0, "boot menu, page 0123456789", 0xaaaaaa, 0);
		draw(scene, 2, 0, page == 1 ? "       " : "ab c d.", 0xaaaaaa, 0);
		draw(scene, 3, 0, page == 1 ? "        " : "xyz and.", 0xaaaaaa, 0);
		screen = update(scene);
	}
	text = screen_plain(screen);
	assert_non_null(strstr(text, "xyz and.\n"));
}

/* A wallpaper: a gradient, and no two neighbours alike. */
static uint32_t wallpaper(int x, int y)
{
	return (uint32_t)(20 + x / 12 + (x + y) % 3) << 16 | (uint32_t)(60 + y / 4 + (x * 7 + y) % 4) << 8 | (uint32_t)(90 + x / 8);
}

/* Letters with a shadow, as boot menus draw them; the shadow reaches into the cells below and beside them. */
static void draw_on_wallpaper(struct scene *scene, int row, int col, const char *text, uint32_t ink)
{
	uint32_t rows[GLYPH_HEIGHT_MAX];

	for (int shadow = 1; shadow >= 0; shadow--)
		for (int at = 0; text[at]; at++) {
			if (text[at] == ' ')
				continue;
			glyph_of((gunichar)text[at], rows);
			for (int i = 0; i < 16 * 8; i++)
				if (rows[i / 8] >> i % 8 & 1)
					scene->pixels[(row * 16 + i / 8 + shadow) * COLS * 8 + (col + at) * 8 + i % 8 + shadow] =
					        shadow ? 0x010307 : ink;
		}
}

static void text_on_a_picture_is_read(void **state)
{
	struct scene *scene = *state;
	const struct text_screen *screen;
	g_autofree char *text = NULL;

	for (int i = 0; i < COLS * 8 * ROWS * 16; i++)
		scene->pixels[i] = wallpaper(i % (COLS * 8), i / (COLS * 8));
	draw_on_wallpaper(scene, 1, 2, "Installer menu (BIOS mode)", 0xffffff);
	draw_on_wallpaper(scene, 3, 2, "Graphical install of the system", 0xc6cacd);
	draw_on_wallpaper(scene, 4, 2, "Advanced options, 0123456789", 0xc6cacd);
	update(scene);
	while (recogniser_search(scene->rec, &scene->frame))
		;
	screen = update(scene);
	text = screen_plain(screen);
	assert_int_equal(screen->kind, SCREEN_TEXT);
	assert_string_equal(text, "\n  Installer menu (BIOS mode)\n\n  Graphical install of the system\n"
	                          "  Advanced options, 0123456789\n");
	assert_int_equal(screen->cells[COLS + 2].fg, 0xffffff);
	assert_int_equal(screen->cells[3 * COLS + 2].fg, 0xc6cacd);
}

/* Each pixel four times; then, in a frame of the same size, once. */
static void pixels_that_stand_there_twice_are_read(void **state)
{
	struct scene *scene = *state;
	const struct text_screen *screen;
	g_autofree uint32_t *big = g_new(uint32_t, COLS * 16 * ROWS * 32);
	struct frame frame = {COLS * 16, ROWS * 32, COLS * 16, big};

	draw(scene, 0, 0, "Booting from Hard Disk 0123456789", 0xaaaaaa, 0);
	for (int i = 0; i < COLS * 16 * ROWS * 32; i++)
		big[i] = scene->pixels[i / (COLS * 16) / 2 * COLS * 8 + i % (COLS * 16) / 2];
	screen = recogniser_update(scene->rec, &frame, NULL, 0);
	assert_int_equal(screen->kind, SCREEN_TEXT);
	assert_int_equal(screen->cols, COLS);
	assert_int_equal(screen->cell_w, 16);
	assert_int_equal(screen->cell_h, 32);
	assert_int_equal(screen->cells[8].ch, 'f');
	/* A damaged part of it. */
	const struct frame_rect rect = {8 * 16, 0, 16, 32};
	for (int y = 0; y < 32; y++)
		memset(big + y * COLS * 16 + 8 * 16, 0, 16 * sizeof(*big));
	screen = recogniser_update(scene->rec, &frame, &rect, 1);
	assert_int_equal(screen->cells[8].ch, ' ');
	assert_int_equal(screen->cells[9].ch, 'r');
	memset(big, 0, sizeof(*big) * COLS * 16 * ROWS * 32);
	for (int y = 0; y < ROWS * 16; y++)
		memcpy(big + y * COLS * 16, scene->pixels + y * COLS * 8, COLS * 8 * sizeof(*big));
	screen = recogniser_update(scene->rec, &frame, NULL, 0);
	assert_int_equal(screen->cell_w, 8);
	assert_int_equal(screen->cells[8].ch, 'f');
}

/* QEMU fills rows up to whole words where the width is no multiple of four. */
static void a_ppm_of_an_odd_width_is_read(void **state)
{
	static const uint8_t plain[] = "P6\n3 2\n255\nabcdefghiABCDEFGHI", padded[] = "P6\n3 2\n255\nabcdefghi\0\0\0ABCDEFGHI\0\0\0";
	struct frame frame;

	(void)state;
	for (int i = 0; i < 2; i++) {
		assert_true(frame_from_bytes(i ? padded : plain, (i ? sizeof(padded) : sizeof(plain)) - 1, &frame, NULL));
		assert_int_equal(frame.pixels[0], 0x616263);
		assert_int_equal(frame.pixels[5], 0x474849);
		g_free((uint32_t *)frame.pixels);
	}
}

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

/* A font of one glyph, 65, that is that character. */
static gsize make_psf(uint8_t psf[4 + 256 * 8 + 512 * 2 + 2], gunichar ch)
{
	gsize at = 4 + 256 * 8;

	memset(psf, 0, at);
	memcpy(psf, "\x36\x04\x02\x08", 4);
	memcpy(psf + 4 + 65 * 8, "\x11\x2f\x93\x45\xab\x01\x77\x80", 8);
	for (unsigned glyph = 0; glyph < 256; glyph++) {
		if (glyph == 65) {
			psf[at++] = ch & 0xff;
			psf[at++] = ch >> 8 & 0xff;
		}
		psf[at++] = 0xff;
		psf[at++] = 0xff;
	}
	return at;
}

static unsigned family_of_entry(const struct fonts *fonts, gunichar ch)
{
	const uint8_t bytes[8] = {0x11, 0x2f, 0x93, 0x45, 0xab, 0x01, 0x77, 0x80};
	uint32_t rows[GLYPH_HEIGHT_MAX] = {0}, at;
	font_entry entry;
	bool inverted;
	uint64_t key;

	for (int y = 0; y < 8; y++)
		for (int x = 0; x < 8; x++)
			rows[y] |= (uint32_t)(bytes[y] >> (7 - x) & 1) << x;
	key = glyph_key(rows, 8, 8, &inverted);
	at = fonts_slot(fonts, key);
	while ((entry = fonts_next(fonts, key, &at)))
		if (font_entry_ch(entry) == ch)
			return font_entry_family(entry);
	fail_msg("U+%04X is in no font", ch);
	return 0;
}

/* Of kbd's fonts those that say the same are one family. */
static void fonts_that_contradict_each_other_are_two_families(void **state)
{
	struct fonts *fonts = fonts_new();
	uint8_t psf[4 + 256 * 8 + 512 * 2 + 2];
	static const gunichar chars[] = {0x153, 0xbd, 0x153};

	(void)state;
	for (unsigned i = 0; i < G_N_ELEMENTS(chars); i++) {
		g_autofree char *path = g_strdup_printf("/usr/share/kbd/consolefonts/own%u.psf", i);

		assert_true(fonts_load_bytes(fonts, path, psf, make_psf(psf, chars[i]), NULL));
	}
	assert_int_not_equal(family_of_entry(fonts, 0x153), family_of_entry(fonts, 0xbd));
	assert_true(fonts_is_mixed(fonts, family_of_entry(fonts, 0x153)));
	assert_true(fonts_is_mixed(fonts, family_of_entry(fonts, 0xbd)));
	fonts_free(fonts);
}

/* A full block is no other picture than a blank: what stands beside it tells. */
static void a_block_between_substitutes_is_a_block_and_in_a_bar_a_blank(void **state)
{
	struct scene *scene = *state;
	const struct text_screen *screen;

	draw(scene, 0, 0, "login as root 0123456789", 0xaaaaaa, 0);
	draw(scene, 2, 4, "?? ?", 0, 0xaaaaaa);
	draw(scene, 4, 4, "File ?", 0, 0xaaaaaa);
	screen = update(scene);
	assert_int_equal(screen->cells[2 * COLS + 6].ch, 0x2588);
	assert_int_equal(screen->cells[2 * COLS + 6].fg, 0xaaaaaa);
	assert_true(screen->cells[2 * COLS + 6].flags & CELL_GUESSED);
	assert_int_equal(screen->cells[4 * COLS + 8].ch, ' ');
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup_teardown(a_blank_frame_is_said_to_be_blank, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(text_has_its_colours_and_learned_glyphs_count, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(only_damaged_rows_change, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(an_underline_cursor_is_found_on_and_beside_text, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(the_cursor_is_followed_before_it_blinks_at_its_new_place, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(a_block_cursor_that_blinks_keeps_the_letter_below_it, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(an_unknown_glyph_is_kept_and_can_be_named, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(noise_is_a_picture, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(
	                a_page_that_comes_back_has_no_cursor_of_its_letters, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(text_on_a_picture_is_read, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(pixels_that_stand_there_twice_are_read, set_up, tear_down),
	        cmocka_unit_test(a_ppm_of_an_odd_width_is_read),
	        cmocka_unit_test(a_psf_brings_all_its_characters),
	        cmocka_unit_test(fonts_that_contradict_each_other_are_two_families),
	        cmocka_unit_test_setup_teardown(
	                a_block_between_substitutes_is_a_block_and_in_a_bar_a_blank, set_up, tear_down),
	};

	return cmocka_run_group_tests_name("screen_fonts", tests, NULL, NULL);
}
