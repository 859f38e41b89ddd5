/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The list behind menu, palette and help. Rows are filtered by words; headings show while they have rows. */
#include "chooser.h"

#include <string.h>

#include "box.h"
#include "layout.h"
#include "commands.h"
#include "lineedit.h"
#include "list.h"
#include "match.h"
#include "nvirt/text.h"

enum { CHOOSER_WIDTH = 72, CHOOSER_KEY_COLS = 18, RECENT_MAX = 50, RANK_STEP = 2 * (RECENT_MAX + 1) };

struct chooser {
	struct view view;
	char *title;
	GPtrArray *rows;  /* all */
	GPtrArray *shown; /* those that pass the filter, borrowed */
	struct list list;
	struct lineedit filter;
	bool typing, row_keys, ranked;
	struct rect box, rows_at; /* as last drawn, on the screen */
};

static void chooser_destroy(struct view *view)
{
	struct chooser *chooser = (struct chooser *)view;
	g_ptr_array_unref(chooser->shown);
	g_ptr_array_unref(chooser->rows);
	lineedit_fini(&chooser->filter);
	g_free(chooser->title);
	g_free(chooser);
}

static const struct choice *row_at(const struct chooser *chooser, unsigned i)
{
	return i < chooser->shown->len ? chooser->shown->pdata[i] : NULL;
}

static void fold(struct choice *choice)
{
	if (choice->fold)
		return;
	g_autofree char *all = g_strjoin(" ", choice->title, choice->name, choice->keys, NULL);
	choice->fold = text_fold(all);
}

static bool matches(struct choice *choice, const char *filter_fold)
{
	if (*filter_fold)
		fold(choice);
	/* Objects may be many: they come when something is looked for. */
	return *filter_fold ? filter_match(choice->fold, filter_fold) : choice->what != CHOICE_OPEN;
}

static bool is_heading(const struct choice *choice)
{
	return choice && choice->what == CHOICE_HEADING;
}

static void skip_headings(struct chooser *chooser, int by)
{
	unsigned cursor = chooser->list.cursor;
	while (is_heading(row_at(chooser, cursor)) && (by > 0 ? cursor + 1 < chooser->shown->len : cursor > 0))
		cursor += (unsigned)by;
	if (is_heading(row_at(chooser, cursor)))
		cursor = chooser->list.cursor + 1;
	list_goto(&chooser->list, cursor);
}

/* ---- order ------------------------------------------------------------------ */

/* RECENT_MAX for what was run last, less for what was before it, 0 = not remembered. */
static int recency(const struct app *app, const struct choice *choice)
{
	for (guint i = 0; app->recent && i < app->recent->len; i++)
		if (!strcmp(app->recent->pdata[i], choice->title))
			return RECENT_MAX - (int)i;
	return 0;
}

static void remember(struct app *app, const struct choice *choice)
{
	if (!app->recent)
		app->recent = g_ptr_array_new_with_free_func(g_free);
	for (guint i = 0; i < app->recent->len; i++)
		if (!strcmp(app->recent->pdata[i], choice->title)) {
			g_ptr_array_remove_index(app->recent, i);
			break;
		}
	g_ptr_array_insert(app->recent, 0, g_strdup(choice->title));
	if (app->recent->len > RECENT_MAX)
		g_ptr_array_set_size(app->recent, RECENT_MAX);
}

/* First how well it matches, then how lately it was used, then what does something before what goes somewhere. */
static int rank(const struct chooser *chooser, struct choice *choice, const char *typed)
{
	fold(choice);
	enum match match = match_rank(choice->fold, choice->name, typed);
	if (match == MATCH_NONE)
		return 0;
	return (int)match * RANK_STEP + 2 * recency(chooser->view.app, choice) + (choice->what != CHOICE_OPEN);
}

/* Equals keep the order they were collected in: the sort is stable. */
static int by_rank(gconstpointer a, gconstpointer b, gpointer data)
{
	(void)data;
	return (*(struct choice *const *)b)->rank - (*(struct choice *const *)a)->rank;
}

