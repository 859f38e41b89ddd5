/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every role of every theme that is shipped can be read: the contrast (WCAG 2)
 * of its text with its own background, on terminals of each ability, with
 * xterm's palette. Where a theme leaves text or background to the terminal it is
 * held to it on black and on white.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "ui/colour.h"
#include "ui/theme.h"

/* A terminal's own colours. */
struct ground {
	const char *name;
	int fg, bg;
};

static const struct ground grounds[] = {{"black", 0xe5e5e5, 0x000000}, {"white", 0x000000, 0xffffff}};

/* Dim text, and what is no text: lines, bars, graphs. */
static bool is_dim(int role)
{
	return role == ROLE_DIM || role == ROLE_BORDER || role == ROLE_TREE_GUIDE ||
	       !strncmp(role_name((enum role)role), "bar.", 4) || !strncmp(role_name((enum role)role), "graph", 5);
}

/* Text that steps back. Where there are colours for it, it is read as well as any other. */
static bool is_greyed(int role)
{
	return role == ROLE_STALE || role == ROLE_STOPPED || role == ROLE_UNKNOWN || role == ROLE_TREE_COUNT;
}

static int rgb_of(int colour, int otherwise)
{
	if (colour == THEME_COLOUR_DEFAULT)
		return otherwise;
	return colour >= THEME_COLOUR_RGB ? colour & 0xffffff : colour_palette_rgb(colour);
}

static double contrast(const struct theme_look *look, const struct ground *ground)
{
	int fg = rgb_of(look->fg, ground->fg), bg = rgb_of(look->bg, ground->bg);
	if (look->attrs & ATTR_DIM)
		fg = colour_mix(fg, bg, 0.5);
	return colour_contrast(fg, bg);
}

/*
 * Without colours, and among sixteen whose shades every terminal chooses for
 * itself, there is nothing between the terminal's own text and the same dimmed:
 * there greyed text is dim text.
 */
static bool can_only_dim(const struct theme *theme, int role, enum theme_depth depth)
{
	return is_greyed(role) && (depth == DEPTH_MONO || depth == DEPTH_16 || !strcmp(theme->name, "mono"));
}

static double wanted(const struct theme *theme, int role, enum theme_depth depth)
{
	if (!strcmp(theme->name, "high-contrast"))
		return 7;
	return is_dim(role) || can_only_dim(theme, role, depth) ? 3 : 4.5;
}

static unsigned check_depth(const struct theme *theme, enum theme_depth depth)
{
	unsigned wrong = 0;
	for (int role = 0; role < ROLE_N; role++)
		for (gsize i = 0; i < G_N_ELEMENTS(grounds); i++) {
			struct theme_look look = theme_look(theme, (enum role)role, depth);
			double is = contrast(&look, &grounds[i]), want = wanted(theme, role, depth);
			if (is >= want)
				continue;
			print_error("%s: %s at depth %d on %s: %.2f, wanted %.1f\n", theme->name,
			        role_name((enum role)role), (int)depth, grounds[i].name, is, want);
			wrong++;
		}
	return wrong;
}

static unsigned check_theme(const struct theme *theme)
{
	return check_depth(theme, DEPTH_TRUE) + check_depth(theme, DEPTH_256) + check_depth(theme, DEPTH_16) +
	       check_depth(theme, DEPTH_MONO);
}

static void every_role_of_every_theme_can_be_read(void **state)
{
	(void)state;
	unsigned wrong = 0, themes = 0;
	g_autoptr(GDir) dir = g_dir_open("themes", 0, NULL);
	const char *file;
	if (!dir)
		skip();
	while ((file = g_dir_read_name(dir))) {
		g_autofree char *path = g_build_filename("themes", file, NULL);
		g_autoptr(GPtrArray) warnings = g_ptr_array_new_with_free_func(g_free);
		struct theme theme;
		if (!g_str_has_suffix(file, ".json"))
			continue;
		assert_true(theme_load_file(&theme, path, warnings, NULL));
		wrong += check_theme(&theme);
		theme_fini(&theme);
		themes++;
	}
	assert_int_equal(wrong, 0);
	assert_true(themes >= 13);
}

static void the_built_in_theme_can_be_read(void **state)
{
	(void)state;
	struct theme theme;
	theme_init_builtin(&theme);
	assert_int_equal(check_theme(&theme), 0);
	theme_fini(&theme);
}

static void contrast_is_as_the_standard_has_it(void **state)
{
	(void)state;
	assert_float_equal(colour_contrast(0x000000, 0xffffff), 21, 0.001);
	assert_float_equal(colour_contrast(0xffffff, 0xffffff), 1, 0.001);
	assert_float_equal(colour_contrast(0x777777, 0xffffff), 4.48, 0.005);
	assert_float_equal(colour_contrast(0x21bf4b, 0xffffff), 2.44, 0.005);
}

static void the_nearest_colour_is_near_to_the_eye(void **state)
{
	(void)state;
	assert_int_equal(colour_nearest_256(0x000000), 16);
	assert_int_equal(colour_nearest_256(0xffffff), 231);
	assert_int_equal(colour_nearest_256(0x5f87af), 67);
	assert_int_equal(colour_nearest_256(0x080808), 232);
	for (int i = 16; i < 256; i++)
		assert_int_equal(colour_palette_rgb(colour_nearest_256(colour_palette_rgb(i))), colour_palette_rgb(i));
}

static void lab_is_as_the_standard_has_it(void **state)
{
	(void)state;
	struct colour_lab white = colour_lab(0xffffff), red = colour_lab(0xff0000);
	assert_float_equal(white.l, 100, 0.05);
	assert_float_equal(white.a, 0, 0.05);
	assert_float_equal(red.l, 53.24, 0.05);
	assert_float_equal(red.a, 80.09, 0.1);
	assert_float_equal(red.b, 67.20, 0.1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(every_role_of_every_theme_can_be_read),
	        cmocka_unit_test(the_built_in_theme_can_be_read),
	        cmocka_unit_test(contrast_is_as_the_standard_has_it),
	        cmocka_unit_test(the_nearest_colour_is_near_to_the_eye),
	        cmocka_unit_test(lab_is_as_the_standard_has_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
