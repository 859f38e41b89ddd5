/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Themes: roles, shapes, the built-in theme, and what becomes of a style where
 * there are fewer colours. Files are theme_file.c's. Pure; main thread.
 */
#include "theme.h"

#include <string.h>

#include "colour.h"

static const char *const role_names[ROLE_N] = {
#define X(id, name) [id] = name,
        ROLES(X)
#undef X
};

static const struct {
	gunichar utf8;
	char ascii;
} glyphs[GLYPH_N] = {
#define X(id, utf8, ascii) [id] = {utf8, ascii},
        GLYPHS(X)
#undef X
};

const char *role_name(enum role role)
{
	return role < ROLE_N ? role_names[role] : "?";
}

int role_by_name(const char *name)
{
	for (int i = 0; i < ROLE_N; i++)
		if (!strcmp(role_names[i], name))
			return i;
	return -1;
}

gunichar glyph_char(enum glyph glyph, bool ascii)
{
	return ascii ? (gunichar)glyphs[glyph].ascii : glyphs[glyph].utf8;
}

/* ---- the built-in theme: the terminal's own colours, readable on dark and light ---- */

/*
 * What the built-in theme paints with. Text and background are the terminal's,
 * and nobody knows which these are: so a colour for text is one of the few that
 * are read on black and on white alike (contrast 4.5 with both). Of the sixteen
 * named colours there is none; there only chips with a background of their own
 * are coloured.
 */
enum paint { DEF, RED, GREEN, YELLOW, BLUE, MAGENTA, CYAN, ON_RED, RED_CHIP, ON_YELLOW, YELLOW_CHIP, ON_BLUE, BLUE_CHIP,
	ALARM, ALARM_BACK, BAR_YELLOW, BAR_RED, GREY };

#define RGB(hex) (THEME_COLOUR_RGB | 0x##hex)

static const struct colour paints[] = {
        [DEF] = {THEME_COLOUR_DEFAULT, THEME_COLOUR_DEFAULT, THEME_COLOUR_DEFAULT},
        [RED] = {RGB(e12a2a), 131, THEME_COLOUR_DEFAULT},
        [GREEN] = {RGB(00882d), 29, THEME_COLOUR_DEFAULT},
        [YELLOW] = {RGB(a46800), THEME_COLOUR_DEFAULT, THEME_COLOUR_DEFAULT},
        [BLUE] = {RGB(5764f6), 63, THEME_COLOUR_DEFAULT},
        [MAGENTA] = {RGB(c431c4), 163, THEME_COLOUR_DEFAULT},
        [CYAN] = {RGB(007ea9), 63, THEME_COLOUR_DEFAULT},
        [ON_RED] = {231, 231, 15},
        [RED_CHIP] = {160, 160, 1},
        [ON_YELLOW] = {16, 16, 0},
        [YELLOW_CHIP] = {178, 178, 3},
        [ON_BLUE] = {231, 231, 15},
        [BLUE_CHIP] = {25, 25, 4},
        /* Text where there are enough colours, else a chip. */
        [ALARM] = {RGB(e12a2a), 131, 15},
        [ALARM_BACK] = {THEME_COLOUR_DEFAULT, THEME_COLOUR_DEFAULT, 1},
        /* Bars are no text: 3 is enough. */
        [BAR_YELLOW] = {136, 136, THEME_COLOUR_DEFAULT},
        [BAR_RED] = {160, 160, 1},
        /* Text that is of less weight, and still text. */
        [GREY] = {RGB(757575), 243, THEME_COLOUR_DEFAULT},
};

#define STYLE(f, b, a, m) {(f), (b), (a), (m)}

