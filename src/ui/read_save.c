/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Read mode: what it shows as a file; the naming of glyphs that are in no font. */
#include <string.h>

#include "dialog.h"
#include "form.h"
#include "glyph_dialog.h"
#include "nvirt/files.h"
#include "nvirt/text.h"
#include "read_private.h"
#include "save_form.h"

/* ---- saving ---- */

static char *save_path(const struct store *store, const struct obj_ref *ref)
{
	return save_path_of(store, ref, "-screen.txt");
}

static const struct param save_params[] = {
        {.name = "file",
                .title = "File",
                .help = "On this machine. Its ending says what: .txt, .ansi, .png.",
                .type = PARAM_PATH,
                .required = true,
                .current = save_path},
        {.name = "as",
                .title = "As",
                .help = "Text, text with colours, or the picture of the screen.",
                .type = PARAM_CHOICE,
                .choices = "by-ending|text|ansi|png",
                .fallback = "by-ending"},
        {.name = "part",
                .title = "Part",
                .help = "All, or what was on the screen, or the selection.",
                .type = PARAM_CHOICE,
                .choices = "all|screen|selection",
                .fallback = "all"},
        SAVE_PARAM_REPLACE,
        {.name = NULL},
};

/* No row of the table of actions: it asks no host for anything. */
static const struct action save_action = {
        .verb = "screen-save",
        .title = "Save the screen",
        .help = "Writes what read mode shows to a file.",
        .kind = OBJ_GUEST,
        .params = save_params,
};

enum save_as { SAVE_TEXT, SAVE_ANSI, SAVE_PNG };

static enum save_as kind_of(const struct args *args)
{
	const char *as = args_get(args, "as"), *path = args_get(args, "file");

	if (g_str_equal(as, "by-ending"))
		as = g_str_has_suffix(path, ".png")                                         ? "png"
		     : g_str_has_suffix(path, ".ansi") || g_str_has_suffix(path, ".ans") ? "ansi"
		                                                                           : "text";
	return g_str_equal(as, "png") ? SAVE_PNG : g_str_equal(as, "ansi") ? SAVE_ANSI : SAVE_TEXT;
}

static struct picture *copy_of(const struct picture *picture)
{
	struct picture *copy = picture_new(picture->width, picture->height);

	memcpy(copy->rgb, picture->rgb, (gsize)picture->width * picture->height * 3);
	return copy;
}

static void save_png(struct read_mode *read, const struct args *args)
{
	if (read->picture)
		file_export_png(read->app->inbox, args_get(args, "file"), copy_of(read->picture),
		        args_get_bool(args, "replace", false), "the picture of the screen");
	else
		app_notice(read->app, LEVEL_ERROR, "not saved: %s",
		        read->serial ? "a serial console has no picture, only text" : "the picture did not come from the guest's screen");
}

static void save_text(struct read_mode *read, const struct args *args, bool ansi)
{
	const char *part = args_get(args, "part");
	int first = g_str_equal(part, "screen") ? page_history(read->page) : 0, count = page_rows(read->page) - first;
	struct page_selection selection = {read->select, read->anchor, read->cursor};
	char *text;

	if (g_str_equal(part, "selection")) {
		first = MIN(selection.from.row, selection.to.row);
		count = MAX(selection.from.row, selection.to.row) - first + 1;
	}
	if (ansi)
		text = page_ansi(read->page, first, count);
	else if (g_str_equal(part, "selection"))
		text = page_selection_text(read->page, &selection);
	else
		text = page_text(read->page, first, count);
	g_autoptr(GBytes) bytes = g_bytes_new_take(text, strlen(text));
	file_export(read->app->inbox, args_get(args, "file"), bytes, args_get_bool(args, "replace", false), "the text");
}

/* Takes args and the reference. */
static void save_asked(struct app *app, struct args *args, void *data)
{
	struct read_mode *read = data;
	enum save_as as = args && app->inbox ? kind_of(args) : SAVE_TEXT;

	if (args && app->inbox && as == SAVE_PNG)
		save_png(read, args);
	else if (args && app->inbox && g_str_equal(args_get(args, "part"), "selection") && read->select == PAGE_SELECT_NONE)
		app_notice(app, LEVEL_ERROR, "not saved: nothing is selected");
	else if (args && app->inbox)
		save_text(read, args, as == SAVE_ANSI);
	args_free(args);
	read_mode_unref(read);
}

