/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Themes: what a thing means (a role) is drawn in which colours and
 * attributes. Themes are JSON files in themes/ and in the user's configuration;
 * missing roles fall back to their parent (the part before the last dot), then
 * to the built-in theme's, so that a theme of twelve lines still has a visible
 * cursor. The default theme leaves text and background to the terminal.
 *
 * A colour that a role leaves out is its parent's, then that of "text": a theme
 * names its background once. "default" is the terminal's own.
 */
#ifndef NVIRT_UI_THEME_H
#define NVIRT_UI_THEME_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define ROLES(X)                                                                                             \
	X(ROLE_TEXT, "text")                                                                                 \
	X(ROLE_DIM, "text.dim")                                                                              \
	X(ROLE_BOLD, "text.bold")                                                                            \
	X(ROLE_TITLE, "title")                                                                               \
	X(ROLE_HEADER, "header")                                                                             \
	X(ROLE_HEADER_LABEL, "header.label")                                                                 \
	X(ROLE_HEADER_VALUE, "header.value")                                                                 \
	X(ROLE_HEADER_READONLY, "header.readonly")                                                           \
	X(ROLE_HEADER_ALERT, "header.alert")                                                                 \
	X(ROLE_BORDER, "border")                                                                             \
	X(ROLE_BORDER_FOCUS, "border.focus")                                                                 \
	X(ROLE_TREE, "tree")                                                                                 \
	X(ROLE_TREE_GUIDE, "tree.guide")                                                                     \
	X(ROLE_TREE_GROUP, "tree.group")                                                                     \
	X(ROLE_TREE_COUNT, "tree.count")                                                                     \
	X(ROLE_CURSOR, "cursor")                                                                             \
	X(ROLE_CURSOR_UNFOCUSED, "cursor.unfocused")                                                         \
	X(ROLE_MARKED, "marked")                                                                             \
	X(ROLE_MATCH, "match")                                                                               \
	X(ROLE_TAB, "tab")                                                                                   \
	X(ROLE_TAB_ACTIVE, "tab.active")                                                                     \
	X(ROLE_TABLE_HEADER, "table.header")                                                                 \
	X(ROLE_TABLE_SORT, "table.sort")                                                                     \
	X(ROLE_LABEL, "label")                                                                               \
	X(ROLE_STALE, "stale")                                                                               \
	X(ROLE_RUNNING, "status.running")                                                                    \
	X(ROLE_PAUSED, "status.paused")                                                                      \
	X(ROLE_STOPPED, "status.stopped")                                                                    \
	X(ROLE_SHUTDOWN, "status.shutdown")                                                                  \
	X(ROLE_CRASHED, "status.crashed")                                                                    \
	X(ROLE_ERROR, "status.error")                                                                        \
	X(ROLE_UNKNOWN, "status.unknown")                                                                    \
	X(ROLE_OK, "level.ok")                                                                               \
	X(ROLE_WARN, "level.warn")                                                                           \
	X(ROLE_CRIT, "level.crit")                                                                           \
	X(ROLE_BAR_USED, "bar.used")                                                                         \
	X(ROLE_BAR_WARN, "bar.warn")                                                                     \
	X(ROLE_BAR_CRIT, "bar.crit")                                                                     \
	X(ROLE_BAR_FREE, "bar.free")                                                                         \
	X(ROLE_TASK_RUNNING, "task.running")                                                                 \
	X(ROLE_TASK_OK, "task.ok")                                                                           \
	X(ROLE_TASK_WARN, "task.warn")                                                                       \
	X(ROLE_TASK_ERROR, "task.error")                                                                     \
	X(ROLE_TASK_ABORTED, "task.aborted")                                                                 \
	X(ROLE_DIALOG, "dialog")                                                                             \
	X(ROLE_DIALOG_FIELD, "dialog.field")                                                                 \
	X(ROLE_DIALOG_FIELD_FOCUS, "dialog.field.focus")                                                     \
	X(ROLE_DIALOG_BUTTON, "dialog.button")                                                               \
	X(ROLE_DIALOG_BUTTON_FOCUS, "dialog.button.focus")                                                   \
	X(ROLE_DIALOG_DANGER, "dialog.danger")                                                               \
	X(ROLE_KEY, "key")                                                                                   \
	X(ROLE_KEY_LABEL, "key.label")                                                                       \
	X(ROLE_XML_TAG, "xml.tag")                                                                           \
	X(ROLE_XML_VALUE, "xml.value")

enum role {
#define X(id, name) id,
	ROLES(X)
#undef X
	        ROLE_N
};

/* Shapes: each has a UTF-8 and an ASCII form of one column (state is told by shape and letter, never by
 * colour alone). */
