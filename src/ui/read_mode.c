/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Read mode's keys: see read_mode.h. Those of vi and less, and the arrows. */
#include <string.h>

#include "nvirt/text.h"
#include "read_private.h"

enum { COUNT_MAX = 1000000, WHEEL_LINES = 3 };

struct read_mode *read_mode_ref(struct read_mode *read)
{
	read->refs++;
	return read;
}

static void start_cursor(struct read_mode *read, const struct read_options *options)
{
	int history = page_history(read->page);
	int row = options->cursor_row >= 0 ? history + options->cursor_row : page_rows(read->page) - 1;

	/* Where nobody knows, at the end of what is there. */
	while (options->cursor_row < 0 && row > history && page_line_is_blank(page_line(read->page, row)))
		row--;
	read->cursor = (struct page_pos){row - options->back, MAX(options->cursor_col, 0)};
	page_clamp(read->page, &read->cursor);
}

/*
 * Nothing moves when the screen is frozen, so the cursor begins in what was in sight. Only where it stood in the last row,
 * which goes to what read mode says, all moves up by that one.
 */
static void start_sight(struct read_mode *read, const struct read_options *options)
{
	if (options->rows <= 1)
		return;
	read->rows = options->rows - 1;
	read->top = read->top_seen = MAX(page_history(read->page) + options->top, 0);
	read->left_col = MAX(options->left_col, 0);
	read->placed = true;
	read->cursor.row = CLAMP(read->cursor.row, read->top, read->top + read->rows);
	page_clamp(read->page, &read->cursor);
}

int read_mode_top_most(const struct read_mode *read)
{
	return MAX(page_rows(read->page) - read->rows, read->top_seen);
}

struct read_mode *read_mode_new(struct app *app, const struct read_options *options)
{
	struct read_mode *read = g_new0(struct read_mode, 1);

	read->refs = 1;
	read->app = app;
	read->ref = options->ref;
	read->back = options->back;
	read->serial = options->serial;
	read->page = options->serial ? page_of_serial(options->serial) : page_of_screen(options->history, options->screen);
	if (options->screen)
		read->screen = *options->screen;
	read->screen.cells = NULL;
	read->screen.font = "";
	read->search = g_strdup("");
	read->matches = g_array_new(FALSE, FALSE, sizeof(struct page_match));
	read->search_step = 1;
	read->view = options->view;
	if (read->view) {
		/* One that was asked for before and not taken is not of this screen. */
		picture_free(vnc_view_take_pixels(read->view));
		vnc_view_request_pixels(read->view);
		read->picture_asked = true;
	}
	start_cursor(read, options);
	start_sight(read, options);
	return read;
}

static void prompt_end(struct read_mode *read)
{
	if (read->prompt)
		lineedit_fini(read->prompt);
	g_clear_pointer(&read->prompt, g_free);
	g_clear_pointer(&read->prompt_old, g_free);
}

void read_mode_free(struct read_mode *read)
{
	if (!read)
		return;
	/* An open form of its own keeps the page, and nothing of its owner's. */
	read_mode_drop_view(read);
	read_mode_unref(read);
}

void read_mode_unref(struct read_mode *read)
{
	if (--read->refs)
		return;
	prompt_end(read);
	page_free(read->page);
	picture_free(read->picture);
	g_array_unref(read->matches);
	g_free(read->search);
	g_free(read);
}

void read_mode_step(struct read_mode *read)
{
	if (!read->view || !read->picture_asked)
		return;
	read->picture = vnc_view_take_pixels(read->view);
	read->picture_asked = !read->picture;
}

void read_mode_drop_view(struct read_mode *read)
{
	read->view = NULL;
	read->picture_asked = false;
}

/* ---- searching ---- */

static void set_search(struct read_mode *read, const char *text)
{
	char *copy = g_strdup(text);

	g_free(read->search);
	read->search = copy;
	g_array_unref(read->matches);
	read->matches = page_find(read->page, copy);
}

static bool go_to_match(struct read_mode *read, struct page_pos from, int step)
{
	int index = page_match_step(read->matches, from, step);

	if (index >= 0)
		read->cursor = g_array_index(read->matches, struct page_match, index).from;
	return index >= 0;
}