static const struct {
	enum paint fg, bg;
	unsigned attrs, mono_attrs;
} builtin[ROLE_N] = {
        [ROLE_TEXT] = STYLE(DEF, DEF, 0, 0),
        [ROLE_DIM] = STYLE(DEF, DEF, ATTR_DIM, ATTR_DIM),
        [ROLE_BOLD] = STYLE(DEF, DEF, ATTR_BOLD, ATTR_BOLD),
        [ROLE_TITLE] = STYLE(DEF, DEF, ATTR_BOLD, ATTR_BOLD),
        [ROLE_HEADER] = STYLE(DEF, DEF, 0, 0),
        [ROLE_HEADER_LABEL] = STYLE(CYAN, DEF, 0, 0),
        [ROLE_HEADER_VALUE] = STYLE(DEF, DEF, ATTR_BOLD, ATTR_BOLD),
        [ROLE_HEADER_READONLY] = STYLE(ON_YELLOW, YELLOW_CHIP, ATTR_BOLD, ATTR_BOLD | ATTR_REVERSE),
        [ROLE_HEADER_ALERT] = STYLE(ON_RED, RED_CHIP, ATTR_BOLD, ATTR_BOLD | ATTR_REVERSE),
        [ROLE_BORDER] = STYLE(DEF, DEF, ATTR_DIM, ATTR_DIM),
        [ROLE_BORDER_FOCUS] = STYLE(CYAN, DEF, ATTR_BOLD, ATTR_BOLD),
        [ROLE_TREE] = STYLE(DEF, DEF, 0, 0),
        [ROLE_TREE_GUIDE] = STYLE(DEF, DEF, ATTR_DIM, ATTR_DIM),
        [ROLE_TREE_GROUP] = STYLE(DEF, DEF, ATTR_BOLD, ATTR_BOLD),
        [ROLE_TREE_COUNT] = STYLE(GREY, DEF, 0, ATTR_DIM),
        [ROLE_CURSOR] = STYLE(DEF, DEF, ATTR_REVERSE, ATTR_REVERSE),
        [ROLE_CURSOR_UNFOCUSED] = STYLE(DEF, DEF, ATTR_BOLD | ATTR_UNDERLINE, ATTR_BOLD | ATTR_UNDERLINE),
        [ROLE_MARKED] = STYLE(MAGENTA, DEF, ATTR_BOLD, ATTR_BOLD),
        [ROLE_MATCH] = STYLE(DEF, DEF, ATTR_UNDERLINE | ATTR_BOLD, ATTR_UNDERLINE | ATTR_BOLD),
        [ROLE_TAB] = STYLE(DEF, DEF, 0, 0),
        [ROLE_TAB_ACTIVE] = STYLE(ON_BLUE, BLUE_CHIP, ATTR_BOLD, ATTR_BOLD | ATTR_REVERSE),
        [ROLE_TABLE_HEADER] = STYLE(CYAN, DEF, 0, ATTR_BOLD),
        [ROLE_TABLE_SORT] = STYLE(CYAN, DEF, ATTR_BOLD | ATTR_UNDERLINE, ATTR_BOLD | ATTR_UNDERLINE),
        [ROLE_LABEL] = STYLE(CYAN, DEF, 0, 0),
        [ROLE_STALE] = STYLE(GREY, DEF, 0, ATTR_DIM),
        [ROLE_RUNNING] = STYLE(GREEN, DEF, 0, ATTR_BOLD),
        [ROLE_PAUSED] = STYLE(YELLOW, DEF, ATTR_BOLD, 0),
        [ROLE_STOPPED] = STYLE(GREY, DEF, 0, ATTR_DIM),
        [ROLE_SHUTDOWN] = STYLE(YELLOW, DEF, 0, 0),
        [ROLE_CRASHED] = STYLE(ALARM, ALARM_BACK, ATTR_BOLD, ATTR_REVERSE),
        [ROLE_ERROR] = STYLE(ALARM, ALARM_BACK, ATTR_BOLD, ATTR_REVERSE),
        [ROLE_UNKNOWN] = STYLE(GREY, DEF, 0, ATTR_DIM),
        [ROLE_OK] = STYLE(GREEN, DEF, 0, 0),
        [ROLE_WARN] = STYLE(ON_YELLOW, YELLOW_CHIP, 0, ATTR_BOLD),
        [ROLE_CRIT] = STYLE(ON_RED, RED_CHIP, ATTR_BOLD, ATTR_BOLD | ATTR_REVERSE),
        [ROLE_BAR_USED] = STYLE(GREEN, DEF, 0, 0),
        [ROLE_BAR_WARN] = STYLE(BAR_YELLOW, DEF, 0, ATTR_BOLD),
        [ROLE_BAR_CRIT] = STYLE(BAR_RED, DEF, ATTR_BOLD, ATTR_BOLD),
        [ROLE_BAR_FREE] = STYLE(DEF, DEF, ATTR_DIM, ATTR_DIM),
        [ROLE_TASK_RUNNING] = STYLE(CYAN, DEF, ATTR_BOLD, ATTR_BOLD),
        [ROLE_TASK_OK] = STYLE(GREEN, DEF, 0, 0),
        [ROLE_TASK_WARN] = STYLE(YELLOW, DEF, ATTR_BOLD, ATTR_BOLD),
        [ROLE_TASK_ERROR] = STYLE(ALARM, ALARM_BACK, ATTR_BOLD, ATTR_BOLD | ATTR_REVERSE),
        [ROLE_TASK_ABORTED] = STYLE(YELLOW, DEF, 0, 0),
        [ROLE_DIALOG] = STYLE(DEF, DEF, 0, 0),
        [ROLE_DIALOG_FIELD] = STYLE(DEF, DEF, ATTR_UNDERLINE, ATTR_UNDERLINE),
        [ROLE_DIALOG_FIELD_FOCUS] = STYLE(CYAN, DEF, ATTR_UNDERLINE | ATTR_BOLD, ATTR_UNDERLINE | ATTR_BOLD),
        [ROLE_DIALOG_BUTTON] = STYLE(DEF, DEF, 0, 0),
        [ROLE_DIALOG_BUTTON_FOCUS] = STYLE(DEF, DEF, ATTR_REVERSE | ATTR_BOLD, ATTR_REVERSE | ATTR_BOLD),
        [ROLE_DIALOG_DANGER] = STYLE(ALARM, ALARM_BACK, ATTR_BOLD, ATTR_BOLD),
        [ROLE_KEY] = STYLE(CYAN, DEF, ATTR_BOLD, ATTR_BOLD),
        [ROLE_KEY_LABEL] = STYLE(DEF, DEF, 0, 0),
        [ROLE_XML_TAG] = STYLE(CYAN, DEF, 0, ATTR_BOLD),
        [ROLE_XML_VALUE] = STYLE(GREEN, DEF, 0, 0),
};