#define GLYPHS(X)                                                                                            \
	X(GLYPH_RUNNING, 0x25b6, 'R')                                                                        \
	X(GLYPH_PAUSED, 0x2016, 'P')                                                                         \
	X(GLYPH_OFF, 0x25a1, '-')                                                                            \
	X(GLYPH_SHUTDOWN, 0x25bd, 'D')                                                                       \
	X(GLYPH_CRASHED, 0x2716, 'X')                                                                        \
	X(GLYPH_SUSPENDED, 0x263e, 'Z')                                                                      \
	X(GLYPH_UNKNOWN, '?', '?')                                                                           \
	X(GLYPH_STUCK, '!', '!')                                                                             \
	X(GLYPH_HOST_UP, 0x25cf, 'o')                                                                        \
	X(GLYPH_HOST_DOWN, 0x25cb, 'x')                                                                      \
	X(GLYPH_POOL, 0x25a4, 's')                                                                           \
	X(GLYPH_VOLUME, 0x25ab, 'v')                                                                         \
	X(GLYPH_NETWORK, 0x21c4, 'n')                                                                        \
	X(GLYPH_INACTIVE, 0x25a1, '-')                                                                       \
	X(GLYPH_FOLDED, 0x25b8, '+')                                                                         \
	X(GLYPH_UNFOLDED, 0x25be, '-')                                                                       \
	X(GLYPH_MARK, 0x2022, '*')                                                                           \
	X(GLYPH_CUT, 0x2026, '~')                                                                            \
	X(GLYPH_H, 0x2500, '-')                                                                              \
	X(GLYPH_V, 0x2502, '|')                                                                              \
	X(GLYPH_TL, 0x250c, '+')                                                                             \
	X(GLYPH_TR, 0x2510, '+')                                                                             \
	X(GLYPH_BL, 0x2514, '+')                                                                             \
	X(GLYPH_BR, 0x2518, '+')                                                                             \
	X(GLYPH_BAR_FULL, 0x2588, '#')                                                                       \
	X(GLYPH_BAR_DENSE, 0x2593, 'H')                                                                      \
	X(GLYPH_BAR_LIGHT, 0x2592, '=')                                                                      \
	X(GLYPH_BAR_EMPTY, 0x2591, '.')                                                                      \
	X(GLYPH_UP, 0x2191, '^')                                                                             \
	X(GLYPH_DOWN, 0x2193, 'v')                                                                           \
	X(GLYPH_YES, 0x2713, 'y')                                                                            \
	X(GLYPH_NO, 0x2717, 'x')                                                                             \
	X(GLYPH_H_FOCUS, 0x2550, '=')                                                                        \
	X(GLYPH_T_DOWN, 0x252c, '+')                                                                         \
	X(GLYPH_T_DOWN_FOCUS, 0x2564, '+')                                                                   \
	X(GLYPH_T_UP, 0x2534, '+')                                                                           \
	X(GLYPH_T_UP_FOCUS, 0x2567, '+')                                                                     \
	X(GLYPH_HERE, 0x25ba, '>')                                                                           \
	X(GLYPH_T_RIGHT, 0x251c, '+')

enum glyph {
#define X(id, utf8, ascii) id,
	GLYPHS(X)
#undef X
	        GLYPH_N
};

gunichar glyph_char(enum glyph glyph, bool ascii);

enum theme_attr {
	ATTR_BOLD = 1 << 0,
	ATTR_DIM = 1 << 1,
	ATTR_UNDERLINE = 1 << 2,
	ATTR_REVERSE = 1 << 3,
	ATTR_ITALIC = 1 << 4
};

#define THEME_COLOUR_DEFAULT (-1)
#define THEME_COLOUR_NONE (-2)
#define THEME_COLOUR_RGB 0x1000000

enum theme_depth { DEPTH_MONO, DEPTH_16, DEPTH_256, DEPTH_TRUE };

/* A colour as terminals of different abilities have it. */
struct colour {
	int full; /* THEME_COLOUR_DEFAULT, 0..15 the terminal's palette, 16..255 xterm's, 0x1000000|rgb */
	int c256; /* the same without true colours; THEME_COLOUR_NONE = the nearest one */
	int c16;  /* 0..15 or default; THEME_COLOUR_NONE = the role is drawn as in the built-in theme */
};

struct style {
	struct colour fg, bg;
	unsigned attrs;      /* enum theme_attr */
	unsigned mono_attrs; /* used instead, without any colour, in mono */
};

struct theme {
	char *name;
	struct style styles[ROLE_N]; /* every role resolved */
};

/* A role's style with colours that a terminal of `depth` has. */
struct theme_look {
	int fg, bg; /* as colour.full */
	unsigned attrs;
};

/* The built-in fallback, always legible. */
void theme_init_builtin(struct theme *theme);
struct theme_look theme_look(const struct theme *theme, enum role role, enum theme_depth depth);
void theme_fini(struct theme *theme);
const char *role_name(enum role role);
int role_by_name(const char *name); /* -1 = none */

/* ---- theme_file.c ---- */
/*
 * Reads `name` ("default") from the user's themes, then the installed ones,
 * then the source tree's. On an error the builtin is left in place and `error`
 * names file, line and role; unknown roles and colours are warnings (appended
 * to `warnings`, may be NULL), the rest is used.
 */
bool theme_load(struct theme *theme, const char *name, GPtrArray *warnings, GError **error);
/* The same from a file by its path. */
bool theme_load_file(struct theme *theme, const char *path, GPtrArray *warnings, GError **error);
/* From memory; `where` names it in messages. */
bool theme_parse(struct theme *theme, const char *json, gsize len, const char *where, GPtrArray *warnings,
        GError **error);
/* Names of all themes there are, sorted, each once; owned, NULL-terminated. */
char **theme_names(void);

#endif
