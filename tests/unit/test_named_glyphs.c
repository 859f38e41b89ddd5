/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Glyphs that a user named: the font they are kept in, and that screens are read with it from then on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <glib/gstdio.h>
#include <poll.h>

#include "nvirt/glyph_file.h"
#include "nvirt/screen_file.h"
#include "nvirt/vnc.h"
#include "support/files.h"
#include "support/vnc_server.h"

#define COLS 40
#define ROWS 6
#define DEADLINE_US (60 * G_USEC_PER_SEC)

/* A shape that no font has. */
static const struct named_glyph heart = {.width = 8, .height = 16, .ch = 0x2665,
        .rows = {0, 0, 0x41, 0x22, 0x14, 0x08, 0x55, 0x2a, 0x7f, 0x2a, 0x55, 0x08, 0x14, 0x22, 0, 0}};

static void it_is_a_font_that_is_read(void **state)
{
	struct named_glyph other = heart, inverse = heart;
	struct fonts *fonts = fonts_new();
	unsigned before = fonts_glyphs(fonts);

	(void)state;
	other.rows[3] = 0x3e;
	other.ch = 'x';
	g_autoptr(GByteArray) one = glyph_file_add(NULL, 0, &heart, NULL);
	assert_non_null(one);
	g_autoptr(GByteArray) two = glyph_file_add(one->data, one->len, &other, NULL);
	assert_true(fonts_load_bytes(fonts, "learned-8x16.psf", two->data, two->len, NULL));
	assert_true(fonts_glyphs(fonts) >= before + 2);
	/* Named anew, also as seen with its colours swapped: still two. */
	for (int y = 0; y < 16; y++)
		inverse.rows[y] = ~heart.rows[y] & 0xff;
	inverse.ch = 0xdf;
	g_autoptr(GByteArray) again = glyph_file_add(two->data, two->len, &inverse, NULL);
	assert_int_equal(again->len, two->len - 1);
	assert_int_equal(again->data[16], 2);
	g_autofree char *name = glyph_file_name(&heart);
	assert_string_equal(name, "learned-8x16.psf");
	fonts_free(fonts);
}

static void refused(const uint8_t *bytes, gsize length, const struct named_glyph *glyph, const char *words)
{
	g_autoptr(GError) error = NULL;

	assert_null(glyph_file_add(bytes, length, glyph, &error));
	assert_non_null(strstr(error->message, words));
}

static void what_is_no_such_font_is_left_alone(void **state)
{
	g_autoptr(GByteArray) font = glyph_file_add(NULL, 0, &heart, NULL);
	struct named_glyph wide = heart;

	(void)state;
	refused((const uint8_t *)"not a font", 10, &heart, "no font of named glyphs");
	refused(font->data, 40, &heart, "damaged");
	refused(font->data, font->len - 1, &heart, "damaged");
	wide.width = 9;
	refused(font->data, font->len, &wide, "of that size");
	wide = heart;
	wide.ch = 0x6f22; /* two columns */
	refused(NULL, 0, &wide, "can not be kept");
	wide.ch = 0x202e;
	refused(NULL, 0, &wide, "can not be kept");
	for (guint cut = 0; cut < font->len; cut++) {
		GByteArray *made = glyph_file_add(font->data, cut, &heart, NULL);

		assert_true(!made || cut == 0);
		if (made)
			g_byte_array_unref(made);
	}
}

/* ---- the screen reader is told ---- */

struct scene {
	uint32_t pixels[COLS * 8 * ROWS * 16];
};

static void draw_glyph(struct scene *scene, int row, int col, const uint32_t *rows)
{
	for (int y = 0; y < 16; y++)
		for (int x = 0; x < 8; x++)
			scene->pixels[(row * 16 + y) * COLS * 8 + col * 8 + x] = rows[y] >> x & 1 ? 0xaaaaaa : 0;
}

/* A font of the test's own, as in test_screen_fonts.c: no built-in glyph is like it. */
static void letter_of(gunichar ch, uint32_t rows[64])
{
	uint32_t bits = ch * 2654435761u;

	memset(rows, 0, sizeof(*rows) * 64);
	for (int y = 2; y < 13; y++, bits = bits * 1664525u + 1013904223u)
		rows[y] = bits >> 24 & 0x7e;
	rows[5] |= 2;
}