static enum read_answer next_match(struct read_mode *read, unsigned count, int step)
{
	if (!*read->search) {
		app_notice(read->app, LEVEL_INFO, "nothing was searched for yet: / asks");
		return READ_TAKEN;
	}
	if (!read->matches->len)
		app_notice(read->app, LEVEL_INFO, "nothing here has '%s'", read->search);
	for (unsigned i = 0; i < CLAMP(count, 1, MAX(read->matches->len, 1)); i++)
		go_to_match(read, read->cursor, step);
	return READ_TAKEN;
}

static enum read_answer search_again(struct read_mode *read, unsigned count)
{
	return next_match(read, count, read->search_step);
}

static enum read_answer search_back(struct read_mode *read, unsigned count)
{
	return next_match(read, count, -read->search_step);
}

static enum read_answer ask_search(struct read_mode *read, int step)
{
	prompt_end(read);
	read->prompt = g_new0(struct lineedit, 1);
	lineedit_init(read->prompt, "", 256);
	read->prompt_old = g_strdup(read->search);
	read->prompt_from = read->cursor;
	read->search_step = step;
	return READ_TAKEN;
}

static enum read_answer search_down(struct read_mode *read, unsigned count)
{
	(void)count;
	return ask_search(read, 1);
}

static enum read_answer search_up(struct read_mode *read, unsigned count)
{
	(void)count;
	return ask_search(read, -1);
}

/* What is typed is looked for at once. */
static void prompt_changed(struct read_mode *read)
{
	read->cursor = read->prompt_from;
	set_search(read, lineedit_get(read->prompt));
	go_to_match(read, read->prompt_from, read->search_step);
}

/* Nothing typed: once more what was searched for before. */
static void prompt_done(struct read_mode *read)
{
	if (!*read->search)
		set_search(read, read->prompt_old);
	if (*read->search && !*lineedit_get(read->prompt))
		go_to_match(read, read->prompt_from, read->search_step);
	if (*read->search && !read->matches->len)
		app_notice(read->app, LEVEL_INFO, "nothing here has '%s'", read->search);
	prompt_end(read);
}

static void prompt_key(struct read_mode *read, keycode key)
{
	if (key == K_ENTER) {
		prompt_done(read);
	} else if (key == K_ESC || key == (KEY_CTRL | 'c') || key == (KEY_CTRL | 'g') ||
	           (key == K_BACKSPACE && !*lineedit_get(read->prompt))) {
		read->cursor = read->prompt_from;
		set_search(read, read->prompt_old);
		prompt_end(read);
	} else if (lineedit_key(read->prompt, key)) {
		prompt_changed(read);
	}
}

static enum read_answer search_word(struct read_mode *read, unsigned count)
{
	struct page_pos from = read->cursor, to;
	struct page_selection word;

	page_move(read->page, &from, PAGE_RIGHT, 1);
	page_move(read->page, &from, PAGE_WORD_PREV, 1);
	to = from;
	page_move(read->page, &to, PAGE_WORD_END, 1);
	if (from.row != read->cursor.row || to.row != from.row || to.col < read->cursor.col) {
		app_notice(read->app, LEVEL_INFO, "no word stands here");
		return READ_TAKEN;
	}
	word = (struct page_selection){PAGE_SELECT_CHARS, from, to};
	g_autofree char *text = page_selection_text(read->page, &word);
	set_search(read, text);
	read->search_step = 1;
	read->cursor = from;
	return next_match(read, count, 1);
}

void read_mode_paste(struct read_mode *read, const char *text)
{
	if (!read->prompt)
		return;
	lineedit_insert(read->prompt, text);
	prompt_changed(read);
}

/* ---- selecting and copying ---- */

static enum read_answer start_select(struct read_mode *read, enum page_select kind)
{
	if (read->select == kind) {
		read->select = PAGE_SELECT_NONE;
		return READ_TAKEN;
	}
	if (read->select == PAGE_SELECT_NONE)
		read->anchor = read->cursor;
	read->select = kind;
	return READ_TAKEN;
}

static enum read_answer select_chars(struct read_mode *read, unsigned count)
{
	(void)count;
	return start_select(read, PAGE_SELECT_CHARS);
}