static void show_ranked(struct chooser *chooser, const char *typed)
{
	for (guint i = 0; i < chooser->rows->len; i++) {
		struct choice *choice = chooser->rows->pdata[i];
		choice->rank = is_heading(choice) ? 0 : rank(chooser, choice, typed);
		if (choice->rank > 0)
			g_ptr_array_add(chooser->shown, choice);
	}
	g_ptr_array_sort_with_data(chooser->shown, by_rank, NULL);
}

static void show_matching(struct chooser *chooser, const char *filter_fold)
{
	struct choice *heading = NULL;
	for (guint i = 0; i < chooser->rows->len; i++) {
		struct choice *choice = chooser->rows->pdata[i];
		if (is_heading(choice)) {
			heading = choice;
			continue;
		}
		if (!matches(choice, filter_fold))
			continue;
		if (heading)
			g_ptr_array_add(chooser->shown, heading);
		heading = NULL;
		g_ptr_array_add(chooser->shown, choice);
	}
}

static void refilter(struct chooser *chooser)
{
	g_autofree char *typed = text_fold(lineedit_get(&chooser->filter));
	g_ptr_array_set_size(chooser->shown, 0);
	if (chooser->ranked && *typed)
		show_ranked(chooser, typed);
	else
		show_matching(chooser, typed);
	list_set_count(&chooser->list, chooser->shown->len);
	list_goto(&chooser->list, 0);
	skip_headings(chooser, 1);
}

/* ---- drawing ---------------------------------------------------------------- */

/* What the command line calls it; without headings also on what. */
static void draw_verb(const struct chooser *chooser, const struct choice *choice, struct area room)
{
	bool bare = chooser->ranked && *lineedit_get(&chooser->filter);
	g_autofree char *text = bare ? g_strdup_printf("%s %s", choice->name, choice->target) : g_strdup(choice->name);
	if (text_columns(text) <= room.cols)
		area_text_right(room, 0, 0, room.cols, ROLE_DIM, text);
	else if (text_columns(choice->name) <= room.cols)
		area_text_right(room, 0, 0, room.cols, ROLE_DIM, choice->name);
}

static void draw_row(const struct chooser *chooser, const struct choice *choice, struct area line, bool here)
{
	if (is_heading(choice)) {
		area_text(line, 0, 0, -1, ROLE_TITLE, choice->title);
		return;
	}
	enum role role = choice->reason ? ROLE_DIM : choice->danger ? ROLE_DIALOG_DANGER : ROLE_DIALOG;
	int keys = MIN(CHOOSER_KEY_COLS, line.cols / 3);
	area_text(line, 0, 1, keys - 2, choice->reason ? ROLE_DIM : ROLE_KEY, choice->keys);
	int used = area_text(line, 0, keys, -1, role, choice->title);
	bool asks = choice->action && choice->action->params && choice->action->params->name;
	if (asks)
		used += area_text(line, 0, keys + used, -1, role, "…");
	if (choice->what == CHOICE_ACTION)
		draw_verb(chooser, choice, area_sub(line, 0, keys + used + 1, 1, line.cols - keys - used - 2));
	if (!here)
		return;
	area_set_role(line, 0, 0, line.cols, ROLE_CURSOR);
	area_cursor(line, 0, 0, false);
}

static void draw_footer(const struct chooser *chooser, struct area line)
{
	const struct choice *here = row_at(chooser, chooser->list.cursor);
	if (!here)
		area_text(line, 0, 0, -1, ROLE_DIM, "nothing matches");
	else if (here->reason)
		area_textf(line, 0, 0, -1, ROLE_WARN, "not now: %s", here->reason);
	else
		area_text(line, 0, 0, -1, ROLE_DIM, here->help);
}

