/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `nvirt screen`: a screen as text, to a pipe. Main thread. */
#include <string.h>

#include "cli.h"
#include "cli_view.h"
#include "nvirt/screen_file.h"
#include "nvirt/text.h"

const struct cli_option cli_options_screen[] = {
        {"vnc", 0, "HOST:PORT", false, "Any VNC server in place of a guest; also the path of its socket"},
        {"password-file", 0, "FILE", false, "The VNC server's password; a guest's own is known"},
        {"user", 0, "NAME", false, "With the password, for a VNC server that knows users"},
        {"watch", 'w', NULL, false, "Print it again whenever it changes, until Ctrl-C"},
        {"history", 0, "LINES", false, "So many of the lines that scrolled by before the screen"},
        {"log", 0, "FILE", false, "Append each line with its time to a file until Ctrl-C; - prints them"},
        {"png", 0, "FILE", false, "Write the screen as a picture; - is standard output"},
        {"graphics", 0, "KIND", false, "Show it as a picture in the terminal: kitty, sixel; auto asks which it has"},
        {"image", 0, "FILE", false, "Read a stored screenshot (PNG or PPM)"},
        {"text", 0, NULL, false, "Print the text only (the default)"},
        {"ansi", 0, NULL, false, "Print text with its colours"},
        {0},
};

static const char *kind_word(enum screen_kind kind)
{
	switch (kind) {
	case SCREEN_BLANK:
		return "blank";
	case SCREEN_TEXT:
		return "text";
	case SCREEN_PICTURE:
		return "picture";
	}
	return "";
}

static json_object *colour_json(uint32_t colour)
{
	char text[8];

	g_snprintf(text, sizeof(text), "#%06x", colour & 0xffffff);
	return json_object_new_string(text);
}

static json_object *flags_json(unsigned flags)
{
	static const char *const words[] = {"bold", "reverse", "picture", "unknown", "guessed", "cursor", "wide"};
	json_object *array = json_object_new_array();

	for (unsigned i = 0; i < G_N_ELEMENTS(words); i++)
		if (flags & 1u << i)
			json_object_array_add(array, json_object_new_string(words[i]));
	return array;
}

static bool same_look(const struct text_cell *a, const struct text_cell *b)
{
	return a->fg == b->fg && a->bg == b->bg && a->confidence == b->confidence &&
	       (a->flags & ~CELL_WIDE_REST) == (b->flags & ~CELL_WIDE_REST);
}

/* Cells that look the same, from `col` on; the column after them. */
static int run_json(const struct text_cell *cells, int cols, int col, json_object *runs)
{
	const struct text_cell *first = cells + col;
	json_object *run = json_object_new_object();
	GString *text = g_string_new(NULL);

	json_add_int(run, "col", col);
	for (; col < cols && (!cells[col].ch || same_look(first, cells + col)); col++)
		if (cells[col].ch)
			g_string_append_unichar(text, cells[col].ch);
	json_add_string(run, "text", text->str);
	json_object_object_add(run, "fg", colour_json(first->fg));
	json_object_object_add(run, "bg", colour_json(first->bg));
	json_add_int(run, "confidence", first->confidence);
	if (first->flags & ~CELL_WIDE_REST)
		json_object_object_add(run, "flags", flags_json(first->flags));
	json_object_array_add(runs, run);
	g_string_free(text, TRUE);
	return col;
}

static json_object *rows_json(const struct text_screen *screen)
{
	json_object *rows = json_object_new_array();

	for (int row = 0; row < screen->rows; row++) {
		const struct text_cell *cells = screen->cells + (gsize)row * (gsize)screen->cols;
		json_object *line = json_object_new_object(), *runs = json_object_new_array();
		g_autofree char *text = screen_row_text(screen, row);

		json_add_string(line, "text", text);
		for (int col = 0; col < screen->cols;)
			col = run_json(cells, screen->cols, col, runs);
		json_object_object_add(line, "runs", runs);
		json_object_array_add(rows, line);
	}
	return rows;
}

/* Of --history; checked by cli_screen(). */
static unsigned history_wanted(const struct cli *cli)
{
	const char *word = cli_line_value(&cli->line, "history");

	return word ? (unsigned)g_ascii_strtoull(word, NULL, 10) : 0;
}

static json_object *history_json(const struct screen_history *history, unsigned wanted)
{
	unsigned count = screen_history_lines(history);
	json_object *lines = json_object_new_array();

	for (unsigned i = count - MIN(wanted, count); i < count; i++) {
		const struct page_line *line = screen_history_line(history, i);
		json_object *object = json_object_new_object();
		g_autofree char *text = page_line_text(line);
		bool gap = line->kind == PAGE_LINE_GAP;

		json_add_string(object, "text", gap ? NULL : text);
		json_add_time(object, "time", line->time_us);
		json_add_bool(object, "gap", gap);
		json_object_array_add(lines, object);
	}
	return lines;
}