static enum read_answer select_lines(struct read_mode *read, unsigned count)
{
	(void)count;
	return start_select(read, PAGE_SELECT_LINES);
}

static enum read_answer select_block(struct read_mode *read, unsigned count)
{
	(void)count;
	return start_select(read, PAGE_SELECT_BLOCK);
}

static enum read_answer other_end(struct read_mode *read, unsigned count)
{
	struct page_pos anchor = read->anchor;

	(void)count;
	if (read->select == PAGE_SELECT_NONE)
		return READ_TAKEN;
	read->anchor = read->cursor;
	read->cursor = anchor;
	return READ_TAKEN;
}

static enum read_answer copy(struct read_mode *read, unsigned count)
{
	struct page_selection selection = {read->select, read->anchor, read->cursor};
	int lines = (int)CLAMP(count, 1, COUNT_MAX);

	/* Nothing selected: the line, or so many. */
	if (read->select == PAGE_SELECT_NONE) {
		selection = (struct page_selection){PAGE_SELECT_LINES, read->cursor, read->cursor};
		selection.to.row = MIN(read->cursor.row + lines, page_rows(read->page)) - 1;
	}
	g_autofree char *text = page_selection_text(read->page, &selection);
	int rows = ABS(selection.to.row - selection.from.row) + 1;
	g_autofree char *what = rows > 1                           ? g_strdup_printf("%d lines", rows)
	                        : read->select == PAGE_SELECT_NONE ? g_strdup("Line")
	                                                           : g_strdup("Selection");
	app_copy(read->app, what, text);
	read->select = PAGE_SELECT_NONE;
	return READ_TAKEN;
}

static enum read_answer copy_all(struct read_mode *read, unsigned count)
{
	g_autofree char *text = page_text(read->page, read->top, MAX(read->rows, 1));

	(void)count;
	app_copy(read->app, "What is shown", text);
	return READ_TAKEN;
}

static enum read_answer copy_and_leave(struct read_mode *read, unsigned count)
{
	if (read->select == PAGE_SELECT_NONE) {
		page_move(read->page, &read->cursor, PAGE_DOWN, count);
		page_move(read->page, &read->cursor, PAGE_LINE_TEXT_START, 1);
		return READ_TAKEN;
	}
	copy(read, 1);
	return READ_LEAVE;
}

static enum read_answer leave(struct read_mode *read, unsigned count)
{
	(void)read;
	(void)count;
	return READ_LEAVE;
}

/* One layer after the other. */
static enum read_answer back_out(struct read_mode *read, unsigned count)
{
	(void)count;
	if (read->select != PAGE_SELECT_NONE)
		read->select = PAGE_SELECT_NONE;
	else if (*read->search)
		set_search(read, "");
	else
		return READ_LEAVE;
	return READ_TAKEN;
}

/* ---- moving by what is in sight ---- */

static enum read_answer by_rows(struct read_mode *read, int rows)
{
	read->top = CLAMP(read->top + rows, 0, read_mode_top_most(read));
	read->cursor.row += rows;
	page_clamp(read->page, &read->cursor);
	return READ_TAKEN;
}

static int times(unsigned count)
{
	return (int)CLAMP(count, 1, COUNT_MAX / 1000);
}

static enum read_answer page_down(struct read_mode *read, unsigned count)
{
	return by_rows(read, MAX(read->rows - 1, 1) * times(count));
}

static enum read_answer page_up(struct read_mode *read, unsigned count)
{
	return by_rows(read, -MAX(read->rows - 1, 1) * times(count));
}

static enum read_answer half_down(struct read_mode *read, unsigned count)
{
	return by_rows(read, MAX(read->rows / 2, 1) * times(count));
}

static enum read_answer half_up(struct read_mode *read, unsigned count)
{
	return by_rows(read, -MAX(read->rows / 2, 1) * times(count));
}

/* The text moves below the cursor, which stays on its line as long as it is in sight. */
static enum read_answer scroll(struct read_mode *read, int rows)
{
	read->top = CLAMP(read->top + rows, 0, read_mode_top_most(read));
	read->cursor.row = CLAMP(read->cursor.row, read->top, read->top + MAX(read->rows - 1, 0));
	page_clamp(read->page, &read->cursor);
	return READ_TAKEN;
}