static struct style builtin_style(int role)
{
	return (struct style){.fg = paints[builtin[role].fg],
	        .bg = paints[builtin[role].bg],
	        .attrs = builtin[role].attrs,
	        .mono_attrs = builtin[role].mono_attrs};
}

void theme_init_builtin(struct theme *theme)
{
	theme->name = g_strdup("built-in");
	for (int i = 0; i < ROLE_N; i++)
		theme->styles[i] = builtin_style(i);
}

void theme_fini(struct theme *theme)
{
	g_clear_pointer(&theme->name, g_free);
}

/* ---- fewer colours ---------------------------------------------------------- */

static int of_256(const struct colour *colour)
{
	if (colour->c256 != THEME_COLOUR_NONE)
		return colour->c256;
	if (colour->full & THEME_COLOUR_RGB && colour->full > 0)
		return colour_nearest_256(colour->full & 0xffffff);
	return colour->full;
}

static struct theme_look look_16(const struct style *style, enum role role)
{
	struct style plain = builtin_style((int)role);
	if (style->fg.c16 != THEME_COLOUR_NONE && style->bg.c16 != THEME_COLOUR_NONE)
		plain = *style;
	/* No colour is left of it: what tells it apart without any must do so here. */
	bool bare = plain.fg.c16 == THEME_COLOUR_DEFAULT && plain.bg.c16 == THEME_COLOUR_DEFAULT;
	return (struct theme_look){plain.fg.c16, plain.bg.c16, bare ? plain.mono_attrs : plain.attrs};
}

struct theme_look theme_look(const struct theme *theme, enum role role, enum theme_depth depth)
{
	const struct style *style = &theme->styles[role];
	switch (depth) {
	case DEPTH_MONO:
		return (struct theme_look){THEME_COLOUR_DEFAULT, THEME_COLOUR_DEFAULT, style->mono_attrs};
	case DEPTH_16:
		return look_16(style, role);
	case DEPTH_256:
		return (struct theme_look){of_256(&style->fg), of_256(&style->bg), style->attrs};
	case DEPTH_TRUE:
		break;
	}
	return (struct theme_look){style->fg.full, style->bg.full, style->attrs};
}
