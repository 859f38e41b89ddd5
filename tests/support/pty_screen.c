/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A pty's screen, as libvterm understood the output, and the keys it sends. */
#include "support/pty.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/plane.h"
#include "support/pty_private.h"

/* ---- libvterm ------------------------------------------------------------ */

static int on_property(VTermProp prop, VTermValue *value, void *user)
{
	struct pty *pty = user;
	if (prop == VTERM_PROP_ALTSCREEN)
		pty->modes.altscreen = value->boolean;
	else if (prop == VTERM_PROP_CURSORVISIBLE)
		pty->modes.cursor_visible = value->boolean;
	else if (prop == VTERM_PROP_MOUSE)
		pty->modes.mouse = value->number;
	return 1;
}

static int on_cursor(VTermPos pos, VTermPos old, int visible, void *user)
{
	struct pty *pty = user;
	(void)old, (void)visible;
	pty->modes.cursor_row = pos.row;
	pty->modes.cursor_col = pos.col;
	return 1;
}

static int on_damage(VTermRect rect, void *user)
{
	struct pty *pty = user;
	if (pty->plane)
		plane_write(pty->plane, rect.start_row, rect.start_col, rect.end_row - rect.start_row, rect.end_col - rect.start_col);
	return 1;
}

static const VTermScreenCallbacks callbacks = {
        .damage = on_damage,
        .settermprop = on_property,
        .movecursor = on_cursor,
};

void vt_init(struct pty *pty, int rows, int cols)
{
	pty->rows = rows;
	pty->cols = cols;
	pty->modes.cursor_visible = true;
	pty->vterm = vterm_new(rows, cols);
	vterm_set_utf8(pty->vterm, 1);
	pty->screen = vterm_obtain_screen(pty->vterm);
	vterm_screen_set_callbacks(pty->screen, &callbacks, pty);
	vterm_screen_enable_altscreen(pty->screen, 1);
	vterm_screen_reset(pty->screen, 1);
}

void vt_fini(struct pty *pty)
{
	vterm_free(pty->vterm);
	if (pty->held)
		g_string_free(pty->held, TRUE);
	if (pty->pending)
		g_string_free(pty->pending, TRUE);
	plane_free(pty->plane);
}

void vt_answer(struct pty *pty, const char *answer, gsize len)
{
	if (pty->held)
		g_string_append_len(pty->held, answer, (gssize)len);
	else if (pty->master >= 0)
		(void)!write(pty->master, answer, len);
}

/* Answers to questions (device attributes, cursor position) that libvterm knows; with graphics there are others. */
static void send_answers(struct pty *pty)
{
	char answer[256];
	size_t len;
	while ((len = vterm_output_read(pty->vterm, answer, sizeof(answer))) > 0)
		if (!pty->plane)
			vt_answer(pty, answer, len);
}

guint64 pty_behind(struct pty *pty)
{
	pty_poll(pty);
	return pty->behind_count;
}

void pty_hold_answers(struct pty *pty, bool hold)
{
	g_autoptr(GString) held = g_steal_pointer(&pty->held);

	if (hold)
		pty->held = held ? g_steal_pointer(&held) : g_string_new(NULL);
	else if (held && pty->master >= 0)
		(void)!write(pty->master, held->str, held->len);
}

void vt_feed(struct pty *pty, const guint8 *bytes, gsize len)
{
	vterm_input_write(pty->vterm, (const char *)bytes, len);
	send_answers(pty);
}

void vt_resize(struct pty *pty, int rows, int cols)
{
	pty->rows = rows;
	pty->cols = cols;
	vterm_set_size(pty->vterm, rows, cols);
	if (pty->plane)
		plane_resize(pty->plane, rows, cols);
}

/* ---- reading ------------------------------------------------------------- */

static VTermScreenCell cell_at(struct pty *pty, int row, int col)
{
	VTermScreenCell cell;
	memset(&cell, 0, sizeof(cell));
	vterm_screen_get_cell(pty->screen, (VTermPos){.row = row, .col = col}, &cell);
	return cell;
}

static void append_cell(GString *text, const VTermScreenCell *cell)
{
	/* The right half of a wide character. */
	if (cell->chars[0] == (uint32_t)-1)
		return;
	if (cell->chars[0] == 0)
		g_string_append_c(text, ' ');
	for (unsigned i = 0; i < VTERM_MAX_CHARS_PER_CELL && cell->chars[i]; i++)
		g_string_append_unichar(text, cell->chars[i]);
}

char *pty_row_text(struct pty *pty, int row)
{
	GString *text = g_string_new(NULL);
	for (int col = 0; col < pty->cols; col++) {
		VTermScreenCell cell = cell_at(pty, row, col);
		append_cell(text, &cell);
	}
	return g_strchomp(g_string_free(text, FALSE));
}