static enum read_answer scroll_down(struct read_mode *read, unsigned count)
{
	return scroll(read, times(count));
}

static enum read_answer scroll_up(struct read_mode *read, unsigned count)
{
	return scroll(read, -times(count));
}

static enum read_answer in_sight(struct read_mode *read, int y)
{
	read->cursor = (struct page_pos){read->top + y, 0};
	page_clamp(read->page, &read->cursor);
	page_move(read->page, &read->cursor, PAGE_LINE_TEXT_START, 1);
	return READ_TAKEN;
}

static enum read_answer sight_top(struct read_mode *read, unsigned count)
{
	return in_sight(read, MIN(times(count), MAX(read->rows, 1)) - 1);
}

static enum read_answer sight_middle(struct read_mode *read, unsigned count)
{
	(void)count;
	return in_sight(read, (MIN(read->rows, page_rows(read->page)) - 1) / 2);
}

static enum read_answer sight_bottom(struct read_mode *read, unsigned count)
{
	return in_sight(read, MAX(MIN(read->rows, page_rows(read->page)) - times(count), 0));
}

static enum read_answer bottom(struct read_mode *read, unsigned count)
{
	page_move(read->page, &read->cursor, PAGE_BOTTOM, 1);
	if (count)
		read->cursor.row = (int)MIN(count, COUNT_MAX) - 1;
	page_clamp(read->page, &read->cursor);
	return READ_TAKEN;
}

/* ---- keys ---- */

static enum read_answer help(struct read_mode *read, unsigned count);

static const struct read_key read_keys[] = {
        {"h Left", "left, down, up, right", PAGE_LEFT, NULL},
        {"j Down", NULL, PAGE_DOWN, NULL},
        {"k Up", NULL, PAGE_UP, NULL},
        {"l Right", NULL, PAGE_RIGHT, NULL},
        {"w", "begin of the next word, of the one before, its end", PAGE_WORD_NEXT, NULL},
        {"b", NULL, PAGE_WORD_PREV, NULL},
        {"e", NULL, PAGE_WORD_END, NULL},
        {"W", "the same between blanks", PAGE_BIG_NEXT, NULL},
        {"B", NULL, PAGE_BIG_PREV, NULL},
        {"E", NULL, PAGE_BIG_END, NULL},
        {"0", "begin of the line", PAGE_LINE_START, NULL},
        {"^ Home", "its first and its last character", PAGE_LINE_TEXT_START, NULL},
        {"$ End", NULL, PAGE_LINE_TEXT_END, NULL},
        {"{", "blank line before, after", PAGE_PARAGRAPH_PREV, NULL},
        {"}", NULL, PAGE_PARAGRAPH_NEXT, NULL},
        {"C-Home <", "top (also gg), bottom; 12G line 12", PAGE_TOP, NULL},
        {"G C-End >", NULL, -1, bottom},
        {"H", "first, middle, last line in sight", -1, sight_top},
        {"M", NULL, -1, sight_middle},
        {"L", NULL, -1, sight_bottom},
        {"C-f PgDn Space", "a page down, up", -1, page_down},
        {"C-b PgUp", NULL, -1, page_up},
        {"C-d", "half a page down, up", -1, half_down},
        {"C-u", NULL, -1, half_up},
        {"C-e", "scroll a line down, up", -1, scroll_down},
        {"C-y", NULL, -1, scroll_up},
        {"/", "search down, up", -1, search_down},
        {"?", NULL, -1, search_up},
        {"n", "next match, the one before", -1, search_again},
        {"N", NULL, -1, search_back},
        {"*", "search the word here", -1, search_word},
        {"v", "select characters, lines, a block", -1, select_chars},
        {"V", NULL, -1, select_lines},
        {"C-v", NULL, -1, select_block},
        {"o", "to the selection's other end", -1, other_end},
        {"y", "copy the selection, or the line", -1, copy},
        {"Enter", "copy the selection and leave", -1, copy_and_leave},
        {"Y", "copy what is shown", -1, copy_all},
        {"s", "save as text, ANSI or PNG", -1, read_save},
        {"u", "name the unknown glyph here", -1, read_name_glyph},
        {"U", "to the next unknown glyph", -1, read_next_glyph},
        {"Esc", "selection and search away; leave", -1, back_out},
        {"q C-c C-]", "leave", -1, leave},
        {"F1", "this help", -1, help},
        {NULL, NULL, -1, NULL},
};

