/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One snapshot: see snapshot_page.h. */
#include "snapshot_page.h"

#include <string.h>

#include "kept_screens.h"
#include "look.h"
#include "nvirt/snapshot_rows.h"
#include "nvirt/text.h"
#include "read_mode.h"
#include "screen_draw.h"

enum { BESIDE_COLS = 100, SCREEN_ROWS_MIN = 5, FACTS_COLS = 60 };

struct snapshot_page {
	struct view view;
	struct obj_ref ref;
	struct pane pane;
	bool screen_only;
	struct read_mode *read; /* its screen is read; NULL */
};

/* ---- facts ------------------------------------------------------------------- */

static void fill_times(struct pane *pane, const struct snapshot_row *row)
{
	gint64 now_us = look_wall_us(), then_us = snapshot_time_us(row);
	g_autofree char *age = look_span_us(MAX(now_us - then_us, 0));
	char time[64];
	text_format_time(time, sizeof(time), then_us, now_us);
	pane_pairf(pane, "Taken", ROLE_TEXT, "%s, %s ago", time, age);
}

static const char *kind_words(const struct snapshot_row *row)
{
	switch (row->kind) {
	case SNAPSHOT_INTERNAL:
		return row->memory ? "internal: disks and RAM inside the disk files" : "internal: inside the disk files";
	case SNAPSHOT_EXTERNAL:
		return row->memory ? "external: files of their own, disks and RAM" : "external: files of their own";
	case SNAPSHOT_MIXED:
		return "mixed: some disks internal, some external";
	}
	return "";
}

static void fill_disk(struct pane *pane, const struct snapshot_disk *disk)
{
	bool none = g_strcmp0(disk->mode, "no") == 0 || !disk->state || !*disk->state;
	if (none) {
		pane_pair(pane, disk->target, ROLE_DIM, "left out");
		return;
	}
	pane_pairf(pane, disk->target, ROLE_TEXT, "%s%s%s%s", disk->state, *disk->format ? " (" : "", disk->format,
	        *disk->format ? ")" : "");
	if (disk->overlay && *disk->overlay)
		pane_pairf(pane, "  written since", ROLE_DIM, "%s", disk->overlay);
}

static void fill(struct pane *pane, const struct snapshot *snapshot)
{
	const struct snapshot_row *row = snapshot->row;
	g_autofree char *size = look_bytes(row->size_bytes);
	pane_clear(pane);
	pane_section(pane, row->name, true);
	if (row->missing && *row->missing)
		pane_pairf(pane, "MISSING", ROLE_CRIT, "%s: it can not be gone back to", row->missing);
	if (row->description && *row->description)
		pane_text(pane, ROLE_TEXT, row->description);
	fill_times(pane, row);
	pane_pair(pane, "Kind", row->kind == SNAPSHOT_MIXED ? ROLE_WARN : ROLE_TEXT, kind_words(row));
	pane_pair(pane, "Guest then", ROLE_TEXT, guest_state_word(row->state));
	pane_pair(pane, "Held for it", ROLE_TEXT, size);
	if (row->current)
		pane_pair(pane, "Now", ROLE_TEXT, "goes on from this one");
	for (guint i = 0; i < row->disks->len; i++)
		fill_disk(pane, row->disks->pdata[i]);
	pane_pair_opt(pane, "RAM", row->memory_file);
	pane_pair_opt(pane, "UEFI variables", row->nvram_file);
}

/* ---- drawing ----------------------------------------------------------------- */

/* Text as it is, and where there is less room the part with the cursor; a picture is made smaller. */
static void draw_screen(struct app *app, const struct snapshot_row *row, struct area area)
{
	const char *problem = NULL;
	const struct text_screen *screen;
	if (!row->screen_file || area.rows < SCREEN_ROWS_MIN || area.cols < 2 * SCREEN_ROWS_MIN)
		return;
	screen = kept_screens_get(app->kept_screens, row->screen_file, &problem);
	if (!screen) {
		area_text(area, 0, 0, -1, ROLE_DIM, problem ? problem : "The screen of then is being read ...");
		return;
	}
	struct screen_look look = {.scaled = screen->kind == SCREEN_PICTURE, .coloured = !app->options->mono};
	screen_follow(screen, &look, area.rows, area.cols);
	screen_draw(area, screen, &look);
	if (screen->kind == SCREEN_BLANK)
		area_text(area, 0, 0, -1, ROLE_DIM, "The screen of then was blank.");
}

void snapshot_page_draw(struct pane *pane, struct app *app, const struct snapshot *snapshot, struct area area)
{
	const struct snapshot_row *row = snapshot->row;
	bool beside = row->screen_file && area.cols >= BESIDE_COLS;
	struct area facts = beside ? area_sub(area, 0, 0, area.rows, FACTS_COLS) : area;
	fill(pane, snapshot);
	pane_draw(pane, facts, false);
	if (beside) {
		draw_screen(app, row, area_sub(area, 0, FACTS_COLS + 2, area.rows, area.cols - FACTS_COLS - 2));
		return;
	}
	/* Facts that do not fit beside a picture of any use come first. */
	int used = (int)MIN(pane->lines, (unsigned)area.rows) + 1;
	draw_screen(app, row, area_sub(area, used, 0, area.rows - used, area.cols));
}

/* ---- the dialog -------------------------------------------------------------- */