static void chooser_draw(struct view *view, struct area area, bool focused)
{
	(void)focused;
	struct chooser *chooser = (struct chooser *)view;
	int extra = 2;
	struct area in = box_draw(area, (int)chooser->rows->len + extra, MIN(CHOOSER_WIDTH, area.cols), false,
	        chooser->title);
	int y = 0;
	if (chooser->typing && in.rows > 0) {
		area_text(in, 0, 0, 2, ROLE_KEY, "> ");
		y++;
	}
	struct area rows = area_sub(in, y, 0, MAX(in.rows - y - 1, 0), in.cols);
	chooser->box = (struct rect){in.y - 1, in.x - 2, in.rows + 2, in.cols + 4};
	chooser->rows_at = (struct rect){rows.y, rows.x, rows.rows, rows.cols};
	list_set_height(&chooser->list, (unsigned)rows.rows);
	/* The first row brings its heading along. */
	if (chooser->list.top > 0 && chooser->list.cursor == chooser->list.top && rows.rows > 1 &&
	        is_heading(row_at(chooser, chooser->list.top - 1)))
		chooser->list.top--;
	for (int i = 0; i < rows.rows; i++) {
		unsigned n = chooser->list.top + (unsigned)i;
		if (row_at(chooser, n))
			draw_row(chooser, row_at(chooser, n), area_sub(rows, i, 0, 1, rows.cols), n == chooser->list.cursor);
	}
	if (in.rows > 1)
		draw_footer(chooser, area_sub(in, in.rows - 1, 0, 1, in.cols));
	/* Last, so that the hardware cursor rests in the text. */
	if (chooser->typing)
		lineedit_draw(&chooser->filter, area_sub(in, 0, 2, 1, in.cols - 2), ROLE_DIALOG_FIELD_FOCUS, true);
}

/* ---- keys ------------------------------------------------------------------- */

static void run_row(struct chooser *chooser, unsigned i)
{
	struct app *app = chooser->view.app;
	const struct choice *choice = row_at(chooser, i);
	if (!choice || choice->what == CHOICE_HEADING || choice->what == CHOICE_TEXT)
		return;
	/* Asked anew: the world goes on while the dialog is open. */
	g_autofree char *reason = choice->what == CHOICE_ACTION
	                                  ? action_why_not(choice->action, app->store, &choice->ref)
	                                  : g_strdup(choice->reason);
	if (reason) {
		app_notice(app, LEVEL_WARNING, "%s: %s", choice->title, reason);
		return;
	}
	/* The rows die with the dialog, which goes first: the choice may open another. */
	GPtrArray *rows = g_ptr_array_ref(chooser->rows);
	if (chooser->ranked)
		remember(app, choice);
	app_pop_modal(app);
	choice_run(app, choice);
	g_ptr_array_unref(rows);
}

static bool run_by_key(struct chooser *chooser, keycode key)
{
	for (unsigned i = 0; i < chooser->shown->len; i++) {
		const struct choice *choice = row_at(chooser, i);
		if (choice->what == CHOICE_TEXT || !key_in(choice->keys, key))
			continue;
		run_row(chooser, i);
		return true;
	}
	return false;
}

static bool moves(keycode key)
{
	return key == K_UP || key == K_DOWN || key == K_PGUP || key == K_PGDN;
}

static void move(struct chooser *chooser, keycode key)
{
	unsigned before = chooser->list.cursor;
	if (list_key(&chooser->list, key, 0))
		skip_headings(chooser, chooser->list.cursor < before ? -1 : 1);
}

/* The chosen row's name into the line; false where it stands there already. */
static bool complete(struct chooser *chooser)
{
	const struct choice *here = row_at(chooser, chooser->list.cursor);
	if (!here || !*here->name || !*lineedit_get(&chooser->filter) ||
	        !strcmp(here->name, lineedit_get(&chooser->filter)))
		return false;
	lineedit_set(&chooser->filter, here->name);
	refilter(chooser);
	return true;
}