static enum read_answer help(struct read_mode *read, unsigned count)
{
	GString *text = g_string_new("The screen is frozen; what scrolled by stands above it. A number before a key repeats it.\n\n");

	(void)count;
	for (const struct read_key *key = read_keys; key->keys; key++) {
		GString *keys = g_string_new(key->keys);
		const char *words = key->help;

		for (; key[1].keys && !key[1].help; key++)
			g_string_append_printf(keys, "  %s", key[1].keys);
		g_string_append_printf(text, "%-24s %s\n", keys->str, words);
		g_string_free(keys, TRUE);
	}
	app_show_text(read->app, "Read mode", text->str);
	g_string_free(text, TRUE);
	return READ_TAKEN;
}

static bool is_digit(struct read_mode *read, keycode key)
{
	if (key < '0' || key > '9' || (key == '0' && read->count == 0))
		return false;
	read->count = MIN(read->count * 10 + (key - '0'), COUNT_MAX);
	return true;
}

enum read_answer read_mode_key(struct read_mode *read, keycode key)
{
	bool after_g = read->after_g;
	unsigned count;

	if (key == K_NONE)
		return READ_TAKEN;
	if (read->prompt) {
		prompt_key(read, key);
		return READ_TAKEN;
	}
	read->after_g = !after_g && key == 'g';
	if (read->after_g || is_digit(read, key))
		return READ_TAKEN;
	count = read->count;
	read->count = 0;
	/* "12gg" is line 12, as "12G" is. */
	if (after_g && key == 'g') {
		page_move(read->page, &read->cursor, PAGE_TOP, 1);
		return count ? bottom(read, count) : READ_TAKEN;
	}
	for (const struct read_key *row = read_keys; row->keys; row++) {
		if (!key_in(row->keys, key))
			continue;
		if (row->run)
			return row->run(read, count);
		page_move(read->page, &read->cursor, (enum page_motion)row->motion, count);
		return READ_TAKEN;
	}
	/* A letter that means nothing here must not become a command of the guest's. */
	if (!key_is_text(key))
		return READ_PASS;
	app_notice(read->app, LEVEL_INFO, "no key of read mode: F1 has them, q leaves it");
	return READ_TAKEN;
}

/* ---- the mouse ---- */

static void select_word(struct read_mode *read)
{
	struct page_pos from = read->cursor;

	page_move(read->page, &from, PAGE_RIGHT, 1);
	page_move(read->page, &from, PAGE_BIG_PREV, 1);
	read->anchor = from;
	page_move(read->page, &from, PAGE_BIG_END, 1);
	read->cursor = from;
	read->select = PAGE_SELECT_CHARS;
}

enum read_answer read_mode_mouse(struct read_mode *read, const struct mouse *mouse)
{
	struct page_pos at = {read->top + CLAMP(mouse->y, 0, MAX(read->rows - 1, 0)), read->left_col + MAX(mouse->x, 0)};

	if (mouse->button == 4 || mouse->button == 5)
		return scroll(read, mouse->button == 4 ? -WHEEL_LINES : WHEEL_LINES);
	if (mouse->button != 1 || read->prompt)
		return READ_PASS;
	page_clamp(read->page, &at);
	if (mouse->what == MOUSE_PRESS) {
		read->select = PAGE_SELECT_NONE;
		read->cursor = read->anchor = at;
		if (mouse->clicks == 2)
			select_word(read);
	} else if (at.row != read->cursor.row || at.col != read->cursor.col) {
		if (read->select == PAGE_SELECT_NONE)
			read->anchor = read->cursor;
		read->select = read->select == PAGE_SELECT_NONE ? PAGE_SELECT_CHARS : read->select;
		read->cursor = at;
	}
	return READ_TAKEN;
}