char *pty_screen_text(struct pty *pty)
{
	GString *text = g_string_new(NULL);
	for (int row = 0; row < pty->rows; row++) {
		g_autofree char *line = pty_row_text(pty, row);
		g_string_append(text, line);
		g_string_append_c(text, '\n');
	}
	return g_string_free(text, FALSE);
}

static bool matches(const char *text, const char *regex)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GRegex) compiled = g_regex_new(regex, G_REGEX_MULTILINE, 0, &error);
	if (!compiled)
		fail_msg("%s", error->message);
	return g_regex_match(compiled, text, 0, NULL);
}

bool pty_shows(struct pty *pty, const char *regex)
{
	g_autofree char *text = pty_screen_text(pty);
	return matches(text, regex);
}

int pty_find_row(struct pty *pty, const char *regex)
{
	for (int row = 0; row < pty->rows; row++) {
		g_autofree char *text = pty_row_text(pty, row);
		if (matches(text, regex))
			return row;
	}
	return -1;
}

static int colour(const VTermColor *colour_value, bool is_default)
{
	if (is_default)
		return -1;
	return VTERM_COLOR_IS_INDEXED(colour_value) ? colour_value->indexed.idx : -2;
}

struct pty_cell pty_cell_at(struct pty *pty, int row, int col)
{
	VTermScreenCell cell = cell_at(pty, row, col);
	return (struct pty_cell){
	        .ch = cell.chars[0],
	        .width = cell.width,
	        .bold = cell.attrs.bold,
	        .underline = cell.attrs.underline != 0,
	        .italic = cell.attrs.italic,
	        .reverse = cell.attrs.reverse,
	        .fg = colour(&cell.fg, VTERM_COLOR_IS_DEFAULT_FG(&cell.fg)),
	        .bg = colour(&cell.bg, VTERM_COLOR_IS_DEFAULT_BG(&cell.bg)),
	};
}

struct pty_modes pty_modes(struct pty *pty)
{
	return pty->modes;
}

static void dump_tail(const struct pty *pty)
{
	gsize from = pty->raw->len > 160 ? pty->raw->len - 160 : 0;
	fprintf(stderr, "last bytes: ");
	for (gsize i = from; i < pty->raw->len; i++) {
		guint8 byte = pty->raw->data[i];
		if (byte >= 0x20 && byte < 0x7f)
			fputc(byte, stderr);
		else
			fprintf(stderr, "\\x%02x", byte);
	}
	fputc('\n', stderr);
}

void pty_dump(struct pty *pty)
{
	fprintf(stderr, "---- %dx%d, cursor %d,%d, %s", pty->rows, pty->cols, pty->modes.cursor_row,
	        pty->modes.cursor_col, pty->modes.altscreen ? "alternate screen" : "main screen");
	if (pty->exited || pty->stopped)
		fprintf(stderr, ", %s, status 0x%x", pty->exited ? "ended" : "stopped", (unsigned)pty->status);
	fprintf(stderr, "\n");
	for (int row = 0; row < pty->rows; row++) {
		g_autofree char *text = pty_row_text(pty, row);
		fprintf(stderr, "|%s\n", text);
	}
	dump_tail(pty);
}

/* ---- keys ---------------------------------------------------------------- */

static const struct {
	const char *name, *bytes;
} special_keys[] = {
        {"Up", "\033OA"},
        {"Down", "\033OB"},
        {"Right", "\033OC"},
        {"Left", "\033OD"},
        {"Home", "\033OH"},
        {"End", "\033OF"},
        {"Insert", "\033[2~"},
        {"Delete", "\033[3~"},
        {"PgUp", "\033[5~"},
        {"PgDn", "\033[6~"},
        {"S-Tab", "\033[Z"},
        {"Tab", "\t"},
        {"Enter", "\r"},
        {"Esc", "\033"},
        {"Space", " "},
        {"Backspace", "\177"},
        {"F1", "\033OP"},
        {"F2", "\033OQ"},
        {"F3", "\033OR"},
        {"F4", "\033OS"},
        {"F5", "\033[15~"},
        {"F6", "\033[17~"},
        {"F7", "\033[18~"},
        {"F8", "\033[19~"},
        {"F9", "\033[20~"},
        {"F10", "\033[21~"},
        {"F11", "\033[23~"},
};

char *key_bytes(const char *name)
{
	for (unsigned i = 0; i < G_N_ELEMENTS(special_keys); i++)
		if (g_str_equal(special_keys[i].name, name))
			return g_strdup(special_keys[i].bytes);
	if (g_str_has_prefix(name, "C-") && name[2] && !name[3])
		return g_strdup_printf("%c", name[2] & 0x1f);
	if (g_str_has_prefix(name, "M-") && name[2])
		return g_strdup_printf("\033%s", name + 2);
	if (g_utf8_strlen(name, -1) != 1)
		fail_msg("'%s' is no key name", name);
	return g_strdup(name);
}