static void typing_key(struct chooser *chooser, keycode key)
{
	if (key == K_TAB && complete(chooser))
		return;
	if (key == K_TAB)
		key = K_DOWN;
	if (key == (KEY_SHIFT | K_TAB))
		key = K_UP;
	if (moves(key))
		move(chooser, key);
	else if (lineedit_key(&chooser->filter, key))
		refilter(chooser);
}

static bool chooser_key(struct view *view, keycode key, unsigned count)
{
	(void)count;
	struct chooser *chooser = (struct chooser *)view;
	view->dirty = true;
	if (key == K_ESC || key == (KEY_CTRL | 'c')) {
		app_pop_modal(view->app);
		return true;
	}
	if (key == K_ENTER) {
		run_row(chooser, chooser->list.cursor);
		return true;
	}
	if (chooser->typing) {
		typing_key(chooser, key);
		return true;
	}
	if (key == '/') {
		chooser->typing = true;
		return true;
	}
	if (chooser->row_keys && run_by_key(chooser, key))
		return true;
	if (key == 'q' || key == '?' || key == K_F1 || key == K_F1 + 9)
		app_pop_modal(view->app);
	else
		move(chooser, key == 'g' ? K_HOME : key);
	return true;
}

static void chooser_paste(struct view *view, const char *text)
{
	struct chooser *chooser = (struct chooser *)view;
	if (!chooser->typing)
		return;
	lineedit_insert(&chooser->filter, text);
	refilter(chooser);
	view->dirty = true;
}

/* A click chooses, a second one runs; beside the box it closes. */
static void chooser_click(struct chooser *chooser, const struct mouse *mouse)
{
	unsigned row = chooser->list.top + (unsigned)(mouse->y - chooser->rows_at.y);
	if (!rect_contains(&chooser->box, mouse->y, mouse->x)) {
		app_pop_modal(chooser->view.app);
		return;
	}
	if (!rect_contains(&chooser->rows_at, mouse->y, mouse->x) || !row_at(chooser, row) ||
	        is_heading(row_at(chooser, row)))
		return;
	bool again = chooser->list.cursor == row && mouse->clicks >= 2;
	list_goto(&chooser->list, row);
	if (again)
		run_row(chooser, row);
}

static bool chooser_mouse(struct view *view, const struct mouse *mouse)
{
	struct chooser *chooser = (struct chooser *)view;
	if (mouse->what != MOUSE_PRESS)
		return false;
	view->dirty = true;
	if (mouse->button == 4 || mouse->button == 5)
		move(chooser, mouse->button == 4 ? K_UP : K_DOWN);
	else if (mouse->button == 1)
		chooser_click(chooser, mouse);
	return true;
}

static const struct view_ops chooser_view = {
        .name = "chooser",
        .title = "Chooser",
        .destroy = chooser_destroy,
        .draw = chooser_draw,
        .key = chooser_key,
        .mouse = chooser_mouse,
        .paste = chooser_paste,
};

struct view *chooser_new(struct app *app, const struct chooser_options *options)
{
	struct chooser *chooser = g_new0(struct chooser, 1);
	chooser->view = (struct view){.ops = &chooser_view, .app = app, .dirty = true};
	chooser->title = g_strdup(options->title);
	chooser->rows = options->rows;
	chooser->shown = g_ptr_array_new();
	chooser->typing = options->typing;
	chooser->row_keys = options->row_keys;
	chooser->ranked = options->ranked;
	chooser->list.height = G_MAXINT;
	lineedit_init(&chooser->filter, NULL, 256);
	refilter(chooser);
	/* A menu opens on the first thing that can be done. */
	for (unsigned i = chooser->list.cursor; options->row_keys && i < chooser->shown->len; i++) {
		const struct choice *choice = row_at(chooser, i);
		if (is_heading(choice) || choice->reason)
			continue;
		list_goto(&chooser->list, i);
		break;
	}
	return &chooser->view;
}