static void destroy(struct view *view)
{
	struct snapshot_page *self = (struct snapshot_page *)view;
	read_mode_free(self->read);
	pane_fini(&self->pane);
	g_free(self);
}

/* Of the screen: motions, search, selection, copy, save. */
static void begin_reading(struct snapshot_page *self)
{
	struct app *app = self->view.app;
	const struct snapshot *snapshot = store_snapshot(app->store, &self->ref);
	const char *path = snapshot ? snapshot->row->screen_file : NULL, *problem = NULL;
	const struct text_screen *screen = path ? kept_screens_get(app->kept_screens, path, &problem) : NULL;
	struct obj_ref guest = {.kind = OBJ_GUEST, .host = self->ref.host};
	if (!screen) {
		app_notice(app, LEVEL_WARNING, "%s", problem ? problem
		        : path ? "the screen of then is still being read" : "no screen was kept with this snapshot: there is nothing to read");
		return;
	}
	memcpy(guest.uuid, self->ref.uuid, sizeof(guest.uuid));
	self->read = read_mode_new(app, &(struct read_options){.ref = guest,
	                                        .screen = screen,
	                                        .view = kept_screens_view(app->kept_screens, path),
	                                        .cursor_row = screen->cursor_row,
	                                        .cursor_col = screen->cursor_col});
}

static void draw_hints(const struct snapshot_page *self, const struct snapshot *snapshot, struct area line)
{
	bool screen = snapshot && snapshot->row->screen_file;
	area_textf(line, 0, 0, line.cols, ROLE_DIM, "%sEsc closes",
	        !screen ? "" : self->screen_only ? "Space shows the facts, H reads the screen, "
	                                         : "Space shows the screen alone, H reads it, ");
}

/* The picture that it asked for may have come, or the screen reader shows another one now. */
static void follow_reader(struct snapshot_page *self, const struct snapshot *snapshot)
{
	const char *path = snapshot ? snapshot->row->screen_file : NULL;
	if (!path || !kept_screens_view(self->view.app->kept_screens, path))
		read_mode_drop_view(self->read);
	read_mode_step(self->read);
}

static void draw(struct view *view, struct area area, bool focused)
{
	struct snapshot_page *self = (struct snapshot_page *)view;
	const struct snapshot *snapshot = store_snapshot(view->app->store, &self->ref);
	view->dirty = false;
	area_clear(area, ROLE_DIALOG);
	g_autofree char *title = g_strdup_printf(" Snapshot %s ", snapshot ? snapshot->row->name : "");
	area_frame(area, ROLE_BORDER_FOCUS, ROLE_TITLE, title);
	struct area in = area_sub(area, 1, 2, area.rows - 3, area.cols - 4);
	if (self->read) {
		follow_reader(self, snapshot);
		read_mode_draw(self->read, area_sub(area, 1, 1, area.rows - 2, area.cols - 2), focused);
		return;
	}
	if (!snapshot)
		area_text(in, 0, 0, -1, ROLE_DIM, "It is gone.");
	else if (self->screen_only)
		draw_screen(view->app, snapshot->row, in);
	else
		snapshot_page_draw(&self->pane, view->app, snapshot, in);
	draw_hints(self, snapshot, area_sub(area, area.rows - 2, 2, 1, area.cols - 4));
}

static bool key(struct view *view, keycode code, unsigned count)
{
	struct snapshot_page *self = (struct snapshot_page *)view;
	view->dirty = true;
	if (self->read) {
		if (read_mode_key(self->read, code) == READ_LEAVE)
			g_clear_pointer(&self->read, read_mode_free);
	} else if (code == K_SPACE) {
		self->screen_only = !self->screen_only;
	} else if (code == 'H' || code == '/' || code == '?') {
		begin_reading(self);
		if (self->read && code != 'H')
			read_mode_key(self->read, '?');
	} else if (!pane_key(&self->pane, code, count) &&
	         (code == K_ESC || code == K_ENTER || code == 'q' || code == (KEY_CTRL | 'c'))) {
		app_pop_modal(view->app);
	}
	return true;
}

static bool mouse(struct view *view, const struct mouse *event)
{
	struct snapshot_page *self = (struct snapshot_page *)view;
	struct mouse inner = *event;
	if (!self->read)
		return false;
	view->dirty = true;
	inner.y--;
	inner.x--;
	if (read_mode_mouse(self->read, &inner) == READ_LEAVE)
		g_clear_pointer(&self->read, read_mode_free);
	return true;
}

static void paste(struct view *view, const char *text)
{
	struct snapshot_page *self = (struct snapshot_page *)view;
	if (self->read)
		read_mode_paste(self->read, text);
	view->dirty = true;
}

static void update(struct view *view, unsigned changes)
{
	(void)changes;
	view->dirty = true;
}

static const struct view_ops snapshot_page_view = {
        .name = "snapshot-page",
        .title = "Snapshot",
        .destroy = destroy,
        .draw = draw,
        .key = key,
        .mouse = mouse,
        .paste = paste,
        .update = update,
};

struct view *snapshot_page_new(struct app *app, const struct obj_ref *ref)
{
	struct snapshot_page *self = g_new0(struct snapshot_page, 1);
	self->view = (struct view){.ops = &snapshot_page_view, .app = app, .dirty = true};
	self->ref = *ref;
	pane_init(&self->pane);
	return &self->view;
}