static GByteArray *font_of_letters(void)
{
	GByteArray *font = NULL;

	for (gunichar ch = '!'; ch < 0x7f; ch++) {
		struct named_glyph glyph = {.width = 8, .height = 16, .ch = ch};
		GByteArray *larger;

		letter_of(ch, glyph.rows);
		larger = glyph_file_add(font ? font->data : NULL, font ? font->len : 0, &glyph, NULL);
		assert_non_null(larger);
		if (font)
			g_byte_array_unref(font);
		font = larger;
	}
	return font;
}

static void draw_text(struct scene *scene, int row, const char *text)
{
	uint32_t rows[64];

	for (int col = 0; text[col]; col++) {
		letter_of((guchar)text[col], rows);
		if (text[col] != ' ')
			draw_glyph(scene, row, col, rows);
	}
}

static void show_scene(struct vnc_server *server)
{
	const struct scene *scene = server->data;

	vnc_server_greet(server, COLS * 8, ROWS * 16, "letters");
	vnc_server_rect(server, 0, 0, COLS * 8, ROWS * 16, 0);
	for (int i = 0; i < COLS * 8 * ROWS * 16; i++) {
		const uint8_t pixel[4] = {scene->pixels[i] & 0xff, scene->pixels[i] >> 8 & 0xff, scene->pixels[i] >> 16 & 0xff, 0};

		vnc_server_send(server, pixel, sizeof(pixel));
	}
	vnc_server_drain(server);
}

/* Pumps until a row has the text; what is there at the end, owned. */
static char *await_text(struct vnc_view *view, const char *text)
{
	gint64 deadline_us = g_get_monotonic_time() + DEADLINE_US;
	char *shown = g_strdup("");

	while (vnc_view_state(view) != VNC_ENDED && !strstr(shown, text) && g_get_monotonic_time() < deadline_us) {
		struct pollfd fd = {.fd = vnc_view_fd(view), .events = vnc_view_events(view)};
		const struct text_screen *screen;

		poll(&fd, 1, 100);
		vnc_view_pump(view);
		screen = vnc_view_screen(view);
		if (!screen)
			continue;
		g_free(shown);
		shown = screen_plain(screen);
	}
	return shown;
}

static void a_named_glyph_is_read_from_then_on(void **state)
{
	g_autofree char *data = g_dir_make_tmp("nvirt-glyphs-XXXXXX", NULL);
	/* Longer than what the reader may tell. */
	g_autofree char *name = g_strnfill(100, 'a'), *file = g_strconcat(name, ".psf", NULL);
	g_autofree char *dir = g_build_filename(data, "nvirt", "fonts", NULL), *path = g_build_filename(dir, file, NULL);
	g_autoptr(GByteArray) font = font_of_letters();
	struct scene *scene = g_new0(struct scene, 1);
	struct vnc_source source = {.fd = -1};

	(void)state;
	g_setenv("XDG_DATA_HOME", data, TRUE);
	assert_int_equal(g_mkdir_with_parents(dir, 0700), 0);
	assert_true(g_file_set_contents(path, (const char *)font->data, font->len, NULL));
	draw_text(scene, 0, "Here are words for the grid to be found");
	draw_text(scene, 1, "in, and more of them on a second line");
	draw_text(scene, 2, "I ? letters");
	draw_glyph(scene, 2, 2, heart.rows);
	source.fd = vnc_server_start(show_scene, 1, scene);
	struct vnc_view *view = vnc_view_new(&source, NULL);
	assert_non_null(view);
	g_autofree char *before = await_text(view, "I \xef\xbf\xbd letters\n");
	if (!strstr(before, "letters"))
		print_error("%d %s\n%s\n", vnc_view_state(view), vnc_view_words(view), before);
	assert_non_null(strstr(before, "I \xef\xbf\xbd letters\n"));
	assert_true(g_str_has_prefix(vnc_view_screen(view)->font, "aaaa"));
	vnc_view_learn(view, &heart);
	g_autofree char *after = await_text(view, "I \xe2\x99\xa5 letters\n");
	assert_non_null(strstr(after, "I \xe2\x99\xa5 letters\n"));
	vnc_view_free(view);
	vnc_server_join_all();
	files_remove(data);
	g_free(scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(it_is_a_font_that_is_read),
	        cmocka_unit_test(what_is_no_such_font_is_left_alone),
	        cmocka_unit_test(a_named_glyph_is_read_from_then_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
