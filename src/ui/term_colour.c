/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Colours as this terminal has them: the theme's, and those of pictures. Main thread. */
#include "colour.h"
#include "term_private.h"

/*
 * No stock description has true colours, and ncurses knows a colour by its
 * number only. So a number of the palette that the theme does not use stands
 * in for each true colour, and the sequence is rewritten on its way out.
 */
void term_colour_reserve(struct term *term, const struct theme *theme)
{
	for (int i = 0; i < 256; i++)
		term->stand_in[i] = i < 16 ? STAND_IN_TAKEN : STAND_IN_FREE;
	for (int role = 0; role < ROLE_N; role++) {
		const int used[] = {theme->styles[role].fg.full, theme->styles[role].bg.full};
		for (gsize i = 0; i < G_N_ELEMENTS(used); i++)
			if (used[i] >= 0 && used[i] < 256)
				term->stand_in[used[i]] = STAND_IN_TAKEN;
	}
	term->stand_ins_known = true;
	term->pictured_known = false;
}

static int stand_in(struct term *term, int rgb)
{
	int free_index = -1;
	for (int i = 255; i >= 16; i--) {
		if (term->stand_in[i] == rgb)
			return i;
		if (term->stand_in[i] == STAND_IN_FREE)
			free_index = i;
	}
	if (free_index < 0)
		return colour_nearest_256(rgb);
	term->stand_in[free_index] = rgb;
	term->pictured_known = false;
	return free_index;
}

/* A description with true colours of its own (xterm-direct): numbers from 8 on are colours, not indices. */
static int direct_colour(int colour)
{
	if (colour < 8)
		return colour;
	return MAX(colour >= THEME_COLOUR_RGB ? colour & 0xffffff : colour_palette_rgb(colour), 8);
}

int term_colour_of(struct term *term, int colour, int otherwise, attr_t *ret_bold)
{
	if (colour == THEME_COLOUR_DEFAULT)
		return term->defaults ? -1 : otherwise;
	if (term->direct)
		return direct_colour(colour);
	if (colour >= THEME_COLOUR_RGB)
		return stand_in(term, colour & 0xffffff);
	if (colour >= 8 && COLORS < 16) {
		colour -= 8;
		if (ret_bold)
			*ret_bold = A_BOLD;
	}
	return colour;
}

static int apart(int a, int b)
{
	int sum = 0;
	for (int shift = 0; shift < 24; shift += 8)
		sum += ((a >> shift & 255) - (b >> shift & 255)) * ((a >> shift & 255) - (b >> shift & 255));
	return sum;
}

/* Which colour of the terminal a picture has for one of the palette: not one that stands in for another. */
static void make_pictured(struct term *term)
{
	int last = term->depth == DEPTH_16 ? MIN(MAX(COLORS, 8), 16) : 256;
	for (int i = 0; i < 256; i++) {
		int wanted = colour_palette_rgb(i), best = 0;
		for (int j = 0; j < last; j++)
			if (term->stand_in[j] < 0 && apart(colour_palette_rgb(j), wanted) < apart(colour_palette_rgb(best), wanted))
				best = j;
		term->pictured[i] = term->direct ? direct_colour(i) : i < last && term->stand_in[i] < 0 ? i : best;
	}
	term->pictured_known = true;
}

struct term_style term_picture_style(struct term *term, const struct theme *theme, const struct cell *cell)
{
	struct term_style style = {.known = true};
	if (term->depth == DEPTH_MONO)
		return style;
	if (!term->pictured_known)
		make_pictured(term);
	struct theme_look look = theme_look(theme, (enum role)cell->role, term->depth);
	int fg = cell->flags & CELL_OWN_FG ? term_colour_of(term, look.fg, COLOR_WHITE, &style.attrs)
	                                   : term->pictured[cell->fg];
	int bg = cell->flags & CELL_OWN_BG ? term_colour_of(term, look.bg, COLOR_BLACK, NULL)
	                                   : term->pictured[cell->bg];
	style.pair = MAX(alloc_pair(fg, bg), 0);
	return style;
}