/* The last lines that scrolled by, and the screen. Owned. */
static char *page_words(const struct screen_history *history, const struct text_screen *screen, unsigned wanted, bool ansi)
{
	struct page *page = page_of_screen(history, screen);
	int first = page_history(page) - (int)MIN(wanted, (unsigned)page_history(page));
	char *text = ansi ? page_ansi(page, first, page_rows(page) - first) : page_text(page, first, page_rows(page) - first);

	page_free(page);
	return text;
}

json_object *cli_screen_json(const struct text_screen *screen)
{
	json_object *object = json_object_new_object(), *grid = json_object_new_object();
	bool cursor = screen->cursor_row >= 0;

	json_add_string(object, "kind", kind_word(screen->kind));
	json_add_int(object, "rows", screen->rows);
	json_add_int(object, "cols", screen->cols);
	json_add_int(grid, "cell_width", screen->cell_w);
	json_add_int(grid, "cell_height", screen->cell_h);
	json_add_int(grid, "x", screen->x);
	json_add_int(grid, "y", screen->y);
	json_object_object_add(object, "grid", grid);
	json_add_string(object, "font", *screen->font ? screen->font : NULL);
	json_add_known(object, "cursor_row", screen->cursor_row, cursor);
	json_add_known(object, "cursor_col", screen->cursor_col, cursor);
	json_add_int(object, "known", screen->known);
	json_add_int(object, "unknown", screen->unknown);
	json_object_object_add(object, "lines", rows_json(screen));
	return object;
}

bool cli_screen_print(struct cli *cli, const struct text_screen *screen, const struct screen_history *history)
{
	bool ansi = cli_line_flag(&cli->line, "ansi");
	unsigned wanted = history ? history_wanted(cli) : 0;
	g_autofree char *text = NULL;

	if (cli->out.json) {
		g_autoptr(json_object) object = cli_screen_json(screen);

		if (wanted)
			json_object_object_add(object, "history", history_json(history, wanted));
		return output_json(&cli->out, object, false);
	}
	if (screen->kind == SCREEN_BLANK)
		output_message(&cli->out, "the screen is blank");
	else if (screen->kind == SCREEN_PICTURE)
		output_message(&cli->out, "the screen is a picture: no text was found in it");
	text = wanted ? page_words(history, screen, wanted, ansi) : ansi ? screen_ansi(screen) : screen_plain(screen);
	return output_text(&cli->out, text);
}

static int print_image(struct cli *cli, const char *path)
{
	g_autoptr(GError) error = NULL;
	g_autofree uint32_t *pixels = NULL;
	struct recogniser *rec;
	struct fonts *fonts;
	struct frame frame;
	int code;

	if (!frame_file_read(path, &frame, &error)) {
		output_message(&cli->out, "%s", error->message);
		return EXIT_CODE_FAILED;
	}
	pixels = (uint32_t *)frame.pixels;
	fonts = fonts_new();
	fonts_load_system(fonts);
	rec = recogniser_new(fonts);
	recogniser_update(rec, &frame, NULL, 0);
	while (recogniser_search(rec, &frame))
		;
	code = cli_screen_print(cli, recogniser_update(rec, &frame, NULL, 0), NULL) ? EXIT_CODE_OK : EXIT_CODE_FAILED;
	recogniser_free(rec);
	fonts_free(fonts);
	return code;
}

static bool history_is_fine(const struct cli *cli)
{
	const char *word = cli_line_value(&cli->line, "history");

	return !word || (*word && strspn(word, "0123456789") == strlen(word) && strlen(word) <= 4 &&
	        history_wanted(cli) <= SCREEN_HISTORY_LINES);
}

int cli_screen(struct cli *cli)
{
	const char *image = cli_line_value(&cli->line, "image");

	if (cli_line_flag(&cli->line, "text") && cli_line_flag(&cli->line, "ansi"))
		return cli_usage_error(cli, "screen", "screen: --text or --ansi, not both");
	if (!history_is_fine(cli))
		return cli_usage_error(cli, "screen", "screen: --history wants a number of lines, up to %d", SCREEN_HISTORY_LINES);
	if (!image)
		return cli_screen_live(cli);
	if (cli->line.words->len || cli_line_value(&cli->line, "log") || cli_line_flag(&cli->line, "watch") ||
	        cli_line_value(&cli->line, "history") || cli_line_value(&cli->line, "graphics"))
		return cli_usage_error(cli, "screen", "screen: with --image nothing else is named, and nothing watched");
	return print_image(cli, image);
}