static void drop(void *data)
{
	read_mode_unref(data);
}

enum read_answer read_save(struct read_mode *read, unsigned count)
{
	(void)count;
	app_push_modal(read->app, form_new(read->app, &(struct form_options){.action = &save_action,
	                                                          .ref = &read->ref,
	                                                          .done = save_asked,
	                                                          .data = read_mode_ref(read),
	                                                          .free_data = drop}));
	return READ_TAKEN;
}

/* ---- glyphs ---- */

static int pixel_at(const struct picture *picture, int x, int y)
{
	const uint8_t *rgb = picture->rgb + ((gsize)y * picture->width + (gsize)x) * 3;

	return rgb[0] << 16 | rgb[1] << 8 | rgb[2];
}

/* Set is what has not the colour of the top left pixel. False: it is not of two colours. */
static bool read_bitmap(const struct picture *picture, int x0, int y0, struct named_glyph *glyph)
{
	int ground = pixel_at(picture, x0, y0), ink = -1;

	for (int y = 0; y < glyph->height; y++)
		for (int x = 0; x < glyph->width; x++) {
			int colour = pixel_at(picture, x0 + x, y0 + y);

			if (colour == ground)
				continue;
			if (ink >= 0 && colour != ink)
				return false;
			ink = colour;
			glyph->rows[y] |= 1u << x;
		}
	return ink >= 0;
}

/* Of the frozen screen the cell's pixels, as a bitmap. Why not, or NULL. */
static const char *glyph_at(const struct read_mode *read, struct page_pos pos, struct named_glyph *ret_glyph)
{
	int row = pos.row - page_history(read->page), width = read->screen.cell_w == 9 ? 8 : read->screen.cell_w;
	int x0 = read->screen.x + pos.col * read->screen.cell_w, y0 = read->screen.y + row * read->screen.cell_h;
	struct page_cell cell = page_cell_at(read->page, pos.row, pos.col);
	const struct picture *picture = read->picture;

	if (!(cell.flags & PAGE_UNKNOWN))
		return "this is no unknown glyph: U goes to the next one";
	if (row < 0)
		return "only glyphs on the screen can be named, not what scrolled by";
	if (!picture)
		return "the picture of the screen has not come";
	if (width > NAMED_GLYPH_WIDTH_MAX || read->screen.cell_h > NAMED_GLYPH_HEIGHT_MAX || x0 < 0 || y0 < 0 ||
	        x0 + width > (int)picture->width || y0 + read->screen.cell_h > (int)picture->height)
		return "the screen has another size by now";
	*ret_glyph = (struct named_glyph){.width = width, .height = read->screen.cell_h};
	return read_bitmap(picture, x0, y0, ret_glyph) ? NULL : "the screen has changed since: no glyph of two colours stands there";
}

/* Takes the reference. */
static void named(struct app *app, const struct named_glyph *glyph, gunichar ch, void *data)
{
	struct read_mode *read = data;

	if (ch && read->view)
		vnc_view_learn(read->view, glyph);
	if (ch && app->inbox)
		file_learn_glyph(app->inbox, glyph);
	read_mode_unref(read);
}

enum read_answer read_name_glyph(struct read_mode *read, unsigned count)
{
	struct named_glyph glyph;
	const char *why = glyph_at(read, read->cursor, &glyph);

	(void)count;
	if (why)
		app_notice(read->app, LEVEL_INFO, "%s", why);
	else
		app_push_modal(read->app, glyph_dialog_new(read->app, &glyph, named, read_mode_ref(read)));
	return READ_TAKEN;
}

enum read_answer read_next_glyph(struct read_mode *read, unsigned count)
{
	int rows = page_rows(read->page), cols = MAX(page_cols(read->page), 1);
	int row = read->cursor.row, col = read->cursor.col;

	(void)count;
	for (gint64 left = (gint64)rows * cols; left > 0; left--) {
		if (++col >= cols) {
			col = 0;
			row = (row + 1) % rows;
		}
		if (page_cell_at(read->page, row, col).flags & PAGE_UNKNOWN) {
			read->cursor = (struct page_pos){row, col};
			return READ_TAKEN;
		}
	}
	app_notice(read->app, LEVEL_INFO, "every glyph here is known");
	return READ_TAKEN;
}
